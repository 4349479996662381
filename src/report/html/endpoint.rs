//! Everything about one endpoint, folded.

use std::collections::HashMap;

use askama::Template;

use crate::model::bytes::Sha256;
use crate::model::report::{EndpointReport, Proof};
use crate::report::html::Context;
use crate::report::html::listing::Listing;
use crate::report::html::row::Said;
use crate::report::html::shown::{self, Room, Symbol};
use crate::report::html::survey::Survey;
use crate::report::{explain, show};

/// The most keys tried, client CAs and findings that are listed for one endpoint.
const LINES: usize = 100;
/// Up to so many rows, each has its own proof.
const UNSHARED: usize = 50;
/// The most proofs that are remembered as written.
const SHARED: usize = 1_000;

/// Everything about one endpoint.
#[derive(Template)]
#[template(path = "report/html/templates/endpoint.html", config = ".askama.toml")]
pub(super) struct Endpoint {
    number: usize,
    class: &'static str,
    mark: &'static str,
    word: &'static str,
    target: String,
    symbol: Option<Symbol>,
    reason: String,
    facts: Vec<(&'static str, String)>,
    chain: Vec<ChainLink>,
    proof: ProofView,
    tried: Vec<String>,
    findings: Vec<String>,
}

/// A certificate of the chain, described further down.
struct ChainLink {
    name: String,
    number: usize,
    shown: bool,
}

impl Endpoint {
    pub(super) fn of(
        context: &Context<'_>,
        row: &EndpointReport,
        number: usize,
        proofs: &mut Proofs,
        extent: Extent,
    ) -> Self {
        let (survey, room) = (context.survey, &context.texts);
        let said = Said::of(row, survey.marks[number]);
        let path = row.proof.as_deref().map(|proof| path(row, proof, room));
        let tried = row.proof.as_deref().map(|proof| tried(context, row, proof));
        let findings = row.findings.iter().take(LINES).map(|finding| {
            let severity = finding.severity.word();
            room.whole(&format!("{severity} {}: {}", finding.code, finding.message))
        });
        Self {
            number,
            class: said.class,
            mark: said.mark,
            word: said.word,
            target: room.whole(&row.target),
            symbol: survey.place(row).map(shown::symbol),
            reason: room.whole(&row.reason),
            facts: match extent {
                Extent::Full => facts(row, room),
                Extent::Short => short(row, room),
            },
            chain: chain(row, survey, context.listing),
            proof: proofs.once(path.unwrap_or_default(), number, row),
            tried: tried.unwrap_or_default(),
            findings: findings.collect(),
        }
    }
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All.
    Full,
    /// What is not in the table either; where the file would become too large.
    Short,
}

/// The proofs written so far. Most endpoints of a CA share theirs: in a large report it is written once.
pub(super) struct Proofs {
    share: bool,
    written: HashMap<Vec<String>, (usize, String)>,
}

impl Proofs {
    /// For a page with so many rows.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            share: rows > UNSHARED,
            written: HashMap::new(),
        }
    }

    /// The lines, or where they are.
    fn once(&mut self, lines: Vec<String>, number: usize, row: &EndpointReport) -> ProofView {
        if !self.share || lines.is_empty() {
            return ProofView { lines, same: None };
        }
        if let Some(same) = self.written.get(&lines) {
            let same = Some(same.clone());
            return ProofView {
                lines: Vec::new(),
                same,
            };
        }
        if self.written.len() < SHARED {
            let target = shown::name(&row.target);
            self.written.insert(lines.clone(), (number, target));
        }
        ProofView { lines, same: None }
    }
}

/// A proof, or the endpoint at which it is written.
struct ProofView {
    lines: Vec<String>,
    same: Option<(usize, String)>,
}

/// What the table does not say of an endpoint that agrees.
fn short(row: &EndpointReport, room: &Room) -> Vec<(&'static str, String)> {
    let thumbprint = row.leaf.iter().map(|leaf| explain::thumbprint(leaf));
    let suite = row.tls.iter().filter_map(|tls| tls.cipher_suite);
    let suite = suite.map(|suite| ("suite", suite.to_string()));
    suite
        .chain(thumbprint.map(|thumbprint| ("thumbprint", thumbprint)))
        .map(|(label, text)| (label, room.whole(&text)))
        .collect()
}

fn facts(row: &EndpointReport, room: &Room) -> Vec<(&'static str, String)> {
    let mut facts = show::facts(row);
    facts.extend(row.attempts.iter().enumerate().map(|(number, attempt)| {
        let label = if number == 0 { "attempts" } else { "" };
        (label, show::tried(attempt))
    }));
    if let Some(tls) = &row.tls {
        let known = |fact: Option<String>| fact.unwrap_or_else(|| "not known".to_owned());
        let version = known(tls.version.map(|version| version.to_string()));
        let suite = known(tls.cipher_suite.map(|suite| suite.to_string()));
        let client = &tls.client_certificate;
        let mut asked = show::client_certificate(client);
        for authority in client.authorities.iter().take(LINES) {
            asked.push_str(&format!(" {authority};"));
        }
        if client.authorities.len() > LINES {
            asked.push_str(&format!(" and {} more", client.authorities.len() - LINES));
        }
        facts.extend([
            ("protocol", format!("{version}, {suite}")),
            ("possession", show::possession(tls)),
            ("OCSP", show::stapled(row.ocsp.as_ref())),
            ("client cert", asked.trim_end_matches(';').to_owned()),
        ]);
    }
    facts.extend(
        row.trust
            .iter()
            .map(|trust| ("trusted", show::trusted(trust))),
    );
    facts.extend(
        row.leaf
            .iter()
            .map(|leaf| ("thumbprint", explain::thumbprint(leaf))),
    );
    facts
        .into_iter()
        .map(|(label, text)| (label, room.whole(&text)))
        .collect()
}

fn chain(row: &EndpointReport, survey: &Survey, listing: &Listing) -> Vec<ChainLink> {
    let link = |digest: &Sha256| {
        let listed = listing.certificates.get(digest);
        ChainLink {
            name: called(survey, digest),
            number: listed.map_or(0, |listed| listed.number),
            shown: listed.is_some(),
        }
    };
    row.chain.iter().map(link).collect()
}

/// What a certificate is called: its subject where a leaf or a proof tells it, else its digest.
pub(super) fn called(survey: &Survey, digest: &Sha256) -> String {
    match (survey.leaves.get(digest), survey.signers.get(digest)) {
        (Some(leaf), _) => leaf.name.clone(),
        (None, Some((name, _))) => name.clone(),
        (None, None) => format!("SHA-256 {digest}"),
    }
}

/// The proof, from the leaf to where it ends.
fn path(row: &EndpointReport, proof: &Proof, room: &Room) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(evidence) = row.evidence {
        lines.push(format!("{evidence}: {}", explain::means(evidence)));
    }
    for link in &proof.path {
        lines.push(match row.chain.first() == Some(&link.certificate) {
            true => "verified by its own key".to_owned(),
            false => {
                let subject = &link.subject;
                format!(
                    "verified by the key of {subject} ({})",
                    explain::found(link)
                )
            }
        });
    }
    lines.push(match proof.path.is_empty() {
        true => explain::claim(row, proof),
        false => explain::end(proof).to_owned(),
    });
    lines.extend(proof.note.clone());
    lines.iter().map(|line| room.whole(line)).collect()
}

/// The keys that were tried on the leaf's signature, unless the path says it.
fn tried(context: &Context<'_>, row: &EndpointReport, proof: &Proof) -> Vec<String> {
    if explain::is_told(row, proof) {
        return Vec::new();
    }
    let trials = proof.trials.iter().take(LINES);
    let mut lines: Vec<String> = trials
        .map(|trial| {
            context
                .texts
                .whole(&explain::result(context.report.head(), trial))
        })
        .collect();
    let rest = proof.trials.len().saturating_sub(LINES);
    lines.extend((rest > 0).then(|| format!("and {rest} more")));
    lines
}
