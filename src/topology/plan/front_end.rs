//! Front ends, Standard Edition servers, Directors and branch appliances.

use std::collections::BTreeSet;

use super::{HTTPS, heading, numbers, pool_of, ports_of, tls_ports};
use crate::draft::{Endpoint, Section};
use crate::model::target::{Group, Port, Role};
use crate::topology::export::{Kind, NamedPort, Protocol, Service, Side};
use crate::topology::join::Installed;

const SIP: u16 = 5061;
const FOCUS: u16 = 444;
const EXTERNAL_WEB: u16 = 4443;
/// Whether the web services list the component of file upload/download.
pub(super) fn lists_chat_web(installed: &Installed) -> bool {
    let lists = |service: &Service| {
        let components = service.components.iter().flatten();
        components
            .into_iter()
            .any(|component| component == "PersistentChatWeb")
    };
    installed.of(Kind::WebServices).any(lists)
}

/// Whether the front ends host the file upload/download service: where the export lists no components, all with web
/// services do.
fn hosts_upload(installed: &Installed) -> bool {
    let unknown = installed
        .of(Kind::WebServices)
        .any(|service| service.components.is_none());
    lists_chat_web(installed) || unknown
}

/// The ports of a front end pool, sorted by use.
struct FrontEndPorts {
    web: Vec<Port>,
    sip: Vec<Port>,
    focus: Vec<Port>,
    external: Vec<Port>,
    /// Of all services, with TLS.
    all: BTreeSet<Port>,
}

impl FrontEndPorts {
    fn of(installed: &Installed) -> Self {
        let named = |kind: Kind, usual: u16, wanted: &dyn Fn(&NamedPort) -> bool| {
            ports_of(installed, kind, usual, wanted)
        };
        let https =
            |side| move |port: &NamedPort| port.protocol == Protocol::Https && port.side == side;
        let mut sip = named(Kind::Registrar, SIP, &|port| {
            port.protocol == Protocol::Tls && port.side == Side::Internal
        });
        if sip.iter().any(|port| port.number() == SIP) {
            sip.retain(|port| port.number() == SIP);
        }
        let all = installed.services.iter().flat_map(tls_ports).collect();
        let focus: Vec<Port> = Port::new(FOCUS).into_iter().collect();
        let unnamed = installed.of(Kind::UserServices).any(|s| s.ports.is_none());
        Self {
            web: named(Kind::WebServices, HTTPS, &https(Side::Internal)),
            sip,
            external: named(Kind::WebServices, EXTERNAL_WEB, &https(Side::External)),
            focus: focus
                .into_iter()
                .filter(|port| unnamed || BTreeSet::contains(&all, port))
                .collect(),
            all,
        }
    }

    /// Whether they are what the role stands for.
    fn are_usual(&self) -> bool {
        let is = |ports: &[Port], usual: u16| ports.iter().map(|p| p.number()).eq([usual]);
        is(&self.web, HTTPS)
            && is(&self.sip, SIP)
            && is(&self.focus, FOCUS)
            && is(&self.external, EXTERNAL_WEB)
    }

    /// Those that have the certificate of a port that is asked.
    fn further(&self) -> Vec<Port> {
        let asked: Vec<&Vec<Port>> = vec![&self.web, &self.sip, &self.focus, &self.external];
        let all = self.all.iter().copied();
        all.filter(|port| !asked.iter().any(|ports| ports.contains(port)))
            .collect()
    }
}

/// Plans a pool; `chat` is whether there is a Persistent Chat pool anywhere.
pub(super) fn pool(installed: &Installed, chat: bool, left_out: &mut Vec<String>) -> Section {
    let ports = FrontEndPorts::of(installed);
    let director = installed
        .of(Kind::Registrar)
        .any(|service| service.director)
        && !installed.has(Kind::UserServices);
    let what = match (director, installed.has(Kind::UserServices)) {
        (true, _) => "Directors",
        (false, true) => "front ends",
        (false, false) => "registrar (a Director or a branch appliance)",
    };
    let mut section = Section {
        comments: vec![heading(installed, what)],
        endpoints: Vec::new(),
    };
    let upload = chat && installed.has(Kind::UserServices) && hosts_upload(installed);
    if upload {
        section.comments.push(
            "They host the file upload/download service of Persistent Chat (IIS, /PersistentChat)."
                .to_owned(),
        );
    }
    for member in &installed.pool.members {
        let pool = pool_of(installed, member);
        section
            .endpoints
            .extend(front_end(member, pool, &ports, upload));
    }
    section.endpoints.extend(pool_name(installed, &ports));
    let further = ports.further();
    if !further.is_empty() {
        left_out.push(format!(
            "{}: the ports {} present the certificate of a port that is asked (Default or web); name them in `ports` to ask them too",
            installed.pool.fqdn,
            numbers(&further)
        ));
    }
    section
}

fn front_end(
    host: &str,
    pool: Option<String>,
    ports: &FrontEndPorts,
    upload: bool,
) -> Vec<Endpoint> {
    let own = Endpoint {
        pool,
        ..Endpoint::new(Role::FrontEnd, host)
    };
    let mut endpoints = Vec::new();
    if ports.are_usual() {
        endpoints.push(own.clone());
    } else {
        let required: Vec<Port> = ports.web.iter().chain(&ports.sip).copied().collect();
        let parts = [
            (required, false, None),
            (ports.focus.clone(), true, None),
            (ports.external.clone(), false, Some(Group::External)),
        ];
        for (ports, optional, group) in parts.into_iter().filter(|(p, ..)| !p.is_empty()) {
            endpoints.push(Endpoint {
                ports,
                optional,
                group,
                ..own.clone()
            });
        }
    }
    if upload && !ports.web.is_empty() {
        endpoints.push(Endpoint {
            role: Role::PersistentChat,
            ports: ports.web.clone(),
            comment: Some("file upload/download".to_owned()),
            ..own
        });
    }
    endpoints
}

/// The pool's own name: what it leads to is asked under it, and compared with the members.
fn pool_name(installed: &Installed, ports: &FrontEndPorts) -> Option<Endpoint> {
    let pool = &installed.pool;
    let is_member = pool.members.contains(&pool.fqdn);
    let asked: Vec<Port> = ports.web.iter().chain(&ports.sip).copied().collect();
    (!is_member && !asked.is_empty()).then(|| Endpoint {
        ports: asked,
        optional: true,
        comment: Some("the pool's name: a load balancer, or every member once more".to_owned()),
        ..Endpoint::new(Role::Peer, &pool.fqdn)
    })
}
