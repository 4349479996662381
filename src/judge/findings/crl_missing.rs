//! The leaf does not say where its revocation list is (RFC 5280 §4.2.1.13).
//!
//! Microsoft, "Certificate infrastructure requirements for Lync Server 2013": all server certificates must contain a CRL
//! distribution point.

use crate::judge::findings::{is_lync, leaf};
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    is_lync(row).then(|| check(leaf(case, row)?))?
}

fn check(leaf: &Certificate) -> Option<Finding> {
    let present = leaf.extensions()?.has_crl_distribution_points;
    (!present).then(|| {
        let message = "the certificate has no CRL distribution point, which Lync wants in every server certificate";
        Finding::new("crl-missing", Severity::Warning, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn a_distribution_point_is_wanted() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let bad = fixture(include_bytes!("../../../testdata/findings/no-crl.der"));
        assert_eq!(check(&good), None);
        let finding = check(&bad).expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("crl-missing", Severity::Warning)
        );
        assert_eq!(check(&fixture(b"no certificate")), None);
    }
}
