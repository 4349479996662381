//! Every document that a command writes keeps to the schema that the program prints.

use jsonschema::Validator;
use sameca::model::bytes::Der;
use sameca::model::observation::Observation;
use serde_json::{Value, json};

use super::{estate, flight, replay, report, sameca, stderr, stdout};

fn schema(document: &str) -> Validator {
    let printed = sameca(&["schema", document]);
    let schema: Value = serde_json::from_slice(&printed.stdout).expect("a document");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn keeps_to(schema: &Validator, document: &str, what: &[&str]) {
    let value: Value = serde_json::from_str(document).expect("a document");
    let errors: Vec<String> = schema
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what:?}: {errors:#?}");
}

/// Arguments that lead to every kind of row: captured, not TLS, closed, not resolved, damaged, from a file, asked anew.
fn mixed() -> Vec<String> {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("an address");
    let damaged = "suricata/schannel-tls12-c014-tls-der-incomplete-content.bin";
    let mut arguments = vec![
        replay(flight("ndpi/adcs-three-tier.bin")).to_string(),
        replay(flight("zeek/schannel-tls10-0004-www.cviis.org.bin")).to_string(),
        replay(flight(damaged)).to_string(),
        replay(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).to_string(),
        closed.to_string(),
        "does-not-exist.invalid".to_owned(),
        format!(
            "file:{}/testdata/certs/leaf.pem",
            env!("CARGO_MANIFEST_DIR")
        ),
    ];
    arguments.extend(["--all-certificates", "--samples", "2"].map(str::to_owned));
    arguments
}

#[test]
fn every_report_keeps_to_its_schema() {
    let schema = schema("report");
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("run.ndjson");
    let kept = kept.to_str().expect("a path");
    let (servers, _) = estate(false);
    let (servers, mixed) = (borrowed(&servers), mixed());
    let mixed = borrowed(&mixed);
    let served = replay(flight("ndpi/adcs-three-tier.bin")).to_string();
    sameca(&[&["check", "--format", "ndjson", "-o", kept][..], &mixed].concat());
    let commands = [
        vec!["demo"],
        vec!["demo", "--all-same"],
        [&["check"][..], &servers].concat(),
        [&["check", "--group", "all", "--same", "root"][..], &servers].concat(),
        [&["check"][..], &mixed].concat(),
        vec!["judge", kept],
        vec!["judge", kept, "--same", "ca-name", "--evidence", "name"],
        vec!["show", served.as_str()],
    ];
    for mut command in commands {
        command.extend(["--format", "json"]);
        let output = sameca(&command);
        assert!(
            !output.stdout.is_empty(),
            "{command:?}: {}",
            stderr(&output)
        );
        keeps_to(&schema, &stdout(&output), &command);
    }
}

#[test]
fn every_observation_keeps_to_its_schema() {
    let schema = schema("observation");
    let mixed = mixed();
    let command = [&["check", "--format", "ndjson"][..], &borrowed(&mixed)].concat();
    let written = stdout(&sameca(&command));
    assert!(written.lines().count() >= 7, "{written}");
    for line in written.lines() {
        keeps_to(&schema, line, &command);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("run.ndjson");
    std::fs::write(&kept, &written).expect("writes");
    let judged = [
        "judge",
        kept.to_str().expect("a path"),
        "--format",
        "ndjson",
    ];
    for line in stdout(&sameca(&judged)).lines() {
        keeps_to(&schema, line, &judged);
    }
}

#[test]
fn every_history_keeps_to_its_schema() {
    let schema = schema("history");
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("a.history");
    let kept = format!("--history={}", kept.to_str().expect("a path"));
    let (servers, _) = estate(false);
    let (servers, mixed) = (borrowed(&servers), mixed());
    let mixed = borrowed(&mixed);
    for command in [&servers, &mixed, &servers] {
        sameca(&[&["check", &kept][..], command].concat());
    }
    for subject in [&[][..], &["127.0.0.1"], &["CN="], &["nothing is called so"]] {
        let command = [&["history", &kept, "--format", "json"][..], subject].concat();
        let document = stdout(&sameca(&command));
        keeps_to(&schema, &document, &command);
        assert!(document.contains("sameca.history/1"), "{document}");
    }
}

#[test]
fn a_stapled_answer_is_told_and_a_revoked_leaf_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    for (answer, status, finding) in [
        (
            &include_bytes!("../../testdata/ocsp/good.der")[..],
            "good",
            false,
        ),
        (
            include_bytes!("../../testdata/ocsp/revoked.der"),
            "revoked",
            true,
        ),
        (
            include_bytes!("../../testdata/ocsp/other.der"),
            "unusable",
            false,
        ),
    ] {
        let kept = folder.path().join(format!("{status}.ndjson"));
        std::fs::write(&kept, stapling(answer)).expect("writes");
        let kept = kept.to_str().expect("a path");
        let report = report(&sameca(&["judge", kept, "--format", "json"]));
        let row = &report["endpoints"][0];
        assert_eq!(row["ocsp"]["status"], status);
        let found = row["findings"].as_array().expect("findings");
        let is_told = found
            .iter()
            .any(|found| found["code"] == "revoked" && found["severity"] == "error");
        assert_eq!(is_told, finding, "{found:?}");
    }
}

/// An observation of a server that staples this answer.
fn stapling(answer: &[u8]) -> Vec<u8> {
    let leaf: &[u8] = include_bytes!("../../testdata/ocsp/leaf.der");
    let line = sameca(&[
        "check",
        "--format",
        "ndjson",
        &replay(flight("ndpi/adcs-three-tier.bin")).to_string(),
    ]);
    let mut seen: Observation = serde_json::from_slice(&line.stdout).expect("an observation");
    seen.chain = vec![Der::from(leaf)];
    seen.tls.as_mut().expect("it was captured").ocsp_response = Some(Der::from(answer));
    json!(seen).to_string().into_bytes()
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}
