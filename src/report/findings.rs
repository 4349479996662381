//! The findings of a report in a list: one that many endpoints share is said once.

use std::io;

use crate::model::report::RunReport;
use crate::model::verdict::Finding;
use crate::report::page::Page;
use crate::report::style::{Style, Tone};
use crate::report::text;

/// The most endpoints of a finding that are named unasked.
const NAMED: usize = 3;
/// Where messages begin.
const INDENT: usize = 11;

/// A finding and the targets that it is about; none: the run as a whole.
struct Shared<'r> {
    finding: &'r Finding,
    targets: Vec<&'r str>,
}

/// Writes the section, if there is any finding: errors first, then in the order of rows.
pub(super) fn write(report: &RunReport, page: &mut Page<'_>) -> io::Result<()> {
    let all = collect(report);
    if all.is_empty() {
        return Ok(());
    }
    page.section("findings")?;
    for Shared { finding, targets } in all {
        let word = text::pad(finding.severity.word(), INDENT - 4);
        let label = format!(
            "  {}  ",
            page.style.paint(Tone::from(finding.severity), word)
        );
        let message = page
            .style
            .sentence(&format!("{}: {}", finding.code, finding.message));
        let about = about(&targets, page.style);
        let about = page.style.harmless(&about);
        page.hang_whole(&label, INDENT, &format!("{message}{about}"))?;
    }
    Ok(())
}

fn collect(report: &RunReport) -> Vec<Shared<'_>> {
    let of_run = report.findings.iter().map(|finding| (finding, None));
    let of_rows = report.endpoints.iter().flat_map(|row| {
        row.findings
            .iter()
            .map(|finding| (finding, Some(row.target.as_str())))
    });
    let mut numbers = std::collections::HashMap::new();
    let mut all: Vec<Shared<'_>> = Vec::new();
    for (finding, target) in of_run.chain(of_rows) {
        let key = (&finding.code, &finding.message);
        let number = *numbers.entry(key).or_insert(all.len());
        if number == all.len() {
            all.push(Shared {
                finding,
                targets: Vec::new(),
            });
        }
        if let (Some(shared), Some(target)) = (all.get_mut(number), target)
            && shared.targets.last() != Some(&target)
        {
            shared.targets.push(target);
        }
    }
    all.sort_by_key(|shared| std::cmp::Reverse(shared.finding.severity));
    all
}

/// ` (a)`, ` (5 endpoints: a, b, c and 2 more)`.
fn about(targets: &[&str], style: &Style) -> String {
    let named = if style.verbose > 0 {
        targets.len()
    } else {
        NAMED
    };
    let names: Vec<&str> = targets.iter().copied().take(named).collect();
    let names = names.join(", ");
    match targets.len() {
        0 => String::new(),
        1 => format!(" ({names})"),
        count if count <= named => format!(" ({count} endpoints: {names})"),
        count => format!(" ({count} endpoints: {names} and {} more)", count - named),
    }
}
