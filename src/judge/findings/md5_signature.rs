//! The leaf, or a certificate sent with it, is signed with MD5.
//!
//! SChannel leaves MD5 out of TLS 1.2: services that have such a certificate do not start. Anybody can forge one
//! (RFC 6151 §2).

use crate::judge::findings::sent;
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::{Finding, Severity};

/// `md5WithRSAEncryption`, and the two older identifiers of the OIW.
const MD5: [&str; 3] = ["1.2.840.113549.1.1.4", "1.3.14.3.2.3", "1.3.14.3.2.25"];

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    check(sent(case, row))
}

fn check<'c>(mut sent: impl Iterator<Item = &'c Certificate>) -> Option<Finding> {
    sent.any(is_signed_so).then(|| {
        let message = "a certificate is signed with MD5, which SChannel refuses in TLS 1.2: issue it anew with SHA-256";
        Finding::new("md5-signature", Severity::Error, message)
    })
}

fn is_signed_so(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm.as_ref();
    algorithm.is_ok_and(|algorithm| MD5.contains(&&*algorithm.oid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn md5_is_an_error_anywhere_in_what_is_sent() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let bad = fixture(include_bytes!("../../../testdata/findings/md5.der"));
        assert_eq!(check([&good].into_iter()), None);
        let finding = check([&good, &bad].into_iter()).expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("md5-signature", Severity::Error)
        );
    }
}
