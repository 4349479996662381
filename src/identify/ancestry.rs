//! From each issuing CA upwards: verified paths, and the roots they reach.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::identify::pool::Pool;
use crate::model::bytes::Sha256;
use crate::model::certificate::{Certificate, KeyId, NameKey};
use crate::model::identified::{Ancestry, CaFacts, CaKey};
use crate::x509::signature::{self, Check};

/// How many CAs one search upwards visits. Real hierarchies have three levels and a few cross-signatures.
const CAS_VISITED: usize = 128;
/// How many signatures are checked over all searches of a run.
const SIGNATURES_CHECKED: usize = 20_000;

/// Follows every CA given to its roots. The result holds those CAs and all that verified paths pass through.
pub(super) fn trace(start: BTreeSet<CaKey>, pool: &Pool) -> BTreeMap<CaKey, CaFacts> {
    let mut links = Links {
        pool,
        of: HashMap::new(),
        checks_left: SIGNATURES_CHECKED,
    };
    let mut facts = BTreeMap::new();
    let mut waiting: VecDeque<_> = start.into_iter().collect();
    while let Some(ca) = waiting.pop_front() {
        if facts.contains_key(&ca) {
            continue;
        }
        let mut known = pool.facts(&ca);
        known.ancestry = climb(&ca, &mut links);
        let issuers = known
            .certificates
            .iter()
            .flat_map(|certificate| links.above(certificate).issuers.clone());
        waiting.extend(issuers.collect::<Vec<_>>());
        facts.insert(ca, known);
    }
    facts
}

/// Searches breadth first, so that the first root met lies at the end of a shortest path.
fn climb(start: &CaKey, links: &mut Links<'_>) -> Ancestry {
    let mut ancestry = Ancestry::default();
    let mut visited = BTreeSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start.clone(), Vec::new())]);
    let mut longest = Vec::new();
    while let Some((ca, path)) = queue.pop_front() {
        for certificate in links.pool.facts(&ca).certificates {
            let above = links.above(&certificate).clone();
            let mut here: Vec<Sha256> = path.clone();
            here.push(certificate);
            if above.self_signed {
                ancestry.roots.insert(ca.clone());
                if !ancestry.complete {
                    (ancestry.path, ancestry.complete) = (here.clone(), true);
                }
            }
            ancestry.claimed.extend(above.claimed);
            ancestry.exhausted |= above.exhausted;
            ancestry.undecided |= above.undecided;
            if here.len() > longest.len() {
                longest.clone_from(&here);
            }
            for issuer in above.issuers {
                if visited.len() >= CAS_VISITED {
                    ancestry.exhausted = true;
                } else if visited.insert(issuer.clone()) {
                    queue.push_back((issuer, here.clone()));
                }
            }
        }
    }
    if !ancestry.complete {
        ancestry.path = longest;
    }
    ancestry
}

/// What lies directly above one certificate.
#[derive(Clone, Default)]
struct Above {
    issuers: BTreeSet<CaKey>,
    self_signed: bool,
    claimed: Option<(NameKey, KeyId)>,
    exhausted: bool,
    undecided: bool,
}

/// The verified links between certificates, each signature checked once.
struct Links<'p> {
    pool: &'p Pool,
    of: HashMap<Sha256, Above>,
    checks_left: usize,
}

impl Links<'_> {
    fn above(&mut self, fingerprint: &Sha256) -> &Above {
        if !self.of.contains_key(fingerprint) {
            let above = self
                .pool
                .certificate(fingerprint)
                .map(|certificate| self.check(certificate));
            self.of.insert(*fingerprint, above.unwrap_or_default());
        }
        self.of.get(fingerprint).expect("just inserted")
    }

    fn check(&mut self, certificate: &Certificate) -> Above {
        let mut above = Above::default();
        let name = match &certificate.issuer {
            Ok(name) if !name.is_empty() => &name.key,
            _ => return above,
        };
        let own_key = certificate
            .public_key
            .as_ref()
            .ok()
            .map(|key| key.fingerprint);
        let claim = certificate
            .extensions()
            .and_then(|known| known.authority_key_id.as_ref()?.key_id.as_ref());
        let mut contradicted = false;
        for candidate in self.pool.keys(name) {
            let Some(left) = self.checks_left.checked_sub(1) else {
                above.exhausted = true;
                break;
            };
            self.checks_left = left;
            match signature::verify_issued(certificate, candidate.public_key) {
                Check::Verifies
                    if certificate.is_self_issued() && own_key == Some(candidate.key) =>
                {
                    above.self_signed = true
                }
                Check::Verifies => {
                    above.issuers.insert(CaKey {
                        name: name.clone(),
                        key: candidate.key,
                    });
                }
                // The claim is false: it must not lead to a CA that is known not to have signed.
                Check::Fails => {
                    contradicted |=
                        claim.is_some_and(|key_id| candidate.is_called(key_id, self.pool))
                }
                Check::CannotTell(_) => above.undecided = true,
            }
        }
        if above.issuers.is_empty() && !above.self_signed && !contradicted {
            above.claimed = claim.map(|key_id| (name.clone(), key_id.clone()));
        }
        above
    }
}
