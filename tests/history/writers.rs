//! Several programs and one history, and one that is killed.

use std::borrow::Cow;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sameca::history::History;
use sameca::model::bytes::Der;
use sameca::model::observation::{Observation, Observations, Outcome};

use crate::runs::{Run, observation};
use crate::telling::week;

fn certificate(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/pki/certificates");
    format!("file:{folder}/{name}.pem")
}

#[test]
fn programs_that_write_at_a_time_all_get_their_turn() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new.history");
    let programs: Vec<_> = (0..6)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_sameca"))
                .args(["check", &certificate("issuing-1-fe01"), "--no-system-roots"])
                .arg(certificate("issuing-1-pc01"))
                .arg("--history")
                .arg(&path)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program runs")
        })
        .collect();
    for program in programs {
        let output = program.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
    }
    let history = History::read(&path).expect("a history");
    let runs = history.runs(None).expect("runs");
    assert_eq!(runs.len(), 6);
    // They are runs of one estate, in whichever order they ended: none of them made the endpoints come or go.
    let mut happened = runs.iter().filter_map(|run| run.changes.as_ref());
    assert!(
        happened.all(|changes| changes.events.is_empty()),
        "{runs:#?}"
    );
    for run in runs {
        let count = history.observations(&run.id, drop).expect("observations");
        assert_eq!(count, 2);
    }
}

/// More than SQLite holds in memory, so that the file is changed before the run is complete.
struct Endless;

const MANY: usize = 4_000;

impl Observations for Endless {
    fn count(&self) -> usize {
        MANY
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        if number == MANY - 1 {
            println!("in the middle");
            // Until the other side is gone or kills us.
            io::stdin().read_exact(&mut [0])?;
        }
        let mut der = number.to_be_bytes().repeat(300);
        der[0] = 0x30;
        let host = format!("host{number}.contoso.com");
        let seen = observation(&host, Outcome::Captured, vec![Der::from(der)]);
        Ok(Cow::Owned(seen))
    }
}

/// The program that is killed: this one, started again.
#[test]
#[ignore = "is started by `what_a_killed_program_was_writing_is_undone`"]
fn a_program_that_stops_in_the_middle() {
    let path = PathBuf::from(std::env::var_os("SAMECA_KILLED").expect("a path"));
    let mut history = History::open(&path).expect("a history");
    let report = Run::of(8).judged();
    let recorded = history.record("check", &Endless, &report);
    panic!("nobody killed it: {recorded:?}");
}

#[test]
fn what_a_killed_program_was_writing_is_undone() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = week(&folder).runs(None).expect("runs");
    let path = folder.path().join("history.db");
    let bytes = std::fs::read(&path).expect("reads");
    let mut program = Command::new(std::env::current_exe().expect("a program"))
        .args(["--exact", "writers::a_program_that_stops_in_the_middle"])
        .args(["--ignored", "--nocapture"])
        .env("SAMECA_KILLED", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let output = BufReader::new(program.stdout.take().expect("a pipe"));
    let said = output.lines().map_while(Result::ok);
    let middle = said.into_iter().any(|line| line.contains("in the middle"));
    assert!(middle, "it ended before it wrote");
    program.kill().expect("it is our child");
    program.wait().expect("it ends");
    assert!(beside(&path, "-journal").is_file(), "a half-written file");
    assert_ne!(
        std::fs::read(&path).expect("reads"),
        bytes,
        "nothing was begun"
    );
    let history = History::read(&path).expect("it is undone");
    assert_eq!(history.runs(None).expect("runs"), before);
    assert_eq!(history.host("host7.contoso.com").expect("a history"), []);
    drop(history);
    let tables = rusqlite::Connection::open(&path).expect("opens");
    let whole = tables.pragma_query_value(None, "integrity_check", |row| row.get(0));
    assert_eq!(whole, Ok("ok".to_owned()));
    let mut history = History::open(&path).expect("it is gone on with");
    Run::of(9)
        .with("lync01.contoso.com", "issuing-1-fe01", "issuing-1")
        .record(&mut history);
}

fn beside(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    name.into()
}
