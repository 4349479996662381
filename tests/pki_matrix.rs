//! The PKI matrix: every shape of PKI in `testdata/pki`, identified and judged, against what must be said of it.

use std::collections::BTreeSet;
use std::fs;

use sameca::identify::identify;
use sameca::judge::judge;
use sameca::model::report::{EndpointReport, RunReport};
use sameca::model::verdict::{Finding, Same, Threshold};

#[path = "support/pki.rs"]
mod pki;

use pki::{Case, Judgement};

#[test]
fn every_shape_is_judged_as_its_file_says() {
    let mut wrong = Vec::new();
    for case in pki::cases() {
        for judgement in &case.judgement {
            for same in &judgement.same {
                let report = report(&case, *same, judgement.threshold, Order::Given);
                for difference in differences(&case, judgement, &report) {
                    wrong.push(format!(
                        "{}, {} ({}): {difference}",
                        case.label,
                        same.word(),
                        case.title
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_order_of_endpoints_candidates_and_intermediates_changes_nothing_that_is_said() {
    for case in pki::cases() {
        for same in [Same::IssuingCa, Same::CaName, Same::Root] {
            let said = |order| said(&report(&case, same, Threshold::KeyId, order));
            assert_eq!(said(Order::Given), said(Order::Reversed), "{}", case.label);
        }
    }
}

#[test]
fn every_policy_of_every_shape_is_judged_once() {
    for case in pki::cases() {
        let mut judged: Vec<_> = case
            .judgement
            .iter()
            .filter(|judgement| judgement.threshold == Threshold::KeyId)
            .flat_map(|judgement| judgement.same.iter().map(|same| same.word()))
            .collect();
        judged.sort_unstable();
        assert_eq!(judged, ["ca-name", "issuing-ca", "root"], "{}", case.label);
    }
}

#[test]
fn every_certificate_belongs_to_a_shape() {
    let used: BTreeSet<String> = pki::cases()
        .into_iter()
        .flat_map(|case| {
            let presented = case
                .endpoint
                .into_iter()
                .flat_map(|endpoint| endpoint.chain);
            presented
                .chain(case.ca_files)
                .chain(case.reference_ca)
                .collect::<Vec<_>>()
        })
        .collect();
    let directory = pki::certificate_path("any").with_file_name("");
    for entry in fs::read_dir(directory).expect("the certificates") {
        let path = entry.expect("a certificate").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        assert!(used.contains(&name), "no shape uses {name}");
    }
}

#[derive(Clone, Copy)]
enum Order {
    Given,
    Reversed,
}

fn report(case: &Case, same: Same, threshold: Threshold, order: Order) -> RunReport {
    let (mut observations, mut candidates) = (case.observations(), case.candidates());
    if let Order::Reversed = order {
        observations.reverse();
        candidates.reverse();
        for chain in observations.iter_mut().map(|seen| &mut seen.chain) {
            chain.get_mut(1..).unwrap_or_default().reverse();
        }
    }
    let identified = identify(&observations, candidates);
    judge(&case.rules(same, threshold), &observations, &identified)
}

/// All that a report says, but for the order in which chains were presented.
fn said(report: &RunReport) -> String {
    let mut report = report.clone();
    for endpoint in &mut report.endpoints {
        endpoint.chain.clear();
    }
    serde_json::to_string_pretty(&report).expect("a document")
}

/// Where a report says something else than the file.
fn differences(case: &Case, judgement: &Judgement, report: &RunReport) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: String, expected: String| {
        if found != expected {
            differences.push(format!("{what}: {found} instead of {expected}"));
        }
    };
    let debug = |value: &dyn std::fmt::Debug| format!("{value:?}");
    compare("verdict", debug(&report.verdict), debug(&judgement.verdict));
    compare(
        "evidence",
        debug(&report.evidence),
        debug(&judgement.evidence),
    );
    compare("CAs", debug(&cas(report)), debug(&judgement.cas));
    for (what, agrees, expected) in [
        ("agree", Some(true), &judgement.agree),
        ("differ", Some(false), &judgement.differ),
        ("unknown", None, &judgement.unknown),
    ] {
        let rows = report.endpoints.iter().filter(|row| row.agrees == agrees);
        let found: BTreeSet<_> = rows.map(name).collect();
        compare(what, debug(&found), debug(expected));
    }
    compare(
        "findings",
        debug(&codes(&report.findings)),
        debug(&judgement.findings),
    );
    for endpoint in &case.endpoint {
        let row = row(report, &endpoint.name);
        let what = |what: &str| format!("{what} of {}", endpoint.name);
        compare(
            &what("evidence"),
            debug(&row.evidence),
            debug(&Some(endpoint.evidence)),
        );
        compare(
            &what("findings"),
            debug(&codes(&row.findings)),
            debug(&endpoint.findings),
        );
    }
    let fragments = judgement
        .reasons
        .iter()
        .map(|(name, fragment)| (row(report, name).reason.as_str(), fragment));
    for (sentence, fragment) in fragments.chain([(report.headline.as_str(), &judgement.headline)]) {
        if !sentence.contains(fragment.as_str()) {
            differences.push(format!("{sentence:?} does not say {fragment:?}"));
        }
    }
    differences
}

/// What every certificate of the matrix lacks: it is made of what decides about issuers, and of no more.
const LACKING: [&str; 2] = ["crl-missing", "server-auth-missing"];

fn codes(findings: &[Finding]) -> BTreeSet<String> {
    findings
        .iter()
        .filter(|finding| !LACKING.contains(&finding.code.as_str()))
        .map(|finding| finding.code.clone())
        .collect()
}

fn name(row: &EndpointReport) -> String {
    row.host.trim_end_matches(".contoso.local").to_owned()
}

fn row<'r>(report: &'r RunReport, wanted: &str) -> &'r EndpointReport {
    let found = report.endpoints.iter().find(|row| name(row) == wanted);
    found.unwrap_or_else(|| panic!("no endpoint {wanted}"))
}

/// The endpoints of each CA shown.
fn cas(report: &RunReport) -> BTreeSet<BTreeSet<String>> {
    let of = |id: &String| {
        let rows = report
            .endpoints
            .iter()
            .filter(|row| row.ca.as_ref() == Some(id));
        rows.map(name).collect()
    };
    report.cas.iter().map(|ca| of(&ca.id)).collect()
}
