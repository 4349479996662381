//! L2: a target -> every address it has; targets that meet at one address -> one endpoint.
//!
//! Names go to the system's resolver: hosts file, search domains and all.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::model::target::{Endpoint, Host, Port, ResolvedName, Target};

/// Which addresses are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// All.
    #[default]
    Any,
    /// IPv4 only (`-4`).
    V4,
    /// IPv6 only (`-6`).
    V6,
}

impl Family {
    fn admits(self, address: &IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// Addresses that are used for a name instead of asking the resolver (`--resolve`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// A name as [`Host::Name`] has it.
    pub name: String,
    /// The port it holds for; absent: every port.
    pub port: Option<Port>,
    /// What it resolves to; not empty.
    pub addresses: Vec<IpAddr>,
}

/// How names become addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Names whose addresses are given; those with the port before those without.
    pub overrides: Vec<Override>,
    /// Which addresses are wanted.
    pub family: Family,
    /// How long one name may take.
    pub limit: Duration,
}

impl Default for Settings {
    /// The system's resolver, all addresses, 5 seconds for a name.
    fn default() -> Self {
        Self {
            overrides: Vec::new(),
            family: Family::Any,
            limit: Duration::from_secs(5),
        }
    }
}

/// How many names are asked for at a time. The resolver blocks a thread for each.
const LOOKUPS: usize = 64;

/// Every address of a target, each once, IPv4 first; or a sentence why there is none.
///
/// # Errors
///
/// The detail of the outcome `no_address`.
pub async fn addresses(target: &Target, settings: &Settings) -> Result<Vec<IpAddr>, String> {
    match known(target, &settings.overrides) {
        Known::Addresses(addresses) => wanted(target, addresses, settings.family),
        Known::Ask(name) => {
            let found = lookup(name, settings.limit).await?;
            wanted(target, found, settings.family)
        }
    }
}

/// [`addresses`] of many targets, in their order. Each name is asked for once, however many ports it has.
pub async fn all(
    targets: Vec<Target>,
    settings: &Settings,
) -> Vec<(Target, Result<Vec<IpAddr>, String>)> {
    let names: BTreeSet<String> = targets
        .iter()
        .filter_map(|target| match known(target, &settings.overrides) {
            Known::Ask(name) => Some(name.to_owned()),
            Known::Addresses(_) => None,
        })
        .collect();
    let found = lookup_all(names, settings.limit).await;
    targets
        .into_iter()
        .map(|target| {
            let addresses = match known(&target, &settings.overrides) {
                Known::Addresses(addresses) => Ok(addresses),
                Known::Ask(name) => found
                    .get(name)
                    .cloned()
                    .unwrap_or_else(|| Err(format!("the lookup of {name} was broken off"))),
            };
            let addresses =
                addresses.and_then(|addresses| wanted(&target, addresses, settings.family));
            (target, addresses)
        })
        .collect()
}

/// What is known about a target's addresses without the resolver.
enum Known<'t> {
    Addresses(Vec<IpAddr>),
    Ask(&'t str),
}

fn known<'t>(target: &'t Target, overrides: &[Override]) -> Known<'t> {
    let name = match &target.host {
        Host::Address(address) => return Known::Addresses(vec![*address]),
        Host::Name(name) => name,
    };
    let overriding = |port: Option<Port>| -> Vec<IpAddr> {
        overrides
            .iter()
            .filter(|given| given.name == *name && given.port == port)
            .flat_map(|given| given.addresses.iter().copied())
            .collect()
    };
    [
        overriding(Some(target.port)),
        overriding(None),
        target.addresses.clone(),
    ]
    .into_iter()
    .find(|addresses| !addresses.is_empty())
    .map_or(Known::Ask(name), Known::Addresses)
}

async fn lookup_all(
    names: BTreeSet<String>,
    limit: Duration,
) -> HashMap<String, Result<Vec<IpAddr>, String>> {
    let permits = Arc::new(Semaphore::new(LOOKUPS));
    let mut lookups = JoinSet::new();
    for name in names {
        let permits = Arc::clone(&permits);
        lookups.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let found = lookup(&name, limit).await;
            (name, found)
        });
    }
    let mut found = HashMap::new();
    while let Some(joined) = lookups.join_next().await {
        if let Ok((name, addresses)) = joined {
            found.insert(name, addresses);
        }
    }
    found
}

async fn lookup(name: &str, limit: Duration) -> Result<Vec<IpAddr>, String> {
    match tokio::time::timeout(limit, tokio::net::lookup_host((name, 0))).await {
        Ok(Ok(found)) => Ok(found.map(|socket| socket.ip()).collect()),
        Ok(Err(error)) => Err(format!("{name} does not resolve: {}", reason(&error))),
        Err(_) => Err(format!("{name} did not resolve within {}", seconds(limit))),
    }
}

/// The resolver's own words, without the standard library's before them.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("failed to lookup address information: ") {
        Some(reason) => reason.to_owned(),
        None => text,
    }
}

fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

/// Those addresses that can be connected to and are of the wanted family, each once, in a stable order.
fn wanted(target: &Target, found: Vec<IpAddr>, family: Family) -> Result<Vec<IpAddr>, String> {
    let host = &target.host;
    // A blocking resolver answers 0.0.0.0; connecting there would reach this machine.
    let usable: BTreeSet<IpAddr> = found
        .iter()
        .map(IpAddr::to_canonical)
        .filter(|address| !address.is_unspecified())
        .collect();
    if usable.is_empty() {
        return Err(match found.first() {
            Some(address) => format!("{host} resolves to {address}, which is no server's address"),
            None => format!("{host} resolves to no address"),
        });
    }
    let wanted: Vec<_> = usable
        .iter()
        .copied()
        .filter(|a| family.admits(a))
        .collect();
    if !wanted.is_empty() {
        return Ok(wanted);
    }
    let (lacking, option) = match family {
        Family::V6 => ("IPv6", "-6"),
        Family::V4 | Family::Any => ("IPv4", "-4"),
    };
    Err(format!(
        "{host} has no {lacking} address, and {option} was given"
    ))
}

/// Each name once, with what the inventory and DNS say of it, in the order in which they first occur.
pub fn by_name(resolved: &[(Target, Result<Vec<IpAddr>, String>)]) -> Vec<ResolvedName> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut names: Vec<ResolvedName> = Vec::new();
    for (target, addresses) in resolved {
        let Host::Name(name) = &target.host else {
            continue;
        };
        let next = names.len();
        match names.get_mut(*known.entry(name).or_insert(next)) {
            Some(earlier) if earlier.pool.is_none() => earlier.pool.clone_from(&target.pool),
            Some(_) => {}
            None => names.push(ResolvedName {
                name: name.clone(),
                pool: target.pool.clone(),
                given: target.addresses.clone(),
                addresses: addresses.clone(),
            }),
        }
    }
    names
}

/// One endpoint for each address, port and server name, in the order in which they first occur.
///
/// Where several targets meet, the first is shown; their roles are united, the stronger requirement and the
/// internal group win, the first pool stays, and every name is kept.
pub fn merge(resolved: Vec<(Target, Vec<IpAddr>)>) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    let mut index: HashMap<(SocketAddr, Option<String>), usize> = HashMap::new();
    for (target, addresses) in resolved {
        for address in addresses {
            let socket = SocketAddr::new(address, target.port.number());
            let at = *index
                .entry((socket, target.sni.clone()))
                .or_insert(endpoints.len());
            match endpoints.get_mut(at) {
                Some(endpoint) => meet(endpoint, &target),
                None => endpoints.push(Endpoint {
                    address: socket,
                    names: name(&target).into_iter().collect(),
                    target: target.clone(),
                }),
            }
        }
    }
    endpoints
}

fn meet(endpoint: &mut Endpoint, later: &Target) {
    let shown = &mut endpoint.target;
    shown.roles.extend(later.roles.iter().copied());
    shown.requirement = shown.requirement.max(later.requirement);
    shown.group = shown.group.min(later.group);
    if shown.pool.is_none() {
        shown.pool.clone_from(&later.pool);
    }
    if let Some(name) = name(later)
        && !endpoint.names.contains(&name)
    {
        endpoint.names.push(name);
    }
}

fn name(target: &Target) -> Option<String> {
    match &target.host {
        Host::Name(name) => Some(name.clone()),
        Host::Address(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::{Group, Requirement, Role};

    fn target(host: &str, role: Role) -> Target {
        let host = match host.parse() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(host.to_owned()),
        };
        Target {
            sni: None,
            host,
            port: Port::HTTPS,
            addresses: Vec::new(),
            roles: BTreeSet::from([role]),
            group: Group::Internal,
            pool: None,
            requirement: Requirement::Optional,
        }
    }

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect(text)).collect()
    }

    fn given(name: &str, port: Option<u16>, addresses: &[&str]) -> Override {
        Override {
            name: name.to_owned(),
            port: port.and_then(Port::new),
            addresses: ips(addresses),
        }
    }

    #[tokio::test]
    async fn an_override_is_used_instead_of_the_resolver() {
        let settings = Settings {
            overrides: vec![
                given("fe", None, &["192.0.2.9"]),
                given("fe", Some(443), &["192.0.2.2", "2001:db8::1", "192.0.2.1"]),
                given("fe", Some(444), &["192.0.2.8"]),
                given("fe", Some(443), &["192.0.2.2"]),
            ],
            ..Settings::default()
        };
        let found = addresses(&target("fe", Role::Peer), &settings).await;
        assert_eq!(found, Ok(ips(&["192.0.2.1", "192.0.2.2", "2001:db8::1"])));
        let other_port = Target {
            port: Port::new(5061).expect("not zero"),
            ..target("fe", Role::Peer)
        };
        assert_eq!(
            addresses(&other_port, &settings).await,
            Ok(ips(&["192.0.2.9"]))
        );
    }

    #[tokio::test]
    async fn addresses_of_the_estate_are_used_instead_of_the_resolver() {
        let target = Target {
            addresses: ips(&["192.0.2.2", "192.0.2.1"]),
            ..target("fe.invalid", Role::Peer)
        };
        let found = addresses(&target, &Settings::default()).await;
        assert_eq!(found, Ok(ips(&["192.0.2.1", "192.0.2.2"])));
    }

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let found = addresses(&target("localhost", Role::Peer), &Settings::default())
            .await
            .expect("localhost resolves everywhere");
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    }

    #[tokio::test]
    async fn a_family_that_is_missing_is_named() {
        let settings = Settings {
            family: Family::V6,
            ..Settings::default()
        };
        let found = addresses(&target("192.0.2.1", Role::Peer), &settings).await;
        assert_eq!(
            found,
            Err("192.0.2.1 has no IPv6 address, and -6 was given".to_owned())
        );
    }

    #[test]
    fn an_answer_that_means_this_machine_is_none() {
        let target = target("blocked.example", Role::Peer);
        let found = wanted(&target, ips(&["0.0.0.0", "::"]), Family::Any);
        assert!(found.is_err_and(|why| why.contains("resolves to 0.0.0.0")));
        let found = wanted(&target, ips(&["0.0.0.0", "::ffff:192.0.2.1"]), Family::V4);
        assert_eq!(found, Ok(ips(&["192.0.2.1"])));
        assert!(wanted(&target, Vec::new(), Family::Any).is_err());
    }

    #[test]
    fn a_failed_lookup_is_told_in_the_resolvers_words() {
        let error =
            io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(reason(&error), "Name or service not known");
    }

    #[tokio::test]
    async fn many_targets_keep_their_order() {
        let settings = Settings {
            overrides: vec![given("b", None, &["192.0.2.2"])],
            ..Settings::default()
        };
        let targets = ["b", "192.0.2.1", "localhost", "localhost"]
            .map(|host| target(host, Role::Peer))
            .to_vec();
        let found = all(targets.clone(), &settings).await;
        let order: Vec<_> = found.iter().map(|(target, _)| target.clone()).collect();
        assert_eq!(order, targets);
        assert_eq!(found[0].1, Ok(ips(&["192.0.2.2"])));
        assert_eq!(found[2].1, found[3].1);
        assert!(found.iter().all(|(_, addresses)| addresses.is_ok()));
    }

    #[test]
    fn targets_that_meet_at_an_address_are_one_endpoint() {
        let first = Target {
            pool: None,
            group: Group::External,
            ..target("pool", Role::FrontEnd)
        };
        let second = Target {
            requirement: Requirement::Required,
            pool: Some("pool".to_owned()),
            ..target("fe1", Role::PersistentChat)
        };
        let third = Target {
            requirement: Requirement::OneOfHost,
            ..target("192.0.2.1", Role::Peer)
        };
        let endpoints = merge(vec![
            (first, ips(&["192.0.2.1", "192.0.2.2"])),
            (second.clone(), ips(&["192.0.2.1"])),
            (third, ips(&["192.0.2.1"])),
            (second, ips(&["192.0.2.1"])),
        ]);
        assert_eq!(endpoints.len(), 2);
        let met = &endpoints[0];
        assert_eq!(met.names, ["pool", "fe1"]);
        assert_eq!(met.target.host, Host::Name("pool".to_owned()));
        assert_eq!(met.target.roles.len(), 3);
        assert_eq!(met.target.requirement, Requirement::Required);
        assert_eq!(met.target.group, Group::Internal);
        assert_eq!(met.target.pool.as_deref(), Some("pool"));
        assert_eq!(endpoints[1].names, ["pool"]);
    }

    #[test]
    fn another_server_name_is_another_endpoint() {
        let with_name = Target {
            sni: Some("fe".to_owned()),
            ..target("fe", Role::Peer)
        };
        let without = target("192.0.2.1", Role::Peer);
        let endpoints = merge(vec![
            (with_name, ips(&["192.0.2.1"])),
            (without, ips(&["192.0.2.1"])),
        ]);
        assert_eq!(endpoints.len(), 2);
        assert!(endpoints[1].names.is_empty());
    }
}
