//! JUnit's XML, for CI servers: a test case for each endpoint, and one for the verdict of each judged group.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::model::report::{EndpointReport, GroupReport, Report, RunReport};
use crate::model::verdict::Verdict;
use crate::report::rows;
use crate::report::standing;
use crate::report::style::{Mark, Style};

/// Writes the document.
///
/// An endpoint that disagrees is a failure; one that was not captured, or of which it cannot be told, an error; one that
/// may be absent or whose group is not judged is skipped. The verdict's own case keeps a suite from passing where no
/// single endpoint is to blame.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    let mut suite = TestSuite::new("sameca");
    let begin = head.started.to_string();
    suite
        .extra
        .insert("timestamp".into(), begin.as_str().into());
    for (name, value) in facts(head) {
        suite.add_property((name, clean(&value).as_str()));
    }
    for group in head.groups.iter().filter(|group| group.judged) {
        suite.add_test_case(verdict(group, head));
    }
    for row in report.rows() {
        suite.add_test_case(endpoint(&*row?, head));
    }
    let mut document = Document::new("sameca");
    document.add_test_suite(suite);
    document.serialize(out).map_err(io::Error::other)
}

/// Text from elsewhere: visible, bounded, and without characters that XML cannot hold.
fn clean(text: &str) -> String {
    Style::default().sentence(text)
}

fn facts(head: &RunReport) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("verdict", head.verdict.word().to_owned()),
        ("headline", head.headline.clone()),
        ("run", head.run.clone()),
        ("partial", head.partial.to_string()),
        ("policy.same", head.policy.same.word().to_owned()),
        (
            "policy.evidence",
            head.policy.evidence.evidence().to_string(),
        ),
    ];
    let evidence = head.evidence.map(|evidence| evidence.to_string());
    facts.extend(evidence.map(|evidence| ("evidence", evidence)));
    let reference = head.reference.as_ref();
    let name = reference.and_then(|reference| reference.name.clone());
    facts.extend(name.map(|name| ("reference", name)));
    facts.extend(head.advice.clone().map(|advice| ("advice", advice)));
    facts
}

fn verdict(group: &GroupReport, head: &RunReport) -> TestCase {
    let message = match group.reasons.first() {
        Some(reason) => reason,
        None => &head.headline,
    };
    let status = match group.verdict {
        Verdict::Same => TestCaseStatus::success(),
        Verdict::Different => unsuccessful(NonSuccessKind::Failure, "different", message),
        Verdict::Inconclusive => unsuccessful(NonSuccessKind::Error, "inconclusive", message),
    };
    let mut case = TestCase::new(format!("verdict: {}", group.name), status);
    case.set_classname("verdict");
    case
}

fn unsuccessful(kind: NonSuccessKind, word: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(clean(message));
    status
}

fn endpoint(row: &EndpointReport, head: &RunReport) -> TestCase {
    let mut case = TestCase::new(clean(&name(row)), status(row, head));
    let class = row.pool.as_deref().unwrap_or(row.group.word());
    case.set_classname(clean(class));
    let took = row.attempts.iter().map(|attempt| attempt.elapsed_ms);
    case.set_time(Duration::from_millis(took.sum()));
    for (name, value) in properties(row, head) {
        case.add_property((name, clean(&value).as_str()));
    }
    let findings: Vec<String> = row
        .findings
        .iter()
        .map(|found| {
            format!(
                "{} {}: {}",
                found.severity.word(),
                found.code,
                found.message
            )
        })
        .map(|line| clean(&line))
        .collect();
    if !findings.is_empty() {
        case.set_system_out(findings.join("\n"));
    }
    case
}

/// Two rows may have one target: by address, and by how they were asked for.
fn name(row: &EndpointReport) -> String {
    let address = row.address.map(|address| format!(" ({address})"));
    let variant = standing::variant(row).map(|variant| format!(" [{variant}]"));
    [Some(row.target.clone()), address, variant]
        .into_iter()
        .flatten()
        .collect()
}

fn status(row: &EndpointReport, head: &RunReport) -> TestCaseStatus {
    let judged = standing::is_judged(row, head);
    let skipped = |why: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(clean(&format!("{why}: {}", row.reason)));
        status
    };
    match rows::mark(row, judged) {
        Mark::Agrees => TestCaseStatus::success(),
        Mark::Differs => unsuccessful(NonSuccessKind::Failure, "different", &row.reason),
        Mark::Unknown => unsuccessful(NonSuccessKind::Error, "cannot-tell", &row.reason),
        Mark::Missing => unsuccessful(NonSuccessKind::Error, row.outcome.word(), &row.reason),
        Mark::Note if judged => skipped("optional"),
        Mark::Note => skipped("not judged"),
    }
}

fn properties(row: &EndpointReport, head: &RunReport) -> Vec<(&'static str, String)> {
    let mut facts = vec![("outcome", row.outcome.word().to_owned())];
    if let Some(ca) = standing::ca_of(row, head) {
        facts.push(("ca", ca.name.clone()));
    }
    let evidence = row.evidence.map(|evidence| evidence.to_string());
    facts.extend(evidence.map(|evidence| ("evidence", evidence)));
    let Some(leaf) = &row.leaf else {
        return facts;
    };
    facts.extend(
        leaf.subject
            .clone()
            .map(|subject| ("leaf.subject", subject)),
    );
    facts.push(("leaf.sha256", leaf.sha256.to_string()));
    facts.push(("leaf.sha1", leaf.sha1.to_string()));
    let end = leaf.not_after.map(|end| end.to_string());
    facts.extend(end.map(|end| ("leaf.not_after", end)));
    facts
}
