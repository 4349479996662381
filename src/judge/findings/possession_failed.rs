//! What the server signed does not verify with the key of the certificate that it shows (RFC 5246 §7.4.3).

use crate::judge::{Case, Row};
use crate::model::observation::Possession;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(_: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let tls = row.observation.tls.as_ref()?;
    (tls.possession == Some(Possession::Failed)).then(|| {
        let why = tls
            .possession_detail
            .as_deref()
            .map_or_else(String::new, |why| format!(" ({why})"));
        let message =
            format!("the server does not hold the private key of the certificate it shows{why}");
        Finding::new("possession-failed", Severity::Error, message)
    })
}
