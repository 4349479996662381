//! Everything that observations show, taken in one by one: the leaves, what is sent behind them, and who may have issued
//! what.
//!
//! Most leaves are identified at once, while their octets are at hand: their servers send the issuer's certificate. What
//! comes later may change that, a further certificate under the issuer's name above all. The end finds out which leaves
//! it touches, and looks at those, and no others, once more.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;

use hashbrown::HashTable;

use crate::identify::issuer;
use crate::identify::numbered::Numbered;
use crate::identify::pool::Pool;
use crate::identify::recent::Recent;
use crate::identify::recovery;
use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::{Certificate, KeyFingerprint, NameKey};
use crate::model::issuer::{Identification, Source, Standing};
use crate::model::observation::Observation;
use crate::x509::parse;

/// How much of what is sent behind leaves is kept at once, in octets of DER. What comes beyond is read again at the end.
const STASH: usize = 4 * 1024 * 1024;

/// The most keys of one name that are tried while observations come in: whoever sends many large ones must not hold up
/// the connections of others. The end tries more.
const KEYS_AT_ONCE: usize = 8;

/// What an observation shows, by the numbers of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    leaf: Place,
    pub(super) behind: u32,
}

impl Shown {
    pub(super) fn leaf(self) -> usize {
        self.place() as usize
    }

    /// The place of the leaf.
    pub(super) fn place(self) -> u32 {
        self.leaf.number()
    }
}

/// The observations of a run or several, as far as they are known.
pub struct Register {
    pub(super) names: Names,
    pub(super) pool: Pool,
    /// The fingerprints of leaves, each with its place.
    pub(super) digests: Vec<(Sha256, u32)>,
    /// What is known of each leaf, by its place.
    pub(super) leaves: Vec<Leaf>,
    pub(super) by_digest: HashTable<u32>,
    /// What is sent behind leaves.
    pub(super) behind: Numbered<Box<[Sha256]>>,
    /// Observations behind whose leaves not everything was kept.
    pub(super) incomplete: Vec<u32>,
    pub(super) known: Numbered<Identification>,
    stashed: usize,
    /// How many observations there were.
    count: u32,
    pub(super) recent: Recent,
}

/// An observation looked at, whose leaf is not kept so far.
pub struct Glimpse {
    pub(super) digest: Sha256,
    behind: u32,
    pub(super) leaf: Leaf,
    pub(super) key: Option<KeyFingerprint>,
    /// Whether the leaf may have issued something, as far as is known.
    is_candidate: bool,
}

/// A leaf that is not kept: who issued it, and what tells whether it has issued something.
#[derive(Clone, Copy, Debug)]
pub struct Passing {
    /// Its fingerprint.
    pub digest: Sha256,
    /// Who issued it, as long as [`Register::holds`] it.
    pub early: Early,
    /// Its key.
    pub key: Option<KeyFingerprint>,
    /// A part of the hash of its subject's name.
    pub subject: Option<NamePart>,
    /// Whether it did not pass shortly before.
    pub is_new: bool,
}

/// A distinct leaf.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    pub(super) subject: Option<NamePart>,
    /// The first observation that shows it.
    pub(super) number: u32,
    /// What is sent behind it; absent when that is not the same everywhere.
    pub(super) behind: Option<Place>,
    pub(super) early: Option<Early>,
}

/// An identification that holds as long as nothing more is known under the issuer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Early {
    /// The place of the identification.
    pub(super) known: Place,
    /// How often what goes by the issuer's name had changed.
    pub(super) changes: u32,
}

/// A place in a list, small also where it may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place(NonZeroU32);

impl Place {
    fn new(number: u32) -> Self {
        let above = number.checked_add(1).and_then(NonZeroU32::new);
        Self(above.expect("fewer than 2^32 of anything"))
    }

    pub(super) fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// The names under which certificates are issued, as hashes: a name taken for another only makes a candidate that issued
/// nothing.
#[derive(Default)]
pub(super) struct Names {
    hashes: HashSet<u64>,
    state: RandomState,
}

/// A part of the hash of a name: enough to pass over what is surely another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NamePart(NonZeroU32);

impl NamePart {
    /// As a number, which is never 0.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    fn of(hash: u64) -> Self {
        let part = u32::try_from(hash >> 32).expect("32 bits are left");
        Self(NonZeroU32::new(part).unwrap_or(NonZeroU32::MIN))
    }
}

impl Names {
    fn part(&self, name: &NameKey) -> NamePart {
        NamePart::of(self.state.hash_one(name))
    }

    fn add(&mut self, name: &NameKey) {
        let hash = self.state.hash_one(name);
        self.hashes.insert(hash);
    }

    pub(super) fn contain(&self, name: &NameKey) -> bool {
        self.hashes.contains(&self.state.hash_one(name))
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = NamePart> {
        self.hashes.iter().copied().map(NamePart::of)
    }
}

impl Register {
    /// Begins with the certificates that the user and the platform give.
    pub fn new(given: impl IntoIterator<Item = (Der, Source)>) -> Self {
        let mut register = Self {
            names: Names::default(),
            pool: Pool::default(),
            digests: Vec::new(),
            leaves: Vec::new(),
            by_digest: HashTable::new(),
            behind: Numbered::default(),
            incomplete: Vec::new(),
            known: Numbered::default(),
            stashed: 0,
            count: 0,
            recent: Recent::default(),
        };
        for (der, source) in given {
            let digest = der.sha256();
            if !register.pool.holds(&digest) {
                register.offer(parse::certificate(&der));
            }
            register.pool.note(&digest, &source);
        }
        register
    }

    /// The same anew, with the certificates that are known so far and nothing else.
    pub fn again(self) -> Self {
        Self {
            names: self.names,
            pool: self.pool,
            stashed: self.stashed,
            ..Self::new([])
        }
    }

    /// Takes in the next observation; nothing is known of one without a chain.
    pub fn enter(&mut self, seen: &Observation) -> Option<Shown> {
        let number = self.count;
        self.count = number.checked_add(1).expect("fewer than 2^32 observations");
        let glimpse = self.look(seen, number)?;
        Some(self.keep(glimpse))
    }

    /// Looks at an observation, by its number among all that will be read again. The certificates behind its leaf are
    /// taken in.
    pub fn look(&mut self, seen: &Observation, number: u32) -> Option<Glimpse> {
        let (leaf, others) = seen.chain.split_first()?;
        let behind = self.behind(others, number);
        let digest = leaf.sha256();
        let Some(place) = self.place(&digest) else {
            return Some(self.first_look(leaf, behind, number));
        };
        let early = self.leaves[place as usize].early;
        if early.is_some_and(|early| !self.holds(early)) {
            let early = self.identify(&parse::certificate(leaf), behind);
            self.leaves[place as usize].early = early;
        }
        Some(Glimpse {
            digest,
            behind,
            leaf: self.leaves[place as usize],
            key: None,
            is_candidate: false,
        })
    }

    /// The leaf, where it need not be kept: who issued it is known so far, and it issued nothing that was seen so far.
    pub fn passing(&mut self, glimpse: &Glimpse) -> Option<Passing> {
        let early = glimpse.leaf.early.filter(|_| !glimpse.is_candidate)?;
        let is_new = self.recent.add(glimpse);
        Some(Passing {
            digest: glimpse.digest,
            early,
            key: glimpse.key,
            subject: glimpse.leaf.subject,
            is_new,
        })
    }

    /// Keeps a leaf that was looked at.
    pub fn keep(&mut self, glimpse: Glimpse) -> Shown {
        let Glimpse {
            digest,
            behind,
            leaf,
            ..
        } = glimpse;
        let place = match self.place(&digest) {
            Some(place) => {
                let known = &mut self.leaves[place as usize];
                if known.behind != Some(Place::new(behind)) {
                    known.behind = None;
                }
                place
            }
            None => {
                let place = u32::try_from(self.leaves.len()).expect("fewer than 2^32 leaves");
                self.leaves.push(leaf);
                self.digests.push((digest, place));
                let (digests, state) = (&self.digests, &self.names.state);
                let hash = state.hash_one(digest);
                self.by_digest.insert_unique(hash, place, |place| {
                    state.hash_one(digests[*place as usize].0)
                });
                place
            }
        };
        let leaf = Place::new(place);
        Shown { leaf, behind }
    }

    /// The fingerprints of the leaves that are kept.
    pub fn leaves(&self) -> impl Iterator<Item = &Sha256> {
        self.digests.iter().map(|(digest, _)| digest)
    }

    /// Whether a leaf is kept.
    pub fn keeps(&self, leaf: &Sha256) -> bool {
        self.place(leaf).is_some()
    }

    /// The place of a leaf that is kept.
    fn place(&self, digest: &Sha256) -> Option<u32> {
        let hash = self.names.state.hash_one(digest);
        let place = self
            .by_digest
            .find(hash, |place| self.digests[*place as usize].0 == *digest);
        place.copied()
    }

    /// What is known of the issuer.
    pub fn standing(&self, early: Early) -> &Standing {
        &self.known.get(early.known.number()).standing
    }

    /// Whether it still holds.
    pub fn holds(&self, early: Early) -> bool {
        let standing = self.standing(early);
        self.pool.changes(standing.issuer.as_ref()) == early.changes
    }

    /// Parts of the hashes of all names under which something is issued.
    pub fn issuers(&self) -> impl Iterator<Item = NamePart> {
        self.names.parts()
    }

    /// Takes in a certificate that may have issued something which was seen. Whether it may.
    pub fn admit(&mut self, certificate: &Der) -> bool {
        let (_, subject) = parse::names(certificate);
        let may_issue = subject.is_some_and(|subject| self.names.contain(&subject));
        if may_issue && !self.pool.holds(&certificate.sha256()) {
            self.pool.add(parse::certificate(certificate));
        }
        may_issue
    }

    /// The number of what is sent behind a leaf; its certificates may have issued something.
    fn behind(&mut self, others: &[Der], number: u32) -> u32 {
        let digests: Box<[Sha256]> = others.iter().map(Der::sha256).collect();
        let lists = self.behind.len();
        let place = self.behind.number(digests);
        if self.behind.len() > lists {
            let mut complete = true;
            for der in others {
                complete &= self.stash(der);
            }
            if !complete {
                self.incomplete.push(number);
            }
        }
        place
    }

    /// Keeps a certificate while there is room; whether it is kept.
    fn stash(&mut self, der: &Der) -> bool {
        if self.pool.holds(&der.sha256()) {
            return true;
        }
        let size = der.as_bytes().len();
        if self.stashed.saturating_add(size) > STASH {
            if let (Some(issuer), _) = parse::names(der) {
                self.names.add(&issuer);
            }
            return false;
        }
        self.stashed += size;
        self.offer(parse::certificate(der));
        true
    }

    fn offer(&mut self, certificate: Certificate) {
        if let Ok(issuer) = &certificate.issuer {
            self.names.add(&issuer.key);
        }
        self.pool.add(certificate);
    }

    /// A leaf that is not kept.
    fn first_look(&mut self, der: &Der, behind: u32, number: u32) -> Glimpse {
        let digest = der.sha256();
        if let Some((leaf, key)) = self.recent.get(&digest)
            && leaf.early.is_some_and(|early| self.holds(early))
        {
            let behind_it = Some(Place::new(behind));
            return Glimpse {
                digest,
                behind,
                leaf: Leaf {
                    number,
                    behind: behind_it,
                    ..leaf
                },
                key,
                is_candidate: false,
            };
        }
        let certificate = parse::certificate(der);
        if let Ok(issuer) = &certificate.issuer {
            self.names.add(&issuer.key);
        }
        if certificate.is_self_issued() {
            self.pool.add(certificate.clone());
        }
        let subject = certificate
            .subject
            .as_ref()
            .ok()
            .map(|subject| &subject.key);
        let public_key = certificate.public_key.as_ref().ok();
        Glimpse {
            digest,
            behind,
            leaf: Leaf {
                subject: subject.map(|subject| self.names.part(subject)),
                number,
                behind: Some(Place::new(behind)),
                early: self.identify(&certificate, behind),
            },
            key: public_key.map(|key| key.fingerprint),
            is_candidate: subject.is_some_and(|subject| self.names.contain(subject)),
        }
    }

    /// Identifies a leaf by what is known so far. What keys may be computed from is left for the end.
    fn identify(&mut self, leaf: &Certificate, behind: u32) -> Option<Early> {
        let issuer = leaf.issuer.as_ref().ok();
        let keys = issuer.map_or(0, |issuer| {
            self.pool.keys(&issuer.key).take(KEYS_AT_ONCE + 1).count()
        });
        if keys > KEYS_AT_ONCE {
            return None;
        }
        let others = self.behind.get(behind);
        let found = issuer::identify(leaf, |digest| others.contains(digest), &self.pool);
        if found.standing.is_claimed_only() && recovery::may_tell(leaf) {
            return None;
        }
        let changes = self.pool.changes(found.standing.issuer.as_ref());
        let known = Place::new(self.known.number(found));
        Some(Early { known, changes })
    }
}
