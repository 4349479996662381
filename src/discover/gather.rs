//! Asks everything that is to be asked, many questions at a time, within limits.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::{Chain, End, Failure, Lookup, Offer, Step, Value};
use super::ask::{Dns, NoDns};
use super::name::{Domain, Name};
use super::question::{self, Kind, Service, Usual};

/// How many questions are on their way at a time.
const PARALLEL: usize = 16;
/// How many servers that SRV records name are asked for.
pub(super) const MAX_TARGETS: usize = 256;

/// How DNS is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The server; absent: those of the system.
    pub server: Option<SocketAddr>,
    /// How long one answer may take. Each question is asked twice before it is given up.
    pub limit: Duration,
    /// How long everything together may take.
    pub total: Duration,
    /// A number that nobody knows beforehand, for names that nobody has registered.
    pub nonce: u64,
}

/// The addresses of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    /// IPv4.
    pub(super) v4: Lookup<IpAddr>,
    /// IPv6.
    pub(super) v6: Lookup<IpAddr>,
}

impl Addresses {
    /// Both, IPv4 first.
    pub(super) fn all(&self) -> impl Iterator<Item = IpAddr> {
        self.v4.values().iter().chain(self.v6.values()).copied()
    }

    /// The aliases that were followed; both families have the same unless something is odd.
    pub(super) fn aliases(&self) -> &[String] {
        if self.v4.aliases.len() >= self.v6.aliases.len() {
            &self.v4.aliases
        } else {
            &self.v6.aliases
        }
    }

    /// Why one of them is not known.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.v4.failure().or_else(|| self.v6.failure())
    }
}

/// Everything that was asked and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// Who was asked.
    pub(super) servers: Vec<SocketAddr>,
    /// The domains, in the order given.
    pub(super) domains: Vec<OfDomain>,
    /// The servers that SRV records name.
    pub(super) targets: BTreeMap<String, Addresses>,
    /// How many more of them there were.
    pub(super) targets_left: usize,
}

/// What was answered about a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OfDomain {
    /// Which.
    pub(super) domain: Domain,
    /// Each service.
    pub(super) services: Vec<(Service, Lookup<Offer>)>,
    /// Each usual name.
    pub(super) usual: Vec<(Usual, Addresses)>,
    /// Names that nobody has registered.
    pub(super) nobody: Vec<Addresses>,
    /// A service that nobody offers.
    pub(super) no_service: Lookup<Offer>,
}

/// Asks about the domains. A cancelled token ends it early, with what is not known then said to be so.
///
/// # Errors
///
/// There is no DNS server to ask.
pub async fn gather(
    domains: &[Domain],
    settings: &Settings,
    cancel: &CancellationToken,
) -> Result<Gathered, NoDns> {
    let dns = Dns::new(settings.server, settings.limit)?;
    let asking = Asking {
        dns: dns.clone(),
        permits: Arc::new(Semaphore::new(PARALLEL)),
        deadline: Instant::now() + settings.total,
        cancel: cancel.clone(),
    };
    let mut names = BTreeSet::new();
    let mut services = BTreeSet::new();
    for domain in domains {
        names.extend(Usual::ALL.map(|usual| usual.of(domain)));
        names.extend(question::nobody(domain, settings.nonce));
        services.extend(Service::ALL.map(|service| service.of(domain)));
        services.insert(question::no_service(domain, settings.nonce));
    }
    let offers: BTreeMap<String, Lookup<Offer>> = asking
        .all(services.into_iter().map(|name| (name, Kind::Srv)).collect())
        .await
        .into_iter()
        .map(|((name, _), lookup)| (name, lookup))
        .collect();
    let mut targets: BTreeSet<String> = offers.values().flat_map(servers).collect();
    let targets_left = targets.len().saturating_sub(MAX_TARGETS);
    if let Some(first) = targets.iter().nth(MAX_TARGETS).cloned() {
        targets.split_off(&first);
    }
    names.extend(targets.iter().cloned());
    let addresses = asking.addresses(names).await;
    let unknown = || End::Failed(Failure::Late);
    let of = |name: &str| {
        addresses.get(name).cloned().unwrap_or(Addresses {
            v4: lost(unknown()),
            v6: lost(unknown()),
        })
    };
    let offered = |name: &str| {
        offers
            .get(name)
            .cloned()
            .unwrap_or_else(|| lost(End::Failed(Failure::Late)))
    };
    let domains = domains.iter().map(|domain| OfDomain {
        services: Service::ALL
            .map(|service| (service, offered(&service.of(domain))))
            .to_vec(),
        usual: Usual::ALL
            .map(|usual| (usual, of(&usual.of(domain))))
            .to_vec(),
        nobody: question::nobody(domain, settings.nonce)
            .map(|name| of(&name))
            .to_vec(),
        no_service: offered(&question::no_service(domain, settings.nonce)),
        domain: domain.clone(),
    });
    Ok(Gathered {
        servers: dns.servers.clone(),
        domains: domains.collect(),
        targets: targets
            .into_iter()
            .map(|name| (name.clone(), of(&name)))
            .collect(),
        targets_left,
    })
}

fn lost<T>(end: End<T>) -> Lookup<T> {
    Lookup {
        aliases: Vec::new(),
        end,
    }
}

fn servers(lookup: &Lookup<Offer>) -> Vec<String> {
    let name = |offer: &Offer| match &offer.target {
        Name::Server(name) => Some(name.clone()),
        Name::Root | Name::Odd(_) => None,
    };
    lookup.values().iter().filter_map(name).collect()
}

/// What all questions share.
#[derive(Clone)]
struct Asking {
    dns: Dns,
    permits: Arc<Semaphore>,
    deadline: Instant,
    cancel: CancellationToken,
}

impl Asking {
    async fn addresses(&self, names: BTreeSet<String>) -> BTreeMap<String, Addresses> {
        let both = names
            .iter()
            .flat_map(|name| [(name.clone(), Kind::A), (name.clone(), Kind::Aaaa)]);
        let mut found: BTreeMap<(String, Kind), Lookup<IpAddr>> = self.all(both.collect()).await;
        let mut take = |name: &String, kind| {
            found
                .remove(&(name.clone(), kind))
                .unwrap_or_else(|| lost(End::Failed(Failure::Late)))
        };
        let of = |name: String| {
            let (v4, v6) = (take(&name, Kind::A), take(&name, Kind::Aaaa));
            (name, Addresses { v4, v6 })
        };
        names.into_iter().map(of).collect()
    }

    /// Follows each question to its end. No task outlives this call.
    async fn all<T: Value + Send + 'static>(
        &self,
        questions: Vec<(String, Kind)>,
    ) -> BTreeMap<(String, Kind), Lookup<T>> {
        let mut tasks = JoinSet::new();
        for (name, kind) in questions {
            let asking = self.clone();
            tasks.spawn(async move {
                let lookup = asking.follow(&name, kind).await;
                ((name, kind), lookup)
            });
        }
        let mut found = BTreeMap::new();
        while let Some(joined) = tasks.join_next().await {
            found.extend(joined.ok());
        }
        found
    }

    async fn follow<T: Value>(&self, name: &str, kind: Kind) -> Lookup<T> {
        let mut chain = Chain::new(name);
        let mut name = name.to_owned();
        let work = async {
            loop {
                let _permit = self.permits.acquire().await;
                let reply = self.dns.ask(&name, kind).await;
                match chain.step(reply, kind) {
                    Step::Done(lookup) => return lookup,
                    Step::Ask(next) => name = next,
                }
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => lost(End::Failed(Failure::Late)),
            done = tokio::time::timeout_at(self.deadline, work) => {
                done.unwrap_or_else(|_| lost(End::Failed(Failure::Late)))
            }
        }
    }
}
