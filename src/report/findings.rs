//! The findings of a report in a list: one that many endpoints share is said once.

use std::collections::{BTreeMap, HashMap};
use std::io;

use crate::model::verdict::{Finding, Severity};
use crate::report::page::Page;
use crate::report::style::{Style, Tone};
use crate::report::text;

/// The most endpoints of a finding that are named unasked.
const NAMED: usize = 3;
/// The most messages of one code that are shown unasked: those of a network would be a line for each endpoint.
const MESSAGES: usize = 20;
/// Where messages begin.
const INDENT: usize = 11;

/// The findings of a report, taken in row by row.
#[derive(Default)]
pub(super) struct Findings {
    list: Vec<Shared>,
    /// By code and message.
    numbers: HashMap<(String, String), usize>,
    /// By code, how many messages are listed, and how often one came that is not.
    codes: BTreeMap<String, Code>,
}

/// The messages of one code.
struct Code {
    severity: Severity,
    listed: usize,
    left_out: usize,
}

/// A finding and the targets that it is about; none: the run as a whole.
struct Shared {
    finding: Finding,
    /// Those that are named; all are counted.
    targets: Vec<String>,
    last: Option<String>,
    count: usize,
}

impl Findings {
    /// Begins with what was found about the run as a whole.
    pub(super) fn of_run(of_run: &[Finding]) -> Self {
        let mut findings = Self::default();
        for finding in of_run {
            findings.number(finding, usize::MAX);
        }
        findings
    }

    /// Takes in what was found about a row.
    pub(super) fn add(&mut self, target: &str, of_row: &[Finding], style: &Style) {
        for finding in of_row {
            let Some(number) = self.number(finding, messages(style)) else {
                continue;
            };
            let shared = &mut self.list[number];
            if shared.last.as_deref() != Some(target) {
                shared.last = Some(target.to_owned());
                shared.count += 1;
                if shared.targets.len() < named(style) {
                    shared.targets.push(target.to_owned());
                }
            }
        }
    }

    /// The place of a finding in the list; `None` when enough of its code are there, and it is only counted.
    fn number(&mut self, finding: &Finding, most: usize) -> Option<usize> {
        let key = (finding.code.clone(), finding.message.clone());
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let code = self.codes.entry(finding.code.clone()).or_insert(Code {
            severity: finding.severity,
            listed: 0,
            left_out: 0,
        });
        if code.listed >= most {
            code.left_out += 1;
            return None;
        }
        code.listed += 1;
        self.numbers.insert(key, self.list.len());
        self.list.push(Shared {
            finding: finding.clone(),
            targets: Vec::new(),
            last: None,
            count: 0,
        });
        Some(self.list.len() - 1)
    }

    /// Each finding in its place (errors first, then in the order of rows), with the endpoints that it is about; then
    /// how many of each code are not listed.
    pub(super) fn listed(mut self) -> Vec<Finding> {
        self.list
            .sort_by_key(|shared| std::cmp::Reverse(shared.finding.severity));
        let listed = self.list.iter().map(|shared| Finding {
            message: format!("{}{}", shared.finding.message, about(shared)),
            ..shared.finding.clone()
        });
        let rest = self.codes.iter().filter(|(_, code)| code.left_out > 0);
        let rest = rest.map(|(name, code)| {
            Finding::new(name, code.severity, format!("and {} more", code.left_out))
        });
        listed.chain(rest).collect()
    }

    /// Writes the section, if there is any finding: errors first, then in the order of rows.
    pub(super) fn write(mut self, page: &mut Page<'_>) -> io::Result<()> {
        if self.list.is_empty() {
            return Ok(());
        }
        self.list
            .sort_by_key(|shared| std::cmp::Reverse(shared.finding.severity));
        page.section("findings")?;
        for shared in &self.list {
            let finding = &shared.finding;
            let label = label(finding.severity, page);
            let message = page
                .style
                .sentence(&format!("{}: {}", finding.code, finding.message));
            let about = about(shared);
            let about = page.style.harmless(&about);
            page.hang_whole(&label, INDENT, &format!("{message}{about}"))?;
        }
        for (name, code) in self.codes.iter().filter(|(_, code)| code.left_out > 0) {
            let label = label(code.severity, page);
            let rest = format!("{name}: and {} more (-v shows them)", code.left_out);
            page.hang_whole(&label, INDENT, &rest)?;
        }
        Ok(())
    }
}

fn label(severity: Severity, page: &Page<'_>) -> String {
    let word = text::pad(severity.word(), INDENT - 4);
    format!("  {}  ", page.style.paint(Tone::from(severity), word))
}

/// How many messages of one code are shown.
fn messages(style: &Style) -> usize {
    if style.verbose > 0 {
        usize::MAX
    } else {
        MESSAGES
    }
}

/// How many endpoints of a finding are named.
fn named(style: &Style) -> usize {
    if style.verbose > 0 { usize::MAX } else { NAMED }
}

/// ` (a)`, ` (5 endpoints: a, b, c and 2 more)`.
fn about(shared: &Shared) -> String {
    let names = shared.targets.join(", ");
    match shared.count {
        0 => String::new(),
        1 => format!(" ({names})"),
        count if count == shared.targets.len() => format!(" ({count} endpoints: {names})"),
        count => format!(
            " ({count} endpoints: {names} and {} more)",
            count - shared.targets.len()
        ),
    }
}
