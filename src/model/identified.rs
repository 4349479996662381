//! What is known of every issuer in a run: the input of the judgement.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::bytes::Sha256;
use crate::model::certificate::{Certificate, IssuerSerial, KeyFingerprint, KeyId, NameKey};
use crate::model::issuer::{Identification, Source};
use crate::model::report::Trust;

/// A CA: a name and a key. Certificates come and go, these two stay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaKey {
    /// The name under which it issues.
    pub name: NameKey,
    /// The key with which it signs.
    pub key: KeyFingerprint,
}

/// Everything known of a CA that signed something in this run.
#[derive(Clone, Debug, Default)]
pub struct CaFacts {
    /// Its certificates (SHA-256).
    pub certificates: BTreeSet<Sha256>,
    /// Subject key identifiers of its certificates, and the SHA-1 of its key's bits (RFC 5280 §4.2.1.2 method 1).
    pub key_ids: BTreeSet<KeyId>,
    /// Issuer and serial number of each of its certificates.
    pub issuer_serials: BTreeSet<IssuerSerial>,
    /// Where verified paths from it lead.
    pub ancestry: Ancestry,
}

/// Where the verified paths that start at one CA lead.
#[derive(Clone, Debug, Default)]
pub struct Ancestry {
    /// The shortest path towards a root: one certificate for each CA, its own first.
    pub path: Vec<Sha256>,
    /// Whether that path ends in a self-signed certificate.
    pub complete: bool,
    /// Every root that a verified path reaches; cross-signing can give several.
    pub roots: BTreeSet<CaKey>,
    /// What the topmost certificates claim as their issuer, where no certificate of it is at hand.
    pub claimed: BTreeSet<(NameKey, KeyId)>,
    /// Whether the search ended because its budget was spent.
    pub exhausted: bool,
    /// Whether a signature above could not be checked either way, so that there may be roots that are not listed.
    pub undecided: bool,
}

/// Who issued each leaf of a run, and what is known of those issuers.
#[derive(Clone, Debug, Default)]
pub struct Identified {
    /// One identification for each distinct leaf.
    pub leaves: HashMap<Sha256, Arc<Identification>>,
    /// Every CA that verifies a leaf, or a certificate on a path from one.
    pub cas: BTreeMap<CaKey, CaFacts>,
    /// Every certificate seen: presented, from files, from the platform.
    pub certificates: HashMap<Sha256, Known>,
    /// Whether a client would trust each chain presented, by the SHA-256 of its certificates; filled on demand.
    pub trust: HashMap<Vec<Sha256>, Trust>,
}

/// A certificate and where it was found; of several places, the first in the order of [`Source`].
#[derive(Clone, Debug)]
pub struct Known {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Where it was found.
    pub found: Source,
    /// Whether the platform's trust store holds it.
    pub platform: bool,
    /// Whether the user gave it in a file.
    pub given: bool,
}

impl Identified {
    /// The identification of a leaf.
    pub fn leaf(&self, leaf: &Sha256) -> Option<&Arc<Identification>> {
        self.leaves.get(leaf)
    }

    /// A certificate by its fingerprint.
    pub fn certificate(&self, certificate: &Sha256) -> Option<&Certificate> {
        self.certificates
            .get(certificate)
            .map(|known| known.certificate.as_ref())
    }
}
