//! Files that are no history, or cannot be used as one: told clearly, and left as they are.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use sameca::history::{History, Selector, Trouble};
use sameca::model::timestamp::Timestamp;

use crate::runs::Run;
use crate::telling::week;

fn next() -> Run {
    Run::of(8).with("lync01.contoso.com", "issuing-1-fe01", "issuing-1")
}

/// What is the matter with a file, for who writes and for who reads; the file stays as it is.
fn refused(path: &Path) -> [Trouble; 2] {
    let before = std::fs::read(path).expect("reads");
    let troubles = [
        History::open(path).expect_err("refused").trouble,
        History::read(path).expect_err("refused").trouble,
    ];
    assert!(
        std::fs::read(path).expect("reads") == before,
        "it was changed"
    );
    troubles
}

#[test]
fn a_file_of_something_else_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "no history at all, but longer than a header of SQLite is: ".repeat(9),
    )
    .expect("writes");
    for trouble in refused(&path) {
        assert!(matches!(trouble, Trouble::NotAHistory(_)), "{trouble:?}");
    }
    let path = folder.path().join("other.db");
    let other = rusqlite::Connection::open(&path).expect("opens");
    other
        .execute_batch("CREATE TABLE run(id); INSERT INTO run VALUES(1)")
        .expect("writes");
    drop(other);
    for trouble in refused(&path) {
        assert!(matches!(trouble, Trouble::NotAHistory(_)), "{trouble:?}");
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    let path = folder.path().join("history.db");
    let tables = rusqlite::Connection::open(&path).expect("opens");
    tables
        .pragma_update(None, "user_version", 99)
        .expect("writes");
    drop(tables);
    for trouble in refused(&path) {
        assert!(
            matches!(trouble, Trouble::Newer { found: 99, .. }),
            "{trouble:?}"
        );
    }
}

#[test]
fn a_missing_file_is_begun_by_writers_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new.history");
    let missing = History::read(&path).expect_err("there is none").trouble;
    assert!(matches!(missing, Trouble::Missing), "{missing:?}");
    assert!(!path.exists());
    let nowhere = History::open(&folder.path().join("none/new.history"));
    let trouble = nowhere.expect_err("no folder").trouble;
    assert!(matches!(trouble, Trouble::Place(_)), "{trouble:?}");
    // What `mktemp` makes, or a program that was killed before its first write.
    std::fs::write(&path, "").expect("writes");
    assert_eq!(
        History::open(&path)
            .expect("begins")
            .count()
            .expect("a count"),
        0
    );
}

/// Every read and a write until one says that the file is damaged.
fn used(path: &Path) -> Result<(), Trouble> {
    let told = |error: sameca::history::HistoryError| error.trouble;
    let mut history = History::open(path).map_err(told)?;
    for run in history.runs(None).map_err(told)? {
        history.observations(&run.id, drop).map_err(told)?;
    }
    history.host("lyncpool.contoso.com").map_err(told)?;
    history.ca("Issuing CA").map_err(told)?;
    let run = next();
    history
        .record("check", &run.seen, &run.judged())
        .map(drop)
        .map_err(told)
}

#[test]
fn a_damaged_file_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    let good = std::fs::read(folder.path().join("history.db")).expect("reads");
    let pages = good.len() / 4096;
    assert!(pages > 10, "{pages} pages");
    let path = folder.path().join("damaged.history");
    let mut told = 0;
    for page in 2..pages {
        let mut bytes = good.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xff);
        std::fs::write(&path, &bytes).expect("writes");
        match used(&path) {
            Ok(()) => continue,
            Err(Trouble::Damaged(_)) => told += 1,
            Err(other) => panic!("page {page}: {other:?}"),
        }
        assert!(std::fs::read(&path).expect("reads") == bytes, "page {page}");
    }
    // A page of an index that nothing here goes by may be the exception.
    assert!(told * 2 > pages, "{told} of {pages} pages");
    std::fs::write(&path, &good[..good.len() / 2]).expect("writes");
    let cut = used(&path).expect_err("half of it is gone");
    assert!(matches!(cut, Trouble::Damaged(_)), "{cut:?}");
}

#[test]
fn who_writes_for_long_is_told_to_who_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    let path = folder.path().join("history.db");
    let writer = rusqlite::Connection::open(&path).expect("opens");
    writer.execute_batch("BEGIN EXCLUSIVE").expect("locks");
    let patience = Duration::from_millis(20);
    let locked = History::open_waiting(&path, patience).expect_err("locked");
    assert!(matches!(locked.trouble, Trouble::Locked(waited) if waited == patience));
    writer.execute_batch("ROLLBACK").expect("unlocks");
    History::open_waiting(&path, patience).expect("it is free");
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_takes_no_files_is_told() {
    // Not even the administrator can make a file there.
    let trouble = History::open(Path::new("/proc/sameca.history"));
    let trouble = trouble.expect_err("nothing can be made there").trouble;
    assert!(trouble.to_string().contains("cannot be made"), "{trouble}");
}

/// A file system of a few pages. Needs the rights to mount one.
#[cfg(all(target_os = "linux", feature = "live"))]
#[test]
fn a_full_and_a_read_only_disk_are_told_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let mount = |options: &str| {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(mounted.expect("mount runs").success(), "{options}");
    };
    mount("size=400k");
    let path = folder.path().join("history.db");
    let mut history = week(&folder);
    let full = (8..28).find_map(|day| {
        let mut run = next();
        run.id = format!("01JDFULL{day:018}");
        for host in 0..day * 3 {
            run = run.with(&format!("host{host}.contoso.com"), "ec-fe01", "ec");
            run.seen.last_mut().expect("one").detail =
                Some(format!("{day} {host} {}", "x".repeat(900)));
        }
        history.record("check", &run.seen, &run.judged()).err()
    });
    let full = full.expect("the disk is small").trouble;
    assert!(matches!(full, Trouble::Full), "{full:?}");
    let kept = history.runs(None).expect("what was kept before");
    assert!(kept.len() >= 7);
    drop(history);
    mount("remount,ro");
    let trouble = History::open(&path).expect_err("read-only").trouble;
    assert!(matches!(trouble, Trouble::ReadOnly), "{trouble:?}");
    let history = History::read(&path).expect("it can be looked at");
    assert_eq!(history.runs(None).expect("runs"), kept);
    drop(history);
    let unmounted = Command::new("umount").arg(folder.path()).status();
    assert!(unmounted.expect("umount runs").success());
}

fn sameca(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("SAMECA_HISTORY")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

#[test]
fn a_history_that_cannot_be_used_is_told_before_anything_is_contacted() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("it is ours");
    let server = listener.local_addr().expect("an address").to_string();
    std::fs::write(folder.path().join("notes.txt"), "x".repeat(999)).expect("writes");
    for command in [
        &["check", &server, "--history", "notes.txt"][..],
        &["sweep", &server, "--history", "notes.txt"],
        &[
            "renewed",
            &server,
            "--issued-after=2026-11-22T20:15:04Z",
            "--history=notes.txt",
        ],
    ] {
        let output = sameca(folder.path(), command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(
            said(&output).contains("notes.txt: no history of sameca"),
            "{}",
            said(&output)
        );
        assert!(output.stdout.is_empty());
        let asked = listener.accept().map(drop).expect_err("nobody came").kind();
        assert_eq!(asked, std::io::ErrorKind::WouldBlock, "{command:?}");
    }
}

#[test]
fn a_result_is_shown_though_it_cannot_be_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = listener.local_addr().expect("an address").to_string();
    let path = folder.path().join("a.history");
    let spoiler = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        std::fs::write(&path, "y".repeat(999)).expect("writes");
        let _ = stream.read(&mut [0; 16]);
    });
    let output = sameca(folder.path(), &["check", &server, "--history", "a.history"]);
    spoiler.join().expect("it wrote");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("INCONCLUSIVE"));
    assert!(
        said(&output).contains("could not be kept in the history"),
        "{}",
        said(&output)
    );
    let left = std::fs::read_to_string(folder.path().join("a.history")).expect("reads");
    assert_eq!(left, "y".repeat(999));
}

#[test]
fn names_that_mean_something_to_the_library_are_files_like_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let leaf = concat!(
        "file:",
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/certs/leaf.pem"
    );
    for name in [":memory:", "file:x?mode=memory"] {
        sameca(folder.path(), &["check", leaf, "--history", name]);
        assert!(folder.path().join(name).is_file(), "{name}");
        let output = sameca(folder.path(), &["history", "--history", name]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
}

#[test]
fn wrong_questions_end_with_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    for (arguments, code, part) in [
        (&["history"][..], 2, "name its file with --history"),
        (
            &["history", "--history", "none"],
            2,
            "there is no such history",
        ),
        (
            &["history", "x", "prune", "--keep=1", "--history=history.db"],
            2,
            "leave out `x`",
        ),
        (
            &["history", "prune", "--keep=x", "--history=history.db"],
            2,
            "days are a whole number",
        ),
        (
            &["history", "prune", "--keep=1", "--history=none"],
            2,
            "there is no such history",
        ),
        (
            &["history", "--since=monday", "--history=history.db"],
            2,
            "a time is written as in",
        ),
        (
            &["diff", "last", "last~9", "--history=history.db"],
            2,
            "no run `last~9`",
        ),
        (
            &["diff", "01", "last", "--history=history.db"],
            2,
            "several runs begin with `01`",
        ),
        (&["diff", "last", "last~1"], 2, "only with --history"),
        (
            &["history", "nobody.contoso.com", "--history=history.db"],
            3,
            "",
        ),
    ] {
        let output = sameca(folder.path(), arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(part),
            "{arguments:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn runs_of_a_history_are_compared_with_each_other_and_with_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = week(&folder);
    let first = history.run(&Selector::parse("last~6").expect("a run"));
    let mut lines = Vec::new();
    let first = first.expect("the first").id;
    let visit = |seen| sameca::report::ndjson::line(&seen, &mut lines).expect("memory takes it");
    history
        .observations(&first, visit)
        .expect("its observations");
    std::fs::write(folder.path().join("monday.ndjson"), lines).expect("writes");
    drop(history);
    let diff = |old: &str, new: &str| {
        let arguments = [
            "diff",
            old,
            new,
            "--history=history.db",
            "--no-system-roots",
        ];
        let output = sameca(folder.path(), &arguments);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    assert_eq!(diff("monday.ndjson", "2022-11-01").0, Some(0));
    assert_eq!(diff(&first[..12], "last").0, Some(0));
    let (code, table) = diff("2022-11-01T03:00", "last~5");
    assert_eq!(code, Some(1), "{table}");
    assert!(table.contains("ca-changed"), "{table}");
}

#[test]
fn pruning_is_by_age() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    let prune = |days: &str| {
        let output = sameca(
            folder.path(),
            &["history", "prune", "--keep", days, "--history=history.db"],
        );
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(
        prune("36500"),
        "no run is older than 36500 days; 7 runs are kept\n"
    );
    assert!(prune("1d").contains("runs 7, observations 19"));
    assert_eq!(prune("1d"), "no run is older than 1 day; 0 runs are kept\n");
}

#[test]
fn since_leaves_out_what_was_earlier() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = week(&folder);
    let since = Timestamp::parse("2022-11-06T00:00:00Z");
    assert_eq!(history.runs(since).expect("runs").len(), 2);
    drop(history);
    let told = |arguments: &[&str]| {
        let arguments = [&["history", "--history=history.db"][..], arguments].concat();
        let output = sameca(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).expect("text")
    };
    let host = "pchat01.contoso.com";
    let all = told(&[host]);
    assert!(all.contains("new-ca") && all.contains("gone"), "{all}");
    let late = told(&[host, "--since", "2022-11-06"]);
    assert!(late.contains("back") && !late.contains("new-ca"), "{late}");
}

/// A file that is cut or spoiled by hand is told by its bytes alone.
#[test]
fn a_spoiled_header_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    let path = folder.path().join("history.db");
    let mut file = std::fs::File::options()
        .write(true)
        .open(&path)
        .expect("opens");
    file.seek(SeekFrom::Start(0)).expect("seeks");
    file.write_all(b"spoiled").expect("writes");
    drop(file);
    for trouble in refused(&path) {
        assert!(matches!(trouble, Trouble::NotAHistory(_)), "{trouble:?}");
    }
}
