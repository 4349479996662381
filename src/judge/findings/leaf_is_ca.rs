//! The leaf is the certificate of a CA (RFC 5280 §4.2.1.9): most likely the wrong file, or the wrong assignment.

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::issuer::Evidence;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let self_signed = row.identification?.standing.evidence() == Evidence::SelfSigned;
    let is_ca = leaf(case, row)?.extensions()?.is_ca();
    let message = match (is_ca, row.is_file()) {
        (false, _) => return None,
        (true, true) => {
            "this is the certificate of a CA, not of a server; a CA's certificate is given with --ca-file or --reference-ca"
        }
        // A self-signed certificate often says that it is a CA's; that it is self-signed is what matters.
        (true, false) if self_signed => return None,
        (true, false) => "the server shows the certificate of a CA as its own",
    };
    Some(Finding::new("leaf-is-ca", Severity::Warning, message))
}
