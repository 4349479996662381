//! Leaves agree only because another generation of the CA's key counts as the same CA (`--same ca-name`).

use crate::judge::Case;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let across = case
        .judged()
        .any(|(_, judgement)| judgement.across_generations);
    across.then(|| {
        let message = "certificates come from different keys of one CA name: the CA was renewed with a new key, or another CA took its name";
        Finding::new("ca-key-generations", Severity::Warning, message)
    })
}
