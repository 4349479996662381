//! A topology in XML -> [`Export`]: what `Get-CsTopology -AsXml` publishes, what Topology Builder saves (`.tbxml`), and
//! what stands in an export of the configuration. The three have the same elements, joined in different ways.

use std::collections::BTreeMap;

use super::export::{Export, Kind, Knows, NamedPort, Pool, Protocol, Service, Side, fqdn, port};
use super::refusal::{Place, TopologyError, quote};
use super::xml::{Document, Element, Piece};

/// The most errors about values that are told of one file.
const MAX_ERRORS: usize = 20;

/// Reads a document.
pub(super) fn read(place: &Place, text: &str) -> Result<Export, Vec<TopologyError>> {
    let mut document = Document::new(place, text);
    let mut collector = Collector::default();
    loop {
        match document.next().map_err(|error| vec![error])? {
            Some(Piece::Start(element)) => collector.start(&element, &document.here())?,
            Some(Piece::End) => collector.end(),
            Some(Piece::Text(text)) => collector.text(&text, place),
            None => break,
        }
        if collector.errors.len() >= MAX_ERRORS {
            break;
        }
    }
    collector.finish(place)
}

/// A topology as it is read.
#[derive(Debug, Default)]
struct Draft {
    /// The element around it.
    parent: String,
    title: Option<String>,
    sites: BTreeMap<String, String>,
    clusters: Vec<Cluster>,
    services: Vec<Installed>,
    urls: Vec<String>,
}

#[derive(Debug)]
struct Cluster {
    id: Option<String>,
    fqdn: Option<String>,
    site: Option<String>,
    members: Vec<String>,
    place: Place,
}

#[derive(Debug)]
struct Installed {
    role: Option<String>,
    cluster: Option<String>,
    service: Service,
}

/// Follows the elements; `path` holds the names of those that are open.
#[derive(Debug, Default)]
struct Collector {
    path: Vec<String>,
    drafts: Vec<Draft>,
    /// The site around the clusters, in files of Topology Builder.
    site: Option<String>,
    /// A topology inside the text of an element, as an export of the configuration may have it.
    nested: String,
    errors: Vec<TopologyError>,
}

impl Collector {
    fn inside(&self, name: &str) -> bool {
        self.path.iter().any(|open| open == name)
    }

    fn parent(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn start(&mut self, element: &Element, here: &Place) -> Result<(), Vec<TopologyError>> {
        if self.path.is_empty() && !is_root(&element.name) {
            return Err(vec![foreign_root(&element.name, here)]);
        }
        if matches!(element.name.as_str(), "Topology" | "PartialTopology") {
            self.drafts.push(Draft {
                parent: self.parent().to_owned(),
                ..Draft::default()
            });
        }
        if let Err(error) = self.take(element, here) {
            self.errors.push(error);
        }
        self.path.push(element.name.clone());
        Ok(())
    }

    fn end(&mut self) {
        if self.path.pop().as_deref() == Some("CentralSite") {
            self.site = None;
        }
    }

    fn text(&mut self, text: &str, place: &Place) {
        if self.parent() == "Name" && self.inside("CentralSite") {
            if let (Some(id), Some(draft)) = (&self.site, self.drafts.last_mut()) {
                // The text comes in pieces where it holds references.
                draft.sites.entry(id.clone()).or_default().push_str(text);
            }
        } else if self.parent() == "Data" && self.inside("DocItemSet") {
            self.nested.push_str(text);
            // The text comes in pieces where it holds references; it is read when it is whole.
            if self.nested.trim_end().ends_with("</Topology>") {
                let nested = std::mem::take(&mut self.nested);
                if nested.trim_start().starts_with('<') && self.drafts.is_empty() {
                    self.nested_topology(nested.trim(), place);
                }
            }
        }
    }

    fn nested_topology(&mut self, text: &str, place: &Place) {
        let mut document = Document::new(place, text);
        let mut inner = Self::default();
        loop {
            match document.next() {
                Ok(Some(Piece::Start(element))) => {
                    if let Err(errors) = inner.start(&element, place) {
                        return self.errors.extend(errors);
                    }
                }
                Ok(Some(Piece::End)) => inner.end(),
                Ok(Some(Piece::Text(_))) => {}
                Ok(None) => break,
                Err(error) => return self.errors.push(error),
            }
        }
        self.drafts.append(&mut inner.drafts);
        self.errors.append(&mut inner.errors);
    }

    fn take(&mut self, element: &Element, here: &Place) -> Result<(), TopologyError> {
        match element.name.as_str() {
            "CentralSite" => self.site(element),
            "Cluster" => self.cluster(element, here)?,
            "Machine" => self.machine(element, here)?,
            "Service" if self.parent() == "Services" => self.service(element, here),
            "ClusterId" => self.cluster_id(element),
            _ => self.about_service(element, here)?,
        }
        Ok(())
    }

    fn site(&mut self, element: &Element) {
        let id = element.get("SiteId").or(element.get("UniqueId"));
        self.site = id.map(str::to_owned);
        if let (Some(id), Some(name), Some(draft)) =
            (id, element.get("Name"), self.drafts.last_mut())
        {
            draft.sites.insert(id.to_owned(), name.to_owned());
        }
    }

    fn cluster(&mut self, element: &Element, here: &Place) -> Result<(), TopologyError> {
        let name = element.get("Fqdn").map(|name| fqdn(here, name)).transpose();
        let site = self.site.clone();
        if let Some(draft) = self.drafts.last_mut() {
            draft.clusters.push(Cluster {
                id: element.get("UniqueId").map(str::to_ascii_lowercase),
                fqdn: name.clone().ok().flatten(),
                site,
                members: Vec::new(),
                place: here.clone(),
            });
        }
        name.map(drop)
    }

    fn machine(&mut self, element: &Element, here: &Place) -> Result<(), TopologyError> {
        let name = element
            .get("Fqdn")
            .ok_or_else(|| here.refuse("a machine has no `Fqdn`", "export the topology again"))?;
        let member = fqdn(here, name)?;
        let inside = self.inside("Cluster");
        let cluster = self.drafts.last_mut().and_then(|d| d.clusters.last_mut());
        match cluster.filter(|_| inside) {
            Some(cluster) => cluster.members.push(member),
            None => {
                return Err(here.refuse(
                    format!("the machine {} is in no pool", quote(name)),
                    "each machine stands inside a `Cluster`; export the topology again",
                ));
            }
        }
        Ok(())
    }

    fn service(&mut self, element: &Element, here: &Place) {
        let version = element.get("ServiceVersion").and_then(|v| v.parse().ok());
        if let Some(draft) = self.drafts.last_mut() {
            draft.services.push(Installed {
                role: element.get("RoleName").map(str::to_owned),
                cluster: element.get("InstalledOn").map(str::to_ascii_lowercase),
                service: Service {
                    kind: Kind::Other(String::new()),
                    pool: String::new(),
                    version,
                    ports: Some(Vec::new()),
                    components: Some(Vec::new()),
                    external_host: None,
                    internal_host: None,
                    inactive: Vec::new(),
                    director: false,
                    place: here.clone(),
                },
            });
        }
    }

    /// The id of a cluster: its own, or that of the cluster on which a service is installed. A dependency's is neither.
    fn cluster_id(&mut self, element: &Element) {
        let (Some(site), Some(number)) = (element.get("SiteId"), element.get("Number")) else {
            return;
        };
        let id = format!("{site}:{number}");
        let installed = self.inside("InstalledOn") && self.inside("Service");
        let own = self.parent() == "Cluster";
        let Some(draft) = self.drafts.last_mut() else {
            return;
        };
        if installed {
            if let Some(service) = draft.services.last_mut() {
                service.cluster = Some(id);
            }
        } else if own && let Some(cluster) = draft.clusters.last_mut() {
            cluster.id = Some(id);
            cluster.site = Some(site.to_owned());
        }
    }

    fn about_service(&mut self, element: &Element, here: &Place) -> Result<(), TopologyError> {
        let parent = self.parent().to_owned();
        let Some(draft) = self.drafts.last_mut() else {
            return Ok(());
        };
        match element.name.as_str() {
            "InternalDomains" => draft.title = element.get("DefaultDomain").map(str::to_owned),
            "SimpleUrl" => draft
                .urls
                .extend(element.get("ActiveUrl").and_then(url_host)),
            "SimpleUrlEntry" => draft.urls.extend(element.get("Url").and_then(url_host)),
            _ => {}
        }
        let Some(installed) = draft.services.last_mut() else {
            return Ok(());
        };
        let service = &mut installed.service;
        match element.name.as_str() {
            "ServiceId" if parent == "Service" => {
                installed.role = element.get("RoleName").map(str::to_owned);
            }
            "Port" if parent == "Ports" => {
                let named = named_port(element, here)?;
                service.ports.get_or_insert_default().extend(named);
            }
            "RegistrarService" => service.director = element.get("IsDirector") == Some("true"),
            "ExternalSettings" => {
                let host = element.get("Host").map(|host| fqdn(here, host));
                service.external_host = host.transpose()?;
            }
            "Component" => {
                let name = element.get("ComponentName").map(str::to_owned);
                service.components.get_or_insert_default().extend(name);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, place: &Place) -> Result<Export, Vec<TopologyError>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let of_builder = self
            .drafts
            .iter()
            .any(|draft| draft.parent == "NewTopology");
        self.drafts.retain(|draft| {
            let wanted = !of_builder || draft.parent == "NewTopology";
            let empty = draft.clusters.is_empty() && draft.services.is_empty();
            wanted && !empty
        });
        let count = self.drafts.len();
        let (Some(draft), 1) = (self.drafts.pop(), count) else {
            let what = match count {
                0 => "there is no topology in it, or an empty one".to_owned(),
                _ => format!("there are {count} topologies in it"),
            };
            let hint = "export it again: Get-CsTopology -AsXml | Out-File topology.xml";
            return Err(vec![place.refuse(what, hint)]);
        };
        join(draft, place)
    }
}

fn is_root(name: &str) -> bool {
    matches!(name, "Topology" | "TopologyBuilder" | "DocItemSet")
}

fn foreign_root(name: &str, here: &Place) -> TopologyError {
    let what = match name {
        "html" => "this is an HTML page".to_owned(),
        "Objs" => "this is what Export-Clixml writes, which is not read here".to_owned(),
        _ => format!("this is XML of another kind: its root is {}", quote(name)),
    };
    let hint = "a topology is exported with `Get-CsTopology -AsXml | Out-File topology.xml`";
    here.refuse(what, hint)
}

fn named_port(element: &Element, here: &Place) -> Result<Option<NamedPort>, TopologyError> {
    let Some(number) = element.get("Port") else {
        return Ok(None);
    };
    let Some(number) = port(here, number)? else {
        return Ok(None);
    };
    let published = element.get("ConfiguredPort").map(|text| port(here, text));
    let published_as = element.get("ConfiguredFqdn").map(|text| fqdn(here, text));
    Ok(Some(NamedPort {
        port: number,
        protocol: match element.get("Protocol") {
            Some("Https") => Protocol::Https,
            Some("Tls" | "Mtls") => Protocol::Tls,
            _ => Protocol::Plain,
        },
        side: Side::of(element.get("InterfaceSide")),
        owner: element.get("Owner").unwrap_or_default().to_owned(),
        published: published.transpose()?.flatten(),
        published_as: published_as.transpose()?,
    }))
}

/// The host of an `https` URL.
fn url_host(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    fqdn(&Place::file(""), host).ok()
}

/// Gives each service the name of the pool on which it is installed.
fn join(draft: Draft, place: &Place) -> Result<Export, Vec<TopologyError>> {
    let mut errors = Vec::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut pools = Vec::new();
    for cluster in draft.clusters {
        let only = cluster.members.first().cloned();
        let Some(name) = cluster.fqdn.or(only) else {
            let what = "a cluster has neither a name nor a machine";
            errors.push(cluster.place.refuse(what, "export the topology again"));
            continue;
        };
        names.extend(cluster.id.map(|id| (id, name.clone())));
        let site = cluster.site.and_then(|id| draft.sites.get(&id));
        let site = site.map(|name| name.trim().to_owned());
        pools.push(Pool {
            fqdn: name,
            members: cluster.members,
            knows: Knows::All,
            site,
            place: cluster.place,
        });
    }
    let mut services = Vec::new();
    for installed in draft.services {
        let role = installed.role.unwrap_or_default();
        let pool = installed.cluster.as_ref().and_then(|id| names.get(id));
        match (pool, installed.cluster) {
            (Some(pool), _) => services.push(Service {
                kind: Kind::of(&role),
                pool: pool.clone(),
                ..installed.service
            }),
            // Not installed on a cluster of its own: a part of another service.
            (None, None) => {}
            (None, Some(id)) => errors.push(installed.service.place.refuse(
                format!(
                    "the service {} is installed on the cluster {}, which is not in the file",
                    quote(&role),
                    quote(&id)
                ),
                "this is a part of an export; export the whole topology",
            )),
        }
    }
    if errors.is_empty() && (pools.is_empty() || services.is_empty()) {
        let what = "half of the topology is missing: it needs both clusters and services";
        errors.push(place.refuse(what, "export the whole topology: Get-CsTopology -AsXml"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Export {
        title: draft.title,
        pools,
        services,
        urls: draft.urls,
        notes: Vec::new(),
    })
}
