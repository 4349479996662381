//! What changed when, from a kept history, as text.

use std::io::{self, Write};

use crate::model::history::{
    CaIdentity, EndpointHistory, Event, EventKind, Found, HistoryDocument, LeafBrief, RunRecord,
};
use crate::model::observation::Outcome;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Verdict;
use crate::report::page::Page;
use crate::report::style::{Style, Tone};
use crate::report::text;

/// Columns of a time and the gap behind it.
const TIME: usize = 22;
/// Columns of the longest kind of event, and the gap behind it.
const KIND: usize = 16;

/// Writes the runs, or what happened on the endpoints that were asked for.
pub fn render(document: &HistoryDocument, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.hang("", 0, &headline(document))?;
    if style.quiet {
        return Ok(());
    }
    if !document.runs.is_empty() {
        page.gap()?;
    }
    for run in &document.runs {
        self::run(run, &mut page)?;
    }
    for endpoint in &document.endpoints {
        page.gap()?;
        self::endpoint(endpoint, document.since, &mut page)?;
    }
    Ok(())
}

fn headline(document: &HistoryDocument) -> String {
    let since = document
        .since
        .map_or_else(String::new, |since| format!(" since {}", moment(since)));
    let subject = document.subject.as_deref().unwrap_or_default();
    let endpoints = count(document.endpoints.len() as u64, "endpoint");
    let kept = count(document.kept, "run");
    match document.found {
        Found::Runs => runs(document, &kept, &since),
        Found::Host => format!("{subject}: {endpoints}, {kept} kept{since}"),
        Found::Ca => {
            let cas: Vec<String> = document.cas.iter().map(identity).collect();
            format!("{}: {endpoints}, {kept} kept{since}", cas.join("; "))
        }
        Found::Nothing => format!(
            "nothing in the history ({kept}) is called \"{subject}\": no host name, address or pool, and no CA whose name holds it or whose key begins so"
        ),
    }
}

fn runs(document: &HistoryDocument, kept: &str, since: &str) -> String {
    match (document.kept, &*document.runs) {
        (0, _) => "no runs yet; `sameca check --history FILE` keeps them".to_owned(),
        (_, []) => format!("{kept}, none of them{since}"),
        (_, [first, .., last]) => {
            let (first, last) = (first.started.date(), last.started.date());
            let shown = document.runs.len() as u64;
            match shown < document.kept {
                true => format!("{shown} of {kept}, {first} to {last}"),
                false => format!("{kept}, {first} to {last}"),
            }
        }
        (_, [only]) => format!("{kept}; one on {}", only.started.date()),
    }
}

fn run(run: &RunRecord, page: &mut Page<'_>) -> io::Result<()> {
    let style = page.style;
    let verdict = text::pad(&run.verdict.word().to_uppercase(), 14);
    let verdict = style.paint(Tone::from(run.verdict), verdict);
    let command = text::pad(&style.short(&run.command, 10), 12);
    let id = style.short(&run.id, 26);
    let time = text::pad(&moment(run.started), TIME);
    page.line(&format!("  {time}{verdict}{command}{id}"))?;
    page.indented(2 + TIME, &counts(run))?;
    page.indented(2 + TIME, &changes(run))?;
    let told = run.verdict != Verdict::Same && style.verbose > 0;
    match told {
        true => page.indented(2 + TIME, &run.headline),
        false => Ok(()),
    }
}

fn counts(run: &RunRecord) -> String {
    let summary = &run.summary;
    let partial = if run.partial { "interrupted; " } else { "" };
    format!(
        "{partial}{} of {} captured, {}, {}",
        summary.captured,
        summary.endpoints,
        count(summary.cas, "CA"),
        count(summary.leaves, "certificate")
    )
}

fn changes(run: &RunRecord) -> String {
    let Some(changes) = &run.changes else {
        return "the first of these endpoints".to_owned();
    };
    let words: Vec<String> = changes
        .events
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    match words.is_empty() {
        true => "nothing changed".to_owned(),
        false => format!("changed: {}", words.join(", ")),
    }
}

fn endpoint(
    endpoint: &EndpointHistory,
    since: Option<Timestamp>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let style = page.style;
    let address = endpoint.address.map(|address| address.to_string());
    let address = address.filter(|address| *address != endpoint.host);
    let mut name = vec![endpoint.target.clone()];
    name.extend(address);
    let name = style.short(&name.join("  "), style.columns());
    page.line(&style.paint(Tone::Heading, name))?;
    page.hang("  ", 4, &state(endpoint))?;
    for event in &endpoint.events {
        let time = text::pad(&moment(event.at), TIME);
        let kind = style.paint(tone(event.kind), text::pad(event.kind.word(), KIND));
        page.hang(&format!("  {time}{kind}"), 2 + TIME + KIND, &words(event))?;
        if style.verbose > 0 {
            page.indented(2 + TIME + KIND, &format!("run {}", event.run))?;
        }
    }
    match (endpoint.events.is_empty(), since) {
        (true, Some(_)) => page.indented(2, "nothing happened since then"),
        _ => Ok(()),
    }
}

/// `last seen 2026-11-07T03:00:00Z, in 5 runs: from "CN=…", until 2028-11-22, agrees`.
fn state(endpoint: &EndpointHistory) -> String {
    let last = &endpoint.last;
    let gone = endpoint
        .gone
        .map_or_else(String::new, |gone| format!("gone since {}; ", moment(gone)));
    let mut showed: Vec<String> = last
        .leaves
        .iter()
        .map(|shown| {
            let agrees = match shown.agrees {
                Some(true) => ", agrees",
                Some(false) => ", does not agree",
                None => "",
            };
            format!("{}{agrees}", origin(Some(&shown.leaf), shown.ca.as_ref()))
        })
        .collect();
    if showed.is_empty() {
        showed.push(last.outcome.word().to_owned());
    }
    format!(
        "{gone}last seen {}, in {}: {}",
        moment(last.at),
        count(endpoint.looks, "run"),
        showed.join("; ")
    )
}

fn tone(kind: EventKind) -> Tone {
    match kind {
        EventKind::NewCa | EventKind::Expired | EventKind::Left => Tone::Bad,
        EventKind::Failed | EventKind::Gone => Tone::Doubtful,
        EventKind::Back | EventKind::FirstCaptured | EventKind::Came => Tone::Good,
        EventKind::FirstSeen | EventKind::NewLeaf => Tone::Faint,
    }
}

fn words(event: &Event) -> String {
    let now = origin(event.leaf.as_ref(), event.ca.as_ref());
    let outcome = event.outcome.map_or("", Outcome::word);
    match event.kind {
        EventKind::Failed => outcome.to_owned(),
        EventKind::Gone => "not asked for any more".to_owned(),
        EventKind::FirstSeen if event.leaf.is_none() => outcome.to_owned(),
        EventKind::Left if event.leaf.is_none() => "not asked for any more".to_owned(),
        EventKind::Left => format!("now {now}"),
        EventKind::NewCa | EventKind::Came => match &event.former_ca {
            Some(former) if Some(former) != event.ca.as_ref() => {
                format!("{now}; before from {}", identity(former))
            }
            _ => now,
        },
        EventKind::NewLeaf => match event.former_leaf.as_ref().and_then(|leaf| leaf.not_after) {
            Some(end) => format!("{now}; before until {}", end.date()),
            None => now,
        },
        EventKind::FirstSeen | EventKind::FirstCaptured | EventKind::Back | EventKind::Expired => {
            now
        }
    }
}

/// `from "CN=…", until 2028-11-22`.
fn origin(leaf: Option<&LeafBrief>, ca: Option<&CaIdentity>) -> String {
    let from = match ca {
        Some(ca) => format!("from {}", identity(ca)),
        None => "from a CA that is not known".to_owned(),
    };
    match leaf.and_then(|leaf| leaf.not_after) {
        Some(end) => format!("{from}, until {}", end.date()),
        None => from,
    }
}

/// The name, and the beginning of the key's digest, which tells generations of a CA apart.
fn identity(ca: &CaIdentity) -> String {
    let name = format!("\"{}\"", ca.name);
    match ca.spki_sha256 {
        Some(key) => format!("{name} (key {})", &key.to_string()[..12]),
        None => name,
    }
}

/// To the second: `2026-11-22T20:15:04Z`.
fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

fn count(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}
