//! A server with a role has a name without an address: Lync may know it, DNS does not.

use std::collections::BTreeSet;

use crate::judge::Case;
use crate::model::observation::Outcome;
use crate::model::target::Role;
use crate::model::verdict::{Finding, Severity};

/// The most names that are listed.
const LISTED: usize = 5;

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let lost = case
        .rows
        .iter()
        .filter(|row| row.outcome == Outcome::NoAddress)
        // Of any other server it is said already that it was not captured, and why.
        .filter(|row| {
            Role::ALL
                .iter()
                .any(|role| *role != Role::Peer && row.has(*role))
        });
    let hosts: BTreeSet<_> = lost.map(|row| row.host()).collect();
    let named: Vec<&str> = hosts.iter().map(AsRef::as_ref).take(LISTED).collect();
    let more = match hosts.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!hosts.is_empty()).then(|| {
        let message = format!(
            "DNS gives no address for {}{more}; servers find each other by the topology, so such a server can be alive",
            named.join(", ")
        );
        Finding::new("not-in-dns", Severity::Warning, message)
    })
}
