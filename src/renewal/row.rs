//! The facts of a row: an endpoint in both runs or in one, and its leaves in words.

use std::sync::Arc;

use crate::judge;
use crate::model::bytes::Sha256;
use crate::model::change::{Change, Class};
use crate::model::report::Leaf;
use crate::renewal::class::Compared;
use crate::renewal::leaves::Leaves;
use crate::renewal::matching::{Matched, Seen};

/// The facts of a row. `None` for what was not captured before and is not asked now.
pub(super) fn row(
    pair: &Matched<'_>,
    compared: Option<Compared>,
    leaves: &Leaves,
) -> Option<Change> {
    let was_captured = pair.old.as_ref().is_some_and(Seen::is_captured);
    let main = match (&pair.new, &pair.old) {
        (Some(new), _) => new.main,
        (None, Some(old)) if was_captured => old.main,
        (None, _) => return None,
    };
    let class = match (&compared, &pair.new) {
        (Some(compared), _) => compared.class,
        (None, Some(_)) => Class::NotCaptured,
        (None, None) => Class::Vanished,
    };
    let before = pair.old.as_ref().map(|old| old.main);
    let old_leaf = compared.as_ref().map_or_else(
        || pair.old.as_ref()?.leaves.first().map(|(_, leaf)| *leaf),
        |compared| compared.old,
    );
    let new_leaf = compared.as_ref().map(|compared| compared.new);
    let former = |different: bool| before.filter(|_| pair.new.is_some() && different);
    Some(Change {
        target: main.target.clone(),
        roles: main.roles.clone(),
        group: main.group,
        pool: main.pool.clone(),
        host: main.host.clone(),
        address: main.address.or_else(|| before.and_then(|old| old.address)),
        port: main.port,
        former_target: former(before.is_some_and(|old| old.target != main.target))
            .map(|old| old.target.clone()),
        former_address: former(main.address.is_some())
            .and_then(|old| old.address)
            .filter(|address| Some(*address) != main.address),
        outcome: pair.new.as_ref().map(|new| new.main.outcome),
        detail: pair.new.as_ref().and_then(|new| new.main.detail.clone()),
        class,
        remarks: compared
            .as_ref()
            .map_or_else(Vec::new, |compared| compared.remarks.clone()),
        key: compared.as_ref().and_then(|compared| compared.key),
        same_ca: compared.as_ref().and_then(|compared| compared.same_ca),
        evidence: compared.as_ref().and_then(|compared| compared.evidence),
        lost_names: compared.map_or_else(Vec::new, |compared| compared.lost_names),
        counted: main.required || was_captured || new_leaf.is_some(),
        state: None,
        reason: String::new(),
        old: old_leaf.and_then(|leaf| in_words(&leaf, leaves)),
        new: new_leaf.and_then(|leaf| in_words(&leaf, leaves)),
        findings: Vec::new(),
    })
}

fn in_words(leaf: &Sha256, leaves: &Leaves) -> Option<Arc<Leaf>> {
    leaves.certificate(leaf).map(judge::in_words).map(Arc::new)
}
