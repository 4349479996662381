//! `sameca check`: the main job.

use anyhow::Result;

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::network;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::Check;
use crate::cli::verdict::Judge;

/// Captures every endpoint and gives the verdict.
pub(super) fn run(settings: &Check) -> Result<Exit> {
    let inventory = given::inventory(&settings.given)?;
    let destination = Destination::open(settings.output.file.as_deref())?;
    let mut judge = Judge::prepare(&settings.policy, &settings.ca, &inventory.expectations)?;
    present::warnings(&judge.warnings, &settings.output);
    let sweep = network::settings(&settings.connect, &settings.resolve);
    let observed = network::block_on(network::observe(&inventory, &sweep, &settings.output))?;
    let partial = observed.partial
        || judge.fetch_issuers(
            &observed.observations,
            &settings.connect,
            &settings.resolve,
            &settings.output,
        )?;
    let seen = observed.observations;
    let looked = judge.look(&seen, &sweep.run)?.partial(partial);
    looked.report(&seen, settings.format, |report| {
        present::write(
            report,
            &seen,
            settings.format,
            &settings.output,
            destination,
        )?;
        Ok(Exit::of(report, settings.policy.deny)?)
    })
}
