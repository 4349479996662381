//! A run that is told to end before it is done.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::{code, flight, replay, report, stderr};

/// Runs a check of a server that answers and one that says nothing, and sends `signal` while the second is waited for.
fn ended_by(signal: &str) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let targets = [
        replay(flight("zeek/ecdsa-leaf.bin")),
        silent.local_addr().expect("an address"),
    ];
    let child = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(["check", "--no-system-roots", "--format", "json"])
        // One after the other: the silent one is asked when the first is done.
        .args(["--timeout", "10m", "--concurrency", "1"])
        .args(targets.map(|target| target.to_string()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let (mut stream, _) = silent.accept().expect("it connects");
    let mut hello = [0; 5];
    stream.read_exact(&mut hello).expect("it says hello");
    let signalled = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(signalled.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let report = report(&output);
    assert_eq!(report["partial"], true);
    let outcomes: Vec<_> = report["endpoints"]
        .as_array()
        .expect("rows")
        .iter()
        .collect();
    let outcome_of = |target: &str| {
        let row = outcomes.iter().find(|row| row["target"] == target);
        row.unwrap_or_else(|| panic!("no row of {target}"))["outcome"].clone()
    };
    assert_eq!(outcome_of(&targets[0].to_string()), "captured");
    assert_eq!(outcome_of(&targets[1].to_string()), "not_attempted");
}

#[test]
fn ctrl_c_keeps_what_was_captured() {
    ended_by("-INT");
}

#[test]
fn a_service_manager_ends_it_in_the_same_way() {
    ended_by("-TERM");
}
