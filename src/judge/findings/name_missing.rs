//! The leaf lacks the name under which the server was asked (RFC 6125 §6.4).
//!
//! Microsoft, "Certificate requirements for internal servers in Lync Server 2013": the subject alternative names hold the
//! server's FQDN and, for a pool, the pool's.

use std::net::IpAddr;

use crate::judge::findings::leaf;
use crate::judge::{Case, Row};
use crate::model::certificate::{AltName, Certificate};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    if row.is_file() || row.observation.host.parse::<IpAddr>().is_ok() {
        return None;
    }
    check(leaf(case, row)?, &row.observation.host)
}

fn check(leaf: &Certificate, host: &str) -> Option<Finding> {
    let names = &leaf.extensions()?.subject_alt_names;
    if names.is_empty() {
        let message =
            "the certificate has no subject alternative names, which today's clients want";
        return Some(Finding::new("name-missing", Severity::Warning, message));
    }
    let covered = names.iter().any(|name| covers(name, host));
    (!covered).then(|| {
        let message = format!("the certificate does not name {host}");
        Finding::new("name-missing", Severity::Warning, message)
    })
}

/// Whether a name of a certificate stands for a host. A host that was typed without its domain is taken for any that
/// begins like it.
pub(super) fn covers(name: &AltName, host: &str) -> bool {
    let AltName::Dns(name) = name else {
        return false;
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    if name == host {
        return true;
    }
    let (Some((label, domain)), host_domain) = (name.split_once('.'), host.split_once('.')) else {
        return false;
    };
    match host_domain {
        Some((first, rest)) => label == "*" && rest == domain && !first.is_empty(),
        None => label == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn the_host_must_be_named() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        let wildcard = fixture(include_bytes!("../../../testdata/findings/wildcard.der"));
        let nameless = fixture(include_bytes!("../../../testdata/findings/no-names.der"));
        for host in ["fe01.contoso.com", "FE01.contoso.com", "fe01"] {
            assert_eq!(check(&good, host), None, "{host}");
        }
        assert_eq!(check(&wildcard, "fe02.contoso.com"), None);
        for (leaf, host) in [
            (&good, "fe02.contoso.com"),
            (&good, "fe0"),
            (&wildcard, "a.fe02.contoso.com"),
            (&wildcard, "contoso.com"),
            (&nameless, "fe01.contoso.com"),
        ] {
            let finding = check(leaf, host).unwrap_or_else(|| panic!("{host} is not named"));
            assert_eq!(finding.code, "name-missing");
        }
    }
}
