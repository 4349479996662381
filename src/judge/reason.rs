//! Why one endpoint agrees or does not, in one sentence that an administrator can act on.

use crate::judge::{Case, Expected, Row, cas};
use crate::model::identified::{CaFacts, CaKey, LeafNumber};
use crate::model::issuer::{Basis, Evidence, Identification};
use crate::model::observation::Outcome;
use crate::model::report::ReferenceOrigin;
use crate::model::target::{Group, Requirement, Role};
use crate::model::timestamp::Timestamp;
use crate::x509::name::rfc4514;

/// The sentence for one row.
pub(super) fn reason(case: &Case<'_>, row: &Row<'_>, agrees: Option<bool>) -> String {
    let (Some(leaf), Some(known)) = (row.leaf, row.identification) else {
        return not_captured(row);
    };
    if known.standing.issuer.is_none() {
        let obstacle = known.obstacle.as_deref().unwrap_or("it does not parse");
        return format!("the certificate cannot be read ({obstacle}); its bytes are kept");
    }
    match agrees {
        Some(true) => agreeing(case, row, leaf, known),
        Some(false) => differing(case, row, leaf, known),
        None => unclear(case, row, leaf, known),
    }
}

fn not_captured(row: &Row<'_>) -> String {
    let observation = row.observation;
    let what = observation
        .detail
        .as_deref()
        .unwrap_or(match observation.outcome {
            Outcome::NoAddress => "the name does not resolve",
            Outcome::Refused => "the host answered that the port is closed",
            Outcome::Unreachable => "the network cannot reach the host",
            Outcome::Timeout => "no answer in time",
            Outcome::NotAttempted => "the run was interrupted before its turn",
            _ => "no certificate was shown",
        });
    let kind = match requirement(row) {
        Requirement::Required => "not captured",
        Requirement::OneOfHost | Requirement::Optional => "not captured, optional",
    };
    let stand_alone =
        observation.one_of_host && observation.port.is_some_and(|port| port.number() == 443);
    let normal = if stand_alone
        && matches!(observation.outcome, Outcome::Refused | Outcome::Timeout)
    {
        "; normal on a stand-alone Persistent Chat server, where the front ends run the upload/download service"
    } else {
        ""
    };
    format!("{kind} ({}): {what}{normal}", observation.outcome.word())
}

fn requirement(row: &Row<'_>) -> Requirement {
    match (row.observation.required, row.observation.one_of_host) {
        (true, _) => Requirement::Required,
        (false, true) => Requirement::OneOfHost,
        (false, false) => Requirement::Optional,
    }
}

fn agreeing(case: &Case<'_>, row: &Row<'_>, leaf: LeafNumber, known: &Identification) -> String {
    let issued = issued_by(case, leaf, known);
    let basis = match known.standing.evidence() {
        Evidence::KeyId => " (known by its key identifier only)",
        Evidence::Recovered => {
            " (shown by a key that was computed from the signatures of several certificates)"
        }
        Evidence::Name => " (known by its name only)",
        Evidence::Contradicted => " (it claims so; the key it names did not sign it)",
        _ => "",
    };
    let like = match subject_of_comparison(case, row.observation.group) {
        Some(Against::ReferenceCa(_))
            if case.rules.policy.same == crate::model::verdict::Same::IssuingCa =>
        {
            ", the reference CA"
        }
        Some(Against::FrontEnds(_)) if !row.observation.roles.contains(&Role::FrontEnd) => {
            ", like the front ends"
        }
        Some(Against::Public) => ", which a public root reaches",
        _ => "",
    };
    format!("{issued}{like}{basis}")
}

fn issued_by(case: &Case<'_>, leaf: LeafNumber, known: &Identification) -> String {
    match known.standing.basis {
        Basis::SelfSigned(_) => "self-signed".to_owned(),
        _ => format!(
            "issued by {}",
            case.short.quoted(&case.names.issuer_of(leaf))
        ),
    }
}

/// What a row is compared with, in a form that sentences can use.
pub(super) enum Against {
    /// The reference CA, by its RFC 4514 name.
    ReferenceCa(String),
    /// The front ends; one of their leaves.
    FrontEnds(LeafNumber),
    /// Any CA that the platform trusts.
    Public,
}

pub(super) fn subject_of_comparison(case: &Case<'_>, group: Group) -> Option<Against> {
    let judgement = case.groups.get(&group)?;
    match judgement.origin? {
        ReferenceOrigin::FrontEnds => judgement
            .reference_leaves
            .first()
            .copied()
            .map(Against::FrontEnds),
        ReferenceOrigin::ReferenceCa => match case.rules.expected.get(&group)? {
            Expected::Ca(reference) => Some(Against::ReferenceCa(rfc4514(reference.name()))),
            Expected::Public => Some(Against::Public),
        },
    }
}

/// `the 2 front ends use "X"`, `the reference CA is "X"`.
pub(super) fn the_others(case: &Case<'_>, group: Group, against: &Against) -> String {
    match against {
        Against::FrontEnds(leaf) => {
            let name = case.short.quoted(&case.names.issuer_of(*leaf));
            match case
                .groups
                .get(&group)
                .map_or(0, |judged| judged.front_ends)
            {
                1 => format!("the front end uses {name}"),
                count => format!("the {count} front ends use {name}"),
            }
        }
        Against::ReferenceCa(name) => format!("the reference CA is {}", case.short.quoted(name)),
        Against::Public => "a public CA is expected".to_owned(),
    }
}

fn differing(case: &Case<'_>, row: &Row<'_>, leaf: LeafNumber, known: &Identification) -> String {
    let issued = issued_by(case, leaf, known);
    let Some(against) = subject_of_comparison(case, row.observation.group) else {
        return format!("{issued}; not all others are");
    };
    let own = case.names.issuer_of(leaf);
    let other = match &against {
        Against::FrontEnds(leaf) => case.names.issuer_of(*leaf),
        Against::ReferenceCa(name) => name.clone(),
        Against::Public => {
            return format!("{issued}, which no root of the platform's trust store reaches");
        }
    };
    if own == other && !matches!(known.standing.basis, Basis::SelfSigned(_)) {
        return same_name(case, row, leaf, known);
    }
    let common = common_root(case, row.observation.group, known);
    let common = common.map_or_else(String::new, |root| format!("; both chain to {root}"));
    format!(
        "{issued}, while {}{common}",
        the_others(case, row.observation.group, &against)
    )
}

/// One name, different keys: the cases that a look at the certificate does not show.
fn same_name(case: &Case<'_>, row: &Row<'_>, leaf: LeafNumber, known: &Identification) -> String {
    let name = case.short.quoted(&case.names.issuer_of(leaf));
    let others = match reference_key(case, row.observation.group) {
        Some((ca, true)) => {
            return generation(
                case,
                &name,
                cas::ca_key(&known.standing),
                &ca,
                "the reference CA's",
            );
        }
        Some((ca, false)) => {
            return generation(
                case,
                &name,
                cas::ca_key(&known.standing),
                &ca,
                "the front ends'",
            );
        }
        None => "the others'",
    };
    format!("names {name} as its issuer like the others, but with another key than {others}")
}

fn generation(
    case: &Case<'_>,
    name: &str,
    own: Option<CaKey>,
    other: &CaKey,
    whose: &str,
) -> String {
    let Some(own) = own else {
        return format!("names {name} as its issuer, but {whose} key of that name did not sign it");
    };
    let born = |ca: &CaKey| {
        case.identified
            .cas
            .get(ca)
            .and_then(|facts| born(case, facts))
    };
    match (born(&own), born(other)) {
        (Some(own), Some(other)) if own < other => {
            format!(
                "same CA name {name}, but an older key than {whose}: the CA was renewed with a new key, or another CA took its name; re-issue this certificate"
            )
        }
        (Some(own), Some(other)) if own > other => {
            format!(
                "same CA name {name}, but a newer key than {whose}: the CA was renewed with a new key, or another CA took its name; if renewed, the others are still to be re-issued"
            )
        }
        _ => format!(
            "same CA name {name}, but another key than {whose}: two CAs, or one that was set up again"
        ),
    }
}

/// When a CA's first certificate began to be valid.
fn born(case: &Case<'_>, facts: &CaFacts) -> Option<Timestamp> {
    let certificates = facts
        .certificates
        .iter()
        .filter_map(|certificate| case.identified.certificate(certificate));
    certificates
        .filter_map(|certificate| certificate.not_before.as_ref().ok().copied())
        .min()
}

/// The reference's name and key where both are known; true for a given reference CA.
fn reference_key(case: &Case<'_>, group: Group) -> Option<(CaKey, bool)> {
    match subject_of_comparison(case, group)? {
        Against::ReferenceCa(_) => match case.rules.expected.get(&group)? {
            Expected::Ca(reference) => Some((reference.ca().clone(), true)),
            Expected::Public => None,
        },
        Against::FrontEnds(_) => {
            let leaves = &case.groups.get(&group)?.reference_leaves;
            let ca = leaves
                .iter()
                .find_map(|leaf| cas::ca_key(&case.identified.leaves.known(*leaf).standing))?;
            Some((ca, false))
        }
        Against::Public => None,
    }
}

/// The name of a root that this leaf and the reference share, in quotation marks.
fn common_root(case: &Case<'_>, group: Group, known: &Identification) -> Option<String> {
    let roots = |ca: &CaKey| {
        case.identified
            .cas
            .get(ca)
            .map(|facts| &facts.ancestry.roots)
    };
    let own = cas::ca_key(&known.standing)?;
    let (reference, _) = reference_key(case, group)?;
    let shared = roots(&own)?.intersection(roots(&reference)?).next()?;
    Some(case.short.quoted(&case.names.ca(shared)))
}

fn unclear(case: &Case<'_>, row: &Row<'_>, leaf: LeafNumber, known: &Identification) -> String {
    let name = case.short.quoted(&case.names.issuer_of(leaf));
    match &known.standing.basis {
        Basis::Contradicted => {
            format!(
                "claims a key of {name} that did not sign it; it comes from no CA that is known here"
            )
        }
        Basis::Ambiguous(_) => format!(
            "its signature verifies under several keys of {name}, so none is shown to be its issuer"
        ),
        Basis::Name => format!(
            "names {name} as its issuer and nothing proves it; give that CA's certificate with --ca-file"
        ),
        Basis::KeyId => {
            let key = if known.standing.key_ids.is_empty() {
                "a certificate"
            } else {
                "a key identifier"
            };
            format!(
                "names {name} and {key} of it as its issuer, which is not proven; give that CA's certificate with --ca-file"
            )
        }
        _ => {
            let against = subject_of_comparison(case, row.observation.group);
            let others = against.map_or_else(
                || "not all others are known as surely".to_owned(),
                |against| {
                    format!(
                        "it cannot be told whether that is the same CA; {}",
                        the_others(case, row.observation.group, &against)
                    )
                },
            );
            format!("{}; {others}", issued_by(case, leaf, known))
        }
    }
}
