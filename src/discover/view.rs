//! What kind of answers these are: wildcards, addresses inside and outside, the view of the network that a resolver gives.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

use super::answer::{End, Lookup, Offer};
use super::gather::{Addresses, Gathered, OfDomain};

/// Addresses that a server can have.
pub(super) fn usable(addresses: &Addresses) -> BTreeSet<IpAddr> {
    let canonical = addresses.all().map(|address| address.to_canonical());
    canonical.filter(is_servers).collect()
}

/// Addresses that no server has: a resolver that blocks a name answers 0.0.0.0.
pub(super) fn unusable(addresses: &Addresses) -> BTreeSet<IpAddr> {
    let canonical = addresses.all().map(|address| address.to_canonical());
    canonical.filter(|address| !is_servers(address)).collect()
}

fn is_servers(address: &IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(address.is_unspecified() || address.is_multicast() || address.is_loopback() || broadcast)
}

/// What names that nobody has registered give in a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// Addresses.
    pub(super) addresses: BTreeSet<IpAddr>,
    /// Offers of services.
    offers: BTreeSet<Offer>,
}

impl Wildcard {
    /// That of a domain.
    pub(super) fn of(domain: &OfDomain) -> Self {
        Self {
            addresses: domain.nobody.iter().flat_map(usable).collect(),
            offers: domain.no_service.values().iter().cloned().collect(),
        }
    }

    /// Whether these addresses are only what any name has.
    pub(super) fn explains(&self, addresses: &BTreeSet<IpAddr>) -> bool {
        !addresses.is_empty() && addresses.is_subset(&self.addresses)
    }

    /// Whether these offers are only what any service has.
    pub(super) fn explains_offers(&self, offers: &Lookup<Offer>) -> bool {
        let offers = offers.values();
        !offers.is_empty() && offers.iter().all(|offer| self.offers.contains(offer))
    }
}

/// Whether an address is one of a network that is not the internet.
fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // 100.64.0.0/10 is shared address space (RFC 6598).
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_link_local() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(v6) => {
            let first = Ipv6Addr::segments(v6)[0];
            first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
        }
    }
}

/// Which side of a split DNS the answers of a domain seem to come from, in a sentence.
pub(super) fn side(domain: &OfDomain) -> String {
    let wildcard = Wildcard::of(domain);
    let mut inner = Side::default();
    let mut outer = Side::default();
    for (usual, addresses) in &domain.usual {
        let side = if usual.is_internal() {
            &mut inner
        } else {
            &mut outer
        };
        let found = usable(addresses);
        if wildcard.explains(&found) {
            continue;
        }
        side.unknown |= addresses.failure().is_some();
        side.there |= !found.is_empty();
        side.addresses.extend(found);
    }
    for (service, offers) in &domain.services {
        let side = if service.is_internal() {
            &mut inner
        } else {
            &mut outer
        };
        side.unknown |= offers.failure().is_some();
        side.there |= matches!(offers.end, End::Values(..)) && !wildcard.explains_offers(offers);
    }
    let name = &domain.domain;
    match (inner.there, outer.there) {
        (false, _) if inner.unknown => format!(
            "{name}: which view of the network this is cannot be told: not all internal names were answered"
        ),
        (true, true) if outer.addresses.iter().any(is_private) => format!(
            "{name}: this resolver seems to give the internal view: internal names are there, and published names have private addresses; what clients outside see may differ"
        ),
        (true, true) => format!(
            "{name}: internal and published names are there: the internal view, or one DNS for both sides"
        ),
        (true, false) => format!(
            "{name}: this resolver seems to give the internal view: internal names are there, published names are not"
        ),
        (false, true) => format!(
            "{name}: this resolver seems to give the external view: internal names are absent{}; ask a resolver of the internal network for the front ends (--dns)",
            outer.words()
        ),
        (false, false) => format!("{name}: neither internal nor published names of Lync are there"),
    }
}

/// What was seen of one side.
#[derive(Default)]
struct Side {
    there: bool,
    unknown: bool,
    addresses: BTreeSet<IpAddr>,
}

impl Side {
    fn words(&self) -> &'static str {
        if self.addresses.is_empty() {
            ""
        } else if self.addresses.iter().any(is_private) {
            ", though published names have private addresses"
        } else {
            ", and published names have no private addresses"
        }
    }
}

/// How much was not answered.
pub(super) fn unanswered(gathered: &Gathered) -> BTreeSet<String> {
    let mut reasons = BTreeSet::new();
    let mut add = |failure: Option<&super::answer::Failure>| {
        reasons.extend(failure.map(ToString::to_string));
    };
    for domain in &gathered.domains {
        domain
            .services
            .iter()
            .for_each(|(_, offers)| add(offers.failure()));
        let usual = domain.usual.iter().map(|(_, addresses)| addresses);
        usual.chain(&domain.nobody).for_each(|addresses| {
            add(addresses.v4.failure());
            add(addresses.v6.failure());
        });
    }
    gathered.targets.values().for_each(|addresses| {
        add(addresses.v4.failure());
        add(addresses.v6.failure());
    });
    reasons
}
