//! What became of the certificate of one endpoint that showed one before and shows one now.

use crate::judge::{Comparison, SameCa};
use crate::model::bytes::Sha256;
use crate::model::certificate::{AltName, Certificate};
use crate::model::change::{Class, KeyChange};
use crate::model::issuer::Evidence;
use crate::model::report::Policy;
use crate::renewal::leaves::Leaves;
use crate::renewal::matching::Seen;

/// A new leaf beside the old one.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    pub(super) class: Class,
    pub(super) remarks: Vec<Class>,
    pub(super) key: Option<KeyChange>,
    pub(super) same_ca: Option<bool>,
    pub(super) evidence: Option<Evidence>,
    pub(super) lost_names: Vec<String>,
    pub(super) old: Option<Sha256>,
    pub(super) new: Sha256,
}

/// Compares what an endpoint shows with what it showed. Of several leaves the weightiest change counts: behind a
/// balancer one member with the old certificate is enough.
pub(super) fn compare(
    policy: &Policy,
    old: &Seen<'_>,
    new: &Seen<'_>,
    leaves: &Leaves,
) -> Option<Compared> {
    let each = new.leaves.iter().filter_map(|(variant, leaf)| {
        if old.leaves.iter().any(|(_, before)| before == leaf) {
            return Some(unchanged(*leaf));
        }
        let alike = old.leaves.iter().filter(|(asked, _)| asked == variant);
        let before = latest(alike, leaves).or_else(|| latest(old.leaves.iter(), leaves))?;
        Some(changed(policy, before, *leaf, leaves))
    });
    each.min_by_key(|compared| compared.class)
}

/// Of several old leaves, the one that was issued last.
fn latest<'l, V: 'l>(
    shown: impl Iterator<Item = &'l (V, Sha256)>,
    leaves: &Leaves,
) -> Option<Sha256> {
    let start = |leaf: &Sha256| leaves.certificate(leaf)?.not_before.as_ref().ok().copied();
    shown.map(|(_, leaf)| *leaf).max_by_key(start)
}

fn unchanged(leaf: Sha256) -> Compared {
    Compared {
        same_ca: Some(true),
        old: Some(leaf),
        ..alone(Class::Unchanged, leaf)
    }
}

/// A leaf with none before it.
pub(super) fn alone(class: Class, leaf: Sha256) -> Compared {
    Compared {
        class,
        remarks: Vec::new(),
        key: None,
        same_ca: None,
        evidence: None,
        lost_names: Vec::new(),
        old: None,
        new: leaf,
    }
}

fn changed(policy: &Policy, old: Sha256, new: Sha256, leaves: &Leaves) -> Compared {
    let Comparison { same_ca, evidence } = leaves.compare(policy, &old, &new);
    let (mut classes, mut beside) = (Vec::new(), Vec::new());
    match same_ca {
        SameCa::No => classes.push(Class::CaChanged),
        SameCa::AnotherGeneration => classes.push(Class::CaKeyGenerationChanged),
        SameCa::AcrossGenerations => beside.push(Class::CaKeyGenerationChanged),
        SameCa::Yes | SameCa::Unknown => {}
    }
    let mut lost_names = Vec::new();
    let mut key = None;
    if let (Some(old), Some(new)) = (leaves.certificate(&old), leaves.certificate(&new)) {
        lost_names = lost(old, new);
        key = key_change(old, new);
        classes.extend(earlier(&old.not_before, &new.not_before).then_some(Class::RolledBack));
        classes.extend((!lost_names.is_empty()).then_some(Class::NamesLost));
        classes.extend(earlier(&old.not_after, &new.not_after).then_some(Class::ShorterLived));
    }
    let class = classes.first().copied().unwrap_or(Class::Renewed);
    let remarks = classes.into_iter().skip(1).chain(beside).collect();
    Compared {
        class,
        remarks,
        key,
        same_ca: match same_ca {
            SameCa::Yes | SameCa::AcrossGenerations => Some(true),
            SameCa::No | SameCa::AnotherGeneration => Some(false),
            SameCa::Unknown => None,
        },
        evidence: Some(evidence),
        lost_names,
        old: Some(old),
        new,
    }
}

/// Whether the new time lies before the old one; false when one of them is not known.
fn earlier<T: PartialOrd, E>(old: &Result<T, E>, new: &Result<T, E>) -> bool {
    matches!((old, new), (Ok(old), Ok(new)) if new < old)
}

fn key_change(old: &Certificate, new: &Certificate) -> Option<KeyChange> {
    let (old, new) = (old.public_key.as_ref().ok()?, new.public_key.as_ref().ok()?);
    Some(if old.fingerprint == new.fingerprint {
        KeyChange::SameKey
    } else {
        KeyChange::Rekeyed
    })
}

/// The names of the old leaf that the new one lacks. DNS names have no case (RFC 5280 §4.2.1.6).
fn lost(old: &Certificate, new: &Certificate) -> Vec<String> {
    let (old, new) = (names(old), names(new));
    old.into_iter().filter(|name| !new.contains(name)).collect()
}

fn names(certificate: &Certificate) -> Vec<String> {
    let extensions = certificate.extensions().into_iter();
    let names = extensions.flat_map(|extensions| &extensions.subject_alt_names);
    names
        .map(|name| match name {
            AltName::Dns(name) => name.to_ascii_lowercase(),
            other => other.to_string(),
        })
        .collect()
}
