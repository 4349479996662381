//! The leaf of a front end lacks the name of its pool.
//!
//! Microsoft, "Certificate requirements for internal servers in Lync Server 2013": the default and the internal web
//! certificate of a Front End pool hold the FQDN of the pool and of the server.

use crate::judge::findings::{leaf, name_missing};
use crate::judge::{Case, Row};
use crate::model::certificate::Certificate;
use crate::model::target::{Group, Role};
use crate::model::verdict::{Finding, Severity};

pub(super) fn find(case: &Case<'_>, row: &Row<'_>) -> Option<Finding> {
    let seen = row.observation;
    let applies = seen.roles.contains(&Role::FrontEnd) && seen.group == Group::Internal;
    let pool = seen
        .pool
        .as_deref()
        .filter(|pool| applies && pool.contains('.'))?;
    check(leaf(case, row)?, pool)
}

fn check(leaf: &Certificate, pool: &str) -> Option<Finding> {
    let names = &leaf.extensions()?.subject_alt_names;
    let named = names.iter().any(|name| name_missing::covers(name, pool));
    (!named).then(|| {
        let message = format!("the certificate does not name the pool {pool}");
        Finding::new("pool-name-missing", Severity::Warning, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::findings::fixture;

    #[test]
    fn the_pool_must_be_named() {
        let good = fixture(include_bytes!("../../../testdata/findings/good.der"));
        assert_eq!(check(&good, "lyncpool.contoso.com"), None);
        let finding = check(&good, "otherpool.contoso.com").expect("a finding");
        assert_eq!(
            (finding.code.as_str(), finding.severity),
            ("pool-name-missing", Severity::Warning)
        );
    }
}
