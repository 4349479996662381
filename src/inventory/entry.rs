//! What one entry of an inventory says, and the services it stands for.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::inventory::Selection;
use crate::inventory::ports;
use crate::inventory::refusal::{Place, Refusal};
use crate::inventory::target::{self, Named};
use crate::model::target::{FileTarget, Group, Host, Port, Requirement, Role, Target};

/// One target of the command line, line of a list, or `[[endpoint]]` of an estate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it names.
    pub(super) subject: Subject,
    /// Never empty.
    pub(super) roles: BTreeSet<Role>,
    /// The group that was given; absent: the role's.
    pub(super) group: Option<Group>,
    /// The pool that was given.
    pub(super) pool: Option<String>,
    /// Where it was said.
    pub(super) place: Place,
}

/// What an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A server.
    Server(Server),
    /// A certificate file.
    File(PathBuf),
}

/// A server as an entry names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// The server.
    pub(super) host: Host,
    /// Its addresses; empty: ask the resolver.
    pub(super) addresses: Vec<IpAddr>,
    /// The ports that were named; empty: `--port`, else those of the roles.
    pub(super) ports: Vec<Port>,
    /// The server name that was given; absent: `--sni`, else the host's name.
    pub(super) sni: Option<String>,
    /// What was said about its being needed; absent: what follows from ports and roles.
    pub(super) requirement: Option<Requirement>,
}

impl Entry {
    /// An entry that says no more than role and target.
    pub(super) fn from_text(role: Role, text: &str, place: Place) -> Result<Self, Refusal> {
        let subject = match target::parse(text)? {
            Named::File(path) => Subject::File(path),
            Named::Server(host, ports) => Subject::Server(Server {
                host,
                addresses: Vec::new(),
                ports,
                sni: None,
                requirement: None,
            }),
        };
        Ok(Self {
            subject,
            roles: BTreeSet::from([role]),
            group: None,
            pool: None,
            place,
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.host.fmt(f),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// One service of an entry, and which of its properties the user gave himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    /// The service.
    pub(super) target: Target,
    /// The group that was given.
    pub(super) group: Option<Group>,
    /// The server name that was given.
    pub(super) sni: Option<String>,
    /// Where it was said first.
    pub(super) place: Place,
}

/// The certificate file that an entry names.
pub(super) fn file(entry: &Entry, path: PathBuf) -> FileTarget {
    let published = entry.roles.iter().all(|role| *role == Role::Web);
    let group = if published {
        Group::External
    } else {
        Group::Internal
    };
    FileTarget {
        path,
        roles: entry.roles.clone(),
        group: entry.group.unwrap_or(group),
        pool: entry.pool.clone(),
    }
}

/// The services that an entry stands for: each port once, with all the roles that lead to it.
pub(super) fn services(entry: &Entry, server: &Server, selection: &Selection) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for (role, port) in entry
        .roles
        .iter()
        .flat_map(|role| ports_of(*role, entry, server, selection))
    {
        match services.iter_mut().find(|s| s.target.port == port.port) {
            Some(service) => {
                service.target.roles.insert(role);
                service.target.group = service.target.group.min(port.group);
                service.target.requirement = service.target.requirement.max(port.requirement);
            }
            None => services.push(service(entry, server, selection, role, port)),
        }
    }
    services
}

/// The ports of one role of an entry.
fn ports_of(
    role: Role,
    entry: &Entry,
    server: &Server,
    selection: &Selection,
) -> Vec<(Role, ports::DefaultPort)> {
    let named = if server.ports.is_empty() {
        &selection.ports
    } else {
        &server.ports
    };
    let mut ports = match entry.group {
        _ if !named.is_empty() => named
            .iter()
            .map(|port| ports::DefaultPort {
                port: *port,
                group: entry.group.unwrap_or_else(|| ports::group(role, *port)),
                requirement: Requirement::Required,
            })
            .collect(),
        Some(group) => ports::defaults_in(role, group),
        None => ports::defaults(role, &selection.groups),
    };
    if let Some(requirement) = server.requirement {
        ports
            .iter_mut()
            .for_each(|port| port.requirement = requirement);
    }
    ports.into_iter().map(|port| (role, port)).collect()
}

fn service(
    entry: &Entry,
    server: &Server,
    selection: &Selection,
    role: Role,
    port: ports::DefaultPort,
) -> Service {
    let own_name = match &server.host {
        Host::Name(name) => Some(name),
        Host::Address(_) => None,
    };
    Service {
        target: Target {
            host: server.host.clone(),
            port: port.port,
            addresses: server.addresses.clone(),
            sni: server
                .sni
                .as_ref()
                .or(selection.sni.as_ref())
                .or(own_name)
                .cloned(),
            roles: BTreeSet::from([role]),
            group: port.group,
            pool: entry.pool.clone(),
            requirement: port.requirement,
        },
        group: entry.group,
        sni: server.sni.clone(),
        place: entry.place.clone(),
    }
}
