//! Which endpoint of one run is which of another: by name and port first, by address second.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::model::bytes::{Der, Sha256};
use crate::model::observation::{Observation, Variant};
use crate::model::target::Port;

/// An endpoint and everything it showed in a run.
#[derive(Clone, Debug)]
pub(super) struct Seen<'o> {
    /// What the usual question showed.
    pub(super) main: &'o Observation,
    /// The distinct leaves that it showed, and how they were asked for.
    pub(super) leaves: Vec<(Option<Variant>, Sha256)>,
}

impl Seen<'_> {
    /// Whether a certificate of it was captured.
    pub(super) fn is_captured(&self) -> bool {
        !self.leaves.is_empty()
    }
}

/// An endpoint in both runs or in one of them.
#[derive(Clone, Debug)]
pub(super) struct Matched<'o> {
    pub(super) old: Option<Seen<'o>>,
    pub(super) new: Option<Seen<'o>>,
}

/// The observations of a run, one entry for each endpoint. Certificates in files are not served, and left out.
pub(super) fn endpoints(observations: &[Observation]) -> Vec<Seen<'_>> {
    let mut seen: BTreeMap<_, Seen<'_>> = BTreeMap::new();
    for observation in observations.iter().filter(|seen| seen.port.is_some()) {
        let key = (
            &observation.host,
            observation.port,
            observation.address,
            &observation.target,
        );
        let entry = seen.entry(key).or_insert_with(|| Seen {
            main: observation,
            leaves: Vec::new(),
        });
        if rank(observation) < rank(entry.main) {
            entry.main = observation;
        }
        let leaf = observation.leaf().map(Der::sha256);
        entry
            .leaves
            .extend(leaf.map(|leaf| (observation.variant, leaf)));
    }
    let mut seen: Vec<Seen<'_>> = seen.into_values().collect();
    // Which observation came first shall not matter.
    for endpoint in &mut seen {
        endpoint.leaves.sort_unstable();
        endpoint.leaves.dedup();
    }
    seen
}

/// The usual question before others, what was captured before what was not.
fn rank(seen: &Observation) -> impl Ord + use<'_> {
    (seen.variant, seen.outcome, seen.leaf())
}

/// Finds each endpoint of one run in the other. The order of both is kept, the new one's first.
pub(super) fn pair<'o>(old: Vec<Seen<'o>>, new: Vec<Seen<'o>>) -> Vec<Matched<'o>> {
    let mut pairing = Pairing {
        found: vec![None; new.len()],
        taken: vec![false; old.len()],
        old: &old,
        new: &new,
    };
    pairing.by(|seen| Some((seen.host.clone(), seen.port, seen.address)));
    pairing.by(|seen| Some((seen.host.clone(), seen.port, seen.roles.clone())));
    pairing.by(|seen| Some((seen.host.clone(), seen.port)));
    pairing.by(|seen| Some((seen.address?, seen.port)));
    let Pairing { found, taken, .. } = pairing;
    let unresolved = unresolved(&old, &new, &taken);
    let mut matched: Vec<Matched<'o>> = new
        .iter()
        .zip(&found)
        .map(|(new, old_index)| Matched {
            old: old_index.and_then(|index| old.get(index).cloned()),
            new: Some(new.clone()),
        })
        .collect();
    let rest = old.into_iter().enumerate().zip(taken);
    matched.extend(rest.filter(|(_, taken)| !taken).map(|((index, old), _)| {
        Matched {
            new: unresolved
                .get(&index)
                .and_then(|index| new.get(*index).cloned()),
            old: Some(old),
        }
    }));
    matched
}

/// Endpoints of a name that has no addresses any more share the one row that says so.
fn unresolved(old: &[Seen<'_>], new: &[Seen<'_>], taken: &[bool]) -> BTreeMap<usize, usize> {
    let same_service =
        |old: &Observation, new: &Observation| old.host == new.host && old.port == new.port;
    let row = |old: &Seen<'_>| {
        new.iter()
            .position(|new| new.main.address.is_none() && same_service(old.main, new.main))
    };
    let rest = old.iter().enumerate().zip(taken);
    rest.filter(|(_, taken)| !**taken)
        .filter_map(|((index, old), _)| Some((index, row(old)?)))
        .collect()
}

struct Pairing<'s, 'o> {
    old: &'s [Seen<'o>],
    new: &'s [Seen<'o>],
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairing<'_, '_> {
    /// Pairs what is left and is the only one with its key in its run. One of several members of a pool that left is not
    /// the one that came.
    fn by<K: Ord>(&mut self, key: impl Fn(&Observation) -> Option<K>) {
        let old = alone(0..self.old.len(), |index| key(self.old[index].main));
        let new = alone(0..self.new.len(), |index| key(self.new[index].main));
        for (key, new) in new {
            let (Some(new), Some(Some(old))) = (new, old.get(&key)) else {
                continue;
            };
            if self.found[new].is_none() && !self.taken[*old] {
                self.found[new] = Some(*old);
                self.taken[*old] = true;
            }
        }
    }
}

/// What has each key, if only one has it.
fn alone<K: Ord>(
    members: impl Iterator<Item = usize>,
    key: impl Fn(usize) -> Option<K>,
) -> BTreeMap<K, Option<usize>> {
    let mut alone = BTreeMap::new();
    for member in members {
        if let Some(key) = key(member) {
            alone
                .entry(key)
                .and_modify(|known| *known = None)
                .or_insert(Some(member));
        }
    }
    alone
}

/// The services, without addresses, that observations are about.
pub(super) fn services(observations: &[Observation]) -> BTreeSet<(&str, Option<Port>)> {
    let served = observations.iter().filter(|seen| seen.port.is_some());
    served.map(|seen| (seen.host.as_str(), seen.port)).collect()
}

/// Names an endpoint in what is asked again.
pub(super) type Key = (String, Option<IpAddr>);

/// The key of an observation.
pub(super) fn key(seen: &Observation) -> Key {
    (seen.target.clone(), seen.address)
}
