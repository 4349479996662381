//! The leaf's authority key identifier points to another key than the one that signed it (RFC 5280 §4.2.1.1).

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::issuer::Basis;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let standing = &row.identification?.standing;
    let claim = leaf(case, row)?
        .extensions()?
        .authority_key_id
        .as_ref()?
        .key_id
        .as_ref()?;
    match standing.basis {
        Basis::Proven(_) if !standing.key_ids.contains(claim) => {
            let message = format!(
                "the certificate names the key identifier {claim} for its issuer, which is not that of the key that signed it"
            );
            Some(Finding::new("key-id-mismatch", Severity::Warning, message))
        }
        Basis::Contradicted => {
            let message = format!(
                "the CA with the key identifier {claim}, which the certificate names as its issuer, did not sign it"
            );
            Some(Finding::new(
                "issuer-contradicted",
                Severity::Error,
                message,
            ))
        }
        _ => None,
    }
}
