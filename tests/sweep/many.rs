//! More endpoints than a sweep holds: most are counted, and the summary is as if all were held.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

use crate::chains;
use crate::network::{command, start, stderr, sweep, wait_until};
use crate::replay::{Answer, Replay};

/// 9,472 addresses, each of which shows a leaf of its own.
struct Many(Replay);

impl Many {
    fn new() -> Self {
        Self(Replay::new(Answer::Own(chains::few().remove(0))))
    }

    fn range(&self) -> String {
        format!("127.123.0.0-127.123.36.255:{}", self.0.port)
    }

    /// What is summed up, whatever the port.
    fn summary(&self, output: &Output) -> String {
        let text = String::from_utf8_lossy(&output.stdout);
        text.replace(&self.0.port.to_string(), "PORT")
    }
}

/// The summary that is the same however a sweep of them goes.
fn expected() -> &'static str {
    static HELD: LazyLock<String> = LazyLock::new(|| {
        let servers = Many::new();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("held.ndjson");
        // Whoever asks for findings of rows has all rows held.
        let output = sweep(&[&servers.range(), "-o", text(&file), "--deny", "warning"]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        servers.summary(&output)
    });
    &HELD
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn the_summary_counts_what_is_not_held() {
    let servers = Many::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("counted.ndjson");
    let output = sweep(&[&servers.range(), "-o", text(&file)]);
    let summary = servers.summary(&output);
    let counted = summary.contains("(contradicted; 9472 certificates)");
    assert!(counted, "{summary}");
    assert_eq!(summary, expected());
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
}

#[test]
fn what_is_gone_on_with_is_summed_up_as_a_whole() {
    let servers = Many::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("again.ndjson.zst");
    let mut child = start(&[&servers.range(), "-o", text(&file)]);
    servers.0.first.recv().expect("a connection");
    wait_until(&file, |counts| counts["done"] != 0);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let mut again = command(&["sweep", "--resume", text(&file)]);
    let output = again.output().expect("the program runs");
    assert_eq!(servers.summary(&output), expected(), "{}", stderr(&output));
}

#[test]
fn without_a_place_for_temporary_files_all_is_held() {
    all_is_held_with(Path::new("missing"));
}

/// The files can be made and not filled.
#[cfg(feature = "live")]
#[test]
fn where_temporary_files_find_no_room_all_is_held() {
    all_is_held_with(crate::disk::Disk::new("8k").path());
}

/// A sweep whose temporary files would be in this folder.
fn all_is_held_with(temporary: &Path) {
    let servers = Many::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("held.ndjson");
    let mut sweep = command(&["sweep", &servers.range(), "-o", text(&file)]);
    sweep.env("TMPDIR", temporary);
    let output = sweep.output().expect("the program runs");
    assert_eq!(servers.summary(&output), expected(), "{}", stderr(&output));
    let lines = fs::read_to_string(&file).expect("reads").lines().count();
    assert_eq!(lines, 9_472);
}
