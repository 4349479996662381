//! The proof as a tree: which key verified the leaf, where that key was found, and so on to a root; or what was tried
//! and why nothing verified it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::bytes::Sha256;
use crate::model::issuer::{Evidence, Trial, TrialResult};
use crate::model::report::{EndpointReport, Leaf, Link, Proof, RunReport};
use crate::report::page::Page;
use crate::report::style::{Mark, Style, Tone};
use crate::report::text;

/// The most targets of a leaf that are named unasked.
const NAMED: usize = 3;
/// The most keys tried that are listed unasked; the one that verifies is always in the tree.
const TRIED: usize = 10;
/// The columns of a label in front of a fact.
const LABEL: usize = 12;

/// Writes the proof of each distinct leaf, in the order of rows, and why the other endpoints showed none.
pub fn render(report: &RunReport, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let mut first = true;
    for rows in by_leaf(report) {
        if !std::mem::take(&mut first) {
            page.gap()?;
        }
        match rows.first() {
            Some(row) if row.chain.is_empty() => missing(row, &mut page)?,
            Some(row) => leaf(report, row, &rows, &mut page)?,
            None => {}
        }
    }
    if first {
        page.line("there is no endpoint to explain")?;
    }
    Ok(())
}

/// The rows that show one leaf, leaf by leaf; a row without a leaf is alone.
fn by_leaf(report: &RunReport) -> Vec<Vec<&EndpointReport>> {
    let mut numbers: BTreeMap<&Sha256, usize> = BTreeMap::new();
    let mut leaves: Vec<Vec<&EndpointReport>> = Vec::new();
    for row in &report.endpoints {
        let next = leaves.len();
        let number = row
            .chain
            .first()
            .map_or(next, |leaf| *numbers.entry(leaf).or_insert(next));
        match leaves.get_mut(number) {
            Some(rows) => rows.push(row),
            None => leaves.push(vec![row]),
        }
    }
    leaves
}

fn missing(row: &EndpointReport, page: &mut Page<'_>) -> io::Result<()> {
    let target = page.style.sentence(&row.target);
    page.line(&page.style.paint(Tone::Heading, target))?;
    page.indented(2, &row.reason)
}

fn leaf(
    report: &RunReport,
    row: &EndpointReport,
    rows: &[&EndpointReport],
    page: &mut Page<'_>,
) -> io::Result<()> {
    let style = page.style;
    let title = style.short(&title(row), style.columns());
    page.line(&style.paint(Tone::Heading, title))?;
    let label = format!("  {}", text::pad("shown by", LABEL));
    page.hang_whole(&label, 2 + LABEL, &targets(rows, style))?;
    if let Some(leaf) = &row.leaf {
        page.field(2, "thumbprint", LABEL, &thumbprint(leaf))?;
    }
    tree(report, row, 2, page)?;
    let mut reasons: Vec<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
    reasons.dedup();
    for reason in reasons {
        page.field(2, "answer", LABEL, reason)?;
    }
    Ok(())
}

/// What a row's leaf is called.
pub(super) fn title(row: &EndpointReport) -> String {
    match row.leaf.as_ref().and_then(|leaf| leaf.subject.as_deref()) {
        Some("") => "(empty name)".to_owned(),
        Some(subject) => subject.to_owned(),
        None => "(a certificate that cannot be read)".to_owned(),
    }
}

fn targets(rows: &[&EndpointReport], style: &Style) -> String {
    let named = if style.verbose > 0 { rows.len() } else { NAMED };
    let names: Vec<&str> = rows
        .iter()
        .take(named)
        .map(|row| row.target.as_str())
        .collect();
    let names = names.join(", ");
    let names = style.harmless(&names);
    match rows.len().saturating_sub(named) {
        0 => names.into_owned(),
        rest => format!("{names} and {rest} more"),
    }
}

/// The SHA-1 of a certificate as Windows shows it.
pub(super) fn thumbprint(leaf: &Leaf) -> String {
    format!("{} (SHA-1)", leaf.sha1.to_string().to_uppercase())
}

/// Writes who was found to have issued a row's leaf, and how.
pub(super) fn tree(
    report: &RunReport,
    row: &EndpointReport,
    indent: usize,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let Some(proof) = &row.proof else {
        return page.indented(
            indent,
            "no certificate was captured, so there is nothing to prove",
        );
    };
    let evidence = row.evidence.unwrap_or(Evidence::None);
    page.field(
        indent,
        "evidence",
        LABEL,
        &format!("{evidence}: {}", means(evidence)),
    )?;
    page.field(indent, "leaf", LABEL, &title(row))?;
    let begin = indent + LABEL;
    if proof.path.is_empty() {
        branch(begin, &claim(row, proof), page)?;
    } else {
        path(row, proof, begin, page)?;
    }
    tried(report, row, proof, indent, page)?;
    match &proof.note {
        Some(note) => page.field(indent, "note", LABEL, note),
        None => Ok(()),
    }
}

/// What a piece of evidence says.
pub(super) fn means(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Proven => {
            "the key of a certificate with the issuer's name verifies the signature"
        }
        Evidence::SelfSigned => "its own key verifies the signature",
        Evidence::Recovered => "a key computed from several signatures verifies them all",
        Evidence::KeyId => "no signature was verified; the key identifier names the issuer's key",
        Evidence::Name => "no signature was verified; only the issuer's name is known",
        Evidence::Contradicted => "the key that the certificate names did not sign it",
        Evidence::None => "there is no certificate that can be read",
    }
}

fn branch(indent: usize, text: &str, page: &mut Page<'_>) -> io::Result<()> {
    let corner = if page.style.ascii { "`- " } else { "└─ " };
    page.hang(&format!("{:indent$}{corner}", ""), indent + 3, text)
}

/// What is left when nothing verifies the leaf.
pub(super) fn claim(row: &EndpointReport, proof: &Proof) -> String {
    let issuer = row.leaf.as_ref().and_then(|leaf| leaf.issuer.as_deref());
    let key = match &proof.key_id {
        Some(key) => format!(", key id {key}"),
        None => String::new(),
    };
    match issuer {
        Some(issuer) if row.evidence == Some(Evidence::Recovered) => {
            format!("verified by a computed key of {issuer}{key}")
        }
        Some(issuer) => {
            format!("names {issuer} as its issuer{key}; no key that was found verifies it")
        }
        None => "its issuer cannot be read".to_owned(),
    }
}

fn path(row: &EndpointReport, proof: &Proof, begin: usize, page: &mut Page<'_>) -> io::Result<()> {
    // Deeper than this, the tree no longer moves to the right.
    const DEEPEST: usize = 10;
    let mut indent = begin;
    for (depth, link) in proof.path.iter().enumerate() {
        indent = begin + depth.min(DEEPEST) * 3;
        if row.chain.first() == Some(&link.certificate) {
            branch(indent, "verified by its own key", page)?;
        } else {
            branch(
                indent,
                &format!("verified by the key of {}", link.subject),
                page,
            )?;
            page.indented(indent + 3, &found(link))?;
        }
    }
    page.indented(indent + 3, end(proof))
}

/// How a path ends.
pub(super) fn end(proof: &Proof) -> &'static str {
    if proof.complete {
        "self-signed: the path ends here"
    } else {
        "no certificate that verifies this one was found: the path ends before a root"
    }
}

/// Where a signer's certificate was found, and its key's identifier.
pub(super) fn found(link: &Link) -> String {
    match &link.key_id {
        Some(key) => format!("{}, key id {key}", link.found),
        None => link.found.to_string(),
    }
}

/// The keys that were tried on the leaf's signature, unless the tree already says all of it.
fn tried(
    report: &RunReport,
    row: &EndpointReport,
    proof: &Proof,
    indent: usize,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let style = page.style;
    if is_told(row, proof) {
        return Ok(());
    }
    let Some(leaf) = row.leaf.as_ref().filter(|leaf| leaf.issuer.is_some()) else {
        return Ok(());
    };
    if proof.trials.is_empty() {
        let issuer = leaf.issuer.as_deref().unwrap_or_default();
        let none = format!("nothing: no certificate of {issuer} was found; give it with --ca-file");
        return page.field(indent, "tried", LABEL, &none);
    }
    let count = format!(
        "{} of the issuer's name",
        text::count(proof.trials.len(), "key")
    );
    page.field(indent, "tried", LABEL, &count)?;
    let listed = if style.verbose > 0 {
        proof.trials.len()
    } else {
        TRIED
    };
    for trial in proof.trials.iter().take(listed) {
        let label = format!("{:1$}{2} ", "", indent + LABEL, style.mark(mark(trial)));
        let columns = indent + LABEL + style.mark_width() + 1;
        page.hang(&label, columns, &result(report, trial))?;
    }
    match proof.trials.len().saturating_sub(listed) {
        0 => Ok(()),
        rest => page.indented(indent + LABEL, &format!("and {rest} more (-v shows them)")),
    }
}

/// Whether the path already says all of what was tried.
pub(super) fn is_told(row: &EndpointReport, proof: &Proof) -> bool {
    let verified =
        matches!(proof.trials.as_slice(), [only] if only.result == TrialResult::Verifies);
    verified || row.evidence == Some(Evidence::SelfSigned)
}

fn mark(trial: &Trial) -> Mark {
    match trial.result {
        TrialResult::Verifies => Mark::Agrees,
        TrialResult::Fails => Mark::Differs,
        TrialResult::CannotTell(_) => Mark::Unknown,
    }
}

/// What came of trying a key.
pub(super) fn result(report: &RunReport, trial: &Trial) -> String {
    let key = report.details.get(&trial.certificate);
    let key = key.and_then(|certificate| certificate.subject_key_id.as_deref());
    let digest = trial.certificate.to_string();
    let digest = digest.get(..16).unwrap_or(&digest);
    let name = match key {
        Some(key) => format!("key id {key}"),
        None => format!("certificate {digest}"),
    };
    let result = match &trial.result {
        TrialResult::Verifies => "verifies the signature".to_owned(),
        TrialResult::Fails => "does not verify the signature".to_owned(),
        TrialResult::CannotTell(why) => format!("cannot be tried: {why}"),
    };
    format!("{name}, {}: {result}", trial.found)
}
