//! The leaf's signature verifies under several keys, so that none of them is shown to have made it.

use crate::judge::{Case, Row};
use crate::model::issuer::Basis;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(_: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let Basis::Ambiguous(keys) = &row.identification?.standing.basis else {
        return None;
    };
    let message = format!(
        "the signature verifies under {} different keys of the issuer's name: one of those certificates was made to deceive",
        keys.len()
    );
    Some(Finding::new("ambiguous-signer", Severity::Error, message))
}
