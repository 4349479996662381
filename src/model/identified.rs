//! What is known of every issuer in a run: the input of the judgement.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::model::bytes::Sha256;
use crate::model::certificate::{Certificate, IssuerSerial, KeyFingerprint, KeyId, NameKey};
use crate::model::issuer::{Identification, Source};

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
    /// Its key, when that was computed from signatures because no certificate of it is at hand.
    pub recovered: Option<RecoveredKey>,
}

/// A key that was computed from the signatures of leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredKey {
    /// SHA-256 of its `SubjectPublicKeyInfo`, with the point uncompressed.
    pub spki_sha256: Sha256,
    /// The SHA-1 of its bits (RFC 5280 §4.2.1.2 method 1), and what the leaves that it signed call it.
    pub key_ids: BTreeSet<KeyId>,
    /// How many leaves it signed.
    pub leaves: u64,
    /// Whether the key identifier that a leaf claims is the one of method 1.
    pub confirmed: bool,
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
    /// Every distinct leaf, with who issued it.
    pub leaves: Leaves,
    /// Every CA that verifies a leaf, or a certificate on a path from one.
    pub cas: BTreeMap<CaKey, CaFacts>,
    /// The certificates that may have issued another: given, from the platform, and those presented whose subject is
    /// the issuer of some certificate. A leaf that issued nothing is not among them.
    pub certificates: HashMap<Sha256, Known>,
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
    /// A certificate that may have issued another, by its fingerprint.
    pub fn certificate(&self, certificate: &Sha256) -> Option<&Certificate> {
        self.certificates
            .get(certificate)
            .map(|known| known.certificate.as_ref())
    }
}

/// A distinct leaf of a run: its place in the order of their fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafNumber(NonZeroU32);

impl LeafNumber {
    /// The number of a leaf in a list that is in the order of fingerprints.
    pub fn find<T>(list: &[(Sha256, T)], leaf: &Sha256) -> Option<Self> {
        let index = list.binary_search_by_key(leaf, |(leaf, _)| *leaf).ok()?;
        let number = u32::try_from(index).ok()?.checked_add(1)?;
        NonZeroU32::new(number).map(Self)
    }

    /// The numbers in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..).filter_map(NonZeroU32::new).map(Self)
    }

    /// The place, counted from 0.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The distinct leaves of a run, each with what is known of its issuer. Small: equal identifications are kept once.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    /// In the order of fingerprints; the second is a place in `known`.
    list: Vec<(Sha256, u32)>,
    known: Vec<Arc<Identification>>,
}

impl Leaves {
    /// Leaves by fingerprint, each with the place of its identification in `known`.
    ///
    /// # Panics
    ///
    /// When a leaf occurs twice or is out of order, or has no identification.
    pub fn new(list: Vec<(Sha256, u32)>, known: Vec<Arc<Identification>>) -> Self {
        assert!(list.is_sorted_by(|one, next| one.0 < next.0), "in order");
        assert!(list.iter().all(|(_, place)| known.len() > *place as usize));
        Self { list, known }
    }

    /// Adds a leaf, or replaces what is known of it. The numbers of others change.
    pub fn insert(&mut self, leaf: Sha256, known: Arc<Identification>) {
        let place = u32::try_from(self.known.len()).expect("fewer than 2^32 leaves");
        self.known.push(known);
        match self.list.binary_search_by_key(&leaf, |(leaf, _)| *leaf) {
            Ok(index) => self.list[index].1 = place,
            Err(index) => self.list.insert(index, (leaf, place)),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The number of every leaf.
    pub fn numbers(&self) -> impl Iterator<Item = LeafNumber> + use<> {
        LeafNumber::all().take(self.len())
    }

    /// The number of a leaf.
    pub fn number(&self, leaf: &Sha256) -> Option<LeafNumber> {
        LeafNumber::find(&self.list, leaf)
    }

    /// The fingerprint of a leaf of these.
    pub fn fingerprint(&self, leaf: LeafNumber) -> Sha256 {
        self.list[leaf.index()].0
    }

    /// What is known of a leaf of these.
    pub fn known(&self, leaf: LeafNumber) -> &Identification {
        &self.known[self.list[leaf.index()].1 as usize]
    }

    /// What is known of a leaf.
    pub fn get(&self, leaf: &Sha256) -> Option<&Identification> {
        self.number(leaf).map(|number| self.known(number))
    }

    /// Every leaf by its fingerprint, in the order of numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&Sha256, &Identification)> {
        self.list
            .iter()
            .map(|(leaf, place)| (leaf, self.known[*place as usize].as_ref()))
    }

    /// Every identification, each at least once.
    pub fn identifications(&self) -> impl Iterator<Item = &Identification> {
        self.known.iter().map(AsRef::as_ref)
    }
}

impl std::ops::Index<&Sha256> for Leaves {
    type Output = Identification;

    fn index(&self, leaf: &Sha256) -> &Identification {
        self.get(leaf).expect("a leaf of this run")
    }
}
