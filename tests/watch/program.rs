//! The program: bad beginnings, a change, signals.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use crate::pki::{Ca, leaf};
use crate::servers::Server;

fn sameca(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
    command
        .arg("watch")
        .arg("--no-system-roots")
        .args(arguments);
    command.stdin(Stdio::null());
    command
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = sameca(arguments).output().expect("the program runs");
    let said = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(2), "{said}");
    said
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn what_is_wrong_at_the_start_is_one_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("it takes that");
        path
    };
    let broken = file(
        "broken.toml",
        "[[endpoint]]\nrole = \"frontend\"\nhost = \"a\"\n",
    );
    let said = refused(&["-f", text(&broken), "--listen", "none"]);
    assert!(said.contains("broken.toml:2"), "{said}");

    let said = refused(&["-f", text(&folder.path().join("missing.toml"))]);
    assert!(said.contains("cannot read"), "{said}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = refused(&["192.0.2.1", "--listen", &address]);
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );

    let garbage = "no database ".repeat(1000);
    let history = file("garbage.history", &garbage);
    let said = refused(&["192.0.2.1", "--listen", "none", "--history", text(&history)]);
    assert!(said.contains("garbage.history"), "{said}");
    let left = std::fs::read_to_string(&history).expect("it is there");
    assert!(left == garbage, "it was not left as it is");

    let said = refused(&["192.0.2.1", "--ca-file", text(&broken), "--listen", "none"]);
    assert!(said.contains("--ca-file"), "{said}");
}

#[test]
fn a_locked_history_is_said_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("locked.history");
    drop(sameca::history::History::open(&path).expect("a history"));
    let holder = rusqlite::Connection::open(&path).expect("a history");
    holder.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let said = refused(&["192.0.2.1", "--listen", "none", "--history", text(&path)]);
    assert!(said.contains("another program is writing"), "{said}");
}

/// The most lines in which something is waited for; a run a second is one each.
#[cfg(unix)]
const LINES: usize = 60;

/// A watch that runs.
#[cfg(unix)]
struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
}

#[cfg(unix)]
impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        Self { child, log }
    }

    /// The next line with this in it.
    fn line(&mut self, part: &str) -> String {
        let mut seen = String::new();
        for _ in 0..LINES {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).expect("text");
            assert!(read > 0, "it ended before it said `{part}`:\n{seen}");
            if line.contains(part) {
                return line;
            }
            seen.push_str(&line);
        }
        panic!("it did not say `{part}` in {LINES} lines:\n{seen}");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// The exit status, when it has been told to end.
    fn end(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.child.wait().expect("it is our child").code()
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.child.kill();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_from_its_first_run_over_a_change_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Ca::new("Contoso Issuing CA 01");
    let other = Ca::new("Fabrikam Web CA");
    let mut servers = Vec::new();
    for host in ["lync01.contoso.com", "lync02.contoso.com"] {
        servers.push(Server::start(host, ca.issue(&leaf(&[host], 10))).await);
    }
    let endpoint = |server: &Server| {
        format!(
            "[[endpoint]]\nrole = \"front-end\"\nhost = \"{}\"\naddresses = [\"127.0.0.1\"]\nports = [{}]\n",
            server.host,
            server.address.port()
        )
    };
    let good: String = servers.iter().map(endpoint).collect();
    let estate = folder.path().join("estate.toml");
    std::fs::write(&estate, &good).expect("it takes that");
    let (history, told) = (
        folder.path().join("kept.history"),
        folder.path().join("told"),
    );
    let mut command = sameca(&[
        "-f",
        text(&estate),
        "--every",
        "1s",
        "--listen",
        "127.0.0.1:0",
    ]);
    command.args(["--history", text(&history), "--on-change"]);
    command
        .args(crate::command::words())
        .env("SAMECA_TEST_PLACE", &told);
    let work = move || {
        let mut watch = Running::start(command);
        let address = watch.line("status page and metrics: http://127.0.0.1:");
        assert!(!address.contains(":0/"), "{address}");
        watch.line("  SAME  ");
        (watch, servers)
    };
    let (mut watch, servers) = tokio::task::spawn_blocking(work)
        .await
        .expect("it goes well");
    assert!(!told.exists(), "nothing changed yet");
    servers[1].assign(other.issue(&leaf(&[&servers[1].host], 0)));
    let work = move || {
        watch.line("  CHANGED  different (was same): 1 of 2 endpoints: 1 ca-changed");
        watch.line("  DIFFERENT  ");
        let document = std::fs::read_to_string(&told).expect("the command was run");
        let (verdict, document) = document.split_once('\n').expect("two lines at least");
        let document: serde_json::Value = serde_json::from_str(document).expect("a document");
        assert_eq!(
            (verdict, &document["schema"]),
            ("different", &"sameca.diff/1".into())
        );
        assert_eq!(document["equal"], false);

        std::fs::write(&estate, "[[endpoint]\n").expect("it takes that");
        watch.signal("-HUP");
        watch.line("the old one stays: ");
        watch.line("  DIFFERENT  ");
        std::fs::remove_file(&estate).expect("it is there");
        watch.line("cannot read");
        std::fs::write(&estate, good).expect("it takes that");
        watch.line("the estate can be read again");
        assert_eq!(watch.end("-TERM"), Some(0));
        let runs = sameca::history::History::read(&history).expect("a history");
        let runs = runs.runs(None).expect("runs");
        assert!(runs.len() >= 3, "{runs:?}");
        assert!(
            runs.iter()
                .all(|run| !run.partial && run.command == "watch")
        );
    };
    tokio::task::spawn_blocking(work)
        .await
        .expect("it goes well");
}

/// A server that says nothing holds the run up for as long as it lasts.
#[cfg(unix)]
#[test]
fn an_end_in_the_middle_of_a_run_is_clean() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = silent.local_addr().expect("an address").to_string();
    for signal in ["-TERM", "-INT"] {
        let history = folder.path().join("kept.history");
        let mut command = sameca(&[&target, "--timeout", "60m", "--listen", "none"]);
        command.args(["--history", text(&history)]);
        let watch = Running::start(command);
        // It is in the middle of its run now.
        let _connection = silent.accept().expect("it connects");
        assert_eq!(watch.end(signal), Some(0), "{signal}");
        let runs = sameca::history::History::read(&history).expect("a history");
        assert_eq!(runs.runs(None).expect("runs").len(), 0, "{signal}");
    }
}
