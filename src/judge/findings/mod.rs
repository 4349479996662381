//! Findings: what is worth saying beside the verdict. One rule, one file; a new rule is a file and a line here.

mod ambiguous_signer;
mod ca_generations;
mod client_authorities;
mod expired;
mod expires_soon;
mod incomplete_search;
mod inspection;
mod intermediate_missing;
mod ipv6_unreachable;
mod key_id_mismatch;
mod leaf_is_ca;
mod not_yet_valid;
mod old_protocol;
mod possession_failed;
mod reference_unused;
mod revoked;
mod self_signed;
mod signer_not_ca;
mod unreadable_fields;

use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::Finding;

/// A rule about one row; `None` when it does not apply or nothing is wrong.
type RowRule = fn(&Case<'_>, &Row<'_>) -> Option<Finding>;
/// A rule about the run as a whole, which sees its rows in brief.
type RunRule = fn(&Case<'_>) -> Option<Finding>;

const OF_ROW: &[RowRule] = &[
    self_signed::find,
    leaf_is_ca::find,
    possession_failed::find,
    revoked::find,
    expired::find,
    not_yet_valid::find,
    expires_soon::find,
    key_id_mismatch::find,
    ambiguous_signer::find,
    signer_not_ca::find,
    incomplete_search::find,
    unreadable_fields::find,
    old_protocol::find,
    client_authorities::find,
];

const OF_RUN: &[RunRule] = &[
    reference_unused::find,
    ca_generations::find,
    intermediate_missing::find,
    ipv6_unreachable::find,
    inspection::find,
];

/// The findings about one row.
pub(super) fn of_row(case: &Case<'_>, row: &Row<'_>) -> Vec<Finding> {
    OF_ROW.iter().filter_map(|rule| rule(case, row)).collect()
}

/// The findings about the run.
pub(super) fn of_run(case: &Case<'_>) -> Vec<Finding> {
    OF_RUN.iter().filter_map(|rule| rule(case)).collect()
}

/// The leaf of a row, where there is one.
fn leaf<'r>(_: &Case<'_>, row: &'r Row<'_>) -> Option<&'r Certificate> {
    row.certificate.as_ref()
}
