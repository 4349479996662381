//! `sameca explain`: the proof, as a tree.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::judge;
use crate::cli::network;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::{Explain, Given, Policy, Source};
use crate::cli::show::captured;
use crate::cli::verdict::Judge;
use crate::model::observation::{Observation, Observations};
use crate::model::report::RunReport;
use crate::model::target::Role;
use crate::report::explain;

/// The largest report that is read.
const REPORT_LIMIT: u64 = 1024 * 1024 * 1024;

/// Explains a target, which is captured now, or a file that was kept.
pub(super) fn run(settings: &Explain) -> Result<Exit> {
    let destination = Destination::open(settings.output.file.as_deref())?;
    let path = Path::new(&settings.subject);
    let (report, exit) = if path.is_file() {
        (from_file(settings, path)?, Exit::Same)
    } else {
        let report = from_target(settings)?;
        let exit = captured(&report);
        (report, exit)
    };
    destination.write(|out| explain::render(&report, &present::style(&settings.output), out))?;
    Ok(exit)
}

/// A report as it is, or observations judged anew.
fn from_file(settings: &Explain, path: &Path) -> Result<RunReport> {
    if let Some(report) = kept_report(path)? {
        if settings.connect.fetch_issuers {
            bail!(
                "{} is a report, which is shown as it is; --fetch-issuers wants a server or observations",
                path.display()
            );
        }
        return Ok(report);
    }
    let merged = judge::read(&[Source::File(path.to_owned())], drop)?;
    let mut judge = Judge::prepare(&Policy::default(), &settings.ca, &[])?;
    let partial = settings.connect.fetch_issuers
        && fetch_issuers(&mut judge, &in_memory(&merged.newest)?, settings)?;
    let mut intake = judge.intake();
    for number in 0..merged.count() {
        intake.see(&merged.read(number)?);
    }
    let looked = judge.look_again(intake, &merged, "")?;
    let looked = looked.partial(partial);
    Ok(looked.complete(&merged.newest)?)
}

/// The report in a file; `None` when the file holds no single JSON document that says it is one.
fn kept_report(path: &Path) -> Result<Option<RunReport>> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = given::open(path)?
        .take(REPORT_LIMIT)
        .read_to_string(&mut text);
    if read.is_err() || !text.contains("\"sameca.report/") {
        return Ok(None);
    }
    let report = serde_json::from_str(&text);
    report.map(Some).with_context(|| {
        format!(
            "{} is no report that this version of sameca reads (sameca.report/1)",
            path.display()
        )
    })
}

fn from_target(settings: &Explain) -> Result<RunReport> {
    let targets = vec![(Role::Peer, settings.subject.clone())];
    let inventory = given::inventory(&Given {
        selection: settings.selection.clone(),
        targets,
        ..Given::default()
    })?;
    let mut judge = Judge::prepare(&Policy::default(), &settings.ca, &[])?;
    present::warnings(&judge.warnings, &settings.output);
    let sweep = network::settings(&settings.connect, &settings.resolve);
    let observed = network::block_on(network::observe(&inventory, &sweep, &settings.output))?;
    let seen = observed.observations;
    let partial = observed.partial || fetch_issuers(&mut judge, &seen, settings)?;
    let looked = judge.look(&seen, &sweep.run)?.partial(partial);
    Ok(looked.complete(&seen)?)
}

fn in_memory(observations: &dyn Observations) -> io::Result<Vec<Observation>> {
    let read = |number| observations.read(number).map(Cow::into_owned);
    (0..observations.count()).map(read).collect()
}

fn fetch_issuers(judge: &mut Judge, seen: &[Observation], settings: &Explain) -> Result<bool> {
    judge.fetch_issuers(seen, &settings.connect, &settings.resolve, &settings.output)
}
