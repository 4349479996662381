//! A pool's name leads to an address that none of its members has.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::judge::Case;
use crate::model::verdict::{Finding, Severity};

/// The most addresses of a pool that are listed.
const LISTED: usize = 5;

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let members = case.briefs.members();
    if members.is_empty() {
        return None;
    }
    let mut behind: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    for row in case.rows {
        if let Some((pool, _)) = members.get_key_value(row.host().as_ref()) {
            behind.entry(pool).or_default().extend(row.address);
        }
    }
    let mut severity = Severity::Notice;
    let mut sentences = Vec::new();
    for (pool, addresses) in behind {
        let own = members.get(pool)?;
        let foreign: Vec<IpAddr> = addresses.difference(own).copied().collect();
        if foreign.is_empty() {
            continue;
        }
        // Where the name leads to no member at all it is a balancer's; where it leads to some, one was forgotten.
        let some = foreign.len() < addresses.len();
        if some {
            severity = Severity::Warning;
        }
        sentences.push(sentence(pool, &foreign, some));
    }
    (!sentences.is_empty()).then(|| Finding::new("pool-address", severity, sentences.join("; ")))
}

fn sentence(pool: &str, foreign: &[IpAddr], some: bool) -> String {
    let named = foreign.iter().take(LISTED);
    let named: Vec<String> = named.map(ToString::to_string).collect();
    let more = match foreign.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let guess = if some {
        "a server that is not in the estate, or one that left the pool"
    } else {
        "a load balancer, which says nothing about the members"
    };
    format!(
        "the pool's name {pool} leads to {}{more}, which is no member's address: {guess}",
        named.join(", ")
    )
}
