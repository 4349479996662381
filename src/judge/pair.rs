//! Two leaves: do they come from the same CA?

use std::collections::BTreeSet;

use crate::model::certificate::{KeyId, NameKey};
use crate::model::identified::{Ancestry, CaKey, Identified};
use crate::model::issuer::{Basis, Evidence, Standing};
use crate::model::verdict::Same;

/// What comparing two leaves says, and how strong that is: the weaker of the two leaves' evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) relation: Relation,
    pub(super) strength: Evidence,
    /// The leaves agree only because another generation of the CA's key counts as the same CA.
    pub(super) across_generations: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Agree,
    Differ,
    Unknown,
}

impl Pair {
    fn new(relation: Relation, strength: Evidence) -> Self {
        Self {
            relation,
            strength,
            across_generations: false,
        }
    }
}

/// Compares two leaves that are not the same certificate.
pub(super) fn compare(
    same: Same,
    left: &Standing,
    right: &Standing,
    identified: &Identified,
) -> Pair {
    let by_issuer = issuing_ca(left, right);
    match same {
        Same::IssuingCa => by_issuer,
        Same::CaName => ca_name(by_issuer, left, right),
        Same::Root => root(by_issuer, left, right, identified),
    }
}

/// Two leaves that are the same certificate agree, whatever is known of it.
pub(super) fn identical(standing: &Standing) -> Pair {
    match standing.evidence() {
        Evidence::None => Pair::new(Relation::Unknown, Evidence::None),
        evidence => Pair::new(Relation::Agree, evidence),
    }
}

/// The rules for the issuing CA, in their order of precedence.
pub(super) fn issuing_ca(left: &Standing, right: &Standing) -> Pair {
    let strength = left.evidence().weaker(right.evidence());
    let (Some(left_issuer), Some(right_issuer)) = (&left.issuer, &right.issuer) else {
        return Pair::new(Relation::Unknown, Evidence::None);
    };
    if left_issuer != right_issuer {
        return Pair::new(Relation::Differ, strength);
    }
    if let (Some(left), Some(right)) = (left.key(), right.key()) {
        let relation = if left == right {
            Relation::Agree
        } else {
            Relation::Differ
        };
        return Pair::new(relation, strength);
    }
    let shown = [(left, right), (right, left)].map(|(one, other)| shown_not_to_share(one, other));
    let shown = shown
        .into_iter()
        .flatten()
        .max_by_key(|evidence| evidence.strength());
    if let Some(strength) = shown {
        return Pair::new(Relation::Differ, strength);
    }
    if left.basis == Basis::Contradicted || right.basis == Basis::Contradicted {
        return Pair::new(Relation::Unknown, strength);
    }
    if is_ambiguous(left) || is_ambiguous(right) {
        return Pair::new(Relation::Unknown, strength);
    }
    by_claims(left, right, left_issuer.is_empty())
}

/// Whether the key that issued `one` was tried on `other` and failed, and how surely it issued `one`.
fn shown_not_to_share(one: &Standing, other: &Standing) -> Option<Evidence> {
    one.key().filter(|key| other.failed.contains(key))?;
    Some(match one.basis {
        Basis::Recovered(_) => Evidence::Recovered,
        _ => Evidence::Proven,
    })
}

fn is_ambiguous(standing: &Standing) -> bool {
    matches!(standing.basis, Basis::Ambiguous(_))
}

/// Key identifiers where both sides have them, else issuer and serial number, else the name.
fn by_claims(left: &Standing, right: &Standing, nameless: bool) -> Pair {
    let key_id = left
        .evidence()
        .weaker(right.evidence())
        .weaker(Evidence::KeyId);
    if !left.key_ids.is_empty() && !right.key_ids.is_empty() {
        let meet = !left.key_ids.is_disjoint(&right.key_ids);
        return Pair::new(
            if meet {
                Relation::Agree
            } else {
                Relation::Differ
            },
            key_id,
        );
    }
    if !left.issuer_serials.is_empty() && !right.issuer_serials.is_empty() {
        // A renewal with the same key changes the serial number, so that unequal ones say nothing.
        let meet = !left.issuer_serials.is_disjoint(&right.issuer_serials);
        return Pair::new(
            if meet {
                Relation::Agree
            } else {
                Relation::Unknown
            },
            key_id,
        );
    }
    let relation = if nameless {
        Relation::Unknown
    } else {
        Relation::Agree
    };
    Pair::new(relation, Evidence::Name)
}

/// As for the issuing CA, but another key of the same name is another generation of the same CA.
fn ca_name(by_issuer: Pair, left: &Standing, right: &Standing) -> Pair {
    let named_alike =
        left.issuer == right.issuer && left.issuer.as_ref().is_some_and(|name| !name.is_empty());
    let excluded =
        |standing: &Standing| matches!(standing.basis, Basis::Contradicted | Basis::SelfSigned(_));
    if by_issuer.relation != Relation::Differ || !named_alike || excluded(left) || excluded(right) {
        return by_issuer;
    }
    let strength = left.evidence().weaker(right.evidence());
    Pair {
        relation: Relation::Agree,
        strength,
        across_generations: true,
    }
}

/// Common roots; a root that nobody sent is known by the name and key identifier that are claimed for it.
fn root(by_issuer: Pair, left: &Standing, right: &Standing, identified: &Identified) -> Pair {
    if by_issuer.relation == Relation::Agree {
        return by_issuer;
    }
    let strength = left.evidence().weaker(right.evidence());
    let (left, right) = (Reach::of(left, identified), Reach::of(right, identified));
    if !left.roots.is_disjoint(&right.roots) {
        return Pair::new(Relation::Agree, strength);
    }
    if left.may_lead_where(&right) || right.may_lead_where(&left) {
        return Pair::new(Relation::Agree, strength.weaker(Evidence::KeyId));
    }
    if left.is_open() || right.is_open() {
        return Pair::new(Relation::Unknown, strength);
    }
    Pair::new(Relation::Differ, strength)
}

/// What lies at the upper end of everything verified above a leaf.
struct Reach {
    roots: BTreeSet<CaKey>,
    /// The names and key identifiers of those roots.
    root_ids: BTreeSet<(NameKey, KeyId)>,
    /// What the topmost certificates claim as their issuer, where it is not at hand.
    claimed: BTreeSet<(NameKey, KeyId)>,
    /// Whether there may be roots that were not found.
    undecided: bool,
}

impl Reach {
    fn of(standing: &Standing, identified: &Identified) -> Self {
        let none = BTreeSet::new;
        let (Some(issuer), Some(key)) = (standing.issuer.clone(), standing.key()) else {
            return Self {
                roots: BTreeSet::new(),
                root_ids: none(),
                claimed: claims(standing),
                undecided: true,
            };
        };
        let ca = CaKey { name: issuer, key };
        if matches!(standing.basis, Basis::SelfSigned(_)) {
            let root_ids = standing
                .key_ids
                .iter()
                .map(|key_id| (ca.name.clone(), key_id.clone()))
                .collect();
            return Self {
                roots: BTreeSet::from([ca]),
                root_ids,
                claimed: none(),
                undecided: false,
            };
        }
        let unknown = Ancestry::default();
        let ancestry = identified
            .cas
            .get(&ca)
            .map_or(&unknown, |facts| &facts.ancestry);
        let ids = |root: &CaKey| {
            let facts = identified.cas.get(root).map(|facts| &facts.key_ids);
            facts
                .into_iter()
                .flatten()
                .map(|key_id| (root.name.clone(), key_id.clone()))
                .collect::<Vec<_>>()
        };
        Self {
            root_ids: ancestry.roots.iter().flat_map(ids).collect(),
            roots: ancestry.roots.clone(),
            claimed: ancestry.claimed.clone(),
            undecided: ancestry.exhausted || ancestry.undecided,
        }
    }

    /// Whether an open end of this names what the other reaches, or the same that the other names. Two roots that are
    /// both at hand are compared by their keys alone.
    fn may_lead_where(&self, other: &Self) -> bool {
        !self.claimed.is_disjoint(&other.claimed) || !self.claimed.is_disjoint(&other.root_ids)
    }

    fn is_open(&self) -> bool {
        self.roots.is_empty() || self.undecided
    }
}

fn claims(standing: &Standing) -> BTreeSet<(NameKey, KeyId)> {
    match (&standing.issuer, &standing.basis) {
        (Some(issuer), Basis::KeyId) => standing
            .key_ids
            .iter()
            .map(|key_id| (issuer.clone(), key_id.clone()))
            .collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Sha256;
    use crate::model::certificate::{IssuerSerial, KeyFingerprint};

    const KEY_1: KeyFingerprint = KeyFingerprint(Sha256([1; 32]));
    const KEY_2: KeyFingerprint = KeyFingerprint(Sha256([2; 32]));

    fn name(name: &str) -> NameKey {
        NameKey(name.as_bytes().into())
    }

    fn key_id(byte: u8) -> KeyId {
        KeyId([byte; 20].as_slice().into())
    }

    fn leaf(issuer: &str, basis: Basis) -> Standing {
        Standing {
            issuer: Some(name(issuer)),
            basis,
            failed: BTreeSet::new(),
            key_ids: BTreeSet::new(),
            issuer_serials: BTreeSet::new(),
        }
    }

    fn with_key_id(mut standing: Standing, byte: u8) -> Standing {
        standing.key_ids.insert(key_id(byte));
        standing
    }

    fn failing(mut standing: Standing, key: KeyFingerprint) -> Standing {
        standing.failed.insert(key);
        standing
    }

    #[track_caller]
    fn expect(left: &Standing, right: &Standing, relation: Relation, strength: Evidence) {
        assert_eq!(issuing_ca(left, right), Pair::new(relation, strength));
        assert_eq!(
            issuing_ca(right, left),
            Pair::new(relation, strength),
            "the order matters"
        );
    }

    #[test]
    fn different_names_differ_at_the_weaker_evidence() {
        let left = leaf("a", Basis::Proven(KEY_1));
        expect(
            &left,
            &leaf("b", Basis::Name),
            Relation::Differ,
            Evidence::Name,
        );
    }

    #[test]
    fn proven_leaves_are_compared_by_key() {
        let left = leaf("a", Basis::Proven(KEY_1));
        expect(&left, &left.clone(), Relation::Agree, Evidence::Proven);
        expect(
            &left,
            &leaf("a", Basis::Proven(KEY_2)),
            Relation::Differ,
            Evidence::Proven,
        );
    }

    #[test]
    fn a_recovered_key_is_compared_at_its_own_strength() {
        let left = leaf("a", Basis::Proven(KEY_1));
        expect(
            &left,
            &leaf("a", Basis::Recovered(KEY_1)),
            Relation::Agree,
            Evidence::Recovered,
        );
        expect(
            &left,
            &leaf("a", Basis::Recovered(KEY_2)),
            Relation::Differ,
            Evidence::Recovered,
        );
    }

    #[test]
    fn a_leaf_that_fails_under_a_key_differs_from_those_proven_under_it_whatever_its_key_id_says() {
        let left = with_key_id(leaf("a", Basis::Proven(KEY_1)), 1);
        let right = failing(with_key_id(leaf("a", Basis::KeyId), 1), KEY_1);
        expect(&left, &right, Relation::Differ, Evidence::Proven);
        expect(
            &left,
            &failing(leaf("a", Basis::Name), KEY_1),
            Relation::Differ,
            Evidence::Proven,
        );
    }

    #[test]
    fn a_contradicted_leaf_never_agrees() {
        let contradicted = failing(with_key_id(leaf("a", Basis::Contradicted), 1), KEY_1);
        expect(
            &contradicted,
            &leaf("a", Basis::Proven(KEY_1)),
            Relation::Differ,
            Evidence::Proven,
        );
        let other = with_key_id(leaf("a", Basis::KeyId), 1);
        expect(
            &contradicted,
            &other,
            Relation::Unknown,
            Evidence::Contradicted,
        );
        expect(
            &contradicted,
            &contradicted.clone(),
            Relation::Unknown,
            Evidence::Contradicted,
        );
    }

    #[test]
    fn key_ids_decide_where_nothing_is_proven() {
        let left = with_key_id(leaf("a", Basis::KeyId), 1);
        expect(&left, &left.clone(), Relation::Agree, Evidence::KeyId);
        expect(
            &left,
            &with_key_id(leaf("a", Basis::KeyId), 2),
            Relation::Differ,
            Evidence::KeyId,
        );
    }

    #[test]
    fn a_proven_ca_goes_by_any_of_its_key_ids() {
        let proven = with_key_id(with_key_id(leaf("a", Basis::Proven(KEY_1)), 1), 2);
        expect(
            &proven,
            &with_key_id(leaf("a", Basis::KeyId), 2),
            Relation::Agree,
            Evidence::KeyId,
        );
    }

    #[test]
    fn issuer_and_serial_agree_when_equal_and_say_nothing_when_not() {
        let named = |serial: u8| {
            let mut standing = leaf("a", Basis::KeyId);
            standing.issuer_serials.insert(IssuerSerial {
                issuer: name("root"),
                serial: [serial].into(),
            });
            standing
        };
        expect(&named(1), &named(1), Relation::Agree, Evidence::KeyId);
        expect(&named(1), &named(2), Relation::Unknown, Evidence::KeyId);
    }

    #[test]
    fn a_name_alone_agrees_at_name_and_an_empty_one_never() {
        expect(
            &leaf("a", Basis::Name),
            &leaf("a", Basis::Name),
            Relation::Agree,
            Evidence::Name,
        );
        expect(
            &leaf("", Basis::Name),
            &leaf("", Basis::Name),
            Relation::Unknown,
            Evidence::Name,
        );
        let with_id = with_key_id(leaf("", Basis::KeyId), 1);
        expect(&with_id, &with_id.clone(), Relation::Agree, Evidence::KeyId);
    }

    #[test]
    fn a_leaf_under_two_keys_is_unknown() {
        let ambiguous = with_key_id(leaf("a", Basis::Ambiguous([KEY_1, KEY_2].into())), 1);
        expect(
            &ambiguous,
            &with_key_id(leaf("a", Basis::Proven(KEY_1)), 1),
            Relation::Unknown,
            Evidence::KeyId,
        );
    }

    #[test]
    fn self_signed_certificates_are_their_own_cas() {
        let left = leaf("a", Basis::SelfSigned(KEY_1));
        expect(
            &left,
            &leaf("a", Basis::SelfSigned(KEY_2)),
            Relation::Differ,
            Evidence::SelfSigned,
        );
        expect(
            &left,
            &leaf("a", Basis::Proven(KEY_1)),
            Relation::Agree,
            Evidence::Proven,
        );
    }

    #[test]
    fn an_unreadable_leaf_is_unknown_even_to_itself() {
        let mut unreadable = leaf("", Basis::None);
        unreadable.issuer = None;
        expect(
            &unreadable,
            &leaf("a", Basis::Name),
            Relation::Unknown,
            Evidence::None,
        );
        assert_eq!(identical(&unreadable).relation, Relation::Unknown);
    }

    #[test]
    fn by_ca_name_another_key_is_another_generation() {
        let nothing = Identified::default();
        let (old, new) = (
            leaf("a", Basis::Proven(KEY_1)),
            leaf("a", Basis::Proven(KEY_2)),
        );
        let pair = compare(Same::CaName, &old, &new, &nothing);
        assert_eq!(
            (pair.relation, pair.strength, pair.across_generations),
            (Relation::Agree, Evidence::Proven, true)
        );
        let lone = leaf("a", Basis::SelfSigned(KEY_2));
        assert_eq!(
            compare(Same::CaName, &old, &lone, &nothing).relation,
            Relation::Differ
        );
        let liar = failing(leaf("a", Basis::Contradicted), KEY_1);
        assert_eq!(
            compare(Same::CaName, &old, &liar, &nothing).relation,
            Relation::Differ
        );
        assert_eq!(
            compare(Same::CaName, &old, &leaf("b", Basis::Name), &nothing).relation,
            Relation::Differ
        );
    }
}
