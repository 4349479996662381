//! The verdict of each group, and the findings.

use crate::model::report::RunReport;
use crate::model::verdict::Finding;
use crate::report::html::shown;
use crate::report::html::survey::Survey;

/// The most reasons that are listed.
const REASONS: usize = 100;

/// The verdict of a group.
pub(super) struct GroupVerdict {
    pub(super) name: &'static str,
    pub(super) verdict: &'static str,
    pub(super) class: &'static str,
    pub(super) facts: String,
    pub(super) reasons: Vec<String>,
}

/// A finding, with the endpoints that it is about.
pub(super) struct FindingView {
    pub(super) severity: &'static str,
    pub(super) code: String,
    pub(super) message: String,
}

/// Every group of the report.
pub(super) fn of(report: &RunReport, survey: &Survey) -> Vec<GroupVerdict> {
    let verdict = |group: &crate::model::report::GroupReport| {
        let mut facts = Vec::new();
        if !group.judged {
            facts.push("not judged: it does not count for the answer".to_owned());
        }
        facts.extend(
            group
                .evidence
                .map(|evidence| format!("evidence {evidence}")),
        );
        let reference = group.reference.as_deref();
        if let Some(place) = reference.and_then(|id| survey.place_of(id)) {
            let letter = shown::symbol(place).letter;
            let name = shown::parted(&report.cas[place].name).0;
            facts.push(format!("compared with {letter}, {name}"));
        }
        let rest = group.reasons.len().saturating_sub(REASONS);
        let reasons = group.reasons.iter().take(REASONS);
        GroupVerdict {
            name: group.name.word(),
            verdict: group.verdict.word(),
            class: group.verdict.word(),
            facts: facts.join("; "),
            reasons: reasons
                .map(|reason| shown::sentence(reason))
                .chain((rest > 0).then(|| format!("and {rest} more")))
                .collect(),
        }
    };
    report.groups.iter().map(verdict).collect()
}

impl FindingView {
    pub(super) fn of(finding: &Finding) -> Self {
        Self {
            severity: finding.severity.word(),
            code: shown::name(&finding.code),
            message: shown::sentence(&finding.message),
        }
    }
}
