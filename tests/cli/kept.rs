//! Runs that are larger than memory: what is said of them does not depend on how they lie in files, and what is held of
//! them is little.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sameca::model::bytes::Der;
use sameca::model::observation::{Observation, Outcome, Variant};
use sameca::model::report::RunReport;
use sameca::model::timestamp::Timestamp;
use sameca::report::{json, ndjson};

use crate::{code, sameca, stderr};

#[path = "../support/kept.rs"]
mod maker;
#[path = "../support/peak.rs"]
mod peak;

const FORMATS: [&str; 3] = ["json", "table", "ndjson"];

/// A run with everything that the order of lines could matter for, and an older one.
fn observations() -> Vec<Observation> {
    let maker = maker::Maker::new();
    let mut seen: Vec<_> = (0..60).map(|number| maker.observation(number)).collect();
    // An intermediate that is not sent, a certificate that does not parse, a CA's certificate instead of a server's.
    seen[7].chain.truncate(1);
    seen[8].chain[0] = Der::from(b"no certificate".to_vec());
    seen[19].chain.remove(0);
    // One certificate on two servers, one server with two certificates that are seen equally often.
    seen[20].chain = seen[21].chain.clone();
    let mut sample = seen[22].clone();
    sample.chain = seen[23].chain.clone();
    seen[22].variant = Some(Variant::Sample);
    sample.variant = Some(Variant::Sample);
    seen.push(sample);
    let mut again = seen[24].clone();
    again.elapsed_ms += 1;
    seen.push(again);
    for number in 30..40 {
        seen.push(older(&maker, number));
    }
    seen
}

/// What an earlier run saw at an endpoint: another certificate, or that the name did not resolve.
fn older(maker: &maker::Maker, number: usize) -> Observation {
    let mut older = maker.observation(number);
    older.run = "01J00000000000000000000000".to_owned();
    older.at = Timestamp::parse("2026-11-01T00:00:00Z").expect("a time");
    older.chain = maker.observation(number + 900).chain;
    if number == 39 {
        older.address = None;
        older.outcome = Outcome::NoAddress;
        older.chain = Vec::new();
    }
    older
}

fn text<'o>(observations: impl IntoIterator<Item = &'o Observation>) -> Vec<u8> {
    let mut text = Vec::new();
    for seen in observations {
        ndjson::line(seen, &mut text).expect("memory takes it");
    }
    text
}

/// What `judge` says of files.
fn judged(folder: &Path, files: &[Vec<u8>], format: &str) -> Vec<u8> {
    let mut arguments = vec!["judge".to_owned(), "--now=2026-11-23T12:00:00Z".to_owned()];
    for (number, content) in files.iter().enumerate() {
        let path = folder.join(format!("{number}.ndjson"));
        std::fs::write(&path, content).expect("writes");
        arguments.push(path.to_str().expect("a path").to_owned());
    }
    arguments.push(format!("--format={format}"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = sameca(&arguments);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    output.stdout
}

#[test]
fn how_observations_lie_in_files_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let seen = observations();
    let whole = text(&seen);
    let split = |files: usize| -> Vec<Vec<u8>> {
        let part = |file| seen.iter().skip(file).step_by(files);
        (0..files).map(|file| text(part(file))).collect()
    };
    for format in FORMATS {
        let judged = |files: &[Vec<u8>]| judged(folder.path(), files, format);
        let expected = judged(std::slice::from_ref(&whole));
        assert!(
            judged(&[text(seen.iter().rev())]) == expected,
            "backwards, {format}"
        );
        assert!(judged(&split(4)) == expected, "in four files, {format}");
        assert!(
            judged(&[whole.clone(), whole.clone()]) == expected,
            "twice, {format}"
        );
        let mut files = split(3);
        files.reverse();
        assert!(judged(&files) == expected, "files backwards, {format}");
    }
}

#[test]
fn a_report_made_row_by_row_is_the_whole_one_to_the_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = judged(folder.path(), &[text(&observations())], "json");
    let report: RunReport = serde_json::from_slice(&written).expect("a report");
    assert_eq!(report.summary.endpoints, 62);
    assert_eq!(report.certificates.len(), report_certificates(&report));
    for row in &report.endpoints {
        assert_eq!(row.trust.is_some(), !row.chain.is_empty());
    }
    let mut again = Vec::new();
    json::render(&report, &mut again).expect("memory takes it");
    assert!(again == written, "the document changed on the way");
}

/// How many certificates the rows name.
fn report_certificates(report: &RunReport) -> usize {
    let mut named = std::collections::BTreeSet::new();
    for row in &report.endpoints {
        named.extend(row.chain.iter().copied());
        if let Some(proof) = &row.proof {
            named.extend(proof.path.iter().map(|link| link.certificate));
            named.extend(proof.trials.iter().map(|trial| trial.certificate));
        }
    }
    named.len()
}

#[test]
fn standard_input_is_judged_like_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = text(&observations());
    let expected = judged(folder.path(), std::slice::from_ref(&text), "json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args([
            "judge",
            "-",
            "--no-system-roots",
            "--now=2026-11-23T12:00:00Z",
            "--format=json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut input = child.stdin.take().expect("it has an input");
    input.write_all(&text).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.stdout == expected);
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_held_of_an_observation_is_a_fraction_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let maker = maker::Maker::new();
    // Enough for the steps in which the allocator takes memory not to count.
    let (few, many) = (500, 5_000);
    let path = |count: usize| folder.path().join(format!("{count}.ndjson"));
    for count in [few, many] {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path(count)).expect("a file"));
        maker.write(count, &mut file).expect("the disk takes it");
        file.flush().expect("the disk takes it");
    }
    for format in ["table", "json"] {
        let peak = |count| {
            let path = path(count);
            let path = path.to_str().expect("a path");
            peak::of(&["judge", "--no-system-roots", path, "--format", format])
        };
        let (least, most) = (peak(few), peak(many));
        let each = most.saturating_sub(least) / (many - few) as u64;
        assert!(least > 0, "nothing was measured");
        assert!(
            each < 2_000,
            "{format}: {each} bytes for each observation of 6 KB"
        );
    }
}
