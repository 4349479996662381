//! The answer: the verdict in words, what it rests on, and what it means to a script.

use crate::model::report::RunReport;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Same, Verdict};
use crate::report::html::shown;
use crate::report::{table, text};

/// The first lines of the page.
pub(super) struct Answer {
    pub(super) word: &'static str,
    /// The verdict's word, which is also its class.
    pub(super) class: &'static str,
    pub(super) title: String,
    pub(super) headline: String,
    pub(super) evidence: Option<(&'static str, &'static str)>,
    pub(super) exit: (u8, &'static str),
    pub(super) partial: Option<String>,
    pub(super) advice: Option<String>,
    pub(super) finished: String,
    pub(super) date: String,
    pub(super) version: &'static str,
    pub(super) run: String,
    pub(super) policy: String,
    pub(super) counts: String,
}

impl Answer {
    pub(super) fn of(report: &RunReport, not_attempted: usize) -> Self {
        let evidence = report.evidence;
        Self {
            word: word(report.verdict),
            class: report.verdict.word(),
            title: shown::name(&report.headline),
            headline: shown::sentence(&report.headline),
            evidence: evidence
                .map(|evidence| (evidence.word(), table::meaning(evidence, report.verdict))),
            exit: exit(report),
            partial: report.partial.then(|| {
                let missed = text::count(not_attempted, "endpoint");
                format!("The run was interrupted; {missed} not reached.")
            }),
            advice: report.advice.as_deref().map(begun),
            finished: report.finished.to_string(),
            date: date(report.finished),
            version: env!("CARGO_PKG_VERSION"),
            run: shown::name(&report.run),
            policy: policy(report),
            counts: counts(report),
        }
    }
}

/// The verdict at the beginning of a sentence.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "Same CA",
        Verdict::Different => "Different CAs",
        Verdict::Inconclusive => "Inconclusive",
    }
}

/// A sentence with a capital at its beginning.
fn begun(sentence: &str) -> String {
    let mut sentence = shown::sentence(sentence);
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// The exit status that goes with the verdict, and what it means.
fn exit(report: &RunReport) -> (u8, &'static str) {
    match (report.partial, report.verdict) {
        (true, _) => (
            130,
            "the run was interrupted, and this is what was captured so far",
        ),
        (_, Verdict::Same) => (0, "all that was judged comes from the same CA"),
        (_, Verdict::Different) => (1, "not all that was judged comes from the same CA"),
        (_, Verdict::Inconclusive) => (
            3,
            "a server was not captured, or the evidence is too weak for an answer",
        ),
    }
}

fn policy(report: &RunReport) -> String {
    let same = match report.policy.same {
        Same::IssuingCa => "the same issuing CA",
        Same::CaName => "the same CA name",
        Same::Root => "a common root",
    };
    let evidence = report.policy.evidence.evidence();
    format!("wanted: {same}, evidence at least {evidence}")
}

fn counts(report: &RunReport) -> String {
    let summary = report.summary;
    let count = |number, one| text::count(usize::try_from(number).unwrap_or(usize::MAX), one);
    format!(
        "{}, {} captured, {} not; {}, {}",
        count(summary.endpoints, "endpoint"),
        summary.captured,
        summary.failed,
        count(summary.cas, "CA"),
        count(summary.leaves, "certificate"),
    )
}

/// `22 November 2026, 20:15 UTC`.
fn date(time: Timestamp) -> String {
    let time = time.date_time();
    let month = time.month();
    format!(
        "{} {month} {}, {:02}:{:02} UTC",
        time.day(),
        time.year(),
        time.hour(),
        time.minute()
    )
}
