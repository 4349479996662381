//! The renewal as a table: how far it is, which pools and endpoints lag behind, what was found.

use std::io::{self, Write};

use crate::model::renewal::{Answer, PoolReport, RenewalReport};
use crate::model::verdict::Verdict;
use crate::report::changes;
use crate::report::findings::Findings;
use crate::report::page::Page;
use crate::report::style::{Style, Tone};

/// How many members that lag behind are named.
const NAMED: usize = 10;

/// Writes the table.
pub fn render(report: &RenewalReport, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let word = style.paint(tone(report.answer), "RENEWED");
    if style.quiet {
        let headline = style.sentence(&report.headline);
        return page.line(&format!("{word} {headline}"));
    }
    page.hang(&format!("{word} "), 9, &report.headline)?;
    remarks(report, &mut page)?;
    if !report.pools.is_empty() {
        page.gap()?;
        for pool in &report.pools {
            page.hang("  ", 4, &members(pool))?;
        }
    }
    changes::write(&report.endpoints, &mut page)?;
    let mut findings = Findings::of_run(&report.findings);
    for row in &report.endpoints {
        findings.add(&row.target, &row.findings, style);
    }
    findings.write(&mut page)
}

fn tone(answer: Answer) -> Tone {
    match answer {
        Answer::Renewed => Tone::Good,
        Answer::NotRenewed => Tone::Bad,
        Answer::Inconclusive => Tone::Doubtful,
    }
}

fn remarks(report: &RenewalReport, page: &mut Page<'_>) -> io::Result<()> {
    if report.answer != Answer::Renewed && report.verdict != Verdict::Same {
        let verdict = &report.verdict;
        page.indented(9, &format!("CA: {verdict}: {}", report.verdict_headline))?;
    }
    if report.partial {
        page.indented(9, "partial: the run was interrupted")?;
    }
    if report.summary.left_out > 0 {
        let left_out = report.summary.left_out;
        page.indented(
            9,
            &format!("{left_out} more endpoints of the baseline were not asked for"),
        )?;
    }
    Ok(())
}

/// `lyncpool.contoso.com: 3 of 4 members; not yet lync02.contoso.com`.
fn members(pool: &PoolReport) -> String {
    let PoolReport {
        name,
        members,
        renewed,
        not_renewed,
    } = pool;
    let count = format!("{name}: {} of {members} members", renewed.len());
    if not_renewed.is_empty() {
        return count;
    }
    let named: Vec<&str> = not_renewed.iter().take(NAMED).map(String::as_str).collect();
    let more = not_renewed.len().saturating_sub(NAMED);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{count}; not {}{rest}", named.join(", "))
}
