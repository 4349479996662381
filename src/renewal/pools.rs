//! How far each pool is, member by member.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::model::change::{Change, State};
use crate::model::renewal::PoolReport;

/// The pools, and the names with several addresses, with their members.
pub(super) fn pools(endpoints: &[Change]) -> Vec<PoolReport> {
    let several = several(endpoints);
    let mut pools: BTreeMap<&str, BTreeMap<String, bool>> = BTreeMap::new();
    for change in endpoints.iter().filter(|change| change.counted) {
        let shared = several.contains(change.host.as_str());
        let pool = change
            .pool
            .as_deref()
            .or_else(|| shared.then_some(change.host.as_str()));
        let Some(pool) = pool else { continue };
        let right = change.state == Some(State::Right);
        let members = pools.entry(pool).or_default();
        *members.entry(member(change, &several)).or_insert(true) &= right;
    }
    let report = |(name, members): (&str, BTreeMap<String, bool>)| {
        let count = members.len() as u64;
        let (renewed, not_renewed): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|(_, right)| *right);
        let names = |members: Vec<(String, bool)>| members.into_iter().map(|(name, _)| name);
        PoolReport {
            name: name.to_owned(),
            members: count,
            renewed: names(renewed).collect(),
            not_renewed: names(not_renewed).collect(),
        }
    };
    pools.into_iter().map(report).collect()
}

/// The hosts with more than one address.
pub(super) fn several(endpoints: &[Change]) -> BTreeSet<&str> {
    let mut addresses: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    for change in endpoints {
        let known = addresses.entry(&change.host).or_default();
        known.extend(change.address);
    }
    let several = addresses.into_iter().filter(|(_, known)| known.len() > 1);
    several.map(|(host, _)| host).collect()
}

/// What one server is called: its name, with the address where that tells it from others.
pub(super) fn member(change: &Change, several: &BTreeSet<&str>) -> String {
    match change.address {
        Some(address) if several.contains(change.host.as_str()) => {
            format!("{} ({address})", change.host)
        }
        _ => change.host.clone(),
    }
}
