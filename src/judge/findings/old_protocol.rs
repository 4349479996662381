//! The server speaks nothing newer than TLS 1.1: known before clients are hardened, not after.

use crate::judge::{Case, Row};
use crate::model::codepoint::ProtocolVersion;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(_: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let version = row.observation.tls.as_ref()?.version?;
    (version < ProtocolVersion::TLS12).then(|| {
        let message = format!(
            "the server still speaks only {version}; clients that were hardened cannot connect"
        );
        Finding::new("old-protocol", Severity::Notice, message)
    })
}
