//! Two leaves that are not of one run: do they come from the same CA?

use crate::judge::pair::{self, Relation};
use crate::judge::row::describe;
use crate::model::bytes::Sha256;
use crate::model::certificate::Certificate;
use crate::model::identified::Identified;
use crate::model::issuer::Evidence;
use crate::model::report::{Leaf, Policy};
use crate::model::verdict::Same;

/// Whether two leaves come from the same CA, under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameCa {
    /// They do.
    Yes,
    /// They do only because another key of the same name counts as the same CA (`--same ca-name`).
    AcrossGenerations,
    /// They come from different keys of one CA name, which the policy does not take for the same CA.
    AnotherGeneration,
    /// They do not.
    No,
    /// It is not known, or not surely enough.
    Unknown,
}

/// The answer and how surely it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The answer.
    pub same_ca: SameCa,
    /// The weaker of the two leaves' evidence.
    pub evidence: Evidence,
}

/// Compares two leaves that were identified together.
pub fn compare(
    policy: &Policy,
    one: &Sha256,
    other: &Sha256,
    identified: &Identified,
) -> Comparison {
    let (Some(one), Some(other)) = (identified.leaves.get(one), identified.leaves.get(other))
    else {
        return Comparison {
            same_ca: SameCa::Unknown,
            evidence: Evidence::None,
        };
    };
    let (one, other) = (&one.standing, &other.standing);
    let pair = pair::compare(policy.same, one, other, identified);
    let by_name = || pair::compare(Same::CaName, one, other, identified).relation;
    let same_ca = match pair.relation {
        Relation::Agree if !policy.evidence.admits(pair.strength) => SameCa::Unknown,
        Relation::Agree if pair.across_generations => SameCa::AcrossGenerations,
        Relation::Agree => SameCa::Yes,
        Relation::Differ if by_name() == Relation::Agree => SameCa::AnotherGeneration,
        Relation::Differ => SameCa::No,
        Relation::Unknown => SameCa::Unknown,
    };
    Comparison {
        same_ca,
        evidence: pair.strength,
    }
}

/// A certificate in the words of a report.
pub fn in_words(certificate: &Certificate) -> Leaf {
    describe(certificate)
}
