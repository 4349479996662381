//! Findings: what is worth saying beside the verdict. One rule, one file; a new rule is a file and a line here.

mod ambiguous_signer;
mod ca_generations;
mod client_authorities;
mod crl_missing;
mod expired;
mod expires_soon;
mod incomplete_search;
mod inspection;
mod intermediate_missing;
mod ipv6_unreachable;
mod key_id_mismatch;
mod leaf_is_ca;
mod md5_signature;
mod name_missing;
mod not_in_dns;
mod not_yet_valid;
mod old_protocol;
mod pool_address;
mod pool_name_missing;
mod ports_differ;
mod possession_failed;
mod pss_signature;
mod reference_unused;
mod revoked;
mod self_signed;
mod server_auth;
mod sha1_signature;
mod sha512_signature;
mod signer_not_ca;
mod unreadable_fields;
mod weak_key;
mod wildcard_subject;

use crate::judge::{Case, Row};
use crate::model::bytes::Der;
use crate::model::certificate::Certificate;
use crate::model::target::Role;
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
    name_missing::find,
    pool_name_missing::find,
    server_auth::find,
    crl_missing::find,
    wildcard_subject::find,
    weak_key::find,
    md5_signature::find,
    pss_signature::find,
    sha1_signature::find,
    sha512_signature::find,
];

const OF_RUN: &[RunRule] = &[
    reference_unused::find,
    ca_generations::find,
    intermediate_missing::find,
    ipv6_unreachable::find,
    not_in_dns::find,
    pool_address::find,
    inspection::find,
    ports_differ::find,
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

/// The leaf of a row and the certificates sent with it, without those that sign themselves: nobody checks a root's
/// signature.
fn sent<'c>(case: &'c Case<'_>, row: &'c Row<'_>) -> impl Iterator<Item = &'c Certificate> {
    let others = row.observation.chain.iter().skip(1).map(Der::sha256);
    let others = others.filter_map(|der| case.identified.certificate(&der));
    let others = others.filter(|certificate| !certificate.is_self_issued());
    leaf(case, row).into_iter().chain(others)
}

/// Whether the row is of a server with a role in a Lync estate, so that Microsoft's requirements hold for it.
fn is_lync(row: &Row<'_>) -> bool {
    row.observation.roles.iter().any(|role| *role != Role::Peer)
}

/// A certificate for the test of a rule.
#[cfg(test)]
fn fixture(der: &[u8]) -> Certificate {
    crate::x509::parse::certificate(&Der::from(der))
}
