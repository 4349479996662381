//! Some servers send the certificate of the issuing CA, others with leaves of the same CA do not.

use std::collections::BTreeMap;

use crate::judge::targets::Targets;
use crate::judge::{Brief, Case, cas};
use crate::model::identified::CaKey;
use crate::model::issuer::Evidence;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let mut servers: BTreeMap<CaKey, (bool, Vec<&Brief>)> = BTreeMap::new();
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
            let (is_sent, without) = servers.entry(ca).or_default();
            match sends {
                true => *is_sent = true,
                false => without.push(row),
            }
        }
    }
    let missing = servers
        .into_iter()
        .find(|(_, (is_sent, without))| *is_sent && !without.is_empty());
    missing.map(|(ca, (_, without))| {
        let name = case.short.quoted(&case.names.ca(&ca));
        let without: Targets<'_> = without.into_iter().collect();
        let more = match without.count - without.first.len() as u64 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let listed = without.first.join(", ");
        let message = format!("the certificate of {name} is sent by some servers and not by {listed}{more}: install it in their intermediate store");
        Finding::new("intermediate-missing", Severity::Notice, message)
    })
}
