//! Several exports -> one topology: pools with all their members and services, or where the exports contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use super::export::{Export, Kind, Knows, Pool, Service};
use super::refusal::{Place, TopologyError};

/// The most machines that are taken; the largest estates have some hundreds.
const MAX_MACHINES: usize = 20_000;

/// What all exports say together.
#[derive(Debug, Default)]
pub(super) struct Topology {
    /// The default SIP domain.
    pub(super) title: Option<String>,
    /// By name.
    pub(super) pools: BTreeMap<String, Installed>,
    /// The host names of simple URLs.
    pub(super) urls: BTreeSet<String>,
    /// What was read past and why.
    pub(super) notes: Vec<String>,
}

/// A pool with what is installed on it.
#[derive(Debug)]
pub(super) struct Installed {
    /// The pool.
    pub(super) pool: Pool,
    /// Its services.
    pub(super) services: Vec<Service>,
}

impl Installed {
    /// The services of a kind.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Service> {
        self.services
            .iter()
            .filter(move |service| service.kind == kind)
    }

    /// Whether a service of the kind is installed.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.of(kind).next().is_some()
    }
}

/// Joins the exports.
pub(super) fn join(exports: Vec<Export>) -> Result<Topology, Vec<TopologyError>> {
    let mut topology = Topology::default();
    let mut errors = Vec::new();
    let services_known = exports.iter().any(|export| !export.services.is_empty());
    let place = exports
        .iter()
        .flat_map(|export| export.pools.iter().map(|pool| pool.place.clone()))
        .next();
    let mut services = Vec::new();
    for export in exports {
        topology.title = topology.title.or(export.title);
        topology.urls.extend(export.urls);
        topology.notes.extend(export.notes);
        services.extend(export.services);
        for pool in export.pools {
            errors.extend(add_pool(&mut topology.pools, pool));
        }
    }
    for service in services {
        add_service(&mut topology.pools, service);
    }
    if let (Some(place), false) = (place, services_known) {
        errors.push(Place::file(&place.source_name).refuse(
            "half of the topology is missing: pools or computers, but no services",
            "give the export of Get-CsService too",
        ));
    }
    errors.extend(too_many(&topology));
    if errors.is_empty() {
        errors.extend(memberless(&topology));
    }
    if errors.is_empty() {
        Ok(topology)
    } else {
        Err(errors)
    }
}

fn add_pool(pools: &mut BTreeMap<String, Installed>, later: Pool) -> Option<TopologyError> {
    let Some(earlier) = pools.get_mut(&later.fqdn) else {
        let services = Vec::new();
        let name = later.fqdn.clone();
        let pool = later;
        pools.insert(name, Installed { pool, services });
        return None;
    };
    let pool = &mut earlier.pool;
    let names = |pool: &Pool| -> BTreeSet<String> { pool.members.iter().cloned().collect() };
    let (before, now) = (names(pool), names(&later));
    let clash = match (pool.knows, later.knows) {
        (Knows::All, Knows::All) => before != now,
        (Knows::All, Knows::Some) => !now.is_subset(&before),
        (Knows::Some, Knows::All) => !before.is_subset(&now),
        (Knows::Some, Knows::Some) => false,
    };
    if clash {
        return Some(later.place.refuse(
            format!(
                "the pool `{}` has other members here ({}) than at {} ({})",
                later.fqdn,
                listed(&now),
                pool.place,
                listed(&before)
            ),
            "these are exports of two topologies, or of two times; import one after the other",
        ));
    }
    let new = later.members.into_iter();
    pool.members
        .extend(new.filter(|member| !before.contains(member)));
    if later.knows == Knows::All {
        pool.knows = Knows::All;
    }
    pool.site = pool.site.take().or(later.site);
    None
}

fn listed(names: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
    let more = names.len().saturating_sub(shown.len());
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A pool that only its services name is a pool too.
fn add_service(pools: &mut BTreeMap<String, Installed>, service: Service) {
    let new = || Installed {
        pool: Pool {
            fqdn: service.pool.clone(),
            members: Vec::new(),
            knows: Knows::Some,
            site: None,
            place: service.place.clone(),
        },
        services: Vec::new(),
    };
    pools
        .entry(service.pool.clone())
        .or_insert_with(new)
        .services
        .push(service);
}

fn too_many(topology: &Topology) -> Option<TopologyError> {
    let pools = topology.pools.values();
    let machines: usize = pools.map(|installed| installed.pool.members.len()).sum();
    let first = topology.pools.values().next()?;
    (machines > MAX_MACHINES).then(|| {
        Place::file(&first.pool.place.source_name).refuse(
            format!("there are {machines} machines in it, at most {MAX_MACHINES} are read"),
            "is it the right file?",
        )
    })
}

/// Pools of Lync servers whose members are not known: they cannot be asked one by one.
fn memberless(topology: &Topology) -> Vec<TopologyError> {
    let of_lync = |installed: &&Installed| {
        [
            Kind::Registrar,
            Kind::UserServices,
            Kind::WebServices,
            Kind::PersistentChat,
            Kind::Mediation,
        ]
        .into_iter()
        .any(|kind| installed.has(kind))
    };
    let missing = topology
        .pools
        .values()
        .filter(of_lync)
        .filter(|installed| installed.pool.members.is_empty());
    missing
        .map(|installed| {
            let what = format!(
                "the members of the pool `{}` are not known",
                installed.pool.fqdn
            );
            let hint = "give the export of Get-CsComputer too; Export-Csv does not write the list `Computers` of Get-CsPool";
            installed.pool.place.refuse(what, hint)
        })
        .collect()
}
