//! Pools without front ends.

use std::collections::BTreeSet;

use super::{HTTPS, heading, pool_of, ports_of, tls_ports};
use crate::draft::{Draft, Endpoint, Section};
use crate::model::target::{Port, Role};
use crate::topology::export::{Kind, NamedPort, Protocol, Side};
use crate::topology::join::Installed;
use crate::topology::refusal::quote;

/// The ports of the role `persistent-chat` besides 443.
const CHAT: [u16; 2] = [5041, 881];

/// A pool without front ends: Persistent Chat, Mediation, Office Web Apps, or something that is not asked.
pub(super) fn pool(installed: &Installed, plan: &mut Draft) {
    let name = &installed.pool.fqdn;
    if installed.has(Kind::PersistentChat) {
        plan.sections.push(chat(installed));
    } else if installed.has(Kind::Mediation) {
        mediation(installed, plan);
    } else if installed.has(Kind::OfficeWebApps) {
        plan.sections.push(office_web_apps(installed));
    } else if installed.has(Kind::Edge) {
        edge(installed, plan);
    } else {
        let why = why_not(installed);
        plan.left_out.push(format!("{name}: {why}"));
    }
}

fn why_not(installed: &Installed) -> String {
    let all = |kind: &Kind| installed.services.iter().all(|s| s.kind == *kind);
    if installed.services.is_empty() {
        "no service is installed on it".to_owned()
    } else if all(&Kind::Store) {
        "SQL Server or a file share, no Lync service with TLS".to_owned()
    } else if all(&Kind::Gateway) {
        "a PSTN gateway, which has a certificate of its own".to_owned()
    } else if all(&Kind::TrustedApplication) {
        "a trusted application's server; add it by hand if it must agree".to_owned()
    } else {
        let unknown = installed.services.iter().filter_map(|s| match &s.kind {
            Kind::Other(role) => Some(quote(role)),
            _ => None,
        });
        let roles: BTreeSet<String> = unknown.collect();
        let roles: Vec<String> = roles.into_iter().collect();
        format!(
            "its services present no certificate to others, or are not known here ({})",
            roles.join(", ")
        )
    }
}

fn chat(installed: &Installed) -> Section {
    let named = ports_of(installed, Kind::PersistentChat, CHAT[0], &|port| {
        port.protocol != Protocol::Plain
    });
    let usual = named.iter().all(|port| CHAT.contains(&port.number()));
    let inactive: BTreeSet<&String> = installed
        .of(Kind::PersistentChat)
        .flat_map(|service| &service.inactive)
        .collect();
    let endpoints = installed.pool.members.iter().map(|member| {
        let silent = inactive.contains(member);
        Endpoint {
            pool: pool_of(installed, member),
            ports: if usual { Vec::new() } else { named.clone() },
            optional: silent,
            comment: silent.then(|| "an inactive server of the pool".to_owned()),
            ..Endpoint::new(Role::PersistentChat, member)
        }
    });
    Section {
        comments: vec![heading(installed, "Persistent Chat")],
        endpoints: endpoints.collect(),
    }
}

fn mediation(installed: &Installed, plan: &mut Draft) {
    let ports: BTreeSet<Port> = installed.of(Kind::Mediation).flat_map(tls_ports).collect();
    if ports.is_empty() {
        let name = &installed.pool.fqdn;
        let why = "Mediation servers, for which the export names no port with TLS";
        return plan.left_out.push(format!("{name}: {why}"));
    }
    let ports: Vec<Port> = ports.into_iter().collect();
    let endpoints = installed.pool.members.iter().map(|member| Endpoint {
        pool: pool_of(installed, member),
        ports: ports.clone(),
        ..Endpoint::new(Role::Peer, member)
    });
    plan.sections.push(Section {
        comments: vec![heading(installed, "Mediation")],
        endpoints: endpoints.collect(),
    });
}

fn office_web_apps(installed: &Installed) -> Section {
    let ports: BTreeSet<Port> = installed
        .of(Kind::OfficeWebApps)
        .flat_map(tls_ports)
        .collect();
    let usual = ports.iter().all(|port| port.number() == HTTPS);
    let hosts: BTreeSet<&String> = installed.pool.members.iter().collect();
    let hosts = if hosts.is_empty() {
        BTreeSet::from([&installed.pool.fqdn])
    } else {
        hosts
    };
    let endpoints = hosts.into_iter().map(|host| Endpoint {
        ports: if usual {
            Vec::new()
        } else {
            ports.iter().copied().collect()
        },
        ..Endpoint::new(Role::Web, host)
    });
    Section {
        comments: vec![heading(installed, "Office Web Apps, in the external group")],
        endpoints: endpoints.collect(),
    }
}

/// The published names of Edge servers. Their inner side may have a certificate of any CA, and A/V speaks no real TLS.
fn edge(installed: &Installed, plan: &mut Draft) {
    let name = &installed.pool.fqdn;
    let media = |port: &NamedPort| {
        ["MediaRelay", "AVAuth", "AudioVideo"]
            .iter()
            .any(|word| port.owner.contains(word))
    };
    let mut endpoints: Vec<Endpoint> = Vec::new();
    let ports = installed
        .of(Kind::Edge)
        .flat_map(|service| service.ports.iter().flatten());
    for port in ports {
        let Some(host) = &port.published_as else {
            continue;
        };
        if port.side != Side::External || port.protocol == Protocol::Plain || media(port) {
            continue;
        }
        let number = port.published.unwrap_or(port.port);
        match endpoints.iter_mut().find(|endpoint| endpoint.host == *host) {
            Some(known) if known.ports.contains(&number) => {}
            Some(known) => known.ports.push(number),
            None => endpoints.push(Endpoint {
                ports: vec![number],
                ..Endpoint::new(Role::Web, host)
            }),
        }
    }
    plan.left_out.push(format!(
        "{name}: the inner side of the Edge servers (5061, 5062, 8057, 4443) may have a certificate of another CA; add it by hand if it must agree"
    ));
    plan.left_out.push(format!(
        "{name}: A/V Edge on 443 speaks pseudo-TLS, which has no certificate"
    ));
    if !endpoints.is_empty() {
        plan.sections.push(Section {
            comments: vec![heading(installed, "Edge, the published names")],
            endpoints,
        });
    }
}
