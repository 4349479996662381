//! A front end shows different certificates on 443 and 5061.
//!
//! Microsoft, "Verify or configure authentication and certification on IIS virtual directories": compare the thumbprint of
//! the IIS binding with the one that was assigned. Different ones are legal, and are what a renewal of only the default or
//! only the web certificate looks like. 4443 is apart: the external web certificate is another one by design.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::judge::Case;
use crate::model::identified::LeafNumber;
use crate::model::target::Role;
use crate::model::verdict::{Finding, Severity};

/// The internal web site, and SIP.
const PORTS: [u16; 2] = [443, 5061];
/// How many servers are named.
const NAMED: usize = 5;

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let mut servers: BTreeMap<_, BTreeMap<u16, BTreeSet<LeafNumber>>> = BTreeMap::new();
    for row in case.rows.iter().filter(|row| row.has(Role::FrontEnd)) {
        let (Some(leaf), Some(port)) = (row.leaf, row.port) else {
            continue;
        };
        let ports = servers.entry((row.host(), row.address)).or_default();
        ports.entry(port.number()).or_default().insert(leaf);
    }
    let differ = servers.into_iter().filter(|(_, ports)| differ(ports));
    let hosts: BTreeSet<_> = differ.map(|((host, _), _)| host).collect();
    finding(&hosts)
}

fn differ<L: PartialEq>(ports: &BTreeMap<u16, BTreeSet<L>>) -> bool {
    let [web, sip] = PORTS.map(|port| ports.get(&port));
    matches!((web, sip), (Some(web), Some(sip)) if web != sip)
}

fn finding(hosts: &BTreeSet<Cow<'_, str>>) -> Option<Finding> {
    let named: Vec<&str> = hosts.iter().map(AsRef::as_ref).take(NAMED).collect();
    let more = hosts.len().saturating_sub(NAMED);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    (!hosts.is_empty()).then(|| {
        let message = format!("different certificates on 443 and 5061 of {}{rest}: legal, but see that both were renewed", named.join(", "));
        Finding::new("ports-differ", Severity::Notice, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(leaves: &[(u16, u8)]) -> BTreeMap<u16, BTreeSet<u8>> {
        let mut ports: BTreeMap<u16, BTreeSet<u8>> = BTreeMap::new();
        for (port, leaf) in leaves {
            ports.entry(*port).or_default().insert(*leaf);
        }
        ports
    }

    #[test]
    fn only_443_and_5061_are_held_against_each_other() {
        assert!(!differ(&ports(&[(443, 1), (5061, 1)])));
        assert!(!differ(&ports(&[(443, 1), (4443, 2), (444, 3)])));
        assert!(!differ(&ports(&[(443, 1), (5061, 1), (4443, 2)])));
        assert!(differ(&ports(&[(443, 1), (5061, 2)])));
    }

    #[test]
    fn many_servers_are_counted() {
        assert_eq!(finding(&BTreeSet::new()), None);
        let hosts = BTreeSet::from(["a", "b", "c", "d", "e", "f"].map(Cow::from));
        let message = finding(&hosts).expect("a finding").message;
        assert!(
            message.contains("of a, b, c, d, e and 1 more:"),
            "{message}"
        );
    }
}
