//! A topology -> what is to be asked, and what is not and why.

mod front_end;
mod other;
mod published;

use std::collections::BTreeSet;

use super::export::{Kind, NamedPort, Protocol, Service};
use super::join::{Installed, Topology};
use crate::draft::Draft;
use crate::model::target::Port;

const HTTPS: u16 = 443;
/// Plans the check of a topology.
pub(in crate::topology) fn plan(topology: &Topology) -> Draft {
    let mut plan = Draft {
        name: topology.title.clone(),
        product: product(topology),
        sections: Vec::new(),
        left_out: topology.notes.clone(),
        notes: Vec::new(),
    };
    let chat = topology.pools.values().any(|p| p.has(Kind::PersistentChat));
    for installed in topology.pools.values().filter(|p| is_front_end(p)) {
        plan.sections
            .push(front_end::pool(installed, chat, &mut plan.left_out));
    }
    let others = topology.pools.values().filter(|p| !is_front_end(p));
    for installed in others {
        other::pool(installed, &mut plan);
    }
    published::names(topology, &mut plan);
    for section in plan
        .sections
        .extract_if(.., |section| section.endpoints.is_empty())
    {
        let heading = section.comments.join(" ");
        plan.left_out.push(format!(
            "{heading}: the export names no port with TLS for it"
        ));
    }
    if !chat && topology.pools.values().any(front_end::lists_chat_web) {
        plan.left_out.push(
            "the front ends list the component PersistentChatWeb, but there is no Persistent Chat pool: file upload/download is taken not to be in use".to_owned(),
        );
    }
    plan
}

fn product(topology: &Topology) -> Option<&'static str> {
    let services = topology.pools.values().flat_map(|p| &p.services);
    match services.filter_map(|service| service.version).max()? {
        5 => Some("Lync Server 2010"),
        6 => Some("Lync Server 2013"),
        7 => Some("Skype for Business Server 2015"),
        8 => Some("Skype for Business Server 2019"),
        _ => None,
    }
}

fn is_front_end(installed: &Installed) -> bool {
    [Kind::Registrar, Kind::UserServices, Kind::WebServices]
        .into_iter()
        .any(|kind| installed.has(kind))
}

/// The ports of a kind of service: those named, the usual one where the export names none, none where it is not there.
fn ports_of(
    installed: &Installed,
    kind: Kind,
    usual: u16,
    wanted: &dyn Fn(&NamedPort) -> bool,
) -> Vec<Port> {
    let mut ports = BTreeSet::new();
    for service in installed.of(kind) {
        match &service.ports {
            Some(named) => ports.extend(named.iter().filter(|p| wanted(p)).map(|p| p.port)),
            None => ports.extend(Port::new(usual)),
        }
    }
    ports.into_iter().collect()
}

fn tls_ports(service: &Service) -> impl Iterator<Item = Port> {
    let named = service.ports.iter().flatten();
    named
        .filter(|port| port.protocol != Protocol::Plain)
        .map(|port| port.port)
}

fn numbers(ports: &[Port]) -> String {
    let words: Vec<String> = ports.iter().map(ToString::to_string).collect();
    words.join(", ")
}

fn heading(installed: &Installed, what: &str) -> String {
    let pool = &installed.pool;
    let site = pool.site.as_ref();
    let site = site.map_or_else(String::new, |site| format!(", site {site}"));
    format!("{}: {what}{site}", pool.fqdn)
}

/// The pool that members name; none where the only member is the pool itself.
fn pool_of(installed: &Installed, member: &str) -> Option<String> {
    let pool = &installed.pool.fqdn;
    (pool != member).then(|| pool.clone())
}
