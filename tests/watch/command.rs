//! The command that is told of changes. It is this test program itself, so that the tests are the same everywhere.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use sameca::watch::{Command, CommandError};

const DEED: &str = "SAMECA_TEST_DEED";
const PLACE: &str = "SAMECA_TEST_PLACE";

/// The words by which this program does as [`DEED`] says.
pub(crate) fn words() -> Vec<OsString> {
    let program = std::env::current_exe().expect("it runs");
    let mut words = vec![program.into_os_string()];
    words.extend(["--exact", "command::child", "--nocapture"].map(OsString::from));
    words
}

/// Not a test: what the others run. Without a deed it does nothing.
#[test]
fn child() {
    match std::env::var(DEED).as_deref() {
        Ok("write") => write(),
        Ok("fail") => panic!("no team is there to be told"),
        Ok("hang") => loop {
            std::thread::park();
        },
        Ok("flood") => {
            let line = "x".repeat(1024);
            (0..1024).for_each(|_| println!("{line}"));
            panic!("enough");
        }
        // The program of `program.rs` knows of no deed, but hands on the verdicts.
        _ if std::env::var_os(PLACE).is_some() => write(),
        _ => {}
    }
}

fn write() {
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .expect("it is piped");
    let verdict = std::env::var("SAMECA_VERDICT").unwrap_or_default();
    let place = std::env::var_os(PLACE).expect("a place");
    // Whole or not at all: somebody waits for it.
    let new = Path::new(&place).with_extension("new");
    let mut file = std::fs::File::create(&new).expect("a file");
    writeln!(file, "{verdict}").expect("it takes that");
    file.write_all(&input).expect("it takes that");
    std::fs::rename(new, place).expect("it gets its name");
}

async fn run(deed: &str, limit: Duration, place: &str, input: &[u8]) -> Result<(), CommandError> {
    let command = Command::new(words()).expect("a program").within(limit);
    let variables = [(DEED, deed), (PLACE, place), ("SAMECA_VERDICT", "same")];
    command.run(input, &variables).await
}

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn it_gets_the_document_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("told");
    let document = "{}\n".repeat(1024 * 1024);
    let place = place.to_str().expect("a path");
    run("write", LONG, place, document.as_bytes())
        .await
        .expect("it works");
    let told = std::fs::read_to_string(place).expect("it was written");
    assert_eq!(told, format!("same\n{document}"));
}

#[tokio::test]
async fn one_that_fails_says_why_and_is_no_longer_than_it_should() {
    let document = vec![b'x'; 1024 * 1024];
    let error = run("fail", LONG, "", &document).await.expect_err("fails");
    assert!(error.to_string().contains("no team is there"), "{error}");
    let error = run("flood", LONG, "", b"").await.expect_err("fails");
    assert!(matches!(error, CommandError::Failed(..)), "{error}");
    assert!(error.to_string().len() < 6 * 1024, "{error}");
}

#[tokio::test]
async fn one_that_is_not_there_is_an_error() {
    let command = Command::new(vec!["no-such-program-anywhere".into()]).expect("a program");
    let error = command.run(b"", &[]).await.expect_err("it is not there");
    assert!(matches!(error, CommandError::Start(..)), "{error}");
    assert!(Command::new(Vec::new()).is_none());
}

#[tokio::test]
async fn one_that_takes_too_long_is_killed() {
    let error = run("hang", Duration::from_millis(50), "", b"").await;
    let error = error.expect_err("too long");
    assert!(matches!(error, CommandError::Limit(..)), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_it_started_is_killed_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("id");
    let script = format!(
        "sleep 3600 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait",
        place.display()
    );
    let words = ["sh".to_owned(), "-c".to_owned(), script];
    let command = Command::new(words.map(OsString::from).into()).expect("a program");
    let running = command.within(LONG);
    {
        // Dropped as soon as it has started its own, as at the end of a watch.
        let run = running.run(b"", &[]);
        tokio::pin!(run);
        let started = async {
            while !place.exists() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            ended = &mut run => panic!("it ended: {ended:?}"),
            () = started => {}
        }
    }
    let id = std::fs::read_to_string(&place).expect("it was written");
    let stat = format!("/proc/{}/stat", id.trim());
    // Gone, or dead and not collected yet.
    let alive = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    while alive() {
        tokio::task::yield_now().await;
    }
}
