//! The answer as a document (`sameca.report/1`). Every output format is a function of it alone.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::bytes::{Der, Sha1, Sha256};
use crate::model::codepoint::{CipherSuite, ProtocolVersion};
use crate::model::issuer::{Evidence, Source, Trial};
use crate::model::observation::{Attempt, Outcome, Tls, Variant};
use crate::model::target::{Group, Port, Role};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Same, Threshold, Verdict};

/// The name and version of the report document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReportSchema {
    /// Version 1.
    #[serde(rename = "sameca.report/1")]
    V1,
}

/// The answer of one run, with everything it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// Name and version of this document.
    pub schema: ReportSchema,
    /// The run (a ULID).
    pub run: String,
    /// The earliest observation.
    pub started: Timestamp,
    /// When the verdict was given; expiry is reckoned from here.
    pub finished: Timestamp,
    /// Whether the run was interrupted.
    pub partial: bool,
    /// The worst verdict of the judged groups.
    pub verdict: Verdict,
    /// The weakest evidence behind *same*, the strongest behind *different*; `null` when inconclusive.
    pub evidence: Option<Evidence>,
    /// The rules it was given under.
    pub policy: Policy,
    /// What the leaves were compared with, in the first judged group that has one.
    pub reference: Option<Reference>,
    /// The verdict in one or two sentences: the first line of every human-readable output.
    pub headline: String,
    /// What to do next, in one sentence; `null` when nothing is to be done.
    pub advice: Option<String>,
    /// The CAs seen, largest first.
    pub cas: Vec<Ca>,
    /// One row for each observation, in a stable order.
    pub endpoints: Vec<EndpointReport>,
    /// The verdict of each group that has endpoints.
    pub groups: Vec<GroupReport>,
    /// What was found about the run as a whole.
    pub findings: Vec<Finding>,
    /// Every certificate presented, and every candidate that a proof names.
    pub certificates: BTreeMap<Sha256, Der>,
    /// Counts.
    pub summary: Summary,
    /// Every one of `certificates` in words; only where one endpoint is shown in full.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<Sha256, Leaf>,
}

/// A report whose rows are made when they are asked for, so that it need not fit into memory.
///
/// A [`RunReport`] is one that is complete. Formats are written for this, so that they serve both.
pub trait Report {
    /// Everything but the rows and the certificates: `endpoints` and `certificates` of it do not count.
    fn head(&self) -> &RunReport;

    /// How many rows there are.
    fn count(&self) -> usize;

    /// A row, numbered from 0.
    ///
    /// # Errors
    ///
    /// What it is made from can no longer be read. A complete report has no errors.
    fn row(&self, number: usize) -> io::Result<Cow<'_, EndpointReport>>;

    /// Hands what is counted of each row to `see`, with the row's number. Of certificates that end before `soon` (seconds
    /// since 1970) it tells the end.
    ///
    /// # Errors
    ///
    /// As for a row.
    fn glances(&self, soon: i64, see: &mut dyn FnMut(usize, Glance)) -> io::Result<()> {
        for (number, row) in self.rows().enumerate() {
            see(number, Glance::of(&*row?, soon));
        }
        Ok(())
    }

    /// The SHA-256 of every certificate presented, and of every candidate that a proof names, in order.
    fn digests(&self) -> Vec<Sha256>;

    /// One of those certificates; `None` when the report has no such.
    ///
    /// # Errors
    ///
    /// As for a row.
    fn certificate(&self, digest: &Sha256) -> io::Result<Option<Der>>;

    /// The rows, in order.
    fn rows(&self) -> Box<dyn Iterator<Item = io::Result<Cow<'_, EndpointReport>>> + '_> {
        Box::new((0..self.count()).map(|number| self.row(number)))
    }

    /// The whole report in memory.
    ///
    /// # Errors
    ///
    /// As for a row.
    fn complete(&self) -> io::Result<RunReport> {
        let certificates = self.digests().into_iter().filter_map(|digest| {
            let certificate = self.certificate(&digest).transpose()?;
            Some(certificate.map(|der| (digest, der)))
        });
        Ok(RunReport {
            certificates: certificates.collect::<io::Result<_>>()?,
            endpoints: self
                .rows()
                .map(|row| row.map(Cow::into_owned))
                .collect::<io::Result<_>>()?,
            ..self.head().clone()
        })
    }
}

/// What is counted of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// How many endpoints it stands for.
    pub count: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// The version and the suite that the server chose, where it said anything.
    pub tls: Option<(Option<ProtocolVersion>, Option<CipherSuite>)>,
    /// A leaf that ends soon.
    pub ending: Option<Ending>,
}

/// A leaf that ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its end.
    pub end: Timestamp,
    /// Its subject (RFC 4514).
    pub subject: String,
    /// What shows it: `host:port`, or `file:PATH`.
    pub target: String,
}

impl Glance {
    fn of(row: &EndpointReport, soon: i64) -> Self {
        let tls = row.tls.as_ref();
        let leaf = row.leaf.as_deref();
        let ending = leaf.and_then(|leaf| {
            let end = leaf.not_after.filter(|end| end.unix() <= soon)?;
            Some(Ending {
                end,
                subject: leaf.subject.clone().unwrap_or_default(),
                target: row.target.clone(),
            })
        });
        Self {
            count: 1,
            outcome: row.outcome,
            tls: tls.map(|tls| (tls.version, tls.cipher_suite)),
            ending,
        }
    }
}

impl Report for RunReport {
    fn head(&self) -> &RunReport {
        self
    }

    fn count(&self) -> usize {
        self.endpoints.len()
    }

    fn row(&self, number: usize) -> io::Result<Cow<'_, EndpointReport>> {
        let row = self.endpoints.get(number).map(Cow::Borrowed);
        row.ok_or_else(|| io::Error::other("the report has no row of this number"))
    }

    fn digests(&self) -> Vec<Sha256> {
        self.certificates.keys().copied().collect()
    }

    fn certificate(&self, digest: &Sha256) -> io::Result<Option<Der>> {
        Ok(self.certificates.get(digest).cloned())
    }
}

/// The rules of a verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// What counts as the same CA.
    pub same: Same,
    /// The weakest evidence that may support *same*.
    pub evidence: Threshold,
}

/// What the leaves of a group are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// The CA's id in this report; `null` when no endpoint uses the given reference CA.
    pub ca: Option<String>,
    /// The CA's name (RFC 4514).
    #[serde(default)]
    pub name: Option<String>,
    /// Where the reference comes from.
    pub from: ReferenceOrigin,
}

/// Where a reference comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceOrigin {
    /// `--reference-ca`, or the estate file.
    ReferenceCa,
    /// The captured front ends, which agree.
    FrontEnds,
}

/// A CA as the comparison sees it: leaves that agree with each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ca {
    /// `ca-1`, `ca-2`, …: ordered by the number of endpoints, then by name. Stable within a report.
    pub id: String,
    /// The issuing name (RFC 4514).
    pub name: String,
    /// SHA-256 of its SubjectPublicKeyInfo, when its key is known.
    pub spki_sha256: Option<Sha256>,
    /// Its key identifier, hex.
    pub key_id: Option<String>,
    /// The strongest evidence among its leaves.
    pub evidence: Evidence,
    /// The names (RFC 4514) of the roots that verified paths lead to.
    pub roots: Vec<String>,
    /// How many endpoints show a leaf of it.
    pub endpoints: u64,
    /// How many distinct leaves.
    pub leaves: u64,
}

/// One row: an endpoint and one chain that it showed, or why it showed none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointReport {
    /// `host:port`, or `file:PATH`.
    pub target: String,
    /// What the server is in the estate.
    pub roles: BTreeSet<Role>,
    /// The group it is judged in.
    pub group: Group,
    /// The pool whose member it is.
    pub pool: Option<String>,
    /// Whether the check is incomplete without it.
    pub required: bool,
    /// Every name that led to this address.
    #[serde(default)]
    pub names: Vec<String>,
    /// The host as named; the path of a file.
    pub host: String,
    /// The address connected to.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: Option<Port>,
    /// How it was asked for, when not in the usual way.
    #[serde(default)]
    pub variant: Option<Variant>,
    /// How many connections showed this chain.
    #[serde(default = "one")]
    pub count: u32,
    /// What came of it.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub detail: Option<String>,
    /// The id of the CA that its leaf comes from.
    pub ca: Option<String>,
    /// How surely that is known; `null` when nothing was captured.
    pub evidence: Option<Evidence>,
    /// Whether it agrees with the reference, or with all others where there is none; `null` when that is not known.
    pub agrees: Option<bool>,
    /// The reason, in one sentence.
    pub reason: String,
    /// The leaf; `null` when none was captured.
    pub leaf: Option<Arc<Leaf>>,
    /// What the server said about itself.
    pub tls: Option<Tls>,
    /// Every connection made.
    pub attempts: Vec<Attempt>,
    /// Which key verified which certificate, up to a root; `null` when nothing was captured.
    pub proof: Option<Arc<Proof>>,
    /// Whether a client would trust the chain; `null` when nothing was captured or it was not asked.
    #[serde(default)]
    pub trust: Option<Trust>,
    /// What the stapled OCSP response says of the leaf; `null` when none was stapled.
    #[serde(default)]
    pub ocsp: Option<Stapled>,
    /// What was found about it.
    pub findings: Vec<Finding>,
    /// SHA-256 of each certificate presented, in order.
    #[serde(default)]
    pub chain: Vec<Sha256>,
}

impl EndpointReport {
    /// What an address that was asked by its number is called.
    pub fn called(&self) -> Option<&str> {
        let name = self.names.first().map(String::as_str);
        name.filter(|_| self.is_by_number())
    }

    /// The same, or what the leaf of such an address calls it first.
    pub fn called_or_claimed(&self) -> Option<&str> {
        let claimed = || self.leaf.as_deref()?.host_names().next();
        self.called()
            .or_else(|| claimed().filter(|_| self.is_by_number()))
    }

    fn is_by_number(&self) -> bool {
        self.address
            .is_some_and(|address| self.host.parse() == Ok(address))
    }

    /// The address connected to, with what it is called in brackets.
    pub fn located(&self) -> Option<String> {
        let address = self.address?;
        Some(match self.called() {
            Some(name) => format!("{address} ({name})"),
            None => address.to_string(),
        })
    }
}

fn one() -> u32 {
    1
}

/// A certificate in words. A field that does not parse is `null`; `errors` says why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leaf {
    /// The subject (RFC 4514).
    pub subject: Option<String>,
    /// The subject alternative names.
    pub san: Vec<String>,
    /// The issuer (RFC 4514).
    pub issuer: Option<String>,
    /// The serial number, hex, leading zeros kept.
    pub serial: Option<String>,
    /// Start of validity.
    pub not_before: Option<Timestamp>,
    /// End of validity.
    pub not_after: Option<Timestamp>,
    /// SHA-256 of the certificate.
    pub sha256: Sha256,
    /// SHA-1 of the certificate: the thumbprint that Windows shows.
    pub sha1: Sha1,
    /// Its key, such as `RSA 2048`.
    pub key: Option<String>,
    /// Its signature's algorithm, such as `sha256WithRSAEncryption`.
    pub signature: Option<String>,
    /// The version of X.509: 1, 2 or 3 (RFC 5280 §4.1.2.1).
    #[serde(default)]
    pub version: Option<u8>,
    /// The identifier of its key, hex (RFC 5280 §4.2.1.2); `null` when the extension is absent.
    #[serde(default)]
    pub subject_key_id: Option<String>,
    /// The identifier of its issuer's key, hex (RFC 5280 §4.2.1.1); `null` when the extension is absent.
    #[serde(default)]
    pub authority_key_id: Option<String>,
    /// Whether it is a CA's certificate (`basicConstraints`, RFC 5280 §4.2.1.9).
    #[serde(default)]
    pub ca: Option<bool>,
    /// The purposes of its key as object identifiers (RFC 5280 §4.2.1.12); `null` when the extension is absent.
    #[serde(default)]
    pub extended_key_usage: Option<Vec<String>>,
    /// Whether it says where its revocation list is (RFC 5280 §4.2.1.13).
    #[serde(default)]
    pub crl_distribution_points: Option<bool>,
    /// Why fields are `null`.
    #[serde(default)]
    pub errors: Vec<String>,
}

impl Leaf {
    /// Its subject alternative names that are `dNSName`s: neither addresses nor `kind:value`.
    pub fn host_names(&self) -> impl Iterator<Item = &str> {
        let names = self.san.iter().map(String::as_str);
        names.filter(|name| !name.contains(':') && name.parse::<IpAddr>().is_err())
    }
}

/// Whether a client would trust a chain (dates, purpose, constraints, a known root). Apart from who issued it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// The answer.
    pub trusted: Trusted,
    /// Why, in words.
    pub reason: String,
}

/// An answer that can be missing for lack of means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trusted {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The means to tell are missing: no roots, or an algorithm that path building does not verify.
    CannotTell,
}

/// What a stapled OCSP response says of a leaf (RFC 6960 §4.2). The responder's signature is not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stapled {
    /// The answer.
    pub status: Revocation,
    /// Since when and why it is revoked, or why there is no answer.
    pub detail: Option<String>,
    /// From when on the answer is right.
    pub this_update: Option<Timestamp>,
    /// When a newer one will be available.
    pub next_update: Option<Timestamp>,
}

/// The status of a certificate in an OCSP response (RFC 6960 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revocation {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked,
    /// The responder does not know the certificate.
    Unknown,
    /// The response cannot be read, holds an error, or speaks of another certificate.
    Unusable,
}

impl Revocation {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
            Self::Unusable => "unusable",
        }
    }
}

/// How the issuer of a leaf was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Every link verified, from the leaf towards a root; empty when nothing verifies the leaf.
    pub path: Vec<Link>,
    /// Whether the path ends in a self-signed certificate.
    pub complete: bool,
    /// The keys tried on the leaf's signature.
    pub trials: Vec<Trial>,
    /// The key identifier that the leaf claims for its issuer, hex.
    pub key_id: Option<String>,
    /// Why the signature could not be checked, or not all keys were tried.
    pub note: Option<String>,
}

/// One verified link: the signer's certificate and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// The signer's certificate (SHA-256).
    pub certificate: Sha256,
    /// Its subject (RFC 4514).
    pub subject: String,
    /// Its key identifier, hex.
    pub key_id: Option<String>,
    /// Where it was found.
    pub found: Source,
}

/// The verdict of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// The group.
    pub name: Group,
    /// Whether it counts for the run's verdict (`--group`).
    pub judged: bool,
    /// Its verdict.
    pub verdict: Verdict,
    /// The evidence behind it.
    pub evidence: Option<Evidence>,
    /// The id of the CA its leaves were compared with.
    pub reference: Option<String>,
    /// Why it is not `same`, one sentence each.
    #[serde(default)]
    pub reasons: Vec<String>,
}

/// Counts over the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Rows.
    pub endpoints: u64,
    /// Rows with a chain.
    pub captured: u64,
    /// Rows without.
    pub failed: u64,
    /// CAs seen.
    pub cas: u64,
    /// Distinct leaves.
    pub leaves: u64,
}
