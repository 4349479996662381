//! The leaves of both runs: what they say, and who issued them.

use std::collections::HashMap;

use crate::identify;
use crate::judge::{self, Comparison};
use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::Certificate;
use crate::model::identified::Identified;
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::model::report::Policy;
use crate::renewal::baseline::Baseline;
use crate::x509::parse;

/// Every leaf of two runs, identified together, so that the certificates of one lend proof to the other.
pub(super) struct Leaves {
    certificates: HashMap<Sha256, Certificate>,
    pub(super) identified: Identified,
}

impl Leaves {
    /// Identifies what the observations show. What is older only lends its certificates.
    pub(super) fn new<'o>(
        observations: impl Iterator<Item = &'o Observation> + Clone,
        older: impl Iterator<Item = &'o Baseline>,
        candidates: impl Iterator<Item = (Der, Source)>,
    ) -> Self {
        let older = older.flat_map(|baseline| &baseline.older);
        let kept = older.flat_map(|seen| {
            let source = Source::Kept(seen.run.clone());
            let chain = seen.chain.iter().cloned();
            chain.map(move |der| (der, source.clone()))
        });
        let mut certificates = HashMap::new();
        for leaf in observations.clone().filter_map(Observation::leaf) {
            certificates
                .entry(leaf.sha256())
                .or_insert_with(|| parse::certificate(leaf));
        }
        Self {
            certificates,
            identified: identify::identify(observations, candidates.chain(kept)),
        }
    }

    /// A leaf.
    pub(super) fn certificate(&self, leaf: &Sha256) -> Option<&Certificate> {
        self.certificates.get(leaf)
    }

    /// Whether two leaves come from the same CA.
    pub(super) fn compare(&self, policy: &Policy, one: &Sha256, other: &Sha256) -> Comparison {
        judge::compare(policy, one, other, &self.identified)
    }
}
