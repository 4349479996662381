//! The end of a register: which certificates may have issued something, where each was found, and who issued each leaf.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::identify::numbered::Numbered;
use crate::identify::pool::Pool;
use crate::identify::recent::Recent;
use crate::identify::recovery::{Recovered, Recovery};
use crate::identify::register::{Early, Leaf, NamePart, Register, Shown};
use crate::identify::{ancestry, issuer};
use crate::model::bytes::Sha256;
use crate::model::identified::{CaKey, Identified, LeafNumber, Leaves as Known};
use crate::model::issuer::{Identification, Source};
use crate::model::observation::Observation;
use crate::x509::parse;

/// The observations that a register has kept, placed from 0 in the order in which it did.
pub trait Entered {
    /// How many there are.
    fn count(&self) -> usize;

    /// What the register said of one; `None` when it shows no chain.
    fn shown(&self, number: usize) -> Option<Shown>;

    /// Whether its leaf is judged, and who showed it.
    fn part(&self, number: usize) -> Part<'_>;

    /// All of one, by the number that the register was told; where all are kept, that is the place.
    ///
    /// # Errors
    ///
    /// Where it lies can no longer be read. In memory that never happens.
    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>>;
}

/// What an observation is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part<'a> {
    /// Its leaf is judged, and its certificates may have issued others. With its target.
    Judged(Cow<'a, str>),
    /// Its certificates may have issued others. With its run.
    Earlier(&'a str),
    /// It does not count.
    None,
}

impl Part<'_> {
    fn source(self) -> Option<Source> {
        match self {
            Self::Judged(target) => Some(Source::Presented(target.into_owned())),
            Self::Earlier(run) => Some(Source::Kept(run.to_owned())),
            Self::None => None,
        }
    }
}

/// What a register came to.
pub struct Conclusion {
    /// Who issued each judged leaf.
    pub identified: Identified,
    /// The leaves that are judged.
    numbers: Vec<Option<LeafNumber>>,
}

impl Conclusion {
    /// The number of a judged leaf.
    pub fn leaf(&self, shown: Shown) -> Option<LeafNumber> {
        self.numbers[shown.leaf()]
    }
}

impl Register {
    /// Finds out who issued each leaf that is judged.
    ///
    /// # Errors
    ///
    /// An observation that has to be looked at again cannot be read.
    pub fn conclude(mut self, entered: &dyn Entered) -> io::Result<Conclusion> {
        self.by_digest = HashTable::new();
        self.recent = Recent::default();
        self.complete(entered)?;
        let names = &self.names;
        self.pool.keep(|subject| names.contain(subject));
        self.note_sources(entered);
        self.pool.forget_unfound();
        let judged = self.judged(entered);
        let mut end = End {
            list: judged.list,
            known: self.known,
            recovery: Recovery::default(),
            pool: self.pool,
        };
        end.look_again(&self.leaves, &self.behind, entered)?;
        let identified = end.identified();
        Ok(Conclusion {
            identified,
            numbers: judged.numbers,
        })
    }

    /// Adds the candidates that were not kept at once: leaves whose subject has issued something, and what exceeded the
    /// stash.
    ///
    /// # Errors
    ///
    /// An observation that has to be looked at again cannot be read.
    pub fn complete(&mut self, entered: &dyn Entered) -> io::Result<()> {
        let incomplete = std::mem::take(&mut self.incomplete);
        let mut again: BTreeSet<u32> = incomplete.into_iter().collect();
        let issuers: HashSet<NamePart> = self.names.parts().collect();
        let leaves = self.leaves.iter().zip(&self.digests);
        let candidates = leaves.filter(|(leaf, (digest, _))| {
            let issues = leaf
                .subject
                .is_some_and(|subject| issuers.contains(&subject));
            issues && !self.pool.holds(digest)
        });
        again.extend(candidates.map(|(leaf, _)| leaf.number));
        for number in again {
            let seen = entered.read(number as usize)?;
            for der in &seen.chain {
                self.admit(der);
            }
        }
        Ok(())
    }

    /// Notes where each candidate was found: of several places the first in the order of [`Source`].
    fn note_sources(&mut self, entered: &dyn Entered) {
        let mut behind: Vec<Part<'_>> = vec![Part::None; self.behind.len()];
        let mut leaves: BTreeMap<usize, Part<'_>> = BTreeMap::new();
        for number in 0..entered.count() {
            let (Some(shown), part) = (entered.shown(number), entered.part(number)) else {
                continue;
            };
            if self.pool.holds(&self.digests[shown.leaf()].0) {
                let first = leaves.entry(shown.leaf()).or_insert(Part::None);
                if part < *first {
                    *first = part.clone();
                }
            }
            let first = &mut behind[shown.behind as usize];
            if part < *first {
                *first = part;
            }
        }
        for (number, part) in (0..).zip(behind) {
            if let Some(source) = part.source() {
                let digests = self.behind.get(number).iter();
                digests.for_each(|digest| self.pool.note(digest, &source));
            }
        }
        for (leaf, part) in leaves {
            if let Some(source) = part.source() {
                self.pool.note(&self.digests[leaf].0, &source);
            }
        }
    }

    /// The leaves that are judged, in the order of fingerprints.
    fn judged(&mut self, entered: &dyn Entered) -> Judged {
        let mut is_judged = vec![false; self.leaves.len()];
        for number in 0..entered.count() {
            if let (Some(shown), Part::Judged(_)) = (entered.shown(number), entered.part(number)) {
                is_judged[shown.leaf()] = true;
            }
        }
        let mut list = std::mem::take(&mut self.digests);
        list.retain(|(_, place)| is_judged[*place as usize]);
        list.sort_unstable();
        let mut numbers = vec![None; self.leaves.len()];
        for ((_, place), number) in list.iter().zip(LeafNumber::all()) {
            numbers[*place as usize] = Some(number);
        }
        Judged { list, numbers }
    }
}

struct Judged {
    list: Vec<(Sha256, u32)>,
    /// For each leaf of the register its number here.
    numbers: Vec<Option<LeafNumber>>,
}

/// The judged leaves while they are identified.
struct End {
    /// The number is that of the register until the leaf is done, then that of its identification.
    list: Vec<(Sha256, u32)>,
    known: Numbered<Identification>,
    recovery: Recovery,
    pool: Pool,
}

impl End {
    /// Takes over what holds, and identifies the other leaves in the order in which they lie.
    fn look_again(
        &mut self,
        leaves: &[Leaf],
        behind: &Numbered<Box<[Sha256]>>,
        entered: &dyn Entered,
    ) -> io::Result<()> {
        let mut open: Vec<(u32, usize)> = Vec::new();
        for (index, entry) in self.list.iter_mut().enumerate() {
            let leaf = &leaves[entry.1 as usize];
            let holds = |early: &Early| {
                let standing = &self.known.get(early.known.number()).standing;
                let changes = self.pool.changes(standing.issuer.as_ref());
                leaf.behind.is_some() && changes == early.changes
            };
            match leaf.early.filter(holds) {
                Some(early) => entry.1 = early.known.number(),
                None => open.push((leaf.number, index)),
            }
        }
        open.sort_unstable();
        let places: Vec<u32> = open.iter().map(|(_, index)| self.list[*index].1).collect();
        let different = different(&places, leaves, behind, entered);
        for ((number, index), place) in open.into_iter().zip(places) {
            let seen = entered.read(number as usize)?;
            let leaf = seen
                .leaf()
                .filter(|leaf| leaf.sha256() == self.list[index].0);
            let changed = || io::Error::other("the observations changed while they were read");
            let certificate = parse::certificate(leaf.ok_or_else(changed)?);
            let is_companion = |digest: &Sha256| match leaves[place as usize].behind {
                Some(same) => behind.get(same.number()).contains(digest),
                None => different
                    .get(&place)
                    .is_some_and(|sent| sent.contains(digest)),
            };
            let known = issuer::identify(&certificate, is_companion, &self.pool);
            if known.standing.is_claimed_only() {
                self.recovery.add(&certificate);
            }
            self.list[index].1 = self.known.number(known);
        }
        Ok(())
    }

    fn identified(mut self) -> Identified {
        let recovered = std::mem::take(&mut self.recovery).recover();
        // A CA that the user gave is followed to its roots even when no leaf comes from it: leaves are compared with it.
        let mut issuers: BTreeSet<CaKey> = self.pool.given().collect();
        for known in used(&self.list, &self.known) {
            let standing = &known.standing;
            if let (Some(name), Some(key)) = (&standing.issuer, standing.key()) {
                let name = name.clone();
                issuers.insert(CaKey { name, key });
            }
        }
        self.tell(&recovered);
        let mut cas = ancestry::trace(issuers, &self.pool);
        for (ca, facts) in recovered.cas() {
            cas.entry(ca).or_insert(facts);
        }
        let known = self.take_known();
        Identified {
            cas,
            leaves: Known::new(self.list, known),
            certificates: self.pool.into_certificates(),
        }
    }

    /// The identifications that hold, numbered anew, and with the places where the certificates tried were found.
    fn take_known(&mut self) -> Vec<Arc<Identification>> {
        let all = std::mem::take(&mut self.known).into_list();
        let mut numbers: Vec<Option<u32>> = vec![None; all.len()];
        let mut known = Vec::new();
        for (_, place) in &mut self.list {
            let old = *place as usize;
            *place = *numbers[old].get_or_insert_with(|| {
                known.push(with_sources(Arc::clone(&all[old]), &self.pool));
                u32::try_from(known.len() - 1).expect("no more than before")
            });
        }
        known
    }

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

/// The identifications that hold.
fn used<'k>(
    list: &[(Sha256, u32)],
    known: &'k Numbered<Identification>,
) -> impl Iterator<Item = &'k Identification> {
    let mut places: Vec<u32> = list.iter().map(|(_, place)| *place).collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|place| known.get(place))
}

/// What all servers that show a leaf send behind it, for those of the leaves where that is not the same everywhere.
fn different<'b>(
    places: &[u32],
    leaves: &[Leaf],
    behind: &'b Numbered<Box<[Sha256]>>,
    entered: &dyn Entered,
) -> BTreeMap<u32, BTreeSet<&'b Sha256>> {
    let places = places.iter().copied();
    let mut different: BTreeMap<u32, BTreeSet<&Sha256>> = places
        .filter(|place| leaves[*place as usize].behind.is_none())
        .map(|place| (place, BTreeSet::new()))
        .collect();
    if different.is_empty() {
        return different;
    }
    for number in 0..entered.count() {
        if let (Some(shown), Part::Judged(_)) = (entered.shown(number), entered.part(number))
            && let Some(sent) = different.get_mut(&shown.place())
        {
            sent.extend(behind.get(shown.behind).iter());
        }
    }
    different
}

/// The identification with the places where the certificates tried were found, which is known only at the end.
fn with_sources(mut known: Arc<Identification>, pool: &Pool) -> Arc<Identification> {
    let stale = |known: &Identification| {
        let mut trials = known.trials.iter();
        trials.any(|trial| {
            pool.found(&trial.certificate)
                .is_some_and(|found| *found != trial.found)
        })
    };
    if stale(&known) {
        for trial in &mut Arc::make_mut(&mut known).trials {
            if let Some(found) = pool.found(&trial.certificate) {
                trial.found = found.clone();
            }
        }
    }
    known
}
