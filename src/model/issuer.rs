//! Who issued a leaf, and how surely that is known.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::bytes::Sha256;
use crate::model::certificate::{IssuerSerial, KeyFingerprint, KeyId, Name, NameKey};

/// How surely the issuing CA of a leaf is known. A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The key of a certificate with the issuer's name verifies the leaf's signature.
    Proven,
    /// The leaf's own key verifies its signature; counts as `proven`.
    SelfSigned,
    /// A key computed from the signatures of several leaves verifies them all.
    Recovered,
    /// Only the authority key identifier says so.
    KeyId,
    /// Only the issuer's name says so.
    Name,
    /// The certificate that the leaf's key identifier points to did not sign it.
    Contradicted,
    /// There is no leaf that can be read.
    None,
}

impl Evidence {
    /// How strong it is: a larger number is stronger. `proven` and `self-signed` are equally strong.
    pub fn strength(self) -> u8 {
        match self {
            Self::Proven | Self::SelfSigned => 5,
            Self::Recovered => 4,
            Self::KeyId => 3,
            Self::Name => 2,
            Self::Contradicted => 1,
            Self::None => 0,
        }
    }

    /// The weaker of two; `proven` stands for `self-signed` where both meet.
    pub fn weaker(self, other: Self) -> Self {
        match self.strength().cmp(&other.strength()) {
            Ordering::Less => self,
            Ordering::Greater => other,
            Ordering::Equal if self == other => self,
            Ordering::Equal => Self::Proven,
        }
    }

    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::SelfSigned => "self-signed",
            Self::Recovered => "recovered",
            Self::KeyId => "key-id",
            Self::Name => "name",
            Self::Contradicted => "contradicted",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where a candidate certificate was found. Ordered by how it is named when several places hold the same certificate.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "kind", content = "where", rename_all = "kebab-case")]
pub enum Source {
    /// Presented by an endpoint of this run, named by its target.
    Presented(String),
    /// In a file that the user gave.
    File(String),
    /// In the platform's trust store.
    Platform,
    /// In a run kept from earlier.
    Kept(String),
    /// Fetched from the address that a certificate names (RFC 5280 §4.2.2.1).
    Fetched(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Presented(target) => write!(f, "sent by {target}"),
            Self::File(path) => write!(f, "in {path}"),
            Self::Platform => f.write_str("in the platform's trust store"),
            Self::Kept(run) => write!(f, "kept from {run}"),
            Self::Fetched(url) => write!(f, "fetched from {url}"),
        }
    }
}

/// What is known of the issuer of one leaf: everything that comparing two leaves depends on.
///
/// Leaves with equal standings are interchangeable in every comparison (apart from being the same certificate).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Standing {
    /// The issuer's name; for a self-signed leaf its own. `None` when no leaf can be read.
    pub issuer: Option<NameKey>,
    /// How the issuer is known.
    pub basis: Basis,
    /// Keys of that name that could be tried and do not verify the leaf.
    pub failed: BTreeSet<KeyFingerprint>,
    /// The key identifier that stands for the issuer: claimed by the leaf, or carried by the proven CA.
    pub key_ids: BTreeSet<KeyId>,
    /// Issuer and serial number of the issuer's certificate: claimed by the leaf, or those of the proven CA.
    pub issuer_serials: BTreeSet<IssuerSerial>,
}

/// What an [`Identification`] rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// This key, and no other of that name, verifies the leaf.
    Proven(KeyFingerprint),
    /// The leaf's own key verifies it.
    SelfSigned(KeyFingerprint),
    /// This key was computed from several leaves.
    Recovered(KeyFingerprint),
    /// Several keys of that name verify the leaf, so none is shown to be the issuer's.
    Ambiguous(BTreeSet<KeyFingerprint>),
    /// No key verifies; the key identifier is left.
    KeyId,
    /// No key verifies; only the name is left.
    Name,
    /// The key that the key identifier names does not verify the leaf.
    Contradicted,
    /// There is no leaf that can be read.
    None,
}

impl Standing {
    /// The evidence that this amounts to.
    pub fn evidence(&self) -> Evidence {
        match &self.basis {
            Basis::Proven(_) => Evidence::Proven,
            Basis::SelfSigned(_) => Evidence::SelfSigned,
            Basis::Recovered(_) => Evidence::Recovered,
            // An empty name says nothing, but a key identifier beside it does.
            Basis::Ambiguous(_) if self.key_ids.is_empty() && self.issuer_serials.is_empty() => {
                Evidence::Name
            }
            Basis::Ambiguous(_) | Basis::KeyId => Evidence::KeyId,
            Basis::Name => Evidence::Name,
            Basis::Contradicted => Evidence::Contradicted,
            Basis::None => Evidence::None,
        }
    }

    /// Whether nothing but the leaf's own claims tells who issued it.
    pub fn is_claimed_only(&self) -> bool {
        matches!(self.basis, Basis::KeyId | Basis::Name)
    }

    /// The key that issued the leaf, when it is known.
    pub fn key(&self) -> Option<KeyFingerprint> {
        match self.basis {
            Basis::Proven(key) | Basis::SelfSigned(key) | Basis::Recovered(key) => Some(key),
            _ => None,
        }
    }
}

/// Who issued a leaf, with what was tried. Leaves of one CA mostly share theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identification {
    /// What comparisons depend on.
    pub standing: Standing,
    /// The issuer's name as the leaf encodes it; absent when that does not parse.
    pub issuer: Option<Name>,
    /// What was tried, in the order tried: one entry for each distinct key of the issuer's name.
    pub trials: Vec<Trial>,
    /// Why the leaf cannot be judged, or why its signature could not be checked with any key.
    pub obstacle: Option<String>,
}

/// One key tried on a signature.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// A certificate that carries the key (SHA-256).
    pub certificate: Sha256,
    /// Where that certificate was found.
    pub found: Source,
    /// What came of it.
    pub result: TrialResult,
}

/// What came of trying a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "why", rename_all = "kebab-case")]
pub enum TrialResult {
    /// The signature verifies.
    Verifies,
    /// The signature does not verify.
    Fails,
    /// It cannot be told, with the reason.
    CannotTell(String),
}
