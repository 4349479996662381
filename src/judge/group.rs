//! The verdict of one group.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::judge::pair::{self, Relation};
use crate::judge::reference::Expected;
use crate::judge::relate::{Relations, relate};
use crate::judge::{Brief, Rules};
use crate::model::identified::{Identified, LeafNumber};
use crate::model::issuer::{Evidence, Standing};
use crate::model::observation::Possession;
use crate::model::report::ReferenceOrigin;
use crate::model::target::Role;
use crate::model::verdict::Verdict;

/// What was decided about one group.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) evidence: Option<Evidence>,
    pub(super) origin: Option<ReferenceOrigin>,
    /// The leaves of the front ends, where they are the reference.
    pub(super) reference_leaves: BTreeSet<LeafNumber>,
    /// How many front ends were named.
    pub(super) front_ends: usize,
    /// Why it is not *same*; row numbers count from the run's first row.
    pub(super) obstacles: Vec<Obstacle>,
    pub(super) agrees: Agreements,
    /// Whether leaves agree only across generations of a CA's key.
    pub(super) across_generations: bool,
}

/// For each leaf of a group: whether it agrees.
#[derive(Default)]
pub(super) struct Agreements(Vec<Option<Option<bool>>>);

impl Agreements {
    fn none(leaves: usize) -> Self {
        Self(vec![None; leaves])
    }

    /// `None` for a leaf of another group.
    pub(super) fn get(&self, leaf: LeafNumber) -> Option<Option<bool>> {
        *self.0.get(leaf.index())?
    }

    /// Those of the group's leaves.
    pub(super) fn values(&self) -> impl Iterator<Item = Option<bool>> {
        self.0.iter().copied().flatten()
    }
}

/// Something that keeps a group from being *same*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// Leaves differ, or a leaf is shown not to come from the reference.
    Difference,
    /// A required endpoint was not captured.
    NotCaptured(usize),
    /// None of a Persistent Chat host's default ports was captured on this address.
    HostSilent(String, Option<IpAddr>),
    /// No endpoint of the file upload/download service was captured.
    ServiceNotSeen,
    /// The server does not hold the key of what it shows.
    PossessionFailed(usize),
    /// Possession was demanded and not proven.
    PossessionNotProven(usize),
    /// A leaf cannot be read.
    Unreadable(usize),
    /// Some comparison is unknown, or weaker than the threshold.
    Unknown,
    /// More distinct issuers than are compared one by one.
    Exhausted,
    /// Fewer than two leaves and no reference, or no leaf at all.
    NothingToCompare,
}

/// The rows of one group, which follow on one another.
#[derive(Clone, Copy)]
pub(super) struct Rows<'b> {
    /// How many rows of other groups come before.
    pub(super) before: usize,
    pub(super) rows: &'b [Brief],
}

impl<'b> Rows<'b> {
    /// With their numbers among all rows.
    fn numbered(self) -> impl Iterator<Item = (usize, &'b Brief)> {
        (self.before..).zip(self.rows)
    }
}

/// Judges the rows of one group.
pub(super) fn judge(
    rules: &Rules,
    expected: Option<&Expected>,
    group: Rows<'_>,
    identified: &Identified,
) -> Judgement {
    let rows = group.rows;
    let leaves = leaves(rows);
    let relations = relate(&rules.policy, standings(&leaves, identified), identified);
    let reference = Reference::of(rules, expected, rows, identified);
    let mut outcome = Comparison {
        agrees: Agreements::none(identified.leaves.len()),
        ..Comparison::default()
    };
    for class in &relations.classes {
        for leaf in &class.leaves {
            outcome.add(
                *leaf,
                reference.agrees(rules, *leaf, class.standing, &relations, identified),
            );
        }
    }
    let pairwise = !matches!(expected, Some(Expected::Public));
    if pairwise {
        outcome.difference = stronger(outcome.difference, relations.strongest_difference);
        outcome.agreement = weaker(outcome.agreement, relations.weakest_agreement);
    }
    let mut obstacles = Vec::new();
    if outcome.difference.is_some() {
        obstacles.push(Obstacle::Difference);
    }
    obstacles.extend(not_seen(group));
    obstacles.extend(possession(rules, group));
    let unreadable = group
        .numbered()
        .filter(|(_, row)| row.is_unreadable(identified));
    obstacles.extend(unreadable.map(|(number, _)| Obstacle::Unreadable(number)));
    if relations.exhausted {
        obstacles.push(Obstacle::Exhausted);
    }
    let unclear = outcome.unknown || (pairwise && relations.unknown.contains(&true));
    if unclear && outcome.difference.is_none() {
        obstacles.push(Obstacle::Unknown);
    }
    let captured = rows.iter().filter(|row| row.leaf.is_some()).count();
    let enough = if expected.is_some() { 1 } else { 2 };
    if captured < enough {
        obstacles.push(Obstacle::NothingToCompare);
    }
    let (verdict, evidence) = match outcome.difference {
        Some(strength) => (Verdict::Different, Some(strength)),
        None if obstacles.is_empty() => (Verdict::Same, outcome.agreement),
        None => (Verdict::Inconclusive, None),
    };
    Judgement {
        verdict,
        evidence,
        origin: reference.origin(),
        reference_leaves: reference.leaves(),
        front_ends: front_ends(rows),
        obstacles,
        agrees: outcome.agrees,
        across_generations: relations.across_generations,
    }
}

fn front_ends(rows: &[Brief]) -> usize {
    let front_ends = rows.iter().filter(|row| row.has(Role::FrontEnd));
    front_ends
        .map(|row| row.host())
        .collect::<BTreeSet<_>>()
        .len()
}

/// The leaves of some rows, in their order.
fn leaves<'b>(rows: impl IntoIterator<Item = &'b Brief>) -> Vec<LeafNumber> {
    let mut leaves: Vec<LeafNumber> = rows.into_iter().filter_map(|row| row.leaf).collect();
    leaves.sort_unstable();
    leaves.dedup();
    leaves
}

fn standings<'i>(
    leaves: &[LeafNumber],
    identified: &'i Identified,
) -> impl Iterator<Item = (LeafNumber, &'i Standing)> {
    let leaves = leaves.iter();
    leaves.map(|leaf| (*leaf, &identified.leaves.known(*leaf).standing))
}

/// The comparison of every leaf with the reference, summed up.
#[derive(Default)]
struct Comparison {
    agrees: Agreements,
    difference: Option<Evidence>,
    agreement: Option<Evidence>,
    unknown: bool,
}

impl Comparison {
    fn add(&mut self, leaf: LeafNumber, (agrees, strength): (Option<bool>, Option<Evidence>)) {
        match agrees {
            Some(true) => self.agreement = weaker(self.agreement, strength),
            Some(false) => self.difference = stronger(self.difference, strength),
            None => self.unknown = true,
        }
        self.agrees.0[leaf.index()] = Some(agrees);
    }
}

fn stronger(one: Option<Evidence>, other: Option<Evidence>) -> Option<Evidence> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if one.strength() < other.strength() {
            other
        } else {
            one
        }),
        (one, other) => one.or(other),
    }
}

fn weaker(one: Option<Evidence>, other: Option<Evidence>) -> Option<Evidence> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.weaker(other)),
        (one, other) => one.or(other),
    }
}

/// What the leaves of the group are compared with.
enum Reference<'r> {
    Given(&'r Expected),
    FrontEnds {
        leaves: BTreeSet<LeafNumber>,
        relations: Relations<'r>,
    },
    None,
}

impl<'r> Reference<'r> {
    fn of(
        rules: &Rules,
        expected: Option<&'r Expected>,
        rows: &[Brief],
        identified: &'r Identified,
    ) -> Self {
        if let Some(expected) = expected {
            return Self::Given(expected);
        }
        let is_front_end = |row: &&Brief| row.has(Role::FrontEnd) && row.leaf.is_some();
        let front_ends: Vec<&Brief> = rows.iter().filter(is_front_end).collect();
        let served: Vec<_> = front_ends
            .iter()
            .filter(|row| !row.is_file())
            .copied()
            .collect();
        let front_ends = if served.is_empty() {
            front_ends
        } else {
            served
        };
        let leaves = leaves(front_ends);
        let relations = relate(&rules.policy, standings(&leaves, identified), identified);
        let agree = !relations.differs.contains(&true) && !relations.unknown.contains(&true);
        if leaves.is_empty() || !agree {
            Self::None
        } else {
            let leaves = leaves.into_iter().collect();
            Self::FrontEnds { leaves, relations }
        }
    }

    /// Whether a leaf agrees with the reference, or with every other leaf where there is none.
    fn agrees(
        &self,
        rules: &Rules,
        leaf: LeafNumber,
        standing: &Standing,
        all: &Relations<'_>,
        identified: &Identified,
    ) -> (Option<bool>, Option<Evidence>) {
        match self {
            Self::Given(expected) => {
                let pair = expected.compare(&rules.policy, standing, identified);
                (
                    rules.decide(pair.relation, pair.strength),
                    Some(pair.strength),
                )
            }
            Self::FrontEnds { leaves, .. } if leaves.contains(&leaf) => (Some(true), None),
            Self::FrontEnds { relations, .. } => {
                let pairs = relations.classes.iter().map(|class| {
                    let pair =
                        pair::compare(rules.policy.same, standing, class.standing, identified);
                    rules.decide(pair.relation, pair.strength)
                });
                (all_agree(pairs), None)
            }
            Self::None => {
                let class = all.class_of(standing);
                let (differs, unknown) = class.map_or((false, true), |class| {
                    (all.differs[class], all.unknown[class])
                });
                let agrees = if differs {
                    Some(false)
                } else {
                    (!unknown).then_some(true)
                };
                (agrees, None)
            }
        }
    }

    fn origin(&self) -> Option<ReferenceOrigin> {
        match self {
            Self::Given(_) => Some(ReferenceOrigin::ReferenceCa),
            Self::FrontEnds { .. } => Some(ReferenceOrigin::FrontEnds),
            Self::None => None,
        }
    }

    fn leaves(self) -> BTreeSet<LeafNumber> {
        match self {
            Self::FrontEnds { leaves, .. } => leaves,
            Self::Given(_) | Self::None => BTreeSet::new(),
        }
    }
}

/// One difference is enough for no; yes needs all.
fn all_agree(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

impl Rules {
    fn decide(&self, relation: Relation, strength: Evidence) -> Option<bool> {
        match relation {
            Relation::Agree => self.policy.evidence.admits(strength).then_some(true),
            Relation::Differ => Some(false),
            Relation::Unknown => None,
        }
    }
}

/// What had to be seen and was not.
fn not_seen(group: Rows<'_>) -> Vec<Obstacle> {
    let rows = group.rows;
    let missing = group.numbered();
    let missing = missing.filter(|(_, row)| row.required && row.leaf.is_none());
    let mut obstacles: Vec<_> = missing
        .map(|(number, _)| Obstacle::NotCaptured(number))
        .collect();
    let mut hosts: BTreeMap<(Cow<'_, str>, Option<IpAddr>), bool> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.one_of_host) {
        hosts.insert((row.host(), row.address), false);
    }
    let has_any = !hosts.is_empty();
    let captured = rows.iter().filter(|row| row.leaf.is_some());
    for row in captured.filter(|_| has_any) {
        hosts
            .entry((row.host(), row.address))
            .and_modify(|seen| *seen = true);
    }
    let silent = hosts.into_iter().filter(|(_, seen)| !seen);
    obstacles.extend(
        silent.map(|((host, address), _)| Obstacle::HostSilent(host.into_owned(), address)),
    );
    if !service_seen(rows) && obstacles.is_empty() {
        obstacles.push(Obstacle::ServiceNotSeen);
    }
    obstacles
}

/// Whether an endpoint of the file upload/download service was captured, where Persistent Chat hosts were named: a
/// port that the user gave for one, or 443 of one or of a front end, which hosts the service in Lync Server 2013.
fn service_seen(rows: &[Brief]) -> bool {
    if !rows.iter().any(|row| row.has(Role::PersistentChat)) {
        return true;
    }
    rows.iter().filter(|row| row.leaf.is_some()).any(|row| {
        let given = row.has(Role::PersistentChat) && (row.required || row.is_file());
        let web = row.port.is_some_and(|port| port.number() == 443);
        given || (web && (row.has(Role::PersistentChat) || row.has(Role::FrontEnd)))
    })
}

fn possession(rules: &Rules, group: Rows<'_>) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    let served = group.numbered();
    for (number, row) in served.filter(|(_, row)| row.leaf.is_some() && !row.is_file()) {
        match row.possession {
            Some(Possession::Failed) => obstacles.push(Obstacle::PossessionFailed(number)),
            Some(Possession::Proven) => {}
            _ if rules.require_possession => obstacles.push(Obstacle::PossessionNotProven(number)),
            _ => {}
        }
    }
    obstacles
}
