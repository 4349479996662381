//! The documents as tables, and read and written again.

use std::fs;

use sameca::model::diff::RunDiff;
use sameca::model::renewal::RenewalReport;
use sameca::report::{Style, diff, json, renewal};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn text(name: &str) -> String {
    let path = format!(
        "{}/testdata/renewals/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn sample<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("memory takes it");
    String::from_utf8(out).expect("output is UTF-8")
}

fn again<T: DeserializeOwned + Serialize>(name: &str) {
    let document: T = sample(name);
    let written = written(|out| json::document(&document, out));
    assert!(written == text(name), "{name} changed on the way");
}

#[test]
fn kept_documents_are_written_as_they_were_read() {
    again::<RenewalReport>("partial");
    again::<RenewalReport>("hostile");
    again::<RunDiff>("diff");
}

#[test]
fn tables() {
    let narrow = Style {
        width: 60,
        ascii: true,
        ..Style::default()
    };
    let quiet = Style {
        quiet: true,
        ..Style::default()
    };
    let verbose = Style {
        verbose: 2,
        ..Style::default()
    };
    let (report, hostile): (RenewalReport, RenewalReport) = (sample("partial"), sample("hostile"));
    let changes: RunDiff = sample("diff");
    for (name, style) in [
        ("usual", Style::default()),
        ("narrow", narrow),
        ("quiet", quiet),
        ("verbose", verbose),
    ] {
        let table = written(|out| renewal::render(&report, &style, out));
        insta::assert_snapshot!(format!("renewal-{name}"), table);
        let table = written(|out| diff::render(&changes, &style, out));
        insta::assert_snapshot!(format!("diff-{name}"), table);
        let table = written(|out| renewal::render(&hostile, &style, out));
        let alive = |c: &char| c.is_control() && *c != '\n' || *c == '\u{202e}';
        assert_eq!(table.chars().find(alive), None, "{name}");
        assert!(table.contains("lync"), "{name} swallowed the names");
    }
}
