//! Not every key offered under the issuer's name was tried.

use crate::judge::{Case, Row, cas};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let known = row.identification?;
    let roots = cas::ca_key(&known.standing).and_then(|ca| case.identified.cas.get(&ca));
    if roots.is_some_and(|facts| facts.ancestry.exhausted) {
        let message = "there are too many cross-signed CAs above this certificate: the search for its roots was ended";
        return Some(Finding::new("search-ended", Severity::Warning, message));
    }
    let obstacle = known
        .obstacle
        .as_ref()
        .filter(|_| known.standing.issuer.is_some())?;
    let severity = if known.standing.key().is_some() {
        Severity::Notice
    } else {
        Severity::Warning
    };
    Some(Finding::new(
        "search-incomplete",
        severity,
        format!("who signed the certificate could not be fully checked: {obstacle}"),
    ))
}
