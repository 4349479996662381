//! A certificate in full, once for all that show it.

use std::io;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::bytes::{Der, Sha256};
use crate::model::report::Report;
use crate::report::html::endpoint::called;
use crate::report::html::listing::Listed;
use crate::report::html::shown::Room;
use crate::report::html::survey::Survey;
use crate::report::{certificate, text};

/// Characters of base64 on a line (RFC 7468 §2).
const LINE: usize = 64;

/// The heading over all certificates.
#[derive(Template)]
#[template(path = "html/certificates.html")]
pub(super) struct Heading {
    pub(super) words: String,
}

impl Heading {
    pub(super) fn of(count: usize) -> Self {
        let words = match count {
            0 => "No certificate is listed.".to_owned(),
            _ => format!("{}, each once.", text::count(count, "certificate")),
        };
        Self { words }
    }
}

/// A certificate in full.
#[derive(Template)]
#[template(path = "html/certificate.html")]
pub(super) struct Certificate {
    number: usize,
    name: String,
    short: String,
    facts: Vec<(&'static str, String)>,
    pem: Option<String>,
}

impl Certificate {
    /// `room` is what certificates in full may still take, of those that are telling and of the others.
    pub(super) fn of(
        report: &dyn Report,
        survey: &Survey,
        (digest, listed): (&Sha256, &Listed),
        texts: &Room,
        room: &mut [usize; 2],
    ) -> io::Result<Self> {
        let der = report.certificate(digest)?;
        let hex = digest.to_string();
        Ok(Self {
            number: listed.number,
            name: called(survey, digest),
            short: hex.get(..16).unwrap_or(&hex).to_owned(),
            facts: facts(report, survey, digest, der.as_ref(), texts)?,
            pem: der.and_then(|der| pem(&der, listed.telling, room)),
        })
    }
}

fn facts(
    report: &dyn Report,
    survey: &Survey,
    digest: &Sha256,
    der: Option<&Der>,
    texts: &Room,
) -> io::Result<Vec<(&'static str, String)>> {
    let head = report.head();
    let row = match survey.leaves.get(digest) {
        Some(seen) => Some(report.row(seen.row)?),
        None => None,
    };
    let leaf = row.as_ref().and_then(|row| row.leaf.as_deref());
    let mut facts = match leaf.or_else(|| head.details.get(digest)) {
        Some(described) => certificate::facts(described, head.finished),
        None => certificate::bare(digest, der),
    };
    if let Some((_, found)) = survey.signers.get(digest) {
        facts.push(("found", found.to_string()));
    }
    Ok(facts
        .into_iter()
        .map(|(label, text)| (label, texts.whole(&text)))
        .collect())
}

/// The lines of base64, when there is room for them.
fn pem(der: &Der, telling: bool, room: &mut [usize; 2]) -> Option<String> {
    let encoded = STANDARD.encode(der.as_bytes());
    let needed = encoded.len() + encoded.len() / LINE + 1;
    let pots: &[usize] = if telling { &[0, 1] } else { &[1] };
    let pot = pots.iter().find(|pot| room[**pot] >= needed)?;
    room[*pot] -= needed;
    let mut lines = String::with_capacity(needed);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        lines.push_str(line);
        lines.push('\n');
        rest = more;
    }
    Some(lines)
}
