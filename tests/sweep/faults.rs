//! Outputs that break, and a machine that has little to give.

use std::io::{BufRead as _, BufReader, Read as _};
#[cfg(target_os = "linux")]
use std::net::TcpListener;
#[cfg(unix)]
use std::process::{Command, Stdio};

#[cfg(all(target_os = "linux", feature = "live"))]
use crate::disk::Disk;
use crate::network::{Network, command, expected, start, stderr, sweep, targets_of};

#[test]
fn a_reader_that_went_away_ends_it_quietly() {
    let network = Network::new();
    let port = network.port.to_string();
    let mut child = start(&["127.90.0.0/20", "-p", &port, "--no-system-roots", "-q"]);
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    output.read_line(&mut line).expect("a line");
    drop(output);
    let mut messages = String::new();
    let mut errors = child.stderr.take().expect("a pipe");
    errors.read_to_string(&mut messages).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(messages, "");
    assert_eq!(targets_of(&line).len(), 1);
    assert!(network.asked().len() < 4096, "it did not go on");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let network = Network::new();
    let port = network.port.to_string();
    let output = sweep(&["127.91.0.0/28", "-p", &port, "-o", "/dev/full"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot write to /dev/full: "),
        "{}",
        stderr(&output)
    );
}

/// A file system of a few pages: nothing that was said to be done is lost when it is full. Needs the rights to mount one.
#[cfg(all(target_os = "linux", feature = "live"))]
#[test]
fn a_disk_that_fills_up_can_be_gone_on_with() {
    let network = Network::new();
    let disk = Disk::new("256k");
    let file = disk.path().join("a.ndjson");
    let path = file.to_str().expect("UTF-8");
    let port = network.port.to_string();
    let full = sweep(&["127.92.0.0/23", "-p", &port, "-o", path]);
    disk.grow("64m");
    let rest = sweep(&["--resume", path]);
    let text = std::fs::read_to_string(&file).expect("the file is there");
    assert_eq!(full.status.code(), Some(2), "{}", stderr(&full));
    assert!(stderr(&full).contains("--resume"), "{}", stderr(&full));
    let found = targets_of(&text);
    assert_eq!(found, expected(92, 512, network.port), "{}", stderr(&rest));
}

#[cfg(unix)]
#[test]
fn a_few_descriptors_are_enough() {
    let network = Network::new();
    let port = network.port.to_string();
    let program = command(&[]).get_program().to_owned();
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["sweep", "127.93.0.0/23", "-p", &port, "--no-system-roots"])
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    assert_eq!(targets_of(&text), expected(93, 512, network.port));
    assert!(
        stderr(&output).contains("warning: only 64 files may be open"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn names_that_do_not_resolve_are_told_and_do_not_hold_up_the_rest() {
    let network = Network::new();
    let port = network.port.to_string();
    let output = sweep(&["a.invalid", "b.invalid", "127.94.0.0/29", "-p", &port]);
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let (failed, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.contains(".invalid"));
    assert_eq!(failed.len(), 2);
    assert!(
        failed
            .iter()
            .all(|line| line.contains("\"no_address\"") && line.contains("\"required\":false"))
    );
    assert_eq!(targets_of(&rest.join("\n")).len(), 8);
}

/// A port of every loopback address that answers no connection: its queue is full, and nobody takes from it.
#[cfg(target_os = "linux")]
fn silent() -> (socket2::Socket, std::net::TcpStream, u16) {
    use socket2::{Domain, Socket, Type};
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    socket.bind(&any.into()).expect("a port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().expect("an address");
    let port = address.as_socket().expect("of IPv4").port();
    let first = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("room for one");
    (socket, first, port)
}

/// Half of the endpoints, then one of twenty, are silent for longer than the test lasts: all others are asked
/// meanwhile, four at a time.
#[cfg(target_os = "linux")]
#[test]
fn silent_addresses_hold_up_nobody() {
    let (_socket, _first, silent) = silent();
    for (net, range) in [(95, "127.95.0.0/25"), (96, "127.96.0.0-6")] {
        all_others_are_asked(net, &format!("{range}:{silent}"));
    }
}

/// Half of the endpoints take connections and say nothing, for longer than the test lasts.
#[cfg(target_os = "linux")]
#[test]
fn mute_servers_hold_up_nobody() {
    let mute = TcpListener::bind("0.0.0.0:0").expect("a socket");
    let port = mute.local_addr().expect("an address").port();
    all_others_are_asked(98, &format!("127.98.0.0/26:{port}"));
}

/// Sweeps 128 servers and those that never answer, four at a time, until all that answer have.
#[cfg(target_os = "linux")]
fn all_others_are_asked(net: u8, dead: &str) {
    let network = Network::new();
    let alive = format!("127.{net}.0.0/25:{}", network.port);
    let arguments = [
        alive.as_str(),
        dead,
        "-c",
        "4",
        "--timeout",
        "60m",
        "--connect-timeout",
        "60m",
        "--no-system-roots",
    ];
    let mut child = start(&arguments);
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    for _ in 0..128 {
        output.read_line(&mut text).expect("a line");
    }
    child.kill().expect("it waits for the others");
    child.wait().expect("it ends");
    assert_eq!(targets_of(&text), expected(net, 128, network.port));
}

/// As after a clock that was set back, then forward, while the sweep ran: the times in the kept file step.
#[test]
fn times_that_step_lose_nothing() {
    let network = Network::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.ndjson");
    let path = file.to_str().expect("UTF-8");
    let port = network.port.to_string();
    let swept = sweep(&["127.97.0.0/27", "-p", &port, "-o", path]);
    let text = std::fs::read_to_string(&file).expect("the file is there");
    let step = |(number, line): (usize, &str)| {
        let mut seen: serde_json::Value = serde_json::from_str(line).expect("a line");
        match number % 3 {
            0 => seen["at"] = "1999-12-31T23:59:59.999Z".into(),
            1 => seen["at"] = "2099-01-01T00:00:00.000Z".into(),
            _ => {}
        }
        format!("{seen}\n")
    };
    let stepped: String = text.lines().enumerate().map(step).collect();
    std::fs::write(&file, stepped).expect("the disk takes it");
    let judged = command(&["judge", "--no-system-roots", "--format", "json", path])
        .output()
        .expect("the program runs");
    assert_eq!(judged.status.code(), swept.status.code());
    let report: serde_json::Value = serde_json::from_slice(&judged.stdout).expect("a report");
    assert_eq!(report["summary"]["captured"], 32);
}

#[test]
fn a_time_for_connecting_above_that_for_all_is_refused() {
    let arguments = ["127.0.0.1", "--timeout", "1s", "--connect-timeout", "2s"];
    let output = sweep(&arguments);
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    assert!(message.contains("--connect-timeout 2s"), "{message}");
    assert!(message.contains("--timeout 1s"), "{message}");
}
