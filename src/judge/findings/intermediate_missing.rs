//! Some servers send the certificate of the issuing CA, others with leaves of the same CA do not.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::{Case, cas};
use crate::model::identified::CaKey;
use crate::model::issuer::Evidence;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let mut servers: BTreeMap<CaKey, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for row in case.rows {
        let Some(known) = row
            .known(case.identified)
            .filter(|known| known.standing.evidence() == Evidence::Proven)
        else {
            continue;
        };
        let Some(ca) = cas::ca_key(&known.standing) else {
            continue;
        };
        let Some(facts) = case.identified.cas.get(&ca) else {
            continue;
        };
        let mut sent = case.sent(row).iter();
        let sends = sent.any(|certificate| facts.certificates.contains(certificate));
        let is_root = facts.ancestry.complete && facts.ancestry.path.len() == 1;
        if !is_root && !row.is_file() {
            let (with, without) = servers.entry(ca).or_default();
            if sends { with } else { without }.insert(row.target());
        }
    }
    let missing = servers
        .into_iter()
        .find(|(_, (with, without))| !with.is_empty() && !without.is_empty());
    missing.map(|(ca, (_, without))| {
        let name = case.short.quoted(&case.names.ca(&ca));
        let listed: Vec<&str> = without.iter().copied().take(5).collect();
        let more = if without.len() > listed.len() { format!(" and {} more", without.len() - listed.len()) } else { String::new() };
        let message = format!("the certificate of {name} is sent by some servers and not by {}{more}: install it in their intermediate store", listed.join(", "));
        Finding::new("intermediate-missing", Severity::Notice, message)
    })
}
