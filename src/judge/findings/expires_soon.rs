//! The leaf's validity ends soon.

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let end = *leaf(case, row)?.not_after.as_ref().ok()?;
    let days = end.days_since(case.rules.now);
    (end >= case.rules.now && days < case.rules.expires_within_days).then(|| {
        let message = format!("the certificate expires on {} (in {days} days)", end.date());
        Finding::new("expires-soon", Severity::Warning, message)
    })
}
