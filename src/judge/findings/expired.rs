//! The leaf's validity has ended (RFC 5280 §4.1.2.5).

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let end = *leaf(case, row)?.not_after.as_ref().ok()?;
    let days = case.rules.now.days_since(end);
    (end < case.rules.now).then(|| {
        let message = format!(
            "the certificate expired on {} ({days} days ago)",
            end.date()
        );
        Finding::new("expired", Severity::Error, message)
    })
}
