//! What the answers mean: roles, groups and ports; and what is left out and why.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::answer::{End, Offer};
use super::gather::{Addresses, Gathered, OfDomain};
use super::name::{Domain, Name};
use super::question::{Service, Usual};
use super::view::{self, Wildcard};
use super::words;
use crate::draft::{Draft, Endpoint, Section};
use crate::model::target::{Group, Port, Role};

const SIP: Port = Port::new(5061).expect("5061 is not zero");

/// Drafts the estate that the answers tell of.
pub(super) fn plan(gathered: &Gathered) -> Draft {
    let mut plan = Plan::new(gathered);
    for domain in &gathered.domains {
        plan.services(domain);
    }
    for domain in &gathered.domains {
        plan.fallback(domain);
    }
    for domain in &gathered.domains {
        plan.usual(domain);
    }
    plan.external_targets();
    plan.finish()
}

/// A front end, or a pool of them, as SRV records or a fallback name it.
#[derive(Default)]
struct Pool {
    /// What names it.
    by: Vec<String>,
    /// Ports for SIP with TLS other than 5061.
    odd_ports: BTreeSet<Port>,
    /// What there is to say of it.
    comments: Vec<String>,
}

/// A published name that SRV records lead to.
struct Target {
    name: String,
    by: String,
    port: u16,
    service: Service,
}

struct Plan<'g> {
    gathered: &'g Gathered,
    wildcards: Vec<Wildcard>,
    pools: BTreeMap<String, Pool>,
    /// The addresses of front ends and of the internal web services.
    inside: BTreeSet<IpAddr>,
    internal: BTreeMap<String, Endpoint>,
    external: BTreeMap<String, Endpoint>,
    targets: Vec<Target>,
    left_out: Vec<String>,
    notices: Vec<String>,
}

impl<'g> Plan<'g> {
    fn new(gathered: &'g Gathered) -> Self {
        Self {
            gathered,
            wildcards: gathered.domains.iter().map(Wildcard::of).collect(),
            pools: BTreeMap::new(),
            inside: BTreeSet::new(),
            internal: BTreeMap::new(),
            external: BTreeMap::new(),
            targets: Vec::new(),
            left_out: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// The domain that a name is in.
    fn home(&self, name: &str) -> Option<&Domain> {
        let domains = self.gathered.domains.iter().map(|of| &of.domain);
        domains.into_iter().find(|domain| domain.holds(name))
    }

    /// Whether a name below a domain has only the addresses that any name there has.
    fn is_wild(&self, name: &str, addresses: &BTreeSet<IpAddr>) -> bool {
        let of = self.gathered.domains.iter().zip(&self.wildcards);
        of.into_iter()
            .any(|(of, wildcard)| of.domain.holds(name) && wildcard.explains(addresses))
    }

    fn services(&mut self, of: &OfDomain) {
        let wildcard = Wildcard::of(of);
        for (service, offers) in &of.services {
            let record = service.of(&of.domain);
            if wildcard.explains_offers(offers) {
                self.left_out.push(format!(
                    "{record}: a service with a random name has the same SRV records; a wildcard is no evidence"
                ));
                continue;
            }
            if !offers.aliases.is_empty() && !offers.values().is_empty() {
                self.notices.push(format!(
                    "{record} is an alias of {}",
                    words::listed(&offers.aliases)
                ));
            }
            for offer in offers.values() {
                self.offer(*service, &record, offer);
            }
            if let End::Values(_, more @ 1..) = offers.end {
                self.left_out
                    .push(format!("{record}: {more} more SRV records were not read"));
            }
        }
    }

    fn offer(&mut self, service: Service, record: &str, offer: &Offer) {
        let name = match &offer.target {
            Name::Server(name) => name,
            Name::Root => {
                let what = format!("{record}: its target `.` says that the service is not offered");
                return self.left_out.push(what);
            }
            Name::Odd(_) => {
                let what = format!("{record}: its target {} is no server's name", offer.target);
                return self.left_out.push(what);
            }
        };
        let Some(port) = Port::new(offer.port) else {
            let what = format!("{record}: it names port 0 of {name}, which no server has");
            return self.left_out.push(what);
        };
        let addresses = self.gathered.targets.get(name);
        let found = addresses.map(view::usable).unwrap_or_default();
        if self.is_wild(name, &found) {
            return self.left_out.push(format!(
                "{name}, named by {record}: it has the addresses of any name in its domain ({}); a wildcard is no evidence",
                addresses.map(words::of_addresses).unwrap_or_default()
            ));
        }
        if offer.port != service.usual_port() {
            self.notices.push(format!(
                "{record} names port {port} of {name}; usual is {}",
                service.usual_port()
            ));
        }
        if addresses.is_some_and(|addresses| !addresses.aliases().is_empty()) {
            self.notices.push(format!(
                "{name}, named by {record}, is an alias, which the target of an SRV record must not be (RFC 2782)"
            ));
        }
        if service.is_internal() {
            self.pool(service, record, name, port, &found);
        } else {
            self.targets.push(Target {
                name: name.clone(),
                by: record.to_owned(),
                port: offer.port,
                service,
            });
        }
    }

    fn pool(
        &mut self,
        service: Service,
        record: &str,
        name: &str,
        port: Port,
        found: &BTreeSet<IpAddr>,
    ) {
        if self.home(name).is_none() {
            self.notices.push(format!(
                "{record} leads to {name}, outside of the domains asked about; clients may refuse that"
            ));
        }
        self.inside.extend(found);
        let new = !self.pools.contains_key(name);
        let pool = self.pools.entry(name.to_owned()).or_default();
        if new {
            pool.comments
                .push(lead(name, self.gathered.targets.get(name)));
        }
        if !pool.by.iter().any(|by| by == record) {
            pool.by.push(record.to_owned());
        }
        if service == Service::InternalTls && port != SIP {
            pool.odd_ports.insert(port);
        }
    }

    /// Where no SRV record leads to front ends, `sipinternal` does.
    fn fallback(&mut self, of: &OfDomain) {
        if self.pools.values().any(|pool| !pool.by.is_empty()) {
            return;
        }
        let name = Usual::SipInternal.of(&of.domain);
        let Some((_, addresses)) = of
            .usual
            .iter()
            .find(|(usual, _)| *usual == Usual::SipInternal)
        else {
            return;
        };
        let found = view::usable(addresses);
        if found.is_empty() || self.is_wild(&name, &found) {
            return;
        }
        self.inside.extend(&found);
        let pool = self.pools.entry(name.clone()).or_default();
        pool.comments.push(lead(&name, Some(addresses)));
        pool.comments
            .push("No SRV record names front ends; clients fall back to this name.".to_owned());
    }

    fn usual(&mut self, of: &OfDomain) {
        for (usual, addresses) in &of.usual {
            let name = usual.of(&of.domain);
            let blocked = view::unusable(addresses);
            if !blocked.is_empty() {
                let blocked: Vec<IpAddr> = blocked.into_iter().collect();
                self.notices.push(format!(
                    "{name}: {} is no server's address",
                    words::listed(&blocked)
                ));
            }
            let found = view::usable(addresses);
            if found.is_empty() {
                if matches!(addresses.v4.end, End::Loop(_) | End::TooDeep | End::Odd(_)) {
                    self.left_out
                        .push(format!("{name}: {}", words::of_addresses(addresses)));
                }
                continue;
            }
            if self.is_wild(&name, &found) {
                self.left_out.push(format!(
                    "{name}: it has only the addresses that any name below {} has; a wildcard is no evidence",
                    of.domain
                ));
                continue;
            }
            self.name(*usual, &name, addresses, &found);
        }
    }

    fn name(&mut self, usual: Usual, name: &str, addresses: &Addresses, found: &BTreeSet<IpAddr>) {
        if self.pools.contains_key(name) {
            return;
        }
        let foreign = addresses
            .aliases()
            .iter()
            .find(|alias| self.home(alias).is_none())
            .cloned();
        let inside = found.is_subset(&self.inside);
        match (usual, inside) {
            (Usual::DiscoverInternal, _) => {
                self.inside.extend(found);
                self.inner_web(name, "internal autodiscovery");
            }
            (Usual::Updates, _) => self.inner_web(name, "updates of phones"),
            (Usual::SipInternal, _) => self.inner_sip(name),
            (Usual::Sip | Usual::SipExternal, true) => self.inner_sip(name),
            (Usual::Discover | Usual::Meet | Usual::DialIn | Usual::Admin, true) => {
                self.inner_web(name, "leads to the internal web services from here");
            }
            (Usual::Admin, false) => self.left_out.push(format!(
                "{name}: it has addresses of its own ({}), and nothing shows that they are of Lync; add it by hand if it must agree",
                words::of_addresses(addresses)
            )),
            (Usual::Sip | Usual::SipExternal | Usual::Discover | Usual::Meet | Usual::DialIn, false) => {
                if let Some(foreign) = foreign {
                    return self.left_out.push(format!(
                        "{name}: an alias of {foreign}, outside of the domains asked about: somebody else's servers"
                    ));
                }
                let comment = match usual {
                    Usual::Sip | Usual::SipExternal => "does not lead to the front ends: taken for an Access Edge",
                    _ => "published web services",
                };
                self.outer(name, Port::HTTPS, comment);
            }
        }
        if let Some(foreign) = addresses
            .aliases()
            .iter()
            .find(|alias| self.home(alias).is_none())
            && self.internal.contains_key(name)
        {
            self.notices.push(format!(
                "{name} is an alias of {foreign}, outside of the domains asked about"
            ));
        }
    }

    fn inner_web(&mut self, name: &str, comment: &str) {
        self.internal.insert(
            name.to_owned(),
            Endpoint {
                ports: vec![Port::HTTPS],
                group: Some(Group::Internal),
                optional: true,
                comment: Some(comment.to_owned()),
                ..Endpoint::new(Role::Web, name)
            },
        );
    }

    fn inner_sip(&mut self, name: &str) {
        self.internal.insert(
            name.to_owned(),
            Endpoint {
                ports: vec![SIP],
                optional: true,
                comment: Some("a name that clients fall back to".to_owned()),
                ..Endpoint::new(Role::Peer, name)
            },
        );
    }

    fn outer(&mut self, name: &str, port: Port, comment: &str) {
        let new = || Endpoint {
            comment: Some(comment.to_owned()),
            ..Endpoint::new(Role::Web, name)
        };
        let endpoint = self.external.entry(name.to_owned()).or_insert_with(new);
        if !endpoint.ports.contains(&port) {
            endpoint.ports.push(port);
            endpoint.ports.sort_unstable();
        }
    }

    fn external_targets(&mut self) {
        for target in std::mem::take(&mut self.targets) {
            let Target {
                name,
                by,
                port,
                service,
            } = target;
            let Some(port) = Port::new(port) else {
                continue;
            };
            if self.home(&name).is_none() {
                self.left_out.push(format!(
                    "{name}, named by {by}: outside of the domains asked about, somebody else's servers"
                ));
                continue;
            }
            let addresses = self
                .gathered
                .targets
                .get(&name)
                .map(view::usable)
                .unwrap_or_default();
            let inside = !addresses.is_empty() && addresses.is_subset(&self.inside);
            if self.pools.contains_key(&name) || inside {
                self.notices.push(format!(
                    "{by} leads to the front ends ({name}): this is not what clients outside see"
                ));
                continue;
            }
            let comment = match service {
                Service::Federation => "Access Edge, for partners",
                _ => "Access Edge, for clients outside",
            };
            self.outer(&name, port, comment);
        }
    }

    fn finish(mut self) -> Draft {
        let mut sections: Vec<Section> = Vec::new();
        for (name, pool) in &self.pools {
            let mut comments = vec![match pool.by.as_slice() {
                [] => format!("{name}: front ends"),
                by => format!("{name}: front ends, named by {}", by.join(", ")),
            }];
            comments.extend(pool.comments.iter().cloned());
            sections.push(Section {
                comments,
                endpoints: front_ends(name, pool),
            });
        }
        let named = [
            (
                self.internal,
                "internal names: they lead to front ends or to a load balancer, which says nothing about the members",
            ),
            (
                self.external,
                "published names: reverse proxy, simple URLs, Access Edge; judged in the external group",
            ),
        ];
        for (endpoints, comment) in named {
            if !endpoints.is_empty() {
                sections.push(Section {
                    comments: vec![comment.to_owned()],
                    endpoints: endpoints.into_values().collect(),
                });
            }
        }
        self.left_out.push(
            "Persistent Chat and Mediation servers, the members of pools by name, the inner side of Edge servers: no record tells of them. Where Persistent Chat is used, the front ends host its file upload/download service: write role = [\"front-end\", \"persistent-chat\"] there; or import the topology".to_owned(),
        );
        let mut notes = notices(self.gathered, self.notices);
        notes.push(String::new());
        notes.extend(words::asked(self.gathered));
        Draft {
            name: self
                .gathered
                .domains
                .first()
                .map(|of| of.domain.to_string()),
            product: None,
            sections,
            left_out: self.left_out,
            notes,
        }
    }
}

/// What there is to know besides the endpoints: the view, wildcards, what was not answered, what is unusual.
fn notices(gathered: &Gathered, unusual: Vec<String>) -> Vec<String> {
    let mut notices: Vec<String> = gathered.domains.iter().map(view::side).collect();
    for of in &gathered.domains {
        let wildcard: Vec<IpAddr> = Wildcard::of(of).addresses.into_iter().collect();
        if !wildcard.is_empty() {
            notices.push(format!(
                "{}: any name below it resolves (a wildcard: {}); names with only these addresses are not taken as evidence",
                of.domain,
                words::listed(&wildcard)
            ));
        }
    }
    let mut seen = BTreeSet::new();
    notices.extend(
        unusual
            .into_iter()
            .filter(|notice| seen.insert(notice.clone())),
    );
    let unanswered: Vec<String> = view::unanswered(gathered).into_iter().collect();
    if !unanswered.is_empty() {
        notices.push(format!(
            "not everything was answered, and what those answers would tell is missing here: {}",
            words::listed(&unanswered)
        ));
    }
    notices
}

/// What the addresses of a pool's name say, and what they do not.
fn lead(name: &str, addresses: Option<&Addresses>) -> String {
    let found: Vec<IpAddr> = addresses
        .map(view::usable)
        .unwrap_or_default()
        .into_iter()
        .collect();
    let listed = words::listed(&found);
    match found.len() {
        0 => format!(
            "No address of {name} was found ({}).",
            addresses.map_or_else(|| "not asked".to_owned(), words::of_addresses)
        ),
        1 => format!(
            "One address ({listed}): a server, or a load balancer, which says nothing about its members. DNS does not tell; name the members where there are any."
        ),
        count => format!(
            "{count} addresses ({listed}): with DNS load balancing one of each member. A member that was taken out of DNS is not among them."
        ),
    }
}

fn front_ends(name: &str, pool: &Pool) -> Vec<Endpoint> {
    if pool.odd_ports.is_empty() {
        return vec![Endpoint::new(Role::FrontEnd, name)];
    }
    let ports = std::iter::once(Port::HTTPS).chain(pool.odd_ports.iter().copied());
    vec![Endpoint {
        ports: ports.collect(),
        comment: Some("443, and the ports that SRV records name".to_owned()),
        ..Endpoint::new(Role::FrontEnd, name)
    }]
}
