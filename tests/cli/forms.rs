//! Several results of one run.

use std::fs;

use super::{code, estate, sameca, stderr, stdout};

#[test]
fn one_run_gives_several_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (estate, _) = estate(false);
    let mut arguments = vec!["check", "--now", "2026-11-23T12:00:00Z"];
    arguments.extend(estate.iter().map(String::as_str));
    let (kept, report) = (path("run.ndjson"), path("report.json"));
    let forms = [
        "--format", "ndjson", "-o", &kept, "--format", "table", "--format", "json", "-o",
    ];
    arguments.extend(forms);
    arguments.push(&report);
    let output = sameca(&arguments);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("DIFFERENT  "),
        "{}",
        stdout(&output)
    );
    assert_eq!(stderr(&output), "", "the table has told the verdict");
    let kept = fs::read_to_string(kept).expect("kept");
    assert_eq!(kept.lines().count(), 6);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(report).expect("written")).expect("JSON");
    assert_eq!(report["verdict"], "different");
    assert_eq!(report["endpoints"].as_array().map(Vec::len), Some(6));
}

#[test]
fn a_result_that_cannot_be_written_keeps_no_other_from_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("table.txt").display().to_string();
    let output = sameca(&[
        "demo",
        "--format",
        "json",
        "-o",
        "/dev/full",
        "--format",
        "table",
        "-o",
        &table,
    ]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("cannot write to /dev/full"),
        "{}",
        stderr(&output)
    );
    let table = fs::read_to_string(table).expect("written");
    assert!(table.starts_with("DIFFERENT"), "{table}");
}

#[test]
fn nothing_is_asked_where_a_result_could_not_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("table.txt").display().to_string();
    let missing = folder
        .path()
        .join("missing/report.json")
        .display()
        .to_string();
    let forms = [
        "demo", "--format", "table", "-o", &table, "--format", "json", "-o", &missing,
    ];
    let output = sameca(&forms);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("there is no folder"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
}

#[test]
fn results_that_would_go_astray_are_refused() {
    for (arguments, said) in [
        (
            &["--format", "json", "--format", "table"][..],
            "two results would go to standard output",
        ),
        (
            &["--format", "json", "-o", "a", "-o", "b"],
            "belongs to no format",
        ),
        (
            &["--format", "json", "-o", "a", "--format", "pem", "-o", "a"],
            "two results would be written to \"a\"",
        ),
    ] {
        let arguments = [&["demo"][..], arguments].concat();
        let output = sameca(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}
