//! The stapled OCSP response says that the leaf is revoked (RFC 6960 §2.2).

use crate::judge::{Case, Row, row};
use crate::model::report::Revocation;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(_: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let stapled = row::stapled(row)?;
    (stapled.status == Revocation::Revoked).then(|| {
        let since = stapled.detail.unwrap_or_else(|| "revoked".to_owned());
        let message = format!(
            "the server itself brings the word that its certificate is {since}: replace it"
        );
        Finding::new("revoked", Severity::Error, message)
    })
}
