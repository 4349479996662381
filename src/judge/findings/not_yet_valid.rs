//! The leaf's validity has not begun (RFC 5280 §4.1.2.5).

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let start = *leaf(case, row)?.not_before.as_ref().ok()?;
    (start > case.rules.now).then(|| {
        let message = format!("the certificate is valid only from {start}; is a clock wrong?");
        Finding::new("not-yet-valid", Severity::Error, message)
    })
}
