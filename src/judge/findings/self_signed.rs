//! The leaf is its own issuer: no CA stands behind it, even when every server shows the same one.

use crate::judge::{Case, Row};
use crate::model::issuer::Evidence;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(_: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let evidence = row.identification?.standing.evidence();
    (evidence == Evidence::SelfSigned).then(|| {
        let message =
            "the certificate is self-signed: it comes from no CA; request one from the internal CA";
        Finding::new("self-signed", Severity::Error, message)
    })
}
