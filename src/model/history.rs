//! What changed when, from a kept history, as a document (`sameca.history/1`).

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::bytes::Sha256;
use crate::model::issuer::Evidence;
use crate::model::observation::Outcome;
use crate::model::report::Summary;
use crate::model::target::Port;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Verdict;

/// The name and version of the history document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum HistorySchema {
    /// Version 1.
    #[serde(rename = "sameca.history/1")]
    V1,
}

/// What a history answers: its runs, or what changed on some endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryDocument {
    /// Name and version of this document.
    pub schema: HistorySchema,
    /// The host or CA that was asked for; `null`: the runs.
    pub subject: Option<String>,
    /// What the subject is.
    pub found: Found,
    /// Nothing earlier is told; `null`: from the beginning.
    pub since: Option<Timestamp>,
    /// How many runs the history holds.
    pub kept: u64,
    /// The runs, oldest first; empty when there is a subject.
    pub runs: Vec<RunRecord>,
    /// The CAs that the subject means; empty when it is no CA.
    pub cas: Vec<CaIdentity>,
    /// The endpoints of the subject, each with its events; empty without a subject.
    pub endpoints: Vec<EndpointHistory>,
}

/// What the subject of a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// There is none: the runs are listed.
    Runs,
    /// A host name, an address or a pool.
    Host,
    /// A CA.
    Ca,
    /// Nothing in the history is called so.
    Nothing,
}

/// A kept run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// Its id (a ULID).
    pub id: String,
    /// The subcommand that looked.
    pub command: String,
    /// The earliest observation.
    pub started: Timestamp,
    /// When the verdict was given.
    pub finished: Timestamp,
    /// Whether it was interrupted.
    pub partial: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// The evidence of the verdict; `null` when inconclusive.
    pub evidence: Option<Evidence>,
    /// The verdict in a sentence.
    pub headline: String,
    /// Counts.
    pub summary: Summary,
    /// What changed against the run before it; `null` when the history had none of the same endpoints.
    pub changes: Option<Changes>,
}

/// What changed between a run and the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The id of the run before. It may have been pruned since.
    pub since: String,
    /// How many events of each kind there were.
    pub events: BTreeMap<EventKind, u64>,
}

/// What happened on an endpoint. A closed list.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The history knows nothing of it from before.
    FirstSeen,
    /// It was known, and a certificate of it was captured for the first time.
    FirstCaptured,
    /// It is captured again, after it failed or was gone.
    Back,
    /// It presents another leaf, of the same CA where that can be told.
    NewLeaf,
    /// It presents another leaf, of another CA.
    NewCa,
    /// Its leaf's validity has ended.
    Expired,
    /// It was captured before, and is not now.
    Failed,
    /// It was not asked for any more, though the rest of its estate was.
    Gone,
    /// It presents a leaf of the CA that was asked for, and did not before.
    Came,
    /// It no longer presents a leaf of the CA that was asked for.
    Left,
}

impl EventKind {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::FirstSeen => "first-seen",
            Self::FirstCaptured => "first-captured",
            Self::Back => "back",
            Self::NewLeaf => "new-leaf",
            Self::NewCa => "new-ca",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::Came => "came",
            Self::Left => "left",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// An endpoint and what happened on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointHistory {
    /// `host:port`, or `file:PATH`.
    pub target: String,
    /// The host as named; the path of a file.
    pub host: String,
    /// The address connected to; `null` when the name did not resolve, and for files.
    pub address: Option<IpAddr>,
    /// The port; `null` for files.
    pub port: Option<Port>,
    /// How many runs asked it.
    pub looks: u64,
    /// What it showed when it was asked for the last time.
    pub last: Look,
    /// Since when it is no longer asked for; `null` while it is.
    pub gone: Option<Timestamp>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
}

/// What an endpoint showed in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// The run's id.
    pub run: String,
    /// When it was asked.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// The leaves that it presented; several when it has several certificates.
    pub leaves: Vec<Shown>,
}

/// A leaf that an endpoint presented, and how it was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// The leaf.
    pub leaf: LeafBrief,
    /// The CA that it comes from; `null` when that was not known.
    pub ca: Option<CaIdentity>,
    /// How surely that was known.
    pub evidence: Option<Evidence>,
    /// Whether it agreed with the reference of its run; `null` when that was not known.
    pub agrees: Option<bool>,
}

/// A leaf in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeafBrief {
    /// SHA-256 of the certificate.
    pub sha256: Sha256,
    /// The subject (RFC 4514); `null` when it does not parse.
    pub subject: Option<String>,
    /// Start of validity; `null` when it does not parse.
    pub not_before: Option<Timestamp>,
    /// End of validity; `null` when it does not parse.
    pub not_after: Option<Timestamp>,
}

/// What a CA is known by across runs.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct CaIdentity {
    /// Its name (RFC 4514).
    pub name: String,
    /// SHA-256 of its SubjectPublicKeyInfo; `null` when its key was not known.
    pub spki_sha256: Option<Sha256>,
    /// Its key identifier, hex.
    pub key_id: Option<String>,
}

impl CaIdentity {
    /// Whether two runs may have meant the same CA: one name, and no key that says otherwise.
    pub fn may_be(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
            matches!((one, other), (Some(one), Some(other)) if one != other)
        }
        self.name == other.name
            && !differ(&self.spki_sha256, &other.spki_sha256)
            && !differ(&self.key_id, &other.key_id)
    }
}

/// Something that happened on an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// When it was noticed: the time at which the endpoint was asked; for `gone`, when the run began that lacks it.
    pub at: Timestamp,
    /// The run that noticed it.
    pub run: String,
    /// What happened.
    pub kind: EventKind,
    /// What came of asking it; `null` for `gone`.
    pub outcome: Option<Outcome>,
    /// The leaf now; `null` when none was captured.
    pub leaf: Option<LeafBrief>,
    /// The CA of that leaf; `null` when that is not known.
    pub ca: Option<CaIdentity>,
    /// The leaf that it presented before; `null` when there was none.
    pub former_leaf: Option<LeafBrief>,
    /// The CA of the former leaf.
    pub former_ca: Option<CaIdentity>,
}

/// What pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Runs.
    pub runs: u64,
    /// Their observations.
    pub observations: u64,
    /// Certificates that no kept run presented.
    pub certificates: u64,
    /// How many runs are left.
    pub left: u64,
}
