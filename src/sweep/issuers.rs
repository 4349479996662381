//! The certificates of issuers that nobody presented, fetched from where certificates say that they are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::candidates::{self, FetchError};
use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::{Certificate, NameKey};
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::model::target::{Group, Host, Port, Requirement, Role, Target};
use crate::resolve;
use crate::x509::signature::{self, Check};
use crate::x509::{name, parse};

/// How many addresses are fetched from in a run. An estate has a few CAs, each with an address or two.
const ADDRESSES: usize = 64;
/// How many are fetched from at a time.
const AT_A_TIME: usize = 8;
/// How far upwards issuers are followed: what is fetched may name the address of its own issuer.
const LEVELS: usize = 4;
/// How many keys of one name are tried on a certificate before it counts as one whose issuer is not at hand.
const KEYS_TRIED: usize = 32;

/// How issuers are fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetching {
    /// How far one fetch may go.
    pub limits: candidates::Limits,
    /// How names become addresses.
    pub resolve: resolve::Settings,
}

/// What was fetched.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Certificates that issued one presented, or one of these; in the order of the addresses.
    pub candidates: Vec<(Der, Source)>,
    /// What gave nothing, and why.
    pub warnings: Vec<String>,
}

/// Fetches the issuers that are missing: those of leaves and of the topmost certificates above them, as far as none of
/// the certificates at hand (presented, or among `candidates`) issued them.
pub async fn fetch_issuers(
    observations: &[Observation],
    candidates: &[(Der, Source)],
    settings: &Fetching,
) -> Fetched {
    let mut at_hand = AtHand::default();
    let presented = observations.iter().flat_map(|seen| seen.chain.iter());
    presented
        .chain(candidates.iter().map(|(der, _)| der))
        .for_each(|der| at_hand.add(der));
    let leaves = observations.iter().filter_map(Observation::leaf);
    let leaves: BTreeSet<Sha256> = leaves.map(Der::sha256).collect();
    let mut search = Search::new(at_hand);
    let mut open = search.at_hand.open_ends(leaves);
    for _ in 0..LEVELS {
        let wanted = search.addresses(&open);
        if wanted.is_empty() {
            break;
        }
        let answers = ask_all(wanted.keys().cloned().collect(), settings).await;
        let found = search.take(answers, &wanted);
        open = search.at_hand.open_ends(found);
    }
    search.fetched
}

/// Every certificate at hand, by its fingerprint and by its subject.
#[derive(Default)]
struct AtHand {
    certificates: BTreeMap<Sha256, Arc<Certificate>>,
    subjects: BTreeMap<NameKey, BTreeSet<Sha256>>,
}

impl AtHand {
    fn add(&mut self, der: &Der) {
        let fingerprint = der.sha256();
        if self.certificates.contains_key(&fingerprint) {
            return;
        }
        let certificate = parse::certificate(der);
        if let Ok(subject) = &certificate.subject {
            let of_name = self.subjects.entry(subject.key.clone()).or_default();
            of_name.insert(fingerprint);
        }
        self.certificates.insert(fingerprint, Arc::new(certificate));
    }

    /// The certificates from which verified links lead upwards from these, and which nothing at hand issued.
    fn open_ends(&self, from: BTreeSet<Sha256>) -> Vec<Arc<Certificate>> {
        let mut waiting: Vec<Sha256> = from.iter().copied().collect();
        let mut seen = from;
        let mut open = Vec::new();
        while let Some(certificate) = waiting.pop().and_then(|next| self.certificates.get(&next)) {
            let issuers = self.issuers(certificate);
            if issuers.is_empty() {
                open.push(Arc::clone(certificate));
            }
            waiting.extend(issuers.into_iter().filter(|issuer| seen.insert(*issuer)));
        }
        open
    }

    /// Itself, for a self-signed certificate.
    fn issuers(&self, certificate: &Certificate) -> Vec<Sha256> {
        let Some(named) = certificate
            .issuer
            .as_ref()
            .ok()
            .and_then(|name| self.subjects.get(&name.key))
        else {
            return Vec::new();
        };
        let tried = named.iter().take(KEYS_TRIED);
        tried
            .copied()
            .filter(|issuer| has_issued(&self.certificates[issuer], certificate))
            .collect()
    }
}

fn has_issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let (Ok(subject), Ok(key), Ok(name)) =
        (&issuer.subject, &issuer.public_key, &certificate.issuer)
    else {
        return false;
    };
    subject.key == name.key && signature::verify_issued(certificate, key) == Check::Verifies
}

/// The certificates that name each address.
type Wanted = BTreeMap<String, Vec<Arc<Certificate>>>;

/// What is known while issuers are fetched.
struct Search {
    at_hand: AtHand,
    asked: BTreeSet<String>,
    fetched: Fetched,
}

impl Search {
    fn new(at_hand: AtHand) -> Self {
        Self {
            at_hand,
            asked: BTreeSet::new(),
            fetched: Fetched::default(),
        }
    }

    /// The addresses that these certificates name for their issuers and that were not asked yet.
    fn addresses(&mut self, open: &[Arc<Certificate>]) -> Wanted {
        let mut wanted = Wanted::new();
        let mut others = 0_usize;
        for certificate in open {
            let named = certificate
                .extensions()
                .map_or(&[][..], |known| &known.ca_issuers);
            let (http, other): (Vec<_>, Vec<_>) = named.iter().partition(|url| is_http(url));
            others += usize::from(http.is_empty() && !other.is_empty());
            for url in http {
                let certificates = wanted.entry(url.to_string()).or_default();
                certificates.push(Arc::clone(certificate));
            }
        }
        if others > 0 {
            self.fetched.warnings.push(format!(
                "{others} certificates name no http address for their issuer (only ldap, file or https): give it with --ca-file"
            ));
        }
        wanted.retain(|url, _| !self.asked.contains(url));
        self.within_budget(wanted)
    }

    fn within_budget(&mut self, mut wanted: Wanted) -> Wanted {
        let left = ADDRESSES.saturating_sub(self.asked.len());
        if let Some(first) = wanted.keys().nth(left).cloned() {
            let cut = wanted.split_off(&first);
            self.fetched.warnings.push(format!(
                "{} more addresses of issuers are named than are fetched from in a run ({ADDRESSES})",
                cut.len()
            ));
        }
        self.asked.extend(wanted.keys().cloned());
        wanted
    }

    /// Keeps what issued a certificate that named the address, or what issued what is kept.
    fn take(&mut self, answers: Answers, wanted: &Wanted) -> BTreeSet<Sha256> {
        let mut kept = BTreeSet::new();
        for (url, answer) in answers {
            let found = match answer {
                Ok(found) => found,
                Err(error) => {
                    let warning = format!("no issuer was fetched from {url}: {error}");
                    self.fetched.warnings.push(warning);
                    continue;
                }
            };
            let verified = verified(&found, &wanted[&url]);
            if verified.is_empty() {
                self.fetched.warnings.push(format!(
                    "no issuer was fetched from {url}: what is there did not issue {}",
                    subject(&wanted[&url])
                ));
            }
            for der in verified {
                kept.insert(der.sha256());
                self.at_hand.add(&der);
                self.fetched
                    .candidates
                    .push((der, Source::Fetched(url.clone())));
            }
        }
        kept
    }
}

fn is_http(url: &str) -> bool {
    url.get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

/// Those of the certificates found that issued one of these, or one of those.
fn verified(found: &[Der], named_by: &[Arc<Certificate>]) -> Vec<Der> {
    let mut left: Vec<Arc<Certificate>> = found
        .iter()
        .map(|der| Arc::new(parse::certificate(der)))
        .collect();
    let mut verified: Vec<Arc<Certificate>> = Vec::new();
    let mut below = named_by.to_vec();
    while !below.is_empty() {
        let (issuers, others) = left.into_iter().partition(|issuer| {
            let mut below = below.iter();
            below.any(|certificate| has_issued(issuer, certificate))
        });
        verified.extend(Vec::clone(&issuers));
        (below, left) = (issuers, others);
    }
    verified.iter().map(|one| one.der.clone()).collect()
}

fn subject(certificates: &[Arc<Certificate>]) -> String {
    let first = certificates
        .first()
        .and_then(|one| one.subject.as_ref().ok());
    first.map_or_else(|| "the certificate".to_owned(), name::rfc4514)
}

/// What each address gave, in their order.
type Answers = BTreeMap<String, Result<Vec<Der>, FetchError>>;

async fn ask_all(urls: Vec<String>, settings: &Fetching) -> Answers {
    let permits = Arc::new(Semaphore::new(AT_A_TIME));
    let mut tasks = JoinSet::new();
    for url in urls {
        let (permits, settings) = (Arc::clone(&permits), settings.clone());
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let lookup = |host, port| addresses(host, port, settings.resolve.clone());
            let answer = candidates::fetch(&url, settings.limits, lookup).await;
            (url, answer)
        });
    }
    let mut answers = Answers::new();
    while let Some(joined) = tasks.join_next().await {
        if let Ok((url, answer)) = joined {
            answers.insert(url, answer);
        }
    }
    answers
}

/// The addresses of a host that a certificate names, found as those of every other host.
async fn addresses(
    host: String,
    port: u16,
    settings: resolve::Settings,
) -> Result<Vec<SocketAddr>, String> {
    let port = Port::new(port).ok_or_else(|| "port 0 cannot be connected to".to_owned())?;
    let target = Target {
        host: host.parse().map_or(Host::Name(host), Host::Address),
        port,
        sni: None,
        addresses: Vec::new(),
        roles: BTreeSet::from([Role::Peer]),
        group: Group::Internal,
        pool: None,
        requirement: Requirement::Optional,
    };
    let found = resolve::addresses(&target, &settings).await?;
    let sockets = found.into_iter();
    Ok(sockets
        .map(|address| SocketAddr::new(address, port.number()))
        .collect())
}
