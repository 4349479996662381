//! The servers of the bench: a sweep sees of them what it should.

use serde_json::Value;

use crate::chains;
use crate::network::{expected, stderr, sweep, targets};
use crate::replay::{Answer, Replay};

/// The report on a sweep of 200 addresses, all of which were captured.
fn report(answer: Answer, net: u8) -> Value {
    let server = Replay::new(answer);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.ndjson");
    let range = format!("127.{net}.0.0-199:{}", server.port);
    let path = file.to_str().expect("UTF-8");
    let output = sweep(&[&range, "-q", "--format", "json", "-o", path]);
    assert_eq!(
        targets(&file),
        expected(net, 200, server.port),
        "{}",
        stderr(&output)
    );
    serde_json::from_slice(&output.stdout).expect("a report")
}

#[test]
fn a_few_certificates_on_many_servers_come_from_one_ca() {
    let report = report(Answer::Few(chains::few()), 120);
    assert_eq!(report["verdict"], "same");
    assert_eq!(report["evidence"], "proven");
    assert_eq!(
        report["certificates"].as_object().map(|all| all.len()),
        Some(6)
    );
}

#[test]
fn a_leaf_of_its_own_everywhere_is_told_from_every_other() {
    let report = report(Answer::Own(chains::few().remove(0)), 121);
    let distinct = report["certificates"].as_object().map(|all| all.len());
    assert_eq!(distinct, Some(201));
    let rows = report["endpoints"].as_array().expect("rows");
    let refuted = |row: &&Value| row["evidence"] == "contradicted";
    assert_eq!(
        rows.iter().filter(refuted).count(),
        200,
        "as no CA signed it"
    );
}

#[test]
fn servers_that_say_nothing_are_told_as_such() {
    let server = Replay::new(Answer::Silence);
    let range = format!("127.122.0.0-49:{}", server.port);
    let output = sweep(&[&range, "--timeout", "300ms", "--connect-timeout", "300ms"]);
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let timeouts = text.lines().filter(|line| line.contains("\"timeout\""));
    assert_eq!(timeouts.count(), 50, "{}", stderr(&output));
}
