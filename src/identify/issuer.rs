//! The issuing CA of one leaf: the signature decides, then what the leaf claims.

use std::collections::BTreeSet;

use crate::identify::pool::{Candidate, Pool};
use crate::model::bytes::Sha256;
use crate::model::certificate::{AuthorityKeyId, Certificate, KeyFingerprint};
use crate::model::identified::CaKey;
use crate::model::issuer::{Basis, Identification, Source, Standing, Trial, TrialResult};
use crate::x509::signature::{self, Check};

/// How many keys of one name are tried on one leaf. An estate has a handful of key generations; a run that offers
/// more is hostile, and is told so.
const KEYS_TRIED: usize = 32;

/// Finds out who issued a leaf.
///
/// Companions are the certificates that a server presented behind it. Of the pool only what goes by the issuer's name
/// counts.
pub(super) fn identify(
    leaf: &Certificate,
    is_companion: impl Fn(&Sha256) -> bool,
    pool: &Pool,
) -> Identification {
    if let Some(obstacle) = leaf.judgement_obstacle() {
        return unreadable(leaf, obstacle.to_string());
    }
    let issuer = &leaf
        .issuer
        .as_ref()
        .expect("a leaf without obstacle has an issuer")
        .key;
    if let Some(key) = self_signing_key(leaf) {
        let ca = CaKey {
            name: issuer.clone(),
            key,
        };
        let facts = pool.facts(&ca);
        let standing = Standing {
            issuer: Some(ca.name),
            basis: Basis::SelfSigned(key),
            failed: BTreeSet::new(),
            key_ids: facts.key_ids,
            issuer_serials: facts.issuer_serials,
        };
        return Identification {
            standing,
            issuer: leaf.issuer.as_ref().ok().cloned(),
            trials: Vec::new(),
            obstacle: None,
        };
    }
    let search = Search::run(leaf, is_companion, pool);
    Identification {
        standing: search.standing(leaf, pool),
        issuer: leaf.issuer.as_ref().ok().cloned(),
        trials: search.trials,
        obstacle: search.obstacle,
    }
}

fn unreadable(leaf: &Certificate, obstacle: String) -> Identification {
    let standing = Standing {
        issuer: None,
        basis: Basis::None,
        failed: BTreeSet::new(),
        key_ids: BTreeSet::new(),
        issuer_serials: BTreeSet::new(),
    };
    Identification {
        standing,
        issuer: leaf.issuer.as_ref().ok().cloned(),
        trials: Vec::new(),
        obstacle: Some(obstacle),
    }
}

/// The leaf's own key, when issuer and subject are one name and that key verifies the leaf.
fn self_signing_key(leaf: &Certificate) -> Option<KeyFingerprint> {
    let key = leaf.public_key.as_ref().ok()?;
    let self_signed =
        leaf.is_self_issued() && signature::verify_issued(leaf, key) == Check::Verifies;
    self_signed.then_some(key.fingerprint)
}

/// What trying the candidates on one leaf gave.
struct Search {
    trials: Vec<Trial>,
    verified: BTreeSet<KeyFingerprint>,
    failed: BTreeSet<KeyFingerprint>,
    contradicted: bool,
    obstacle: Option<String>,
}

impl Search {
    fn run(leaf: &Certificate, is_companion: impl Fn(&Sha256) -> bool, pool: &Pool) -> Self {
        let mut search = Self {
            trials: Vec::new(),
            verified: BTreeSet::new(),
            failed: BTreeSet::new(),
            contradicted: false,
            obstacle: None,
        };
        let candidates = candidates(leaf, is_companion, pool);
        let mut untried_named = false;
        for (number, (candidate, claimed)) in candidates.iter().enumerate() {
            if number < KEYS_TRIED {
                search.attempt(leaf, *candidate, *claimed, pool);
            } else {
                untried_named |= claimed;
            }
        }
        if candidates.len() > KEYS_TRIED {
            let total = candidates.len();
            let excuse = format!(
                "{total} different keys are offered under the issuer's name; {KEYS_TRIED} were tried"
            );
            search.obstacle = Some(excuse);
        }
        // While a key that the leaf may mean is left, it is not shown to lie.
        search.contradicted &= !untried_named;
        search
    }

    fn attempt(
        &mut self,
        leaf: &Certificate,
        candidate: Candidate<'_>,
        claimed: bool,
        pool: &Pool,
    ) {
        let result = match signature::verify_issued(leaf, candidate.public_key) {
            Check::Verifies => {
                self.verified.insert(candidate.key);
                TrialResult::Verifies
            }
            Check::Fails => {
                self.failed.insert(candidate.key);
                self.contradicted |= claimed;
                TrialResult::Fails
            }
            Check::CannotTell(why) => {
                self.obstacle.get_or_insert_with(|| why.clone());
                TrialResult::CannotTell(why)
            }
        };
        let certificate = *candidate
            .certificates
            .first()
            .expect("a candidate key has a certificate");
        let found = pool
            .found(&certificate)
            .cloned()
            .unwrap_or(Source::Platform);
        self.trials.push(Trial {
            certificate,
            found,
            result,
        });
    }

    fn standing(&self, leaf: &Certificate, pool: &Pool) -> Standing {
        let issuer = leaf
            .issuer
            .as_ref()
            .expect("a leaf without obstacle has an issuer")
            .key
            .clone();
        let mut verified = self.verified.iter().copied();
        if let (Some(key), None) = (verified.next(), verified.next()) {
            let facts = pool.facts(&CaKey {
                name: issuer.clone(),
                key,
            });
            return Standing {
                issuer: Some(issuer),
                basis: Basis::Proven(key),
                failed: self.failed.clone(),
                key_ids: facts.key_ids,
                issuer_serials: facts.issuer_serials,
            };
        }
        let claims = authority_key_id(leaf);
        let key_ids: BTreeSet<_> = claims
            .iter()
            .filter_map(|claim| claim.key_id.clone())
            .collect();
        let issuer_serials: BTreeSet<_> = claims
            .iter()
            .filter_map(|claim| claim.issuer_serial.clone())
            .collect();
        let basis = if !self.verified.is_empty() {
            Basis::Ambiguous(self.verified.clone())
        } else if self.contradicted {
            Basis::Contradicted
        } else if key_ids.is_empty() && issuer_serials.is_empty() {
            Basis::Name
        } else {
            Basis::KeyId
        };
        Standing {
            issuer: Some(issuer),
            basis,
            failed: self.failed.clone(),
            key_ids,
            issuer_serials,
        }
    }
}

fn authority_key_id(leaf: &Certificate) -> Option<&AuthorityKeyId> {
    leaf.extensions()?.authority_key_id.as_ref()
}

/// The keys of the issuer's name, each with whether it goes by the key identifier that the leaf claims; those first, and
/// among equals first what the user, the platform or the server itself offers, so that strangers cannot crowd it out. An
/// empty name is no name: nothing is sought under it.
fn candidates<'p>(
    leaf: &Certificate,
    is_companion: impl Fn(&Sha256) -> bool,
    pool: &'p Pool,
) -> Vec<(Candidate<'p>, bool)> {
    let issuer = match &leaf.issuer {
        Ok(issuer) if !issuer.is_empty() => issuer,
        _ => return Vec::new(),
    };
    let claim = authority_key_id(leaf).and_then(|claim| claim.key_id.as_ref());
    let close =
        |certificate: &Sha256| is_companion(certificate) || pool.is_vouched_for(certificate);
    let mut candidates: Vec<_> = pool
        .keys(&issuer.key)
        .map(|candidate| {
            let claimed = claim.is_some_and(|key_id| candidate.is_called(key_id, pool));
            (candidate, claimed)
        })
        .collect();
    candidates.sort_by_key(|(candidate, claimed)| {
        (
            !candidate.certificates.iter().any(close),
            !claimed,
            candidate.key,
        )
    });
    candidates
}
