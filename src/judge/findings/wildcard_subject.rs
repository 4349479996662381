//! The subject of the leaf is a wildcard.
//!
//! Microsoft, "Wildcard certificate support in Lync Server 2013": wildcards only among the alternative names for simple URLs,
//! never as the subject name of any role.

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::target::Role;
use crate::model::verdict::{Finding, Severity};
use crate::x509::name::rfc4514;

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let roles = &row.observation.roles;
    let applies = roles.contains(&Role::FrontEnd) || roles.contains(&Role::PersistentChat);
    applies.then(|| check(leaf(case, row)?))?
}

fn check(leaf: &Certificate) -> Option<Finding> {
    let subject = rfc4514(leaf.subject.as_ref().ok()?);
    is_wildcard(&subject).then(|| {
        let message = format!(
            "the certificate's subject is a wildcard ({subject}), which no Lync role supports"
        );
        Finding::new("wildcard-subject", Severity::Warning, message)
    })
}

/// Whether a common name begins with `*`. A comma or plus inside a value is escaped there.
fn is_wildcard(subject: &str) -> bool {
    let mut before = None;
    let mut rest = subject;
    loop {
        let begins = matches!(before, None | Some(',' | '+'));
        if begins && rest.starts_with("CN=*") {
            return true;
        }
        let mut characters = rest.chars();
        before = characters.next();
        if before == Some('\\') {
            characters.next();
        }
        rest = characters.as_str();
        if rest.is_empty() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn a_wildcard_is_no_subject() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let bad = fixture(include_bytes!("../../../testdata/findings/wildcard.der"));
        assert_eq!(check(&good), None);
        let finding = check(&bad).expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("wildcard-subject", Severity::Warning)
        );
        for subject in ["OU=a,CN=*.b", "OU=a+CN=*.b"] {
            assert!(is_wildcard(subject), "{subject}");
        }
        for subject in ["", "CN=a", "O=x\\,CN=*.b", "O=CN=*"] {
            assert!(!is_wildcard(subject), "{subject}");
        }
    }
}
