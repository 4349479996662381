//! A kept run as the baseline: what it asks for, and whether it is of this estate.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::observation::{Observation, Variant};
use crate::model::target::{Group, Host, Inventory, Requirement, Target};
use crate::model::timestamp::Timestamp;
use crate::renewal::matching;

/// A kept run.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// For each endpoint, what it showed last.
    pub observations: Vec<Observation>,
    /// What it showed before that: only lends its certificates.
    pub older: Vec<Observation>,
}

impl Baseline {
    /// The runs in it, oldest first.
    pub(super) fn runs(&self) -> Vec<String> {
        let mut ended: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for seen in &self.observations {
            let end = ended.entry(&seen.run).or_insert(seen.at);
            *end = seen.at.max(*end);
        }
        let mut runs: Vec<_> = ended.into_iter().map(|(run, end)| (end, run)).collect();
        runs.sort_unstable();
        runs.into_iter().map(|(_, run)| run.to_owned()).collect()
    }

    /// The latest observation in it.
    pub(super) fn taken(&self) -> Option<Timestamp> {
        self.observations.iter().map(|seen| seen.at).max()
    }
}

/// Why a baseline is not taken for one of the estate that is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{unknown} of the {asked} services that are to be asked are not in it (it has {}): is it the right file?", .has.join(", "))]
pub struct Foreign {
    /// How many services are not in it.
    pub unknown: usize,
    /// How many are asked.
    pub asked: usize,
    /// Some that are in it.
    pub has: Vec<String>,
}

/// How many services of a baseline an error names.
const NAMED: usize = 3;

/// Whether at least half of what is to be asked is known from the baseline, by name and port or by address and port.
///
/// # Errors
///
/// How much is not.
pub fn known(baseline: &Baseline, inventory: &Inventory) -> Result<(), Foreign> {
    let services = matching::services(&baseline.observations);
    let addresses: BTreeSet<_> = baseline
        .observations
        .iter()
        .filter_map(|seen| Some((seen.address?, seen.port)))
        .collect();
    let is_known = |target: &&Target| {
        let port = Some(target.port);
        let mut given = target.addresses.clone();
        given.extend(match target.host {
            Host::Address(address) => Some(address),
            Host::Name(_) => None,
        });
        services.contains(&(target.host.to_string().as_str(), port))
            || given
                .iter()
                .any(|address| addresses.contains(&(*address, port)))
    };
    let asked = inventory.targets.len();
    let unknown = asked - inventory.targets.iter().filter(is_known).count();
    if unknown * 2 <= asked {
        return Ok(());
    }
    let labels: BTreeSet<&str> = baseline
        .observations
        .iter()
        .map(|seen| seen.target.as_str())
        .collect();
    let more = labels.len().saturating_sub(NAMED);
    let mut has: Vec<String> = labels.iter().take(NAMED).map(ToString::to_string).collect();
    has.extend((more > 0).then(|| format!("{more} more")));
    Err(Foreign {
        unknown,
        asked,
        has,
    })
}

/// The endpoints of a run, to be asked again at the addresses they had.
pub fn inventory<'o>(
    observations: impl IntoIterator<Item = &'o Observation>,
    groups: &BTreeSet<Group>,
) -> Inventory {
    let mut targets: BTreeMap<_, Target> = BTreeMap::new();
    for seen in observations {
        let Some(port) = seen.port.filter(|_| groups.contains(&seen.group)) else {
            continue;
        };
        if seen.variant == Some(Variant::NoSni) {
            continue;
        }
        let target = targets
            .entry((&seen.host, port, &seen.sni, seen.group))
            .or_insert_with(|| Target {
                host: host(&seen.host),
                port,
                addresses: Vec::new(),
                sni: seen.sni.clone(),
                roles: seen.roles.clone(),
                group: seen.group,
                pool: seen.pool.clone(),
                requirement: requirement(seen),
            });
        let address = seen
            .address
            .filter(|address| !target.addresses.contains(address));
        target.addresses.extend(address);
    }
    Inventory {
        targets: targets.into_values().collect(),
        ..Inventory::default()
    }
}

fn host(text: &str) -> Host {
    text.parse()
        .map_or_else(|_| Host::Name(text.to_owned()), Host::Address)
}

fn requirement(seen: &Observation) -> Requirement {
    match (seen.required, seen.one_of_host) {
        (true, _) => Requirement::Required,
        (false, true) => Requirement::OneOfHost,
        (false, false) => Requirement::Optional,
    }
}
