//! `sameca show`: everything about one endpoint.

use anyhow::Result;

use crate::cli::args::ShowFormat;
use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::network;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::{Policy, Show};
use crate::cli::verdict::Judge;
use crate::judge::details;
use crate::model::report::RunReport;
use crate::report::{json, pem, show};

/// Captures the endpoint and shows it.
pub(super) fn run(settings: &Show) -> Result<Exit> {
    let inventory = given::inventory(&settings.given)?;
    let destination = Destination::open(settings.output.file.as_deref())?;
    let mut judge = Judge::prepare(&Policy::default(), &settings.ca, &[])?;
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
    let mut report = looked.complete(&seen)?;
    report.details = details(&seen);
    destination.write(|out| match settings.format {
        ShowFormat::Text => show::render(&report, &present::style(&settings.output), out),
        ShowFormat::Json => json::render(&report, out),
        ShowFormat::Pem => pem::render(&report, out),
    })?;
    Ok(captured(&report))
}

/// 0 when every address was captured, 3 otherwise.
pub(super) fn captured(report: &RunReport) -> Exit {
    match (report.partial, report.summary.failed) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Same,
        (false, _) => Exit::Inconclusive,
    }
}
