//! The status page: the verdict first, for people. Escaped by the template, and harmless before that.

use std::collections::BTreeMap;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use crate::model::bytes::Sha256;
use crate::model::report::{Ca, EndpointReport, RunReport};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Severity};
use crate::report::text::{harmless, shorten};
use crate::watch::state::{Health, Last, Note, Phase, Shared, State, Trouble};
use crate::watch::words;

/// The most rows of endpoints; the rest is in the report.
const ROWS: usize = 1_000;
/// The most columns of a text that others wrote.
const TEXT: usize = 300;
/// The most endpoints that a finding names.
const PLACES: usize = 3;
/// Digits of a key's digest.
const DIGITS: usize = 16;

const STYLE: &str = include_str!("templates/page.css");

/// The digest of the page's one style, base64, by which it is allowed.
pub(super) fn style_digest() -> String {
    STANDARD.encode(Sha256::of(STYLE.as_bytes()).0)
}

/// The page.
pub(super) fn render(shared: &Shared) -> askama::Result<String> {
    let state = shared.now_known();
    let report = state.last.as_ref().map(|last| &*last.report);
    let (verdict, class) = match report.map(|report| report.verdict.word()) {
        Some(word) => (word.to_uppercase(), word),
        None => ("NOT KNOWN YET".to_owned(), "unknown"),
    };
    let headline = report.map_or("no run has finished yet", |report| &report.headline);
    Page {
        title: format!("{verdict} – sameca"),
        style: STYLE,
        verdict,
        class,
        headline: shown(headline),
        advice: report
            .and_then(|report| report.advice.as_deref())
            .map(shown),
        alerts: alerts(&state),
        times: times(&state, shared),
        tables: report
            .map(|report| tables(report, shared.now()))
            .unwrap_or_default(),
        findings: report.map(findings).unwrap_or_default(),
        changes: state.changes.iter().map(change).collect(),
        unchanged: match state.runs {
            0 | 1 => "there is nothing to compare yet",
            _ => "none since this program began",
        },
        version: env!("CARGO_PKG_VERSION"),
    }
    .render()
}

#[derive(Template)]
#[template(path = "watch/templates/page.html", config = ".askama.toml")]
struct Page<'s> {
    title: String,
    style: &'s str,
    verdict: String,
    class: &'s str,
    headline: String,
    advice: Option<String>,
    alerts: Vec<String>,
    times: Vec<(&'static str, String, String)>,
    tables: Vec<Table>,
    findings: Vec<Found>,
    changes: Vec<Shift>,
    unchanged: &'s str,
    version: &'s str,
}

/// The endpoints of one CA, or those of none.
struct Table {
    name: String,
    about: String,
    key: Option<String>,
    rows: Vec<Row>,
    more: usize,
}

struct Row {
    target: String,
    address: String,
    role: String,
    expires: String,
    lifetime: &'static str,
    state: &'static str,
    mark: &'static str,
    reason: Option<String>,
}

struct Found {
    severity: &'static str,
    mark: &'static str,
    code: String,
    message: String,
    places: String,
}

struct Shift {
    at: String,
    sentence: String,
    rows: Vec<(String, String)>,
    more: usize,
}

/// A text that others may have written.
fn shown(text: &str) -> String {
    shorten(&harmless(text), TEXT, "…").into_owned()
}

/// What is wrong with the watch. Only in general: details, such as paths, are in the log.
fn alerts(state: &State) -> Vec<String> {
    let mut alerts = Vec::new();
    if state.health() == Health::Overdue {
        alerts.push("What is shown here is old: no run has finished for two periods.".to_owned());
    }
    if state.slow {
        let every = words::span(state.every);
        let running = matches!(state.phase, Phase::Running(..));
        let which = if running {
            "This run lasts"
        } else {
            "The last run lasted"
        };
        alerts.push(format!("{which} longer than the period of {every}."));
    }
    alerts.extend(state.troubles.iter().map(|(trouble, since)| {
        let what = match trouble {
            Trouble::Run => "The last run failed",
            Trouble::Estate => "The estate cannot be read; the old one is still used",
            Trouble::History => "Runs are not kept: the history cannot be written",
            Trouble::OnChange => "The command that is told of changes failed",
        };
        format!(
            "{what} (since {}; the log says why).",
            words::minute(*since)
        )
    }));
    alerts
}

fn times(state: &State, shared: &Shared) -> Vec<(&'static str, String, String)> {
    let mut times = Vec::new();
    let now = Instant::now();
    if let Some(Last {
        report, finished, ..
    }) = &state.last
    {
        let ago = words::about(now.saturating_duration_since(*finished));
        let at = words::minute(shared.at(*finished));
        times.push(("Last run", at, format!("{ago} ago")));
        let took = report.finished.date_time() - report.started.date_time();
        if let Ok(took) = took.try_into() {
            times.push(("It took", words::span(took), String::new()));
        }
    }
    let (next, running) = match state.phase {
        Phase::Starting => (None, None),
        Phase::Running(since, next) => (Some(next), Some(since)),
        Phase::Waiting(next) => (Some(next), None),
    };
    if let Some(since) = running {
        let ago = words::about(now.saturating_duration_since(since));
        times.push(("A run is under way", format!("since {ago}"), String::new()));
    }
    if let Some(next) = next.filter(|next| *next > now) {
        let ahead = words::about(next - now);
        let at = words::minute(shared.at(next));
        times.push(("Next run", at, format!("in {ahead}")));
    }
    times.push(("Every", words::span(state.every), String::new()));
    times
}

fn tables(report: &RunReport, now: Timestamp) -> Vec<Table> {
    let mut left = ROWS;
    let mut table = |name: String, about: String, key, rows: Vec<&EndpointReport>| {
        let mut rows = rows;
        // What is wrong comes first.
        rows.sort_by_key(|row| (row.agrees != Some(false), !row.required));
        let shown: Vec<Row> = rows.iter().take(left).map(|seen| row(seen, now)).collect();
        left -= shown.len();
        let more = rows.len() - shown.len();
        Table {
            name,
            about,
            key,
            rows: shown,
            more,
        }
    };
    let of = |id: Option<&str>| -> Vec<&EndpointReport> {
        let rows = report.endpoints.iter();
        rows.filter(|row| row.ca.as_deref() == id).collect()
    };
    let mut tables = Vec::new();
    let missing = of(None);
    if !missing.is_empty() {
        let count = words_of(missing.len() as u64, "endpoint");
        tables.push(table("No certificate".to_owned(), count, None, missing));
    }
    for ca in &report.cas {
        let rows = of(Some(&ca.id));
        tables.push(table(shown(&ca.name), about(ca, report), key(ca), rows));
    }
    tables
}

fn about(ca: &Ca, report: &RunReport) -> String {
    let reference = report
        .reference
        .as_ref()
        .and_then(|reference| reference.ca.as_ref());
    let expected = if reference == Some(&ca.id) {
        ", the reference"
    } else {
        ""
    };
    let endpoints = words_of(ca.endpoints, "endpoint");
    format!(
        "{endpoints}, {}{expected}",
        words_of(ca.leaves, "certificate")
    )
}

fn key(ca: &Ca) -> Option<String> {
    let digest: String = ca.spki_sha256?.to_string().chars().take(DIGITS).collect();
    Some(format!("key {digest}…"))
}

fn words_of(count: u64, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}

fn row(row: &EndpointReport, now: Timestamp) -> Row {
    let roles: Vec<&str> = row.roles.iter().map(|role| role.word()).collect();
    let until = row.leaf.as_ref().and_then(|leaf| leaf.not_after);
    let has = |code: &str| row.findings.iter().any(|finding| finding.code == code);
    let (state, mark) = match (&row.leaf, row.agrees) {
        (None, _) => match row.required {
            true => (row.outcome.word(), "bad"),
            false => (row.outcome.word(), "doubt"),
        },
        (_, Some(true)) => ("agrees", "good"),
        (_, Some(false)) => ("differs", "bad"),
        (_, None) => ("not known", "doubt"),
    };
    Row {
        target: shown(&row.target),
        address: row
            .address
            .map_or_else(|| "–".to_owned(), |address| address.to_string()),
        role: roles.join(", "),
        expires: until.map_or_else(|| "–".to_owned(), |until| expiry(until, now)),
        lifetime: match () {
            () if has("expired") || until.is_some_and(|until| until < now) => "late",
            () if has("expires-soon") => "soon",
            () => "",
        },
        state,
        mark,
        reason: (row.agrees != Some(true)).then(|| shown(&row.reason)),
    }
}

fn expiry(until: Timestamp, now: Timestamp) -> String {
    let days = until.days_since(now);
    match until < now {
        true => format!("{} (expired)", until.date()),
        false => format!("{} (in {} days)", until.date(), days),
    }
}

/// Findings that say the same are one, with the endpoints they are of.
fn findings(report: &RunReport) -> Vec<Found> {
    type Key<'r> = (std::cmp::Reverse<Severity>, &'r str, &'r str);
    fn key(finding: &Finding) -> Key<'_> {
        let severity = std::cmp::Reverse(finding.severity);
        (severity, &finding.code, &finding.message)
    }
    let mut places: BTreeMap<Key<'_>, Vec<&str>> = BTreeMap::new();
    for finding in &report.findings {
        places.entry(key(finding)).or_default();
    }
    for row in &report.endpoints {
        for finding in &row.findings {
            places.entry(key(finding)).or_default().push(&row.target);
        }
    }
    let all = places.into_iter().take(ROWS);
    all.map(|((severity, code, message), targets)| Found {
        severity: severity.0.word(),
        mark: match severity.0 {
            Severity::Error => "bad",
            Severity::Warning => "doubt",
            Severity::Notice => "",
        },
        code: shown(code),
        message: shown(message),
        places: named(&targets),
    })
    .collect()
}

fn named(targets: &[&str]) -> String {
    let mut names: Vec<String> = targets
        .iter()
        .take(PLACES)
        .map(|name| shown(name))
        .collect();
    if targets.len() > PLACES {
        names.push(format!("{} more", targets.len() - PLACES));
    }
    names.join(", ")
}

fn change(note: &Note) -> Shift {
    let sentence = match note.before.filter(|before| *before != note.verdict) {
        Some(before) => format!("{} (was {before}): {}", note.verdict, shown(&note.headline)),
        None => shown(&note.headline),
    };
    let rows = note.rows.iter();
    Shift {
        at: words::minute(note.at),
        sentence,
        rows: rows
            .map(|(endpoint, what)| (shown(endpoint), shown(what)))
            .collect(),
        more: note.more,
    }
}
