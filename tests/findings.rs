//! The rules about a single certificate at their place in a report: each file of `testdata/findings` as a front end's.

use std::collections::BTreeSet;

use sameca::identify::identify;
use sameca::judge::{Rules, judge};
use sameca::model::observation::Observation;
use sameca::model::report::RunReport;
use sameca::model::target::Group;
use sameca::model::timestamp::Timestamp;

/// A row that shows a file, as an observation of this role and port.
fn shows(file: &str, role: &str, port: u16) -> Observation {
    let path = format!(
        "{}/testdata/findings/{file}.der",
        env!("CARGO_MANIFEST_DIR")
    );
    let der = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let chain = [base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        der,
    )];
    let host = "fe01.contoso.com";
    let observation = serde_json::json!({
        "schema": "sameca.observation/1", "run": "01J", "at": "2026-11-23T12:00:00Z", "roles": [role],
        "group": "internal", "pool": "lyncpool.contoso.com", "required": true, "names": [host], "variant": null, "count": 1,
        "target": format!("{host}:{port}"), "host": host, "address": "192.0.2.1", "port": port, "sni": host,
        "outcome": "captured", "detail": null, "elapsed_ms": 1, "attempts": [], "tls": null, "chain": chain,
    });
    serde_json::from_value(observation).expect("an observation")
}

fn report(rows: &[Observation], days: i64) -> RunReport {
    let rules = Rules {
        policy: Default::default(),
        judged: BTreeSet::from([Group::Internal]),
        require_possession: false,
        expected: Default::default(),
        expires_within_days: days,
        run: "01J".to_owned(),
        now: Timestamp::parse("2026-11-24T12:00:00Z").expect("a time"),
        partial: false,
    };
    judge(&rules, rows, &identify(rows, []))
}

fn codes(file: &str, role: &str) -> Vec<String> {
    let report = report(&[shows(file, role, 443)], 30);
    let row = report.endpoints.into_iter().next().expect("a row");
    row.findings
        .into_iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn each_file_has_the_finding_that_it_is_named_for() {
    for (file, of_front_end, of_peer) in [
        ("good", &[][..], &[][..]),
        ("ec", &[], &[]),
        (
            "client-only",
            &["server-auth-missing"],
            &["server-auth-missing"],
        ),
        ("no-purpose", &["server-auth-missing"], &[]),
        ("no-crl", &["crl-missing"], &[]),
        (
            "no-names",
            &["name-missing", "pool-name-missing"],
            &["name-missing"],
        ),
        ("wildcard", &["wildcard-subject"], &[]),
        ("rsa-512", &["weak-key"], &["weak-key"]),
        ("rsa-1024", &["weak-key"], &["weak-key"]),
        ("ed25519", &["weak-key"], &[]),
        ("md5", &["md5-signature"], &["md5-signature"]),
        ("pss", &["pss-signature"], &[]),
        ("sha1", &["sha1-signature"], &["sha1-signature"]),
        ("sha512", &["sha512-signature"], &[]),
    ] {
        assert_eq!(
            codes(file, "front-end"),
            of_front_end,
            "{file} of a front end"
        );
        assert_eq!(codes(file, "peer"), of_peer, "{file} of any server");
    }
}

#[test]
fn different_certificates_on_443_and_5061_are_worth_a_notice() {
    let differ = |sip: &str, port| {
        let rows = [
            shows("good", "front-end", 443),
            shows(sip, "front-end", port),
        ];
        let findings = report(&rows, 30).findings;
        findings
            .iter()
            .any(|finding| finding.code == "ports-differ")
    };
    assert!(differ("ec", 5061));
    assert!(!differ("good", 5061));
    assert!(!differ("ec", 4443));
}

#[test]
fn the_days_before_the_end_are_the_users() {
    let findings = |days| {
        report(&[shows("good", "front-end", 443)], days).endpoints[0]
            .findings
            .len()
    };
    assert_eq!(findings(30), 0);
    assert_eq!(findings(36_500), 1);
}
