//! Parts of the leaf do not parse.

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let leaf = leaf(case, row)?;
    let obstacle = [
        leaf.judgement_obstacle(),
        leaf.serial.as_ref().err(),
        leaf.not_before.as_ref().err(),
        leaf.not_after.as_ref().err(),
        leaf.subject.as_ref().err(),
        leaf.public_key.as_ref().err(),
        leaf.extensions.as_ref().err(),
    ];
    let broken = leaf
        .extensions()
        .and_then(|extensions| extensions.broken.first());
    let broken = broken.map(|(oid, reason)| format!("extension {oid}: {reason}"));
    let first = obstacle
        .into_iter()
        .flatten()
        .next()
        .map(ToString::to_string)
        .or(broken)?;
    Some(Finding::new(
        "does-not-parse",
        Severity::Error,
        format!("the certificate breaks the rules of its own format: {first}"),
    ))
}
