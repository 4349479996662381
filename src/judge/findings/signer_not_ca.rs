//! The certificate whose key signed the leaf is not a CA's (RFC 5280 §4.2.1.9).

use crate::judge::{Case, Row, cas};
use crate::model::certificate::Certificate;
use crate::model::issuer::Evidence;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let standing = &row.identification?.standing;
    if standing.evidence() != Evidence::Proven {
        return None;
    }
    let facts = case.identified.cas.get(&cas::ca_key(standing)?)?;
    let mut certificates = facts
        .certificates
        .iter()
        .filter_map(|certificate| case.identified.certificate(certificate));
    certificates.all(is_no_ca).then(|| {
        let message =
            "the certificate that signed this one is not a CA's (basicConstraints without cA)";
        Finding::new("signer-not-ca", Severity::Error, message)
    })
}

/// Version 1 certificates cannot say whether they are a CA's.
fn is_no_ca(certificate: &Certificate) -> bool {
    certificate.version == Ok(3)
        && !certificate
            .extensions()
            .is_some_and(|extensions| extensions.is_ca())
}
