//! Nothing comes from the reference CA, or it is a questionable reference.

use crate::judge::{Case, Expected};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Severity};
use crate::x509::parse;

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let mut remarks = Vec::new();
    for (group, expected) in &case.rules.expected {
        let Expected::Ca(reference) = expected else {
            continue;
        };
        remarks.extend(reference.remarks.iter().cloned());
        let ends = reference
            .certificates
            .iter()
            .filter_map(|der| parse::certificate(der).not_after.ok());
        let end: Option<Timestamp> = ends.max();
        remarks.extend(
            end.filter(|end| *end < case.rules.now)
                .map(|end| format!("the reference CA's certificate expired on {}", end.date())),
        );
        let judgement = case
            .judged()
            .find(|(judged, _)| judged == group)
            .map(|(_, judgement)| judgement);
        let unused = judgement.is_some_and(|judgement| {
            let strongest = judgement.agrees.values().max();
            strongest.is_some_and(|agrees| agrees != Some(true))
        });
        if unused {
            remarks.push(format!(
                "no certificate in the group {group} is shown to come from the reference CA"
            ));
        }
    }
    let message = remarks.join("; ");
    (!message.is_empty()).then(|| Finding::new("reference-ca", Severity::Warning, message))
}
