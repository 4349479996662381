//! A certificate in full, once for all that show it.

use std::io;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::bytes::{Der, Sha256};
use crate::report::html::Context;
use crate::report::html::endpoint::called;
use crate::report::html::listing::Listed;
use crate::report::{certificate, text};

/// Characters of base64 on a line (RFC 7468 §2).
const LINE: usize = 64;
/// What a certificate takes that is only named, and one that is described.
const NAMED: usize = 350;
const DESCRIBED: usize = 1_250;
/// The most that is kept for the bytes of those that are telling.
const TELLING: usize = 1_000_000;

/// The heading over all certificates.
#[derive(Template)]
#[template(
    path = "report/html/templates/certificates.html",
    config = ".askama.toml"
)]
pub(super) struct Heading {
    pub(super) words: String,
}

impl Heading {
    pub(super) fn of(count: usize) -> Self {
        let words = match count {
            0 => "No certificate is listed.".to_owned(),
            _ => format!(
                "{}, each once. Where fields or bytes are missing, they would have made this file too large; \
                 --format json and pem have them.",
                text::count(count, "certificate")
            ),
        };
        Self { words }
    }
}

/// A certificate in full.
#[derive(Template)]
#[template(
    path = "report/html/templates/certificate.html",
    config = ".askama.toml"
)]
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
        context: &Context<'_>,
        (digest, listed): (&Sha256, &Listed),
        room: &mut Bytes,
    ) -> io::Result<Self> {
        let der = context.report.certificate(digest)?;
        let described = room.describe() || listed.telling;
        let facts = match described {
            true => facts(context, digest, der.as_ref())?,
            false => certificate::bare(digest, der.as_ref()),
        };
        let hex = digest.to_string();
        Ok(Self {
            number: listed.number,
            name: called(context.survey, digest),
            short: hex.get(..16).unwrap_or(&hex).to_owned(),
            facts,
            pem: der.and_then(|der| pem(&der, listed.telling, room)),
        })
    }
}

/// What certificates may still take of the file, and how many are to come.
pub(super) struct Bytes {
    /// Bytes in full of those that are telling.
    telling: usize,
    /// All others.
    rest: usize,
    /// Certificates that are still to come.
    ahead: usize,
}

impl Bytes {
    /// Of a file that may still grow by `left`, for so many certificates.
    pub(super) fn new(left: usize, certificates: usize) -> Self {
        let spare = left.saturating_sub(certificates * NAMED);
        let telling = spare.clamp(TELLING / 4, TELLING);
        Self {
            telling,
            rest: left.saturating_sub(telling),
            ahead: certificates,
        }
    }

    /// Whether the next one may be described, and not only named.
    fn describe(&mut self) -> bool {
        self.ahead = self.ahead.saturating_sub(1);
        let spare = self.rest.saturating_sub(self.ahead * NAMED);
        let described = spare >= DESCRIBED;
        let needed = if described { DESCRIBED } else { NAMED };
        self.rest = self.rest.saturating_sub(needed);
        described
    }

    /// Whether so many bytes of a certificate may be written in full.
    fn take(&mut self, needed: usize, telling: bool) -> bool {
        let spare = self.rest.saturating_sub(self.ahead * DESCRIBED);
        if telling && self.telling >= needed {
            self.telling -= needed;
        } else if spare >= needed {
            self.rest -= needed;
        } else {
            return false;
        }
        true
    }
}

fn facts(
    context: &Context<'_>,
    digest: &Sha256,
    der: Option<&Der>,
) -> io::Result<Vec<(&'static str, String)>> {
    let (report, survey) = (context.report, context.survey);
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
        .map(|(label, text)| (label, context.texts.whole(&text)))
        .collect())
}

/// The lines of base64, when there is room for them.
fn pem(der: &Der, telling: bool, room: &mut Bytes) -> Option<String> {
    let encoded = STANDARD.encode(der.as_bytes());
    let needed = encoded.len() + encoded.len() / LINE + 1;
    if !room.take(needed, telling) {
        return None;
    }
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
