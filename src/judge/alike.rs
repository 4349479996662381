//! Observations of which many are alike: of each kind a few are kept, the others counted.
//!
//! A sweep of a network finds the same again and again: another address, another leaf, and the rest as before. Whoever
//! sums a run up looks at how many there are of a kind, and names the first of them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::judge::brief::{Brief, Briefs};
use crate::judge::cas::LISTED_ALONE;
use crate::judge::pair::{self, Relation};
use crate::model::bytes::Sha256;
use crate::model::codepoint::{CipherSuite, ProtocolVersion};
use crate::model::issuer::{Evidence, Standing};
use crate::model::observation::{Observation, Outcome, Possession};
use crate::model::target::Group;

/// How many observations of a kind are kept because they come first in the order of rows. No sentence names more.
const FIRST: usize = 8;

/// What makes observations alike, but for who issued their leaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Likeness {
    pub(super) group: Group,
    pub(super) outcome: Outcome,
    pub(super) possession: Option<Possession>,
    pub(super) tls: Option<(Option<ProtocolVersion>, Option<CipherSuite>)>,
    pub(super) is_fresh: bool,
    /// The place of what is sent behind the leaf.
    pub(super) sent: u32,
}

/// A leaf, and who issued it.
#[derive(Clone, Copy, Debug)]
pub struct Issued<'s, K> {
    /// Its fingerprint.
    pub leaf: Sha256,
    /// Equal for leaves with equal identifications, and for no others.
    pub by: K,
    /// What is known of that.
    pub standing: &'s Standing,
}

/// Observations of several kinds; of each, those that are kept, and how many there are. `K` tells identifications apart.
pub struct Alike<K> {
    kinds: HashMap<(Option<K>, Likeness), Kind>,
    started: Option<i64>,
}

impl<K> Default for Alike<K> {
    fn default() -> Self {
        Self {
            kinds: HashMap::new(),
            started: None,
        }
    }
}

/// Observations that are alike.
struct Kind {
    /// How many leaves have to be told apart.
    told_apart: usize,
    count: u64,
    /// The first in the order of rows.
    first: Vec<(Rc<Brief>, Option<Sha256>)>,
    /// The leaves with the smallest fingerprints: how many observations show each, and the first that does.
    leaves: BTreeMap<Sha256, (u64, Rc<Brief>)>,
}

impl<K: Copy + Eq + std::hash::Hash> Alike<K> {
    /// Counts an observation, unless it is one that has to be held: one that somebody named, or whose leaf ends before
    /// `calm`, in days since 1970. Whether it did.
    pub fn take(
        &mut self,
        briefs: &mut Briefs,
        number: u32,
        observation: &Observation,
        issued: Option<Issued<'_, K>>,
        calm: i32,
    ) -> bool {
        let brief = briefs.brief(number, observation);
        let is_plain = brief.is_plain(calm) && observation.pool.is_none();
        if !is_plain || brief.outcome == Outcome::NotAttempted {
            return false;
        }
        let at = brief.at();
        self.started = Some(self.started.map_or(at, |first| first.min(at)));
        let like = (issued.map(|issued| issued.by), brief.likeness());
        let kind = self.kinds.entry(like);
        let standing = issued.map(|issued| issued.standing);
        let kind = kind.or_insert_with(|| Kind::new(standing.map_or(0, told_apart)));
        kind.add(brief, issued.map(|issued| issued.leaf));
        true
    }

    /// Who issued the leaves.
    pub fn issuers(&self) -> impl Iterator<Item = K> {
        self.kinds.keys().filter_map(|(issued, _)| *issued)
    }

    /// When the first of the observations was made, in milliseconds since 1970.
    pub fn started(&self) -> Option<i64> {
        self.started
    }

    /// The observations that are kept, by number: who issued the leaf, and for how many more each stands.
    pub fn kept(self) -> BTreeMap<u32, (Option<K>, u32)> {
        let kinds = self.kinds.into_iter();
        let kept = kinds.flat_map(|((issued, _), kind)| {
            let kept = kind.kept().into_iter();
            kept.map(move |(number, more)| (number, (issued, more)))
        });
        kept.collect()
    }
}

impl Kind {
    fn new(told_apart: usize) -> Self {
        Self {
            told_apart,
            count: 0,
            first: Vec::new(),
            leaves: BTreeMap::new(),
        }
    }

    fn add(&mut self, brief: Brief, leaf: Option<Sha256>) {
        self.count += 1;
        let brief = Rc::new(brief);
        if let Some(leaf) = leaf {
            self.see_leaf(leaf, &brief);
        }
        let follows = |last: &(Rc<Brief>, _)| last.0.order() < brief.order();
        if self.first.len() == FIRST && self.first.last().is_some_and(follows) {
            return;
        }
        let before = |(first, _): &(Rc<Brief>, _)| first.order() <= brief.order();
        let place = self.first.partition_point(before);
        self.first.insert(place, (brief, leaf));
        self.first.truncate(FIRST);
    }

    fn see_leaf(&mut self, leaf: Sha256, brief: &Rc<Brief>) {
        if let Some((count, first)) = self.leaves.get_mut(&leaf) {
            *count += 1;
            if brief.order() < first.order() {
                *first = Rc::clone(brief);
            }
            return;
        }
        // One that is left out here, or was pushed out, comes behind all that are kept, and so never comes back.
        let largest = self.leaves.last_key_value();
        if self.leaves.len() == self.told_apart
            && largest.is_some_and(|(largest, _)| *largest < leaf)
        {
            return;
        }
        self.leaves.insert(leaf, (1, Rc::clone(brief)));
        if self.leaves.len() > self.told_apart {
            self.leaves.pop_last();
        }
    }

    /// The numbers of the observations kept, and for how many more each stands.
    fn kept(self) -> BTreeMap<u32, u32> {
        let mut kept: BTreeMap<u32, u64> = BTreeMap::new();
        let mut of_leaf: HashMap<Sha256, u64> = HashMap::new();
        let mut counted = 0;
        for (brief, leaf) in &self.first {
            kept.insert(brief.source, 0);
            if let Some(leaf) = leaf {
                *of_leaf.entry(*leaf).or_default() += 1;
            }
            counted += 1;
        }
        for (leaf, (count, brief)) in &self.leaves {
            let shown = of_leaf.get(leaf).copied().unwrap_or_default();
            let is_new = !kept.contains_key(&brief.source);
            let more = count - shown - u64::from(is_new);
            *kept.entry(brief.source).or_default() += more;
            counted += more + u64::from(is_new);
        }
        // Of the leaves that are not told apart only the number counts.
        if let Some((first, _)) = self.first.first() {
            *kept.entry(first.source).or_default() += self.count - counted;
        }
        let small = |more| u32::try_from(more).unwrap_or(u32::MAX);
        let kept = kept.into_iter();
        kept.map(|(number, more)| (number, small(more))).collect()
    }
}

/// How many leaves of a kind have to be told apart: two show that there are several, where such come from one CA; those
/// that are not shown to are each listed, up to a number.
fn told_apart(standing: &Standing) -> usize {
    let pair = pair::issuing_ca(standing, standing);
    let is_known = pair.strength.strength() >= Evidence::KeyId.strength();
    match pair.relation {
        Relation::Agree if is_known => 2,
        Relation::Agree | Relation::Differ | Relation::Unknown => LISTED_ALONE + 1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::certificate::{KeyFingerprint, NameKey};
    use crate::model::issuer::Basis;

    #[test]
    fn leaves_that_no_one_ca_is_shown_to_have_issued_are_told_apart() {
        let keys = [1, 2].map(|byte| KeyFingerprint(Sha256([byte; 32])));
        let standing = |basis| Standing {
            issuer: Some(NameKey(b"a".as_slice().into())),
            basis,
            failed: BTreeSet::new(),
            key_ids: BTreeSet::new(),
            issuer_serials: BTreeSet::new(),
        };
        assert_eq!(told_apart(&standing(Basis::Proven(keys[0]))), 2);
        for basis in [
            Basis::Ambiguous(keys.into()),
            Basis::Contradicted,
            Basis::Name,
        ] {
            assert_eq!(told_apart(&standing(basis)), LISTED_ALONE + 1);
        }
    }
}
