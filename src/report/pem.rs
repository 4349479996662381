//! The chains as PEM (RFC 7468), with comment lines that say whose they are.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::bytes::{Der, Sha256};
use crate::model::report::{EndpointReport, Report, RunReport};
use crate::report::text;

/// Characters of base64 on a line (RFC 7468 §2).
const LINE: usize = 64;
/// The most columns of a comment.
const COMMENT: usize = 160;

/// Writes each distinct chain once, in the order of rows; endpoints without one get a comment.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let mut written: BTreeSet<Vec<Sha256>> = BTreeSet::new();
    for row in report.rows() {
        let row = &*row?;
        comment(&header(row), out)?;
        if row.chain.is_empty() {
            continue;
        }
        if !written.insert(row.chain.clone()) {
            comment("the same certificates as above", out)?;
            continue;
        }
        for (number, digest) in row.chain.iter().enumerate() {
            let name = subject(report.head(), row, number, digest);
            comment(
                &format!("{} of {}: {name}", number + 1, row.chain.len()),
                out,
            )?;
            match report.certificate(digest)? {
                Some(der) => certificate(&der, out)?,
                None => comment(&format!("not in this report: {digest}"), out)?,
            }
        }
    }
    Ok(())
}

fn header(row: &EndpointReport) -> String {
    let address = row
        .address
        .map_or_else(String::new, |address| format!(" at {address}"));
    let outcome = row.outcome.word();
    format!("{}{address}: {outcome}", row.target)
}

fn subject<'r>(
    report: &'r RunReport,
    row: &'r EndpointReport,
    number: usize,
    digest: &Sha256,
) -> Cow<'r, str> {
    let leaf = row.leaf.as_deref().filter(|_| number == 0);
    let described = leaf.or_else(|| report.details.get(digest));
    let on_path = || {
        let path = row.proof.iter().flat_map(|proof| &proof.path);
        path.into_iter()
            .find(|link| link.certificate == *digest)
            .map(|link| link.subject.as_str())
    };
    match described
        .and_then(|certificate| certificate.subject.as_deref())
        .or_else(on_path)
    {
        Some(subject) => Cow::Borrowed(subject),
        None => Cow::Owned(format!("SHA-256 {digest}")),
    }
}

/// A line that no reader of PEM takes for a boundary, wherever in a line it looks for one. ASCII, because old readers
/// of PEM know nothing else.
fn comment(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = text::ascii(text).replace("--", "-\\u{2d}");
    writeln!(out, "# {}", text::shorten(&text, COMMENT, "..."))
}

fn certificate(der: &Der, out: &mut dyn Write) -> io::Result<()> {
    let encoded = STANDARD.encode(der.as_bytes());
    writeln!(out, "-----BEGIN CERTIFICATE-----")?;
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        writeln!(out, "{line}")?;
        rest = more;
    }
    writeln!(out, "-----END CERTIFICATE-----")
}
