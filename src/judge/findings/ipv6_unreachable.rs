//! A name has an IPv6 address that cannot be reached while its IPv4 address answers.

use std::collections::BTreeSet;

use crate::judge::Case;
use crate::model::observation::Outcome;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let unreachable = case.rows.iter().filter(|row| {
        let failed = matches!(
            row.outcome,
            Outcome::Unreachable | Outcome::Timeout | Outcome::Refused
        );
        failed && row.address.is_some_and(|address| address.is_ipv6())
    });
    let unreachable: BTreeSet<_> = unreachable.map(|row| (row.host(), row.port)).collect();
    if unreachable.is_empty() {
        return None;
    }
    let answering = case
        .rows
        .iter()
        .filter(|row| row.leaf.is_some() && row.address.is_some_and(|address| address.is_ipv4()));
    let answering = answering.map(|row| (row.host(), row.port));
    let hosts: BTreeSet<_> = answering
        .filter(|endpoint| unreachable.contains(endpoint))
        .map(|(host, _)| host)
        .collect();
    (!hosts.is_empty()).then(|| {
        let hosts: Vec<_> = hosts.into_iter().collect();
        let message = format!("{} answers on IPv4 but not on its IPv6 address; use -4 to check only IPv4, or take the AAAA record away", hosts.join(", "));
        Finding::new("ipv6-unreachable", Severity::Notice, message)
    })
}
