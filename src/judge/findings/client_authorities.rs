//! The list of CAs in the CertificateRequest nears 16 KiB, where Windows truncates it and Lync breaks (KB2464556).

use crate::judge::{Case, Row};
use crate::model::verdict::{Finding, Severity};

/// Octets from which the list is near the limit of 16 KiB.
const NEAR: u32 = 15 * 1024;

pub(super) fn find(_: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let size = row
        .observation
        .tls
        .as_ref()?
        .client_certificate
        .authorities_size?;
    (size >= NEAR).then(|| {
        let message = format!("the server's list of trusted CAs has {size} bytes; Windows truncates it at 16384, which breaks Lync (KB2464556): remove roots that are not needed");
        Finding::new("client-ca-list-large", Severity::Warning, message)
    })
}
