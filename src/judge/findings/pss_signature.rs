//! The leaf, or a certificate sent with it, is signed with RSASSA-PSS (RFC 4055 §3).
//!
//! Microsoft, "Certificate infrastructure requirements for Lync Server 2013": RSASSA-PSS is not supported, and leads to
//! failing sign-ins and call forwarding.

use crate::judge::findings::{is_lync, sent};
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::{Finding, Severity};

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    is_lync(row).then(|| check(sent(case, row)))?
}

fn check<'c>(mut sent: impl Iterator<Item = &'c Certificate>) -> Option<Finding> {
    sent.any(is_signed_so).then(|| {
        let message = "a certificate is signed with RSASSA-PSS, which Lync does not support: set AlternateSignatureAlgorithm=0 on the CA, renew it and issue anew";
        Finding::new("pss-signature", Severity::Error, message)
    })
}

fn is_signed_so(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm.as_ref();
    algorithm.is_ok_and(|algorithm| &*algorithm.oid == RSASSA_PSS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn pss_is_an_error_anywhere_in_what_is_sent() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let bad = fixture(include_bytes!("../../../testdata/findings/pss.der"));
        assert_eq!(check([&good].into_iter()), None);
        let finding = check([&good, &bad].into_iter()).expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("pss-signature", Severity::Error)
        );
    }
}
