//! A network that goes away while a sweep runs and comes back, and a DNS that is not there. In namespaces of their own.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::sync::mpsc::channel;
use std::thread;

use serde_json::Value;

use crate::namespace::Namespace;
use crate::network::{Network, expected, stderr, targets_of, until, wait_until};

const COUNT: u64 = 1024;

/// How a network is away.
#[derive(Clone, Copy, Debug)]
enum Outage {
    /// What is sent is lost.
    Silence,
    /// There is no way to the addresses, and the system says so.
    NoRoute,
}

impl Outage {
    fn begins(self, namespace: &Namespace) {
        match self {
            Self::Silence => namespace.ip(&["link", "set", "lo", "down"]),
            Self::NoRoute => namespace.ip(&["addr", "del", "127.0.0.1/8", "dev", "lo"]),
        }
    }

    fn ends(self, namespace: &Namespace) {
        match self {
            Self::Silence => namespace.ip(&["link", "set", "lo", "up"]),
            Self::NoRoute => namespace.ip(&["addr", "add", "127.0.0.1/8", "dev", "lo"]),
        }
    }

    /// Where addresses are counted that were asked meanwhile.
    fn count(self, counts: &Value) -> u64 {
        let name = match self {
            Self::Silence => "timeout",
            Self::NoRoute => "unreachable",
        };
        counts[name].as_u64().expect("a number")
    }
}

struct Run {
    namespace: Namespace,
    network: Network,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let namespace = Namespace::new();
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            network: namespace.network(),
            namespace,
            file: folder.path().join("a.ndjson"),
            _folder: folder,
        }
    }

    fn path(&self) -> &str {
        self.file.to_str().expect("UTF-8")
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let arguments = [&["sweep"], arguments].concat();
        let started = self.namespace.command("", &arguments).spawn();
        started.expect("the program runs")
    }

    /// Slow enough for a network to go away and come back.
    fn begin(&self, more: &[&str]) -> Child {
        let port = self.network.port.to_string();
        let usual = [
            "127.110.0.0/22",
            "-p",
            &port,
            "--rate",
            "120",
            "--no-system-roots",
            "-o",
            self.path(),
        ];
        self.start(&[&usual, more].concat())
    }

    /// Every target with a line and the outcome there. Each line is whole, and no target is there twice.
    fn lines(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(&self.file).expect("the file is there");
        let of = |line: &str| {
            let seen: Value = serde_json::from_str(line).expect("a whole line");
            let text = |name: &str| seen[name].as_str().expect("a text").to_owned();
            (text("target"), text("outcome"))
        };
        let lines: Vec<(String, String)> = text.lines().map(of).collect();
        let targets: BTreeSet<&String> = lines.iter().map(|(target, _)| target).collect();
        assert_eq!(targets.len(), lines.len(), "a target is there twice");
        lines
    }

    fn captured(&self) -> BTreeSet<String> {
        let captured =
            |(target, outcome): (String, String)| (outcome == "captured").then_some(target);
        self.lines().into_iter().filter_map(captured).collect()
    }

    /// The targets that the listener saw connections to since it was last asked.
    fn reached(&self) -> BTreeSet<String> {
        let port = self.network.port;
        let target = |address| format!("{address}:{port}");
        self.network.asked().into_iter().map(target).collect()
    }
}

/// The outcomes of a summary and their numbers.
fn outcomes(output: &Output) -> Vec<(String, u64)> {
    let summary = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let section = summary.split("Outcomes\n").nth(1);
    let section = section.unwrap_or_else(|| panic!("no outcomes: {summary}{}", stderr(output)));
    let line = |line: &str| {
        let (count, word) = line.trim().split_once(' ')?;
        Some((word.trim().to_owned(), count.parse().ok()?))
    };
    section.lines().map_while(line).collect()
}

fn total(outcomes: &[(String, u64)]) -> u64 {
    outcomes.iter().map(|(_, count)| count).sum()
}

#[test]
fn what_is_asked_while_the_network_is_away_is_counted_and_the_rest_captured() {
    for outage in [Outage::Silence, Outage::NoRoute] {
        let run = Run::new();
        let child = run.begin(&["--connect-timeout", "500ms", "--timeout", "2s"]);
        run.network.wait_for(60);
        outage.begins(&run.namespace);
        wait_until(&run.file, |counts| outage.count(counts) >= 50);
        run.network.asked();
        outage.ends(&run.namespace);
        let output = child.wait_with_output().expect("it ends");
        let after = run.reached();
        let captured = run.captured();
        let (said, found) = (stderr(&output), outcomes(&output));
        assert!(!after.is_empty(), "{outage:?}: it goes on: {said}");
        assert!(after.is_subset(&captured), "{outage:?}: {said}");
        assert_eq!(total(&found), COUNT, "{outage:?}: {found:?}");
        assert_eq!(found[0], ("captured".to_owned(), captured.len() as u64));
        assert_eq!(output.status.code(), Some(0), "{outage:?}: {said}");
    }
}

/// Killed while the network is away, gone on with when it is back: what was counted stays counted, the rest is asked.
#[test]
fn a_sweep_that_ends_while_the_network_is_away_is_gone_on_with() {
    for outage in [Outage::Silence, Outage::NoRoute] {
        let run = Run::new();
        let mut child = run.begin(&["--connect-timeout", "500ms", "--timeout", "2s"]);
        run.network.wait_for(60);
        outage.begins(&run.namespace);
        wait_until(&run.file, |counts| outage.count(counts) >= 50);
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        let before = wait_until(&run.file, |_| true);
        let number = |name: &str| before[name].as_u64().expect("a number");
        run.network.asked();
        outage.ends(&run.namespace);
        let output = run
            .start(&["--resume", run.path(), "--rate", "2000"])
            .wait_with_output();
        let output = output.expect("it ends");
        let found = outcomes(&output);
        let (said, asked) = (stderr(&output), run.reached().len() as u64);
        assert_eq!(asked, COUNT - number("done"), "{outage:?}: {said}");
        assert_eq!(total(&found), COUNT, "{outage:?}: {found:?} {said}");
        let captured = run.captured().len() as u64;
        assert_eq!(captured, number("captured") + asked, "{outage:?}: {said}");
    }
}

/// The connections that a process waits for, each by its two ends (proc_pid_net(5)).
fn connecting(process: &Child) -> BTreeSet<String> {
    let path = format!("/proc/{}/net/tcp", process.id());
    let text = std::fs::read_to_string(path).expect("it runs");
    let socket = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let ends = format!("{} {}", fields.next()?, fields.next()?);
        (fields.next()? == SYN_SENT).then_some(ends)
    };
    text.lines().filter_map(socket).collect()
}

/// The state of a socket that waits for its connection (tcp_states.h of Linux).
const SYN_SENT: &str = "02";

/// Silence is what `--retries` is for: with enough of them nobody notices.
#[test]
fn retries_outlast_an_outage() {
    let run = Run::new();
    let child = run.begin(&["--connect-timeout", "1s", "--retries", "10"]);
    run.network.wait_for(60);
    Outage::Silence.begins(&run.namespace);
    let waiting = until(|| Some(connecting(&child)).filter(|sockets| sockets.len() >= 20));
    until(|| connecting(&child).is_disjoint(&waiting).then_some(()));
    run.network.asked();
    Outage::Silence.ends(&run.namespace);
    let output = child.wait_with_output().expect("it ends");
    let captured = run.captured();
    let count = u32::try_from(COUNT).expect("it is small");
    assert_eq!(
        captured,
        expected(110, count, run.network.port),
        "{}",
        stderr(&output)
    );
}

/// Replaces the system's list of DNS servers, for this process alone: `ip netns exec` gives it mounts of its own.
fn resolver(folder: &Path, text: &str) -> String {
    let file = folder.join("resolv.conf");
    std::fs::write(&file, text).expect("the folder can be written");
    format!("mount --bind {} /etc/resolv.conf", file.display())
}

/// A DNS server that hears everything and says nothing.
fn silent_dns(namespace: &Namespace) -> UdpSocket {
    let enter = namespace.door();
    let (send, receive) = channel();
    thread::spawn(move || {
        enter();
        let socket = UdpSocket::bind("127.0.0.1:53").expect("nobody else is in the namespace");
        send.send(socket).expect("the test waits for it");
    });
    receive.recv().expect("the socket is made")
}

/// More names than are looked up at a time, by servers that are silent, then by some to whom there is no way.
#[test]
fn names_wait_for_a_dead_dns_and_nobody_else_does() {
    for (server, why) in [
        ("127.0.0.1", "did not resolve within 5 s"),
        ("192.0.2.53", "does not resolve: "),
    ] {
        let run = Run::new();
        let _silent = silent_dns(&run.namespace);
        let folder = tempfile::tempdir().expect("a folder");
        let before = resolver(folder.path(), &format!("nameserver {server}\n"));
        let names: Vec<String> = (0..100).map(|n| format!("n{n}.contoso.test")).collect();
        let port = run.network.port.to_string();
        let mut arguments = vec!["sweep", "127.111.0.0/28", "-p", &port, "--no-system-roots"];
        arguments.extend(names.iter().map(String::as_str));
        let mut child = run
            .namespace
            .command(&before, &arguments)
            .spawn()
            .expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let lines: Vec<String> = lines.map(|line| line.expect("text")).collect();
        let output = child.wait_with_output().expect("it ends");
        let is_name = |line: &&String| line.contains(".contoso.test");
        let (unresolved, captured): (Vec<&String>, Vec<&String>) = lines.iter().partition(is_name);
        assert_eq!(unresolved.len(), 100, "{}", stderr(&output));
        for line in &unresolved {
            assert!(
                line.contains("\"no_address\"") && line.contains(why),
                "{line}"
            );
        }
        let captured: Vec<&str> = captured.into_iter().map(String::as_str).collect();
        assert_eq!(targets_of(&captured.join("\n")).len(), 16);
        assert!(
            lines.last().is_some_and(|line| is_name(&line)),
            "the range waited for the names: {}",
            stderr(&output)
        );
    }
}

/// `--resolve-names` with the system's servers: dead, or none at all.
#[test]
fn names_of_addresses_are_missed_with_a_warning_where_the_system_has_no_dns() {
    for (servers, warning) in [
        (
            "nameserver 127.0.0.1\n",
            "warning: DNS does not answer (no answer within 2s)",
        ),
        (
            "nameserver 192.0.2.53\n",
            "warning: DNS does not answer (cannot be asked: ",
        ),
        (
            "# none\n",
            "warning: the names of addresses are not looked up: the system names no DNS server",
        ),
    ] {
        let run = Run::new();
        let _silent = silent_dns(&run.namespace);
        let folder = tempfile::tempdir().expect("a folder");
        let before = resolver(folder.path(), servers);
        let port = run.network.port.to_string();
        let arguments = [
            "sweep",
            "127.112.0.0/26",
            "-p",
            &port,
            "--resolve-names",
            "--no-system-roots",
        ];
        let output = run
            .namespace
            .command(&before, &arguments)
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        assert_eq!(targets_of(&text).len(), 64);
        let said = stderr(&output);
        assert_eq!(said.matches(warning).count(), 1, "{servers}{said}");
    }
}
