//! Comma-separated values (RFC 4180), a row for each endpoint, for spreadsheets and databases.

use std::io::{self, Write};

use crate::model::report::{EndpointReport, Report, RunReport};
use crate::report::{standing, text};

/// The columns, in order. New ones are added at the end; a name stays until the document's version changes.
pub const COLUMNS: [&str; 32] = [
    "run",
    "target",
    "host",
    "address",
    "port",
    "roles",
    "group",
    "judged",
    "pool",
    "required",
    "names",
    "variant",
    "count",
    "outcome",
    "detail",
    "agrees",
    "reason",
    "ca",
    "ca_name",
    "evidence",
    "subject",
    "san",
    "issuer",
    "serial",
    "not_before",
    "not_after",
    "sha256",
    "sha1",
    "key",
    "tls_version",
    "cipher_suite",
    "findings",
];

/// The most columns of one field's text: a spreadsheet's cell holds no more than 32,767 characters.
const LONGEST: usize = 8_000;

/// Writes the header, always, and the rows. A field that is empty is not known or does not apply; what is known to be
/// empty says `(none)`.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    writer.write_record(COLUMNS)?;
    for row in report.rows() {
        let fields = fields(&*row?, report.head());
        writer.write_record(fields.iter().map(|field| inert(field)))?;
    }
    writer.flush()
}

/// A field that no spreadsheet takes for a formula, and no terminal for a command. What could be a formula begins with
/// an apostrophe, which spreadsheets take for "this is text".
fn inert(field: &str) -> String {
    let shown = text::harmless(field);
    let shown = text::shorten(&shown, LONGEST, "…");
    let formula = [
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    match shown
        .trim_start_matches([' ', '"', '\''])
        .starts_with(formula)
    {
        true => format!("'{shown}"),
        false => shown.into_owned(),
    }
}

fn fields(row: &EndpointReport, head: &RunReport) -> [String; COLUMNS.len()] {
    let leaf = row.leaf.as_deref();
    let tls = row.tls.as_ref();
    let findings = row.findings.iter().map(|found| found.code.clone());
    [
        head.run.clone(),
        row.target.clone(),
        row.host.clone(),
        some(row.address),
        some(row.port.map(|port| port.number())),
        list(row.roles.iter().map(|role| role.word().to_owned())),
        row.group.word().to_owned(),
        yes(standing::is_judged(row, head)),
        known(row.pool.as_deref()),
        yes(row.required),
        list(row.names.iter().cloned()),
        some(standing::variant(row)),
        row.count.to_string(),
        row.outcome.word().to_owned(),
        known(row.detail.as_deref()),
        row.agrees.map(yes).unwrap_or_default(),
        row.reason.clone(),
        some(row.ca.as_deref()),
        known(standing::ca_of(row, head).map(|ca| ca.name.as_str())),
        some(row.evidence),
        known(leaf.and_then(|leaf| leaf.subject.as_deref())),
        leaf.map_or_else(String::new, |leaf| list(leaf.san.iter().cloned())),
        known(leaf.and_then(|leaf| leaf.issuer.as_deref())),
        known(leaf.and_then(|leaf| leaf.serial.as_deref())),
        some(leaf.and_then(|leaf| leaf.not_before)),
        some(leaf.and_then(|leaf| leaf.not_after)),
        some(leaf.map(|leaf| leaf.sha256)),
        some(leaf.map(|leaf| leaf.sha1)),
        known(leaf.and_then(|leaf| leaf.key.as_deref())),
        some(tls.and_then(|tls| tls.version)),
        some(tls.and_then(|tls| tls.cipher_suite)),
        list(findings),
    ]
}

fn some<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn known(text: Option<&str>) -> String {
    match text {
        Some("") => "(none)".to_owned(),
        text => text.unwrap_or_default().to_owned(),
    }
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.is_empty() {
        true => "(none)".to_owned(),
        false => items.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text() {
        for formula in [
            "=cmd()",
            "+1",
            "-1",
            "@SUM(A1)",
            " =1",
            "\"=1",
            "'=1",
            "\u{ff1d}1",
        ] {
            assert_eq!(inert(formula), format!("'{formula}"));
        }
        assert_eq!(inert("\t=1"), "\\u{9}=1");
        assert_eq!(inert("CN=a"), "CN=a");
        assert_eq!(inert(""), "");
    }
}
