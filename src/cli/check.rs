//! `sameca check`: the main job.

use anyhow::Result;

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::keep::Keeping;
use crate::cli::network;
use crate::cli::output::Destinations;
use crate::cli::present;
use crate::cli::settings::Check;
use crate::cli::verdict::Judge;

/// Captures every endpoint and gives the verdict.
pub(super) fn run(settings: &Check) -> Result<Exit> {
    let inventory = given::inventory(&settings.given)?;
    let destinations = Destinations::open(&settings.forms)?;
    let keeping = Keeping::open(settings.history.as_deref())?;
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
    let formats = settings.forms.iter().map(|form| form.format);
    looked.report(&seen, formats, |report| {
        let exit = present::write(
            report,
            &seen,
            settings.policy.deny,
            &settings.output,
            destinations,
        )?;
        keeping.record("check", &seen, report)?;
        Ok(exit)
    })
}
