//! The certificates of a report, and where each is to be read again.

use std::collections::BTreeMap;

use crate::judge::brief::Briefs;
use crate::judge::cas;
use crate::model::bytes::Sha256;
use crate::model::identified::Identified;
use crate::model::issuer::{Evidence, Identification};

/// For every certificate presented a row that shows it, and the candidates that proofs name.
pub(super) struct Places {
    /// By the number of the leaf.
    leaves: Vec<Option<u32>>,
    /// What is sent behind leaves, and what proofs name; those without a row are among the candidates.
    others: BTreeMap<Sha256, Option<u32>>,
}

impl Places {
    pub(super) fn new(briefs: &Briefs, identified: &Identified) -> Self {
        let mut leaves = vec![None; identified.leaves.len()];
        for (row, number) in briefs.rows.iter().zip(0..) {
            if let Some(leaf) = row.leaf {
                leaves[leaf.index()] = Some(number);
            }
        }
        let known = identified.leaves.identifications();
        let mut others: BTreeMap<Sha256, Option<u32>> = known
            .flat_map(|known| named(known, identified))
            .filter(|digest| identified.certificate(digest).is_some())
            .map(|digest| (digest, None))
            .collect();
        for (sent, row) in briefs.sent_by() {
            others.extend(sent.iter().map(|digest| (*digest, Some(row))));
        }
        Self { leaves, others }
    }

    /// Every certificate once, in order.
    pub(super) fn digests(&self, identified: &Identified) -> Vec<Sha256> {
        let leaves = identified.leaves.iter().map(|(leaf, _)| *leaf);
        let mut digests: Vec<Sha256> = leaves.chain(self.others.keys().copied()).collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    }

    /// A row that shows a certificate.
    pub(super) fn row(&self, digest: &Sha256, identified: &Identified) -> Option<usize> {
        let of_leaf = || self.leaves[identified.leaves.number(digest)?.index()];
        let row = self.others.get(digest).copied().flatten().or_else(of_leaf);
        row.map(|row| row as usize)
    }
}

/// The candidates that the proof of a leaf names.
fn named(known: &Identification, identified: &Identified) -> Vec<Sha256> {
    let ca =
        cas::ca_key(&known.standing).filter(|_| known.standing.evidence() != Evidence::SelfSigned);
    let facts = ca.and_then(|ca| identified.cas.get(&ca));
    let path = facts.into_iter().flat_map(|facts| &facts.ancestry.path);
    let trials = known.trials.iter().map(|trial| &trial.certificate);
    path.chain(trials).copied().collect()
}
