//! A clock that steps while a sweep runs: as after a wrong date was put right, or a virtual machine was woken up.
//!
//! libfaketime stands between the program and the system's time of day. Time that only passes (CLOCK_MONOTONIC) is left
//! alone, as a step of the real clock leaves it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::network::{Network, command, expected, stderr, targets, wait_until};

/// As Debian installs it; the dynamic linker knows the folder of this machine's kind.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

/// A clock and the file that says how far it is off.
struct Clock {
    file: PathBuf,
}

impl Clock {
    /// Steps by an offset from the right time.
    fn step(&self, offset: &str) {
        // Never seen half written.
        let next = self.file.with_extension("next");
        fs::write(&next, format!("{offset}\n")).expect("the folder can be written");
        fs::rename(&next, &self.file).expect("the folder can be written");
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.under(command(&["sweep"]))
            .args(arguments)
            .spawn()
            .expect("the program runs")
    }

    fn under(&self, mut command: Command) -> Command {
        command
            .env("LD_PRELOAD", LIBRARY)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn seen(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("the file is there");
    let line = |line: &str| serde_json::from_str(line).expect("a whole line");
    text.lines().map(line).collect()
}

#[test]
fn a_clock_that_steps_loses_nothing() {
    let network = Network::new();
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock {
        file: folder.path().join("clock"),
    };
    let file = folder.path().join("a.ndjson");
    let (path, port) = (file.to_str().expect("UTF-8"), network.port.to_string());
    clock.step("+0");
    let begin = [
        "127.113.0.0/22",
        "-p",
        &port,
        "--rate",
        "60",
        "--no-system-roots",
        "-o",
        path,
    ];
    let mut child = clock.start(&begin);
    network.wait_for(30);
    for offset in ["-10y", "+20y", "-1d"] {
        clock.step(offset);
        // Progress is kept on: more than once, and of what was done since.
        let done = |counts: &Value| counts["done"].as_u64().expect("a number");
        for _ in 0..2 {
            let before = done(&wait_until(&file, |_| true));
            wait_until(&file, |counts| done(counts) > before);
        }
    }
    child.kill().expect("it has not come to its end");
    child.wait().expect("it ends");
    clock.step("-5y");
    let output = clock
        .start(&["--resume", path, "--rate", "2000"])
        .wait_with_output();
    let output = output.expect("it ends");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(targets(&file), expected(113, 1024, network.port), "{said}");

    let seen = seen(&file);
    let year = |seen: &Value| {
        seen["at"].as_str().expect("a time")[..4]
            .parse()
            .expect("a year")
    };
    let years: BTreeSet<u32> = seen.iter().map(year).collect();
    assert!(
        years.len() >= 4,
        "the clock did not step, {years:?}: this test needs {LIBRARY} (apt-get install faketime)"
    );
    // No endpoint may take longer than its time limit, whatever the clock says.
    let took = |seen: &Value| seen["elapsed_ms"].as_u64().expect("not negative");
    let longest = seen.iter().map(took).max().expect("there are lines");
    assert!(longest <= 11_000, "{longest} ms");

    let judged = command(&["judge", "--no-system-roots", "--format", "json", path]);
    let judged = clock.under(judged).output().expect("the program runs");
    let report: Value = serde_json::from_slice(&judged.stdout).expect("a report");
    assert_eq!(report["verdict"], "same", "{}", stderr(&judged));
    assert_eq!(report["summary"]["captured"], 1024);
}
