//! The leaf's key is short, or of a kind that Lync does not know.
//!
//! Microsoft, "Certificate infrastructure requirements for Lync Server 2013": RSA keys of 1024, 2048 and 4096 bits, 2048 or more
//! recommended; ECDH P-256, P-384 and P-521.

use crate::judge::findings::{is_lync, leaf};
use crate::judge::{Case, Row};
use crate::model::certificate::{Certificate, Curve, KeyKind};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    check(leaf(case, row)?, is_lync(row))
}

fn check(leaf: &Certificate, lync: bool) -> Option<Finding> {
    let kind = &leaf.public_key.as_ref().ok()?.kind;
    let (severity, message) = match (kind, bits(kind)) {
        (_, Some(2048..)) => return None,
        (_, Some(1024..)) => (
            Severity::Warning,
            format!("the key is short ({kind}): 2048 bits or more are recommended"),
        ),
        (_, Some(_)) => (
            Severity::Error,
            format!(
                "the key is too short ({kind}): 1024 bits are the least that is supported, 2048 are recommended"
            ),
        ),
        (
            KeyKind::Ec {
                curve: Curve::P256 | Curve::P384 | Curve::P521,
                ..
            },
            None,
        ) => return None,
        (_, None) if lync => (
            Severity::Warning,
            format!(
                "Lync does not support this kind of key ({kind}): RSA from 2048 bits, P-256, P-384 and P-521 are supported"
            ),
        ),
        (_, None) => return None,
    };
    Some(Finding::new("weak-key", severity, message))
}

/// The size of an RSA modulus.
fn bits(kind: &KeyKind) -> Option<usize> {
    let KeyKind::Rsa { modulus, .. } = kind else {
        return None;
    };
    let leading = modulus
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    Some(modulus.len() * 8 - leading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn keys_are_long_enough_and_of_a_kind_that_is_supported() {
        let severity =
            |leaf: &[u8], lync| check(&fixture(leaf), lync).map(|finding| finding.severity);
        let good = include_bytes!("../../../testdata/findings/good.der");
        let ec = include_bytes!("../../../testdata/findings/ec.der");
        let short = include_bytes!("../../../testdata/findings/rsa-1024.der");
        let too_short = include_bytes!("../../../testdata/findings/rsa-512.der");
        let other = include_bytes!("../../../testdata/findings/ed25519.der");
        assert_eq!(severity(good, true), None);
        assert_eq!(severity(ec, true), None);
        assert_eq!(severity(short, false), Some(Severity::Warning));
        assert_eq!(severity(too_short, false), Some(Severity::Error));
        assert_eq!(severity(other, true), Some(Severity::Warning));
        assert_eq!(severity(other, false), None);
    }
}
