//! Forms of the result, held against programs that read them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the demo writes in a form.
fn demo(format: &str) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(["demo", "--format", format])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    output.stdout
}

/// What a program says of a text on its standard input; it must like it.
fn read_by(command: &mut Command, text: &[u8]) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{complaint}");
    said
}

#[test]
fn junit_is_valid_by_its_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schemas/junit.xsd");
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--noout", "--schema"]).arg(schema).arg("-");
    read_by(&mut xmllint, &demo("junit"));
}

#[test]
fn another_reader_of_csv_sees_every_endpoint() {
    let program = "import csv,sys\nrows=list(csv.DictReader(sys.stdin))\nprint(len(rows),sum(row['agrees']=='no' for row in rows))";
    let mut python = Command::new("python3");
    python
        .args(["-c", program])
        .env("PYTHONIOENCODING", "utf-8");
    assert_eq!(read_by(&mut python, &demo("csv")).trim(), "6 1");
}

#[test]
fn promtool_reads_the_metrics() {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]);
    read_by(&mut promtool, &demo("prometheus"));
}
