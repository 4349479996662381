//! Everything about an endpoint: how it was asked, what it answered, and each certificate it presented.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::model::bytes::Sha256;
use crate::model::observation::{Attempt, ClientCertificate, Outcome, Possession, Tls};
use crate::model::report::{EndpointReport, RunReport, Stapled, Trust, Trusted};
use crate::model::timestamp::Timestamp;
use crate::report::findings::Findings;
use crate::report::page::Page;
use crate::report::style::{Style, Tone};
use crate::report::{certificate, explain, text};

/// The columns of a label in front of a fact.
pub(super) const LABEL: usize = 14;
/// The most accepted client CAs that are listed unasked.
const AUTHORITIES: usize = 20;

/// Writes everything about each endpoint of the report.
pub fn render(report: &RunReport, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let mut shown: BTreeSet<&[Sha256]> = BTreeSet::new();
    for (number, row) in report.endpoints.iter().enumerate() {
        if number > 0 {
            page.gap()?;
        }
        endpoint(row, &mut page)?;
        if row.chain.is_empty() {
            continue;
        }
        if shown.insert(&row.chain) {
            chain(report, row, &mut page)?;
        } else {
            page.field(2, "certificates", LABEL, "the same as above")?;
        }
    }
    let mut findings = Findings::of_run(&report.findings);
    for row in &report.endpoints {
        findings.add(&row.target, &row.findings, style);
    }
    findings.write(&mut page)
}

fn endpoint(row: &EndpointReport, page: &mut Page<'_>) -> io::Result<()> {
    let target = page.style.sentence(&row.target);
    page.line(&page.style.paint(Tone::Heading, target))?;
    for (label, text) in facts(row) {
        page.field(2, label, LABEL, &text)?;
    }
    for (number, attempt) in row.attempts.iter().enumerate() {
        let label = if number == 0 { "attempts" } else { "" };
        page.field(2, label, LABEL, &tried(attempt))?;
    }
    if let Some(tls) = &row.tls {
        answered(row, tls, page)?;
    }
    trust(row, page)
}

/// What is known of an endpoint besides its answer.
pub(super) fn facts(row: &EndpointReport) -> Vec<(&'static str, String)> {
    let roles: Vec<&str> = row.roles.iter().map(|role| role.word()).collect();
    let need = if row.required { "required" } else { "optional" };
    let outcome = match &row.detail {
        Some(detail) => format!("{}: {detail}", row.outcome.word()),
        None if row.outcome == Outcome::Captured => row.outcome.word().to_owned(),
        None => row.reason.clone(),
    };
    let mut facts = vec![("outcome", outcome)];
    if let Some(address) = row.address {
        facts.push(("address", address.to_string()));
    }
    if row.names.iter().any(|name| *name != row.host) {
        facts.push(("names", row.names.join(", ")));
    }
    facts.push((
        "role",
        format!("{} ({}, {need})", roles.join(", "), row.group),
    ));
    if let Some(pool) = &row.pool {
        facts.push(("pool", pool.clone()));
    }
    if let Some(variant) = row.variant {
        facts.push(("asked", format!("{variant:?}").to_lowercase()));
    }
    if row.count > 1 {
        facts.push(("seen", format!("{} times", row.count)));
    }
    facts
}

/// One connection in words.
pub(super) fn tried(attempt: &Attempt) -> String {
    let detail = attempt
        .detail
        .as_ref()
        .map_or_else(String::new, |detail| format!(" ({detail})"));
    let (method, outcome) = (attempt.method.word(), attempt.outcome.word());
    format!(
        "{method}: {outcome} after {} ms{detail}",
        attempt.elapsed_ms
    )
}

fn answered(row: &EndpointReport, tls: &Tls, page: &mut Page<'_>) -> io::Result<()> {
    let unknown = || "not known".to_owned();
    let version = tls
        .version
        .map_or_else(unknown, |version| version.to_string());
    let suite = tls
        .cipher_suite
        .map_or_else(unknown, |suite| suite.to_string());
    page.field(2, "protocol", LABEL, &format!("{version}, {suite}"))?;
    page.field(2, "possession", LABEL, &possession(tls))?;
    page.field(2, "OCSP", LABEL, &stapled(row.ocsp.as_ref()))?;
    authorities(&tls.client_certificate, page)
}

/// A stapled OCSP response in words.
pub(super) fn stapled(stapled: Option<&Stapled>) -> String {
    let Some(stapled) = stapled else {
        return "no response stapled".to_owned();
    };
    let date = |label, time: Option<Timestamp>| {
        time.map_or_else(String::new, |time| format!(", {label} {}", time.date()))
    };
    let detail = stapled
        .detail
        .as_ref()
        .map_or_else(String::new, |detail| format!(": {detail}"));
    format!(
        "stapled, {}{detail}{}{} (signature not checked)",
        stapled.status.word(),
        date("from", stapled.this_update),
        date("until", stapled.next_update),
    )
}

/// Whether the server holds the leaf's key, in words.
pub(super) fn possession(tls: &Tls) -> String {
    let meaning = match tls.possession {
        Some(Possession::Proven) => "proven: the server signed this handshake with the leaf's key",
        Some(Possession::NotShown) => "not shown: with RSA key exchange nothing is signed",
        Some(Possession::Failed) => {
            "failed: what the server signed does not verify with the leaf's key"
        }
        Some(Possession::Unchecked) => "unchecked: the server's signature could not be checked",
        None => "not known: the flight ended before the server could show it",
    };
    match &tls.possession_detail {
        Some(detail) => format!("{meaning} ({detail})"),
        None => meaning.to_owned(),
    }
}

/// Whether a client certificate is asked for, and from how many CAs.
pub(super) fn client_certificate(client: &ClientCertificate) -> String {
    let accepted = client.authorities.len();
    let size = client
        .authorities_size
        .map_or_else(String::new, |size| format!(" in {size} octets"));
    match client.requested {
        None => "not known whether one is asked for".to_owned(),
        Some(false) => "not asked for".to_owned(),
        Some(true) if accepted == 0 => "asked for, from any CA".to_owned(),
        Some(true) => format!("asked for, from {}{size}:", text::count(accepted, "CA")),
    }
}

fn authorities(client: &ClientCertificate, page: &mut Page<'_>) -> io::Result<()> {
    page.field(2, "client cert", LABEL, &client_certificate(client))?;
    let accepted = client.authorities.len();
    let listed = if page.style.verbose > 0 {
        accepted
    } else {
        AUTHORITIES
    };
    for authority in client.authorities.iter().take(listed) {
        page.indented(4 + LABEL, authority)?;
    }
    match accepted.saturating_sub(listed) {
        0 => Ok(()),
        rest => page.indented(4 + LABEL, &format!("and {rest} more (-v shows them)")),
    }
}

fn trust(row: &EndpointReport, page: &mut Page<'_>) -> io::Result<()> {
    match &row.trust {
        Some(trust) => page.field(2, "trusted", LABEL, &trusted(trust)),
        None => Ok(()),
    }
}

/// Whether a client would trust the chain, in words.
pub(super) fn trusted(trust: &Trust) -> String {
    let answer = match trust.trusted {
        Trusted::Yes => "yes",
        Trusted::No => "no",
        Trusted::CannotTell => "cannot tell",
    };
    format!("{answer}: {}", trust.reason)
}

fn chain(report: &RunReport, row: &EndpointReport, page: &mut Page<'_>) -> io::Result<()> {
    let total = row.chain.len();
    for (number, digest) in row.chain.iter().enumerate() {
        let which = if number == 0 { ", the leaf" } else { "" };
        page.section(&format!("certificate {} of {total}{which}", number + 1))?;
        certificate::write(report, row, number, digest, page)?;
    }
    page.section("proof")?;
    explain::tree(report, row, 2, page)
}
