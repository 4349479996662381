//! Flights recorded from real estates, played back after our hello.

use std::path::Path;

use sameca::model::bytes::Sha256;
use sameca::model::observation::{Method, Observation, Outcome};

use crate::observe;
use crate::support::server::Act::{Hear, Leave, Send};
use crate::support::server::Server;

/// The flights as their index describes them.
fn index() -> Vec<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/flights/index.json");
    let text = std::fs::read_to_string(path).expect("the index of the flights");
    let index: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    index["flights"].as_array().expect("a list").clone()
}

async fn played(file: &str) -> Observation {
    let script = vec![Hear, Send(crate::flight(file)), Leave];
    observe(&Server::scripted(vec![script]).await).await
}

#[tokio::test]
async fn every_recorded_server_is_told_as_the_index_says() {
    let mut captured = 0;
    for entry in index() {
        let file = entry["file"].as_str().expect("a file name");
        let row = played(file).await;
        let expected = match entry["expect"].as_str() {
            // A leaf that is broken inside is a chain all the same.
            Some("captured" | "malformed") => Outcome::Captured,
            Some("alert") => Outcome::Alert,
            Some("not-tls") => Outcome::NotTls,
            // Played back, the server's answer fits no handshake of ours.
            Some("tls13") => Outcome::Malformed,
            other => panic!("{file}: {other:?} is not expected in the index"),
        };
        assert_eq!(row.outcome, expected, "{file}: {row:#?}");
        if expected == Outcome::Captured {
            assert_eq!(digests(&row), listed(&entry), "{file}");
            captured += 1;
        }
    }
    assert!(captured > 40, "{captured}");
}

fn digests(row: &Observation) -> Vec<Sha256> {
    row.chain.iter().map(|der| der.sha256()).collect()
}

/// The digests of the certificates as the index lists them.
fn listed(entry: &serde_json::Value) -> Vec<Sha256> {
    entry["certificates"]
        .as_array()
        .expect("certificates")
        .iter()
        .filter_map(|certificate| Sha256::parse(certificate["sha256"].as_str()?))
        .collect()
}

#[tokio::test]
async fn a_server_that_asks_for_a_retry_again_and_again_is_left() {
    let row = played("zeek/tls13-hello-retry-request.bin").await;
    let outcomes: Vec<_> = row.attempts.iter().map(|attempt| attempt.method).collect();
    assert_eq!(outcomes, [Method::Capture, Method::Handshake], "{row:#?}");
}
