//! L2: all observations and candidates → who issued each leaf.
//!
//! Pure: no input or output, no clock. Two folds: first every candidate, then the leaves one by one, so that the result
//! does not depend on the order of anything. It knows no policy and gives no verdict.

mod ancestry;
mod issuer;
mod pool;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::bytes::{Der, Sha256};
use crate::model::identified::{CaKey, Identified};
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::model::timestamp::Timestamp;
use pool::Pool;

/// Identifies the issuing CA of every leaf that the observations show.
///
/// Candidates are every certificate of every chain, and those given. Observations of earlier runs may be given as
/// candidates with [`Source::Kept`].
pub fn identify<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
    candidates: impl IntoIterator<Item = (Der, Source)>,
) -> Identified {
    let mut pool = Pool::default();
    let mut leaves: BTreeMap<Sha256, BTreeSet<Sha256>> = BTreeMap::new();
    for (der, source) in candidates {
        pool.add(&der, &source);
    }
    for observation in observations {
        let source = Source::Presented(observation.target.clone());
        let chain: Vec<Sha256> = observation
            .chain
            .iter()
            .map(|der| pool.add(der, &source))
            .collect();
        if let Some((leaf, others)) = chain.split_first() {
            leaves.entry(*leaf).or_default().extend(others);
        }
    }
    let mut identified = Identified::default();
    // A CA that the user gave is followed to its roots even when no leaf comes from it: leaves are compared with it.
    let mut issuers: BTreeSet<CaKey> = pool.given().collect();
    for (leaf, companions) in leaves {
        let certificate = pool
            .certificate(&leaf)
            .expect("every leaf was added to the pool");
        let identification = issuer::identify(certificate, &companions, &pool);
        if let (Some(name), Some(key)) = (
            identification.standing.issuer.clone(),
            identification.standing.key(),
        ) {
            issuers.insert(CaKey { name, key });
        }
        identified.leaves.insert(leaf, Arc::new(identification));
    }
    identified.cas = ancestry::trace(issuers, &pool);
    identified.certificates = pool.into_certificates();
    identified
}

/// Adds whether a client would trust each chain presented: a question apart from who issued.
///
/// The roots are those of the platform and of the user's files, and `now` is the time of the handshake.
pub fn assess_trust<'a>(
    identified: &mut Identified,
    observations: impl IntoIterator<Item = &'a Observation>,
    now: Timestamp,
) {
    identified.trust = trust::assess(observations, identified, now);
}
