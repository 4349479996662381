//! One certificate in full, as `show` lists it.

use std::io;

use crate::model::bytes::{Der, Sha256};
use crate::model::issuer::Evidence;
use crate::model::report::{EndpointReport, Leaf, RunReport};
use crate::model::timestamp::Timestamp;
use crate::report::explain::thumbprint;
use crate::report::page::Page;
use crate::report::show::LABEL;

/// Writes the certificate at a place of a row's chain, and who was found to have issued it.
pub(super) fn write(
    report: &RunReport,
    row: &EndpointReport,
    number: usize,
    digest: &Sha256,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let leaf = row.leaf.as_deref().filter(|_| number == 0);
    let facts = match leaf.or_else(|| report.details.get(digest)) {
        Some(certificate) => facts(certificate, report.finished),
        None => bare(digest, report.certificates.get(digest)),
    };
    for (label, text) in facts {
        page.field(2, label, LABEL, &text)?;
    }
    page.field(2, "issued by", LABEL, &issuer(row, number, digest))
}

/// What can be said of a certificate that nobody described.
pub(super) fn bare(digest: &Sha256, der: Option<&Der>) -> Vec<(&'static str, String)> {
    let mut facts = vec![("SHA-256", digest.to_string())];
    if let Some(der) = der {
        facts.push((
            "thumbprint",
            format!("{} (SHA-1)", der.sha1().to_string().to_uppercase()),
        ));
        facts.push(("size", format!("{} bytes", der.as_bytes().len())));
    }
    facts
}

/// A certificate's fields, each with its label.
pub(super) fn facts(certificate: &Leaf, now: Timestamp) -> Vec<(&'static str, String)> {
    let or_unknown = |field: &Option<String>| match field.as_deref() {
        Some("") => "(empty name)".to_owned(),
        Some(text) => text.to_owned(),
        None => "cannot be read".to_owned(),
    };
    let or_absent = |field: &Option<String>| field.clone().unwrap_or_else(|| "none".to_owned());
    let mut facts = vec![("subject", or_unknown(&certificate.subject))];
    if !certificate.san.is_empty() {
        facts.push(("also for", certificate.san.join(", ")));
    }
    facts.extend([
        ("issuer", or_unknown(&certificate.issuer)),
        ("serial", or_unknown(&certificate.serial)),
        ("valid", validity(certificate, now)),
        ("key", or_unknown(&certificate.key)),
        ("signature", or_unknown(&certificate.signature)),
        ("thumbprint", thumbprint(certificate)),
        ("SHA-256", certificate.sha256.to_string()),
        ("key id", or_absent(&certificate.subject_key_id)),
        ("issuer key id", or_absent(&certificate.authority_key_id)),
    ]);
    facts.extend(extensions(certificate));
    facts.extend(
        certificate
            .errors
            .iter()
            .map(|error| ("unreadable", error.clone())),
    );
    facts
}

fn extensions(certificate: &Leaf) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(version) = certificate.version.filter(|version| *version != 3) {
        facts.push(("version", version.to_string()));
    }
    if let Some(ca) = certificate.ca {
        facts.push(("CA", if ca { "yes" } else { "no" }.to_owned()));
    }
    if let Some(usage) = &certificate.extended_key_usage {
        let purposes: Vec<&str> = usage.iter().map(|oid| purpose(oid)).collect();
        facts.push(("usage", purposes.join(", ")));
    }
    if let Some(named) = certificate.crl_distribution_points {
        let points = if named {
            "location named"
        } else {
            "no location named"
        };
        facts.push(("CRL", points.to_owned()));
    }
    facts
}

fn validity(certificate: &Leaf, now: Timestamp) -> String {
    let date = |time: Option<Timestamp>| time.map_or_else(|| "?".to_owned(), Timestamp::date);
    let (begin, end) = (certificate.not_before, certificate.not_after);
    let state = match (begin, end) {
        (Some(begin), _) if begin > now => "; not yet valid".to_owned(),
        (_, Some(end)) if end < now => format!("; expired {} days ago", now.days_since(end)),
        (_, Some(end)) => format!("; {} days left", end.days_since(now)),
        _ => String::new(),
    };
    format!("{} to {}{state}", date(begin), date(end))
}

/// A purpose's name (RFC 5280 §4.2.1.12, Microsoft's arc); the identifier where it is not known here.
fn purpose(oid: &str) -> &str {
    match oid {
        "1.3.6.1.5.5.7.3.1" => "server authentication",
        "1.3.6.1.5.5.7.3.2" => "client authentication",
        "1.3.6.1.5.5.7.3.3" => "code signing",
        "1.3.6.1.5.5.7.3.4" => "e-mail protection",
        "1.3.6.1.5.5.7.3.8" => "time stamping",
        "1.3.6.1.5.5.7.3.9" => "OCSP signing",
        "1.3.6.1.4.1.311.20.2.2" => "smart card logon",
        "2.5.29.37.0" => "any",
        other => other,
    }
}

/// Who issued the certificate at this place of a chain, as far as the proof of its leaf says so.
fn issuer(row: &EndpointReport, number: usize, digest: &Sha256) -> String {
    let Some(proof) = &row.proof else {
        return "not known".to_owned();
    };
    if number == 0 {
        let evidence = row.evidence.unwrap_or(Evidence::None);
        return match proof.path.first() {
            Some(link) if link.certificate == *digest => "itself (self-signed)".to_owned(),
            Some(link) => format!(
                "{} ({evidence}; its certificate was {})",
                link.subject, link.found
            ),
            None => format!("not proven ({evidence})"),
        };
    }
    let Some(place) = proof
        .path
        .iter()
        .position(|link| link.certificate == *digest)
    else {
        return "not looked for: it is not on the path that was verified".to_owned();
    };
    match proof.path.get(place + 1) {
        Some(link) => format!(
            "{} (proven; its certificate was {})",
            link.subject, link.found
        ),
        None if proof.complete => "itself: a root".to_owned(),
        None => "not known: no certificate that verifies it was found".to_owned(),
    }
}
