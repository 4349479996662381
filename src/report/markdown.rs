//! Markdown for a ticket or a pull request (CommonMark with GitHub's tables): verdict, table, next step.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::report::{EndpointReport, Report, RunReport};
use crate::model::verdict::Severity;
use crate::report::style::{Mark, Style};
use crate::report::{rows, standing, text};

/// The most rows of the table. Tickets and comments take about 64 KB.
const ROWS: usize = 100;

/// The most CAs that are listed.
const CAS: usize = 20;

/// The most columns of a name, and of a sentence.
const NAME: usize = 100;
const SENTENCE: usize = 400;

/// Writes it. Rows that do not agree come first, and are the last that are left out.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    let verdict = head.verdict.word().to_uppercase();
    writeln!(out, "**{verdict}** {}\n", sentence(&head.headline))?;
    if let Some(evidence) = head.evidence {
        writeln!(out, "Evidence: {evidence}\n")?;
    }
    if head.partial {
        writeln!(
            out,
            "The run was interrupted: this is a part of the answer.\n"
        )?;
    }
    cas(head, out)?;
    let warnings = table(report, out)?;
    if !warnings.is_empty() {
        writeln!(out, "Findings:\n")?;
        for ((Reverse(severity), code), count) in &warnings {
            writeln!(
                out,
                "- {} {} ({count})",
                severity.word(),
                quoted(code, NAME)
            )?;
        }
        writeln!(out)?;
    }
    if let Some(advice) = &head.advice {
        writeln!(out, "**Next:** {}\n", sentence(advice))?;
    }
    writeln!(
        out,
        "Checked {} by sameca, run {}",
        quoted(&head.finished.to_string(), NAME),
        quoted(&head.run, NAME)
    )
}

fn cas(head: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    if head.cas.is_empty() {
        return Ok(());
    }
    for ca in head.cas.iter().take(CAS) {
        let endpoints = usize::try_from(ca.endpoints).unwrap_or(usize::MAX);
        let endpoints = text::count(endpoints, "endpoint");
        let name = quoted(&ca.name, NAME);
        writeln!(out, "- {} {name}: {endpoints}", quoted(&ca.id, NAME))?;
    }
    if head.cas.len() > CAS {
        writeln!(out, "- and {} more", head.cas.len() - CAS)?;
    }
    writeln!(out)
}

/// Writes the table; what was found of the rows, counted.
fn table(
    report: &dyn Report,
    out: &mut dyn Write,
) -> io::Result<BTreeMap<(Reverse<Severity>, String), usize>> {
    let head = report.head();
    let mut marked = Vec::new();
    let mut found = BTreeMap::new();
    let mut see = |severity: Severity, code: &str| {
        if severity >= Severity::Warning {
            let key = (Reverse(severity), code.to_owned());
            *found.entry(key).or_insert(0) += 1;
        }
    };
    head.findings.iter().for_each(|f| see(f.severity, &f.code));
    for (number, row) in report.rows().enumerate() {
        let row = &*row?;
        row.findings.iter().for_each(|f| see(f.severity, &f.code));
        marked.push((
            rank(rows::mark(row, standing::is_judged(row, head))),
            number,
        ));
    }
    if marked.is_empty() {
        writeln!(out, "No endpoint was checked.\n")?;
        return Ok(found);
    }
    marked.sort_unstable();
    writeln!(
        out,
        "| | Endpoint | Address | Role | CA | Expires | Reason |"
    )?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- |")?;
    for (_, number) in marked.iter().take(ROWS) {
        line(&*report.row(*number)?, head, out)?;
    }
    if marked.len() > ROWS {
        let more = marked.len() - ROWS;
        writeln!(
            out,
            "\nand {more} more; those that do not agree stand first"
        )?;
    }
    writeln!(out)?;
    Ok(found)
}

/// Which rows stand first.
fn rank(mark: Mark) -> u8 {
    match mark {
        Mark::Differs => 0,
        Mark::Missing => 1,
        Mark::Unknown => 2,
        Mark::Agrees => 3,
        Mark::Note => 4,
    }
}

fn line(row: &EndpointReport, head: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let mark = rows::mark(row, standing::is_judged(row, head));
    let word = match mark {
        Mark::Agrees => "✓ agrees",
        Mark::Differs => "✗ **differs**",
        Mark::Missing => "! not captured",
        Mark::Unknown => "? cannot tell",
        Mark::Note => "· not counted",
    };
    let address = row.located();
    let roles: Vec<&str> = row.roles.iter().map(|role| role.word()).collect();
    let ca = standing::ca_of(row, head).map(|ca| ca.id.as_str());
    let leaf = row.leaf.as_ref();
    let end = leaf.and_then(|leaf| leaf.not_after.map(|end| end.date()));
    let cell = |text: Option<&str>| text.map_or_else(String::new, |text| quoted(text, NAME));
    let reason = match mark {
        Mark::Agrees => String::new(),
        _ => sentence(&row.reason),
    };
    writeln!(
        out,
        "| {word} | {} | {} | {} | {} | {} | {reason} |",
        cell(Some(&row.target)),
        cell(address.as_deref()),
        roles.join(", "),
        cell(ca),
        end.unwrap_or_default(),
    )
}

/// A name as a code span: nothing in one is markup, a link or a mention. Of what could end it, and what could end a
/// table's cell, the escape is shown.
fn quoted(text: &str, width: usize) -> String {
    let shown = Style::default().short(text, width);
    match shown.is_empty() {
        true => String::new(),
        false => format!(
            "`{}`",
            shown.replace('`', "\\u{60}").replace('|', "\\u{7c}")
        ),
    }
}

/// A sentence, in which every word that is more than letters is a code span.
fn sentence(text: &str) -> String {
    let shown = Style::default().short(text, SENTENCE);
    let words: Vec<String> = shown.split(' ').map(word).collect();
    words.join(" ")
}

fn word(word: &str) -> String {
    let is_plain = |c: char| matches!(c, ',' | '.' | ';' | ':' | '(' | ')' | '"' | '\'' | '…');
    let middle = word.trim_matches(is_plain);
    let letters = |c: char| c.is_alphabetic() || c == '-';
    let is_number = middle.len() <= 6 && middle.bytes().all(|byte| byte.is_ascii_digit());
    if middle.is_empty() || is_number || middle.chars().all(letters) {
        return word.to_owned();
    }
    let at = word.find(middle).unwrap_or(0);
    let (before, after) = (&word[..at], &word[at + middle.len()..]);
    format!("{before}{}{after}", quoted(middle, SENTENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_more_than_letters_are_code() {
        assert_eq!(
            sentence(
                "pc01.contoso.com:443 is issued by \"Fabrikam Web CA\", the 2 front ends use \"X1\"."
            ),
            "`pc01.contoso.com:443` is issued by \"Fabrikam Web CA\", the 2 front ends use \"`X1`\"."
        );
        assert_eq!(
            sentence("@admin #12 <b> a|b `x`"),
            "`@admin` `#12` `<b>` `a\\u{7c}b` `\\u{60}x\\u{60}`"
        );
    }
}
