//! L2: all observations and candidates → who issued each leaf.
//!
//! Pure: no input or output, no clock. Three folds over the observations, which may lie in a file larger than memory:
//! the names under which something is issued ([`Issuers`]), the certificates that bear such a name ([`Candidates`]), and
//! the leaves one by one ([`Leaves`]). What is kept grows with the candidates, and by a few bytes a leaf. The result
//! does not depend on the order of anything. It knows no policy and gives no verdict.

mod ancestry;
mod issuer;
mod leaves;
mod pool;
mod recovery;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::NameKey;
use crate::model::identified::Identified;
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::x509::parse;
pub use leaves::Leaves;
use leaves::Shown;
use pool::Pool;
pub use trust::Roots;

/// Identifies the issuing CA of every leaf that the observations show.
///
/// Candidates are the certificates of every chain, and those given.
pub fn identify<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
    given: impl IntoIterator<Item = (Der, Source)>,
) -> Identified {
    let observations: Vec<&Observation> = observations.into_iter().collect();
    let mut issuers = Issuers::default();
    observations.iter().for_each(|seen| issuers.see(seen));
    let mut candidates = Candidates::new(issuers, given);
    observations.iter().for_each(|seen| candidates.see(seen));
    let mut leaves = candidates.leaves();
    for seen in observations {
        leaves.see(seen);
    }
    leaves.identified()
}

/// The first fold: the names under which certificates are issued.
///
/// Only a certificate whose subject is one of them can have issued another. Names that occur in observations which turn
/// out not to count do no harm.
#[derive(Default)]
pub struct Issuers {
    /// Hashes: a name taken for another only makes a candidate that issued nothing.
    names: HashSet<u64>,
    state: RandomState,
    /// Certificates that came lately and often come again.
    recent: Recent,
}

/// Certificates that came lately, by digest: of those that many servers show, each is read once.
#[derive(Default)]
struct Recent(HashSet<Sha256>);

impl Recent {
    /// How many are remembered at a time.
    const MOST: usize = 4096;

    fn holds(&self, digest: &Sha256) -> bool {
        self.0.contains(digest)
    }

    /// Whether it is new.
    fn add(&mut self, digest: Sha256) -> bool {
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(digest)
    }
}

impl Issuers {
    /// Takes in an observation.
    pub fn see(&mut self, observation: &Observation) {
        observation.chain.iter().for_each(|der| self.add(der));
    }

    fn add(&mut self, der: &Der) {
        if !self.recent.add(der.sha256()) {
            return;
        }
        if let (Some(issuer), _) = parse::names(der) {
            self.names.insert(self.state.hash_one(issuer));
        }
    }

    fn contains(&self, subject: &NameKey) -> bool {
        self.names.contains(&self.state.hash_one(subject))
    }
}

/// The second fold: the certificates that may have issued another, and which leaves there are.
pub struct Candidates {
    issuers: Issuers,
    pool: Pool,
    shown: Shown,
    /// What has issued nothing and came lately.
    others: Recent,
}

impl Candidates {
    /// Begins with the certificates that the user and the platform give.
    pub fn new(mut issuers: Issuers, given: impl IntoIterator<Item = (Der, Source)>) -> Self {
        let mut pool = Pool::default();
        for (der, source) in given {
            issuers.add(&der);
            pool.add(&der, der.sha256(), &source);
        }
        Self {
            issuers,
            pool,
            shown: Shown::default(),
            others: Recent::default(),
        }
    }

    /// Takes in an observation that is judged.
    pub fn see(&mut self, observation: &Observation) {
        let source = Source::Presented(observation.target.clone());
        let mut chain = observation.chain.iter();
        let Some(leaf) = chain.next() else { return };
        let digest = leaf.sha256();
        self.offer(leaf, digest, &source);
        let companions: Vec<Sha256> = chain
            .filter_map(|der| {
                let digest = der.sha256();
                self.offer(der, digest, &source).then_some(digest)
            })
            .collect();
        self.shown.add(digest, companions);
    }

    /// Takes in an observation of an earlier run, which only lends its certificates.
    pub fn see_kept(&mut self, observation: &Observation) {
        let source = Source::Kept(observation.run.clone());
        for der in &observation.chain {
            self.offer(der, der.sha256(), &source);
        }
    }

    /// Adds a certificate that may have issued another; whether it is one.
    fn offer(&mut self, der: &Der, digest: Sha256, source: &Source) -> bool {
        let issues = || {
            let (_, subject) = parse::names(der);
            subject.is_some_and(|subject| self.issuers.contains(&subject))
        };
        let taken =
            self.pool.certificate(&digest).is_some() || (!self.others.holds(&digest) && issues());
        if taken {
            self.pool.add(der, digest, source);
        } else {
            self.others.add(digest);
        }
        taken
    }

    /// Goes on to the leaves.
    pub fn leaves(self) -> Leaves {
        Leaves::new(self.shown, self.pool)
    }
}
