//! The leaf, or a certificate sent with it, is signed with SHA-512.
//!
//! Microsoft, "Certificate infrastructure requirements for Lync Server 2013", supports what the operating system does; without
//! an update, Windows Server 2008 R2 to 2012 R2 refuse SHA-512 in TLS 1.2, and the next member of a pool does not start.

use crate::judge::findings::{is_lync, sent};
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::{Finding, Severity};

/// `sha512WithRSAEncryption`, `ecdsa-with-SHA512`.
const SHA512: [&str; 2] = ["1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"];

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    is_lync(row).then(|| check(sent(case, row)))?
}

fn check<'c>(mut sent: impl Iterator<Item = &'c Certificate>) -> Option<Finding> {
    sent.any(is_signed_so).then(|| {
        let message = "a certificate is signed with SHA-512: without an update Windows Server 2008 R2 to 2012 R2 refuse it in TLS 1.2, and front-end services do not start";
        Finding::new("sha512-signature", Severity::Notice, message)
    })
}

fn is_signed_so(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm.as_ref();
    algorithm.is_ok_and(|algorithm| SHA512.contains(&&*algorithm.oid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn sha512_is_worth_knowing_anywhere_in_what_is_sent() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let bad = fixture(include_bytes!("../../../testdata/findings/sha512.der"));
        assert_eq!(check([&good].into_iter()), None);
        let finding = check([&good, &bad].into_iter()).expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("sha512-signature", Severity::Notice)
        );
    }
}
