//! One line for monitoring, as the Monitoring Plugins Development Guidelines want it: state, sentence, performance data.

use std::io::{self, Write};

use crate::model::report::Report;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Severity, Verdict};
use crate::report::{standing, text};

/// The most columns of the sentence: what reads the line may keep no more than 4 KB of it.
const SENTENCE: usize = 600;

/// The state of the service. The numbers are the exit codes of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Same CA.
    Ok,
    /// Same CA, with a finding that is a warning or an error.
    Warning,
    /// Different CAs.
    Critical,
    /// It cannot be said.
    Unknown,
}

impl State {
    /// The state that a report tells. An interrupted run that found no difference tells nothing.
    ///
    /// # Errors
    ///
    /// A row of the report cannot be read.
    pub fn of(report: &dyn Report) -> io::Result<Self> {
        Ok(match report.head().verdict {
            Verdict::Different => Self::Critical,
            _ if report.head().partial => Self::Unknown,
            Verdict::Inconclusive => Self::Unknown,
            Verdict::Same if Facts::of(report)?.warnings > 0 => Self::Warning,
            Verdict::Same => Self::Ok,
        })
    }

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Writes the line.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    let state = State::of(report)?;
    let facts = Facts::of(report)?;
    let note = match facts.warnings {
        0 => String::new(),
        warnings => format!(" ({})", text::count(warnings, "warning")),
    };
    let partial = if head.partial { " (partial)" } else { "" };
    let days = match facts.first_end {
        Some(end) => end.days_since(head.finished).to_string(),
        None => "U".to_owned(),
    };
    let summary = &head.summary;
    writeln!(
        out,
        "SAMECA {} - {}{note}{partial} | endpoints={};;;0 captured={};;;0;{} cas={};;;0 days_to_first_expiry={days}",
        state.word(),
        sentence(&head.headline),
        summary.endpoints,
        summary.captured,
        summary.endpoints,
        summary.cas,
    )
}

/// The line of a run that came to no report.
pub fn failed(why: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "SAMECA UNKNOWN - {}", sentence(why))
}

/// Text without what monitoring takes for performance data, a macro or a tag.
fn sentence(text: &str) -> String {
    let mut inert = String::new();
    for c in text::harmless(text).chars() {
        match c {
            '|' | '<' | '>' | '&' | '$' | '`' => inert.extend(c.escape_unicode()),
            c => inert.push(c),
        }
    }
    text::shorten(&inert, SENTENCE, "...").into_owned()
}

struct Facts {
    /// Findings that are a warning or worse.
    warnings: usize,
    /// The first end of a leaf of a judged group.
    first_end: Option<Timestamp>,
}

impl Facts {
    fn of(report: &dyn Report) -> io::Result<Self> {
        let head = report.head();
        let count = |findings: &[Finding]| {
            let bad = |finding: &&Finding| finding.severity >= Severity::Warning;
            findings.iter().filter(bad).count()
        };
        let mut facts = Self {
            warnings: count(&head.findings),
            first_end: None,
        };
        for row in report.rows() {
            let row = &*row?;
            if !standing::is_judged(row, head) {
                continue;
            }
            facts.warnings += count(&row.findings);
            let end = row.leaf.as_ref().and_then(|leaf| leaf.not_after);
            facts.first_end = facts.first_end.into_iter().chain(end).min();
        }
        Ok(facts)
    }
}
