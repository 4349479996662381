//! A whole run: which addresses are asked, and what is kept of the answers.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sameca::model::bytes::Der;
use sameca::model::issuer::Source;
use sameca::model::observation::Observation;
use sameca::sweep::{Fetched, Fetching, fetch_issuers};

use crate::pki::{Ca, observation, pkcs7};
use crate::server::{Reply, Server};

async fn run(observations: &[Observation], at_hand: &[Der]) -> Fetched {
    let at_hand = at_hand.iter().map(|der| (der.clone(), Source::Platform));
    let at_hand: Vec<_> = at_hand.collect();
    fetch_issuers(observations, &at_hand, &Fetching::default()).await
}

fn ders(fetched: &Fetched) -> Vec<Der> {
    let candidates = fetched.candidates.iter();
    candidates.map(|(der, _)| der.clone()).collect()
}

#[tokio::test]
async fn issuers_are_followed_upwards() {
    let server = Server::start().await;
    let root = Ca::root("Root");
    let policy = root.sub("Policy", &[&server.url("/root.cer")]);
    let issuing = policy.sub("Issuing", &[&server.url("/policy.cer")]);
    for (path, ca) in [
        ("/root.cer", &root),
        ("/policy.cer", &policy),
        ("/issuing.cer", &issuing),
    ] {
        server.reply(path, Reply::content(ca.der().as_bytes()));
    }
    let leaf = issuing.leaf(&[&server.url("/issuing.cer")]);
    let fetched = run(&[observation("pchat01", &[&leaf])], &[]).await;
    assert_eq!(ders(&fetched), [issuing.der(), policy.der(), root.der()]);
    let sources: Vec<_> = fetched
        .candidates
        .into_iter()
        .map(|(_, source)| source)
        .collect();
    assert_eq!(sources[1], Source::Fetched(server.url("/policy.cer")));
    assert_eq!(fetched.warnings, [""; 0]);
    assert_eq!(server.asked(), ["/issuing.cer", "/policy.cer", "/root.cer"]);
}

#[tokio::test]
async fn what_is_at_hand_is_not_fetched() {
    let server = Server::start().await;
    let root = Ca::root("Root");
    let issuing = root.sub("Issuing", &[&server.url("/root.cer")]);
    let leaf = issuing.leaf(&[&server.url("/issuing.cer")]);
    let other = issuing.leaf(&[&server.url("/issuing.cer")]);
    let seen = [
        observation("fe01", &[&leaf]),
        observation("fe02", &[&other, &issuing.der()]),
    ];
    let fetched = run(&seen, &[root.der()]).await;
    assert_eq!(ders(&fetched), []);
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn every_address_is_tried_and_asked_once() {
    let (server, ca) = (Server::start().await, Ca::root("CA"));
    let good = server.reply("/good", Reply::content(ca.der().as_bytes()));
    let urls = ["ldap:///CN=CA", &server.url("/none"), &good];
    let (one, other) = (ca.leaf(&urls), ca.leaf(&urls));
    let seen = [observation("fe01", &[&one]), observation("fe02", &[&other])];
    let fetched = run(&seen, &[]).await;
    assert_eq!(ders(&fetched), [ca.der()]);
    let warning = format!(
        "no issuer was fetched from {}: the server answered 404 Not Found",
        server.url("/none")
    );
    assert_eq!(fetched.warnings, [warning]);
    let mut asked = server.asked();
    asked.sort_unstable();
    assert_eq!(asked, ["/good", "/none"]);
}

#[tokio::test]
async fn of_a_bundle_only_the_issuers_are_kept() {
    let server = Server::start().await;
    let root = Ca::root("Root");
    let issuing = root.sub("Issuing", &[]);
    let stranger = Ca::root("Issuing");
    let bundle = pkcs7(&[root.der(), stranger.der(), issuing.der()]);
    let leaf = issuing.leaf(&[&server.reply("/ca.p7c", Reply::content(&bundle))]);
    let fetched = run(&[observation("fe01", &[&leaf])], &[]).await;
    assert_eq!(ders(&fetched), [issuing.der(), root.der()]);
}

#[tokio::test]
async fn a_certificate_that_did_not_issue_is_not_kept() {
    let server = Server::start().await;
    let (ca, stranger) = (Ca::root("CA"), Ca::root("CA"));
    let url = server.reply("/ca.cer", Reply::content(stranger.der().as_bytes()));
    let fetched = run(&[observation("fe01", &[&ca.leaf(&[&url])])], &[]).await;
    assert_eq!(ders(&fetched), []);
    let warning = &fetched.warnings[0];
    assert!(warning.contains("what is there did not issue"), "{warning}");
}

#[tokio::test]
async fn only_ldap_is_said_and_not_tried() {
    let ca = Ca::root("CA");
    let leaf = ca.leaf(&[
        "ldap:///CN=CA,CN=AIA?cACertificate",
        "https://pki.test/ca.cer",
    ]);
    let fetched = run(&[observation("fe01", &[&leaf])], &[]).await;
    assert_eq!(fetched.warnings.len(), 1);
    assert!(
        fetched.warnings[0].contains("--ca-file"),
        "{:?}",
        fetched.warnings
    );
}

#[tokio::test]
async fn a_run_asks_a_bounded_number_of_addresses() {
    let (server, ca) = (Server::start().await, Ca::root("CA"));
    let urls: Vec<String> = (0..100)
        .map(|number| server.url(&format!("/{number}")))
        .collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let fetched = run(&[observation("fe01", &[&ca.leaf(&urls)])], &[]).await;
    assert_eq!(server.asked().len(), 64);
    let said = fetched
        .warnings
        .iter()
        .filter(|warning| warning.starts_with("36 more addresses"));
    assert_eq!(said.count(), 1, "{:?}", fetched.warnings);
}

/// Two certificates that are not served yet, whose CA nobody has.
fn check(directory: &Path, arguments: &[&str]) -> Output {
    let files = ["one", "two"].map(|name| format!("file:{}", directory.join(name).display()));
    Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(["check", "--no-system-roots", "--format", "json"])
        .args(arguments)
        .args(files)
        .output()
        .expect("the program can be started")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_contacted_unless_asked_for() {
    let (server, ca) = (Server::start().await, Ca::root("CA"));
    let url = server.reply("/ca.cer", Reply::content(ca.der().as_bytes()));
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["one", "two"] {
        fs::write(directory.path().join(name), ca.leaf(&[&url]).as_bytes()).expect("a file");
    }
    let without = check(directory.path(), &[]);
    assert_eq!(server.asked(), [""; 0]);
    let report: serde_json::Value = serde_json::from_slice(&without.stdout).expect("a report");
    assert_eq!(report["evidence"], "recovered");
    let with = check(directory.path(), &["--fetch-issuers"]);
    assert_eq!(server.asked(), ["/ca.cer"]);
    assert_eq!(with.status.code(), Some(0), "{with:?}");
    let report: serde_json::Value = serde_json::from_slice(&with.stdout).expect("a report");
    assert_eq!(report["evidence"], "proven");
    let found = &report["endpoints"][0]["proof"]["path"][0]["found"];
    assert_eq!(found["kind"], "fetched");
    assert_eq!(found["where"], url);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smoke_test_fetches_too() {
    let (server, ca) = (Server::start().await, Ca::root("CA"));
    let url = server.reply("/ca.cer", Reply::content(ca.der().as_bytes()));
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("one");
    fs::write(&file, ca.leaf(&[&url]).as_bytes()).expect("a file");
    let target = format!("file:{}", file.display());
    let fixed = ["renewed", "--issued-after", "2000-01-01T00:00:00Z"];
    let run = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_sameca"))
            .args(fixed)
            .args(["--no-system-roots", &target])
            .args(more)
            .output()
            .expect("the program can be started")
    };
    run(&[]);
    assert_eq!(server.asked(), [""; 0]);
    run(&["--fetch-issuers"]);
    assert_eq!(server.asked(), ["/ca.cer"]);
}
