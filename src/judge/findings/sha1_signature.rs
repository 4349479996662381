//! The leaf, or a certificate sent with it, is signed with SHA-1.
//!
//! Microsoft, "Certificate infrastructure requirements for Lync Server 2013", supports it; browsers and hardened clients do
//! not any more.

use crate::judge::findings::sent;
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::{Finding, Severity};

/// `sha1WithRSAEncryption`, the older identifiers of the OIW, `ecdsa-with-SHA1`.
const SHA1: [&str; 4] = [
    "1.2.840.113549.1.1.5",
    "1.3.14.3.2.29",
    "1.3.14.3.2.15",
    "1.2.840.10045.4.1",
];

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    check(sent(case, row))
}

fn check<'c>(mut sent: impl Iterator<Item = &'c Certificate>) -> Option<Finding> {
    sent.any(is_signed_so).then(|| {
        let message = "a certificate is signed with SHA-1: Lync supports it, but browsers and hardened clients refuse it";
        Finding::new("sha1-signature", Severity::Notice, message)
    })
}

fn is_signed_so(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm.as_ref();
    algorithm.is_ok_and(|algorithm| SHA1.contains(&&*algorithm.oid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn sha1_is_worth_knowing_anywhere_in_what_is_sent() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let bad = fixture(include_bytes!("../../../testdata/findings/sha1.der"));
        assert_eq!(check([&good].into_iter()), None);
        let finding = check([&good, &bad].into_iter()).expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("sha1-signature", Severity::Notice)
        );
    }
}
