//! What became of the certificates of endpoints between two looks: the rows of `sameca.renewal/1` and `sameca.diff/1`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::issuer::Evidence;
use crate::model::observation::Outcome;
use crate::model::report::Leaf;
use crate::model::target::{Group, Port, Role};
use crate::model::verdict::Finding;

/// What became of an endpoint's certificate. A closed list. Of several that apply the first in this order is the
/// endpoint's class, the others are its remarks.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// No certificate of it was captured.
    NotCaptured,
    /// It was seen before and was not asked for any more, though the rest of its estate was.
    Vanished,
    /// No certificate of it is known from before.
    New,
    /// It still presents a certificate that it presented before; without a baseline: not the one that is wanted.
    Unchanged,
    /// The new leaf is not of the CA that issued the old one.
    CaChanged,
    /// The new leaf is of another key of the same CA name.
    CaKeyGenerationChanged,
    /// The leaf was issued before the one that was presented last.
    RolledBack,
    /// A subject alternative name of the old leaf is missing from the new one.
    NamesLost,
    /// The new leaf ends before the old one.
    ShorterLived,
    /// A new leaf, of the same CA where that can be told.
    Renewed,
}

impl Class {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotCaptured => "not-captured",
            Self::Vanished => "vanished",
            Self::New => "new",
            Self::Unchanged => "unchanged",
            Self::CaChanged => "ca-changed",
            Self::CaKeyGenerationChanged => "ca-key-generation-changed",
            Self::RolledBack => "rolled-back",
            Self::NamesLost => "names-lost",
            Self::ShorterLived => "shorter-lived",
            Self::Renewed => "renewed",
        }
    }
}

/// What became of the key of a server whose leaf is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyChange {
    /// The new leaf has a new key.
    Rekeyed,
    /// The new leaf has the old leaf's key.
    SameKey,
}

impl KeyChange {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rekeyed => "rekeyed",
            Self::SameKey => "same-key",
        }
    }
}

/// Whether an endpoint is as it should be after the renewal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is.
    Right,
    /// It cannot be told: it was not captured, or the evidence is too weak.
    Open,
    /// It is not.
    Wrong,
}

/// One endpoint and what became of its certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// `host:port`.
    pub target: String,
    /// What the server is in the estate.
    pub roles: BTreeSet<Role>,
    /// The group it is judged in.
    pub group: Group,
    /// The pool whose member it is.
    pub pool: Option<String>,
    /// The host as named.
    pub host: String,
    /// The address connected to; of a vanished endpoint the one it had.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: Option<Port>,
    /// The target under which it was seen before, when that was another.
    pub former_target: Option<String>,
    /// The address at which it was seen before, when that was another.
    pub former_address: Option<IpAddr>,
    /// What came of asking it; `null` for a vanished endpoint.
    pub outcome: Option<Outcome>,
    /// The outcome in a sentence.
    pub detail: Option<String>,
    /// What became of its certificate.
    pub class: Class,
    /// What else did, in order of weight.
    pub remarks: Vec<Class>,
    /// What became of its key; `null` unless both leaves are known and differ.
    pub key: Option<KeyChange>,
    /// Whether both leaves come from the same CA; `null` when there are no two, or the evidence is too weak.
    pub same_ca: Option<bool>,
    /// How surely that is known; `null` when there are no two.
    pub evidence: Option<Evidence>,
    /// The names of the old leaf that the new one lacks.
    pub lost_names: Vec<String>,
    /// Whether it counts: an optional port that was closed before and still is does not.
    pub counted: bool,
    /// Whether it is as it should be after a renewal; `null` in a diff, which has no opinion, and where it does not count.
    pub state: Option<State>,
    /// Why, in one sentence.
    pub reason: String,
    /// The leaf from before.
    pub old: Option<Arc<Leaf>>,
    /// The leaf now.
    pub new: Option<Arc<Leaf>>,
    /// What was found about the endpoint now; empty in a diff.
    pub findings: Vec<Finding>,
}
