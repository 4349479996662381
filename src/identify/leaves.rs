//! The leaves of a run, one by one: who issued each.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::identify::pool::Pool;
use crate::identify::recovery::{Recovered, Recovery};
use crate::identify::{ancestry, issuer};
use crate::model::bytes::Sha256;
use crate::model::identified::{CaKey, Identified, LeafNumber, Leaves as Known};
use crate::model::issuer::Identification;
use crate::model::observation::Observation;
use crate::x509::parse;

/// The candidates that servers present behind a leaf.
type Companions = BTreeSet<Sha256>;

/// Which leaves there are, each with the candidates that servers present behind it.
#[derive(Default)]
pub(super) struct Shown {
    leaves: Vec<(Sha256, u32)>,
    companions: Numbered<Companions>,
}

impl Shown {
    /// Adds a leaf; of one that several servers show, the companions are those of all.
    pub(super) fn add(&mut self, leaf: Sha256, companions: impl IntoIterator<Item = Sha256>) {
        let companions = self.companions.number(companions.into_iter().collect());
        self.leaves.push((leaf, companions));
    }

    /// Every leaf once, in the order of fingerprints.
    fn distinct(mut self) -> (Vec<(Sha256, u32)>, Vec<Arc<Companions>>) {
        let (leaves, companions) = (&mut self.leaves, &mut self.companions);
        leaves.sort_unstable();
        leaves.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same && next.1 != kept.1 {
                kept.1 = companions.number(companions.get(kept.1) | companions.get(next.1));
            }
            same
        });
        (self.leaves, self.companions.list)
    }
}

/// The third fold: each leaf is tried with the candidates, once.
pub struct Leaves {
    pool: Pool,
    companions: Vec<Arc<Companions>>,
    /// The number is that of the companions until the leaf is done, then that of its identification.
    list: Vec<(Sha256, u32)>,
    done: Vec<bool>,
    known: Numbered<Identification>,
    issuers: BTreeSet<CaKey>,
    recovery: Recovery,
}

impl Leaves {
    pub(super) fn new(shown: Shown, pool: Pool) -> Self {
        let (list, companions) = shown.distinct();
        Self {
            // A CA that the user gave is followed to its roots even when no leaf comes from it: leaves are compared
            // with it.
            issuers: pool.given().collect(),
            pool,
            companions,
            done: vec![false; list.len()],
            list,
            known: Numbered::default(),
            recovery: Recovery::default(),
        }
    }

    /// Identifies the leaf of an observation, one of those that the second fold saw. The number of the leaf.
    pub fn see(&mut self, observation: &Observation) -> Option<LeafNumber> {
        let leaf = observation.leaf()?;
        let number = LeafNumber::find(&self.list, &leaf.sha256())?;
        let index = number.index();
        if !std::mem::replace(&mut self.done[index], true) {
            let companions = &self.companions[self.list[index].1 as usize];
            let certificate = parse::certificate(leaf);
            let known = issuer::identify(&certificate, companions, &self.pool);
            let standing = &known.standing;
            if standing.is_claimed_only() {
                self.recovery.add(&certificate);
            }
            if let (Some(name), Some(key)) = (&standing.issuer, standing.key()) {
                self.issuers.insert(CaKey {
                    name: name.clone(),
                    key,
                });
            }
            self.list[index].1 = self.known.number(known);
        }
        Some(number)
    }

    /// What is known when every leaf was seen.
    pub fn identified(mut self) -> Identified {
        debug_assert!(self.done.iter().all(|done| *done), "a leaf was not seen");
        let recovered = std::mem::take(&mut self.recovery).recover();
        self.tell(&recovered);
        let mut cas = ancestry::trace(self.issuers, &self.pool);
        for (ca, facts) in recovered.cas() {
            cas.entry(ca).or_insert(facts);
        }
        Identified {
            cas,
            leaves: Known::new(self.list, self.known.list),
            certificates: self.pool.into_certificates(),
        }
    }
}

impl Leaves {
    /// Tells the leaves what was found by computing keys.
    fn tell(&mut self, recovered: &Recovered) {
        for (leaf, answer) in &recovered.leaves {
            let number = LeafNumber::find(&self.list, leaf).expect("it was seen");
            let index = number.index();
            let mut known = self.known.get(self.list[index].1).clone();
            recovered.tell(&mut known, answer);
            self.list[index].1 = self.known.number(known);
        }
    }
}

/// Equal values once, by number.
struct Numbered<T> {
    list: Vec<Arc<T>>,
    numbers: HashMap<Arc<T>, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Eq + std::hash::Hash> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("fewer than 2^32 leaves");
        let value = Arc::new(value);
        self.list.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        number
    }

    fn get(&self, number: u32) -> &T {
        &self.list[number as usize]
    }
}
