//! Names that lead to web services: published ones, and internal ones that are no server's.

use std::collections::{BTreeMap, BTreeSet};

use super::{HTTPS, ports_of};
use crate::draft::{Draft, Endpoint, Section};
use crate::model::target::{Group, Port, Role};
use crate::topology::export::{Kind, Protocol, Service, Side};
use crate::topology::join::{Installed, Topology};

/// Plans the names of web services that are not names of pools or servers.
pub(super) fn names(topology: &Topology, plan: &mut Draft) {
    let servers: BTreeSet<&String> = topology
        .pools
        .iter()
        .flat_map(|(name, installed)| std::iter::once(name).chain(&installed.pool.members))
        .collect();
    let mut internal: BTreeMap<&String, Endpoint> = BTreeMap::new();
    let mut external: BTreeMap<&String, Endpoint> = BTreeMap::new();
    for installed in topology.pools.values() {
        for service in installed.of(Kind::WebServices) {
            if let Some(host) = &service.internal_host {
                internal.insert(host, inner(installed, host));
            }
            if let Some(host) = &service.external_host {
                external.insert(host, outer(host, published_ports(service)));
            }
        }
    }
    for url in topology
        .urls
        .iter()
        .filter(|url| !internal.contains_key(url))
    {
        external
            .entry(url)
            .or_insert_with(|| outer(url, Vec::new()));
    }
    let sections = [
        (
            internal,
            "internal names of the web services: a load balancer, which says nothing about the members",
        ),
        (
            external,
            "published names: reverse proxy, simple URLs; judged in the external group",
        ),
    ];
    for (mut endpoints, comment) in sections {
        endpoints.retain(|host, _| !servers.contains(host));
        if !endpoints.is_empty() {
            plan.sections.push(Section {
                comments: vec![comment.to_owned()],
                endpoints: endpoints.into_values().collect(),
            });
        }
    }
}

fn inner(installed: &Installed, host: &str) -> Endpoint {
    Endpoint {
        ports: ports_of(installed, Kind::WebServices, HTTPS, &|port| {
            port.protocol == Protocol::Https && port.side == Side::Internal
        }),
        group: Some(Group::Internal),
        optional: true,
        ..Endpoint::new(Role::Web, host)
    }
}

fn outer(host: &str, ports: Vec<Port>) -> Endpoint {
    Endpoint {
        ports,
        ..Endpoint::new(Role::Web, host)
    }
}

/// The ports of a published name; empty: 443.
fn published_ports(service: &Service) -> Vec<Port> {
    let named = service.ports.iter().flatten();
    let ports: BTreeSet<Port> = named
        .filter(|port| port.protocol == Protocol::Https && port.side == Side::External)
        .filter_map(|port| port.published)
        .filter(|port| port.number() != HTTPS)
        .collect();
    ports.into_iter().collect()
}
