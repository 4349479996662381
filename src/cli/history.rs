//! `sameca history`: what changed when, from kept runs.

use anyhow::{Context as _, Result};
use time::Duration;

use crate::cli::args::HistoryFormat;
use crate::cli::exit::Exit;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::{self, HistoryTask};
use crate::history::{History, HistoryError};
use crate::model::history::{Found, HistoryDocument, HistorySchema};
use crate::model::timestamp::Timestamp;
use crate::report::{history as text, json};
use crate::sweep;

const FAILED: &str = "cannot use the history";

/// Shows the history, or removes what is old; contacts nothing.
pub(super) fn run(settings: &settings::History) -> Result<Exit> {
    match &settings.task {
        HistoryTask::Show { subject, since } => show(settings, subject.as_deref(), *since),
        HistoryTask::Prune(keep) => prune(settings, *keep),
    }
}

fn show(
    settings: &settings::History,
    subject: Option<&str>,
    since: Option<Timestamp>,
) -> Result<Exit> {
    let destination = Destination::open(settings.output.file.as_deref())?;
    let history = History::read(&settings.file).context(FAILED)?;
    let document = match subject {
        Some(subject) => told(&history, subject, since),
        None => listed(&history, since),
    };
    let document = document.context(FAILED)?;
    destination.write(|out| match settings.format {
        HistoryFormat::Text => text::render(&document, &present::style(&settings.output), out),
        HistoryFormat::Json => json::document(&document, out),
    })?;
    Ok(match document.found {
        Found::Nothing => Exit::Inconclusive,
        Found::Runs | Found::Host | Found::Ca => Exit::Same,
    })
}

fn listed(history: &History, since: Option<Timestamp>) -> Result<HistoryDocument, HistoryError> {
    Ok(HistoryDocument {
        schema: HistorySchema::V1,
        subject: None,
        found: Found::Runs,
        since,
        kept: history.count()?,
        runs: history.runs(since)?,
        cas: Vec::new(),
        endpoints: Vec::new(),
    })
}

/// A subject is first looked for among hosts, then among CAs.
fn told(
    history: &History,
    subject: &str,
    since: Option<Timestamp>,
) -> Result<HistoryDocument, HistoryError> {
    let hosts = history.host(subject)?;
    let (found, cas, mut endpoints) = if hosts.is_empty() {
        let (cas, endpoints) = history.ca(subject)?;
        let found = match cas.is_empty() {
            true => Found::Nothing,
            false => Found::Ca,
        };
        (found, cas, endpoints)
    } else {
        (Found::Host, Vec::new(), hosts)
    };
    for endpoint in &mut endpoints {
        let is_told = |at: Timestamp| since.is_none_or(|since| at >= since);
        endpoint.events.retain(|event| is_told(event.at));
    }
    Ok(HistoryDocument {
        schema: HistorySchema::V1,
        subject: Some(subject.to_owned()),
        found,
        since,
        kept: history.count()?,
        runs: Vec::new(),
        cas,
        endpoints,
    })
}

fn prune(settings: &settings::History, keep: i64) -> Result<Exit> {
    let before = Timestamp::new(sweep::now().date_time() - Duration::days(keep));
    // It is not to be made when there is none.
    drop(History::read(&settings.file).context(FAILED)?);
    let mut history = History::open(&settings.file).context(FAILED)?;
    let pruned = history.prune(before).context(FAILED)?;
    let kept = match pruned.left {
        1 => "1 run is kept".to_owned(),
        left => format!("{left} runs are kept"),
    };
    let days = match keep {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let words = match pruned.runs {
        0 => format!("no run is older than {days}; {kept}"),
        runs => format!(
            "removed what is older than {days}: runs {runs}, observations {}, certificates {}; {kept}",
            pruned.observations, pruned.certificates
        ),
    };
    Destination::open(None)?.write(|out| writeln!(out, "{words}"))?;
    Ok(Exit::Same)
}
