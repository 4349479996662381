//! One `[[endpoint]]`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use toml_edit::{Item, TableLike};

use super::document::{Reader, Span, kind};
use crate::inventory::entry::{Entry, Server, Subject};
use crate::inventory::refusal::{Place, Refusal, did_you_mean, quote};
use crate::inventory::target::{self, Named};
use crate::inventory::{address, server_name};
use crate::model::target::{Group, Host, Port, Requirement, Role};

const KEYS: &[&str] = &[
    "role",
    "host",
    "addresses",
    "pool",
    "ports",
    "sni",
    "optional",
    "group",
];

/// What only a server has.
const SERVER_KEYS: &[&str] = &["addresses", "ports", "sni", "optional"];

/// The entries of an endpoint: one, or one for each address when no host is named. None when anything is wrong.
pub(super) fn read(
    reader: &mut Reader<'_>,
    directory: &Path,
    table: &dyn TableLike,
    span: Span,
) -> Vec<Entry> {
    let errors_before = reader.error_count();
    reader.unknown_keys(table, KEYS);
    let roles = roles(reader, table);
    let group = group(reader, table);
    let pool = table
        .get("pool")
        .and_then(|item| reader.string("pool", item, "\"lyncpool.contoso.com\""))
        .map(|pool| server_name(pool).unwrap_or_else(|_| pool.to_owned()));
    let subjects = subjects(reader, directory, table, span.clone());
    if reader.error_count() > errors_before {
        return Vec::new();
    }
    let place = Place {
        column: None,
        ..reader.place(span)
    };
    subjects
        .into_iter()
        .map(|subject| Entry {
            subject,
            roles: roles.clone(),
            group,
            pool: pool.clone(),
            place: place.clone(),
        })
        .collect()
}

fn roles(reader: &mut Reader<'_>, table: &dyn TableLike) -> BTreeSet<Role> {
    let words = Role::ALL.map(Role::word);
    let role = |text: &str| {
        Role::parse(text).ok_or_else(|| {
            let hint = did_you_mean(text, &words)
                .unwrap_or_else(|| format!("a role is {}", words.join(", ")));
            Refusal::new(format!("{} is not a role", quote(text))).hint(hint)
        })
    };
    match table.get("role") {
        Some(item) => reader
            .texts("role", item, "\"front-end\"", role)
            .into_iter()
            .collect(),
        None => BTreeSet::from([Role::Peer]),
    }
}

fn group(reader: &mut Reader<'_>, table: &dyn TableLike) -> Option<Group> {
    let item = table.get("group")?;
    let text = reader.string("group", item, "\"external\"")?;
    let group = Group::parse(text);
    if group.is_none() {
        let words = Group::ALL.map(Group::word);
        let hint = did_you_mean(text, &words)
            .unwrap_or_else(|| format!("a group is {}", words.join(" or ")));
        let refusal = Refusal::new(format!("{} is not a group", quote(text)));
        reader.refuse(item.span(), refusal.hint(hint));
    }
    group
}

/// What an endpoint names. All its keys are read before any is judged by another, so that no mistake hides one.
fn subjects(
    reader: &mut Reader<'_>,
    directory: &Path,
    table: &dyn TableLike,
    span: Span,
) -> Vec<Subject> {
    let said = Said {
        addresses: addresses(reader, table),
        ports: ports(reader, table),
        sni: table.get("sni").and_then(|item| sni(reader, item)),
        requirement: requirement(reader, table),
    };
    match table.get("host") {
        Some(item) => match host(reader, item) {
            Some(Named::File(path)) => file(reader, directory, table, path),
            Some(Named::Server(host, ports)) => {
                refuse_twice(reader, table, &host, &ports);
                vec![said.of_host(host, ports)]
            }
            None => Vec::new(),
        },
        None if table.contains_key("addresses") => said.of_each_address(),
        None => {
            // The line that named the host may be one of those that could not be read.
            if !reader.is_torn() {
                let refusal = Refusal::new("the endpoint has no `host`");
                reader.refuse(span, refusal.hint("write host = \"lync01.contoso.com\""));
            }
            Vec::new()
        }
    }
}

/// What an endpoint says about its server besides the host.
struct Said {
    addresses: Vec<IpAddr>,
    ports: Vec<Port>,
    sni: Option<String>,
    requirement: Option<Requirement>,
}

impl Said {
    /// The server of a named host, which may name its ports itself.
    fn of_host(self, host: Host, ports: Vec<Port>) -> Subject {
        Subject::Server(Server {
            host,
            addresses: self.addresses,
            ports: if ports.is_empty() { self.ports } else { ports },
            sni: self.sni,
            requirement: self.requirement,
        })
    }

    /// Without a host, each address is a server.
    fn of_each_address(self) -> Vec<Subject> {
        let server = |address: &IpAddr| {
            Subject::Server(Server {
                host: Host::Address(*address),
                addresses: Vec::new(),
                ports: self.ports.clone(),
                sni: self.sni.clone(),
                requirement: self.requirement,
            })
        };
        self.addresses.iter().map(server).collect()
    }
}

fn addresses(reader: &mut Reader<'_>, table: &dyn TableLike) -> Vec<IpAddr> {
    match table.get("addresses") {
        Some(item) => reader.texts("addresses", item, "[\"192.0.2.11\"]", address),
        None => Vec::new(),
    }
}

fn host(reader: &mut Reader<'_>, item: &Item) -> Option<Named> {
    let text = reader.string("host", item, "\"lync01.contoso.com\"")?;
    target::parse(text)
        .map_err(|refusal| reader.refuse(item.span(), refusal))
        .ok()
}

fn sni(reader: &mut Reader<'_>, item: &Item) -> Option<String> {
    let text = reader.string("sni", item, "\"lyncpool.contoso.com\"")?;
    server_name(text)
        .map_err(|refusal| reader.refuse(item.span(), refusal))
        .ok()
}

fn file(
    reader: &mut Reader<'_>,
    directory: &Path,
    table: &dyn TableLike,
    path: PathBuf,
) -> Vec<Subject> {
    for word in SERVER_KEYS {
        if let Some((key, _)) = table.get_key_value(word) {
            let refusal = Refusal::new(format!("a certificate file has no `{word}`"));
            reader.refuse(key.span(), refusal.hint("leave it out"));
        }
    }
    vec![Subject::File(directory.join(path))]
}

/// What `host` says already must not be said again.
fn refuse_twice(reader: &mut Reader<'_>, table: &dyn TableLike, host: &Host, ports: &[Port]) {
    if let (Host::Address(address), Some((key, _))) = (host, table.get_key_value("addresses")) {
        let refusal = Refusal::new(format!("`host` is the address {address} itself"));
        reader.refuse(key.span(), refusal.hint("leave out `addresses`, or `host`"));
    }
    if let (false, Some((key, _))) = (ports.is_empty(), table.get_key_value("ports")) {
        let refusal = Refusal::new("`host` and `ports` both name ports");
        reader.refuse(key.span(), refusal.hint("name them in `ports`"));
    }
}

fn ports(reader: &mut Reader<'_>, table: &dyn TableLike) -> Vec<Port> {
    let Some(item) = table.get("ports") else {
        return Vec::new();
    };
    let mut ports = Vec::new();
    for value in reader.values("ports", item, "[443, 5061]") {
        let number = value.as_integer();
        let port = number.and_then(|number| u16::try_from(number).ok());
        let refusal = match (number, port.and_then(Port::new)) {
            (_, Some(port)) if ports.contains(&port) => {
                Refusal::new(format!("the port {port} is given twice"))
                    .hint("leave out one of them")
            }
            (_, Some(port)) => {
                ports.push(port);
                continue;
            }
            (Some(number), None) => Refusal::new(format!("`{number}` is not a port"))
                .hint("a port is a number from 1 to 65535"),
            (None, None) => {
                let what = format!("a port must be a number, not {}", kind(value.type_name()));
                Refusal::new(what).hint("write ports = [443, 5061]")
            }
        };
        reader.refuse(value.span(), refusal);
    }
    ports
}

fn requirement(reader: &mut Reader<'_>, table: &dyn TableLike) -> Option<Requirement> {
    let item = table.get("optional")?;
    match item.as_bool() {
        Some(true) => Some(Requirement::Optional),
        Some(false) => Some(Requirement::Required),
        None => {
            let what = format!(
                "`optional` must be true or false, not {}",
                kind(item.type_name())
            );
            let refusal = Refusal::new(what).hint("write optional = true");
            reader.refuse(item.span(), refusal);
            None
        }
    }
}
