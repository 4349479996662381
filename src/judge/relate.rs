//! All pairs at once: which leaves agree, without comparing each with each.
//!
//! Leaves with equal standings form a class. Classes of different names, and classes whose keys are known, are compared
//! wholesale; only what is left is compared one by one, within a budget.

use std::collections::BTreeMap;

use crate::judge::pair::{self, Pair, Relation};
use crate::model::certificate::{KeyFingerprint, NameKey};
use crate::model::identified::{Identified, LeafNumber};
use crate::model::issuer::{Evidence, Standing};
use crate::model::report::Policy;
use crate::model::verdict::Same;

/// How many pairs of classes are compared one by one.
const PAIRS_COMPARED: usize = 500_000;

/// Distinct leaves with equal standings.
pub(super) struct Class<'i> {
    pub(super) standing: &'i Standing,
    /// In their order, each once.
    pub(super) leaves: Vec<LeafNumber>,
}

/// The classes of some leaves, and how those relate.
pub(super) struct Relations<'i> {
    pub(super) classes: Vec<Class<'i>>,
    /// For each class: does it differ from any other, is any comparison with it unknown.
    pub(super) differs: Vec<bool>,
    pub(super) unknown: Vec<bool>,
    /// The strongest pair that differs.
    pub(super) strongest_difference: Option<Evidence>,
    /// The weakest pair that agrees.
    pub(super) weakest_agreement: Option<Evidence>,
    /// Whether two leaves agree only across generations of a CA's key.
    pub(super) across_generations: bool,
    /// Whether the budget ended before all pairs were compared.
    pub(super) exhausted: bool,
    /// The pairs of classes that agree.
    pub(super) agreements: Vec<(usize, usize)>,
}

/// Relates distinct leaves, in their order, under a policy.
pub(super) fn relate<'i>(
    policy: &Policy,
    leaves: impl IntoIterator<Item = (LeafNumber, &'i Standing)>,
    identified: &Identified,
) -> Relations<'i> {
    let mut by_standing: BTreeMap<&Standing, Vec<LeafNumber>> = BTreeMap::new();
    for (leaf, standing) in leaves {
        by_standing.entry(standing).or_default().push(leaf);
    }
    let classes: Vec<_> = by_standing
        .into_iter()
        .map(|(standing, leaves)| Class { standing, leaves })
        .collect();
    let count = classes.len();
    let mut relations = Relations {
        classes,
        differs: vec![false; count],
        unknown: vec![false; count],
        strongest_difference: None,
        weakest_agreement: None,
        across_generations: false,
        exhausted: false,
        agreements: Vec::new(),
    };
    relations.relate_within(policy, identified);
    match policy.same {
        Same::Root => relations.relate_one_by_one(
            policy,
            identified,
            &(0..count).collect::<Vec<_>>(),
            |_, _| false,
        ),
        Same::IssuingCa | Same::CaName => relations.relate_by_name(policy, identified),
    }
    relations
}

impl Relations<'_> {
    /// Which class a leaf with this standing is in.
    pub(super) fn class_of(&self, standing: &Standing) -> Option<usize> {
        self.classes
            .binary_search_by(|class| class.standing.cmp(standing))
            .ok()
    }

    /// Leaves of one class: one certificate agrees with itself, several are compared like any two.
    fn relate_within(&mut self, policy: &Policy, identified: &Identified) {
        for index in 0..self.classes.len() {
            let Class { standing, leaves } = &self.classes[index];
            let alone = pair::identical(standing);
            if leaves.len() > 1 {
                let pair = pair::compare(policy.same, standing, standing, identified);
                self.record(policy, index, index, pair);
            } else if alone.relation == Relation::Agree {
                self.note_agreement(alone.strength);
            } else {
                self.unknown[index] = true;
            }
        }
    }

    /// Classes of different names differ; what is left is compared inside each name.
    fn relate_by_name(&mut self, policy: &Policy, identified: &Identified) {
        let mut names: BTreeMap<Option<NameKey>, Vec<usize>> = BTreeMap::new();
        for (index, class) in self.classes.iter().enumerate() {
            names
                .entry(class.standing.issuer.clone())
                .or_default()
                .push(index);
        }
        if names.remove(&None).is_some() {
            // Nothing is known of an unreadable leaf, so nothing is known of any pair with it.
            self.unknown.fill(true);
        }
        let names: Vec<_> = names.into_values().collect();
        self.differ_across(&names);
        for name in names {
            self.relate_one_name(policy, identified, &name);
        }
    }

    fn relate_one_name(&mut self, policy: &Policy, identified: &Identified, name: &[usize]) {
        if policy.same == Same::CaName || name.len() < 3 {
            return self.relate_one_by_one(policy, identified, name, |_, _| false);
        }
        let mut keys: BTreeMap<KeyFingerprint, Vec<usize>> = BTreeMap::new();
        for &index in name {
            if let Some(key) = self.classes[index].standing.key() {
                keys.entry(key).or_default().push(index);
            }
        }
        let keys: Vec<_> = keys.into_values().collect();
        self.differ_across(&keys);
        for class in &keys {
            for neighbours in class.windows(2) {
                let &[left, right] = neighbours else { continue };
                let pair = pair::compare(
                    policy.same,
                    self.classes[left].standing,
                    self.classes[right].standing,
                    identified,
                );
                self.record(policy, left, right, pair);
            }
        }
        let keyed = |standing: &Standing| standing.key().is_some();
        self.relate_one_by_one(policy, identified, name, |left, right| {
            keyed(left) && keyed(right)
        });
    }

    /// Every class of one set differs from every class of another.
    fn differ_across(&mut self, sets: &[Vec<usize>]) {
        if sets.len() < 2 {
            return;
        }
        let strongest_of = |set: &Vec<usize>| {
            let evidence = set
                .iter()
                .map(|&index| self.classes[index].standing.evidence());
            evidence
                .max_by_key(|evidence| evidence.strength())
                .unwrap_or(Evidence::None)
        };
        let mut strongest: Vec<_> = sets.iter().map(strongest_of).collect();
        strongest.sort_by_key(|evidence| std::cmp::Reverse(evidence.strength()));
        if let [first, second, ..] = strongest.as_slice() {
            self.note_difference(first.weaker(*second));
        }
        for &index in sets.iter().flatten() {
            self.differs[index] = true;
        }
    }

    fn relate_one_by_one(
        &mut self,
        policy: &Policy,
        identified: &Identified,
        members: &[usize],
        known: impl Fn(&Standing, &Standing) -> bool,
    ) {
        let mut left_over = PAIRS_COMPARED;
        for (position, &left) in members.iter().enumerate() {
            for &right in members.iter().skip(position + 1) {
                let (one, other) = (self.classes[left].standing, self.classes[right].standing);
                if known(one, other) {
                    continue;
                }
                if left_over == 0 {
                    self.exhausted = true;
                    members
                        .iter()
                        .for_each(|&member| self.unknown[member] = true);
                    return;
                }
                left_over -= 1;
                let pair = pair::compare(policy.same, one, other, identified);
                self.record(policy, left, right, pair);
            }
        }
    }

    fn record(&mut self, policy: &Policy, left: usize, right: usize, pair: Pair) {
        match pair.relation {
            Relation::Agree if policy.evidence.admits(pair.strength) => {
                self.agreements.push((left, right));
                self.across_generations |= pair.across_generations;
                self.note_agreement(pair.strength);
            }
            Relation::Differ => {
                self.note_difference(pair.strength);
                (self.differs[left], self.differs[right]) = (true, true);
            }
            Relation::Agree | Relation::Unknown => {
                (self.unknown[left], self.unknown[right]) = (true, true)
            }
        }
    }

    fn note_difference(&mut self, strength: Evidence) {
        let known = self.strongest_difference;
        let stronger = known.is_none_or(|known| strength.strength() > known.strength());
        self.strongest_difference = if stronger { Some(strength) } else { known };
    }

    fn note_agreement(&mut self, strength: Evidence) {
        self.weakest_agreement = Some(
            self.weakest_agreement
                .map_or(strength, |known| known.weaker(strength)),
        );
    }
}
