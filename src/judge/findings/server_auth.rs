//! The leaf's key may not be used by a server (RFC 5280 §4.2.1.12), or does not say that it may.
//!
//! Microsoft, "Certificate infrastructure requirements for Lync Server 2013": all server certificates must support server
//! authentication (Server EKU).

use crate::judge::findings::{is_lync, leaf};
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::{Finding, Severity};

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const ANY: &str = "2.5.29.37.0";

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    check(leaf(case, row)?, is_lync(row))
}

fn check(leaf: &Certificate, lync: bool) -> Option<Finding> {
    let (severity, message) = match &leaf.extensions()?.extended_key_usage {
        Some(purposes)
            if purposes
                .iter()
                .any(|purpose| [SERVER_AUTH, ANY].contains(&&**purpose)) =>
        {
            return None;
        }
        Some(_) => (
            Severity::Error,
            "the certificate is not for servers: server authentication is missing from its extended key usage",
        ),
        None if lync => (
            Severity::Warning,
            "the certificate has no extended key usage; Lync wants server authentication to be named there",
        ),
        None => return None,
    };
    Some(Finding::new("server-auth-missing", severity, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn only_a_certificate_for_servers_passes() {
        let severity =
            |leaf: &[u8], lync| check(&fixture(leaf), lync).map(|finding| finding.severity);
        let good = include_bytes!("../../../testdata/findings/good.der");
        let client_only = include_bytes!("../../../testdata/findings/client-only.der");
        let no_purpose = include_bytes!("../../../testdata/findings/no-purpose.der");
        assert_eq!(severity(good, true), None);
        assert_eq!(severity(client_only, false), Some(Severity::Error));
        assert_eq!(severity(no_purpose, true), Some(Severity::Warning));
        assert_eq!(
            severity(no_purpose, false),
            None,
            "no purpose is every purpose"
        );
        assert_eq!(severity(b"no certificate", true), None);
    }
}
