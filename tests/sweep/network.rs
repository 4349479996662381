//! A network on loopback: one listener that answers on every address of 127.0.0.0/8 with a recorded flight.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::Value;

/// A listener that tells which of its addresses was connected to. It ends with the test's process.
pub(crate) struct Network {
    pub(crate) port: u16,
    pub(crate) asked: Receiver<IpAddr>,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self::after(|| {})
    }

    /// A listener whose thread does something before it listens.
    pub(crate) fn after(first: impl FnOnce() + Send + 'static) -> Self {
        let (sender, asked) = channel();
        let (tell, port) = channel();
        thread::spawn(move || {
            first();
            let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
            let address = listener.local_addr().expect("an address");
            tell.send(address.port()).expect("the test waits for it");
            serve(&listener, &sender);
        });
        let port = port
            .recv()
            .expect("the listener's thread says where it listens");
        Self { port, asked }
    }

    /// Waits until so many more were connected to.
    pub(crate) fn wait_for(&self, count: usize) {
        for _ in 0..count {
            self.asked.recv().expect("the listener lives");
        }
    }

    /// Who was connected to so far.
    pub(crate) fn asked(&self) -> Vec<IpAddr> {
        self.asked.try_iter().collect()
    }
}

fn serve(listener: &TcpListener, asked: &Sender<IpAddr>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/flights")
        .join(FLIGHT);
    let flight = std::fs::read(path).expect("a recorded flight");
    for mut stream in listener.incoming().flatten() {
        let _ = asked.send(stream.local_addr().expect("connected").ip());
        let flight = flight.clone();
        thread::spawn(move || {
            let mut hello = [0; 2048];
            if stream.read(&mut hello).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(&flight);
                let _ = stream.read(&mut hello);
            }
        });
    }
}

const FLIGHT: &str = "ndpi/adcs-three-tier.bin";

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
    command
        .args(arguments)
        .env_remove("JOB_COMPLETION_INDEX")
        .stdin(Stdio::null());
    command
}

/// A sweep that is waited for.
pub(crate) fn sweep(arguments: &[&str]) -> Output {
    let arguments = [&["sweep", "--no-system-roots"], arguments].concat();
    command(&arguments).output().expect("the program runs")
}

/// A sweep that goes on while the test does.
pub(crate) fn start(arguments: &[&str]) -> Child {
    let arguments = [&["sweep"], arguments].concat();
    command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

/// What a sweep had counted when it last said beside its file how far it is.
pub(crate) fn noted(file: &Path) -> Value {
    let mut beside = file.to_owned().into_os_string();
    beside.push(".progress");
    let text = std::fs::read(beside).expect("the sweep is under way");
    let progress: Value = serde_json::from_slice(&text).expect("it is whole at any time");
    progress["counts"].clone()
}

/// Waits until what a sweep noted is as wanted.
pub(crate) fn wait_until(file: &Path, wanted: impl Fn(&Value) -> bool) -> Value {
    until(|| Some(noted(file)).filter(&wanted))
}

/// Looks again and again, as long as it takes.
#[expect(
    clippy::disallowed_methods,
    reason = "no event tells of a file or of the sockets of another process"
)]
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(std::time::Duration::from_millis(20));
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

/// Every target in a file of observations; each line is whole, and no target is there twice.
pub(crate) fn targets(path: &Path) -> BTreeSet<String> {
    targets_of(&std::fs::read_to_string(path).expect("the file is there"))
}

pub(crate) fn targets_of(text: &str) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    for line in text.lines() {
        let seen: Value = serde_json::from_str(line).expect("a whole line");
        assert_eq!(seen["outcome"], "captured", "{line}");
        assert_eq!(seen["required"], false);
        let target = seen["target"].as_str().expect("a text").to_owned();
        assert!(targets.insert(target.clone()), "{target} twice");
    }
    targets
}

/// `127.N.0.0` to `127.N.255.255`, as far as `count` goes.
pub(crate) fn expected(net: u8, count: u32, port: u16) -> BTreeSet<String> {
    let target = |number: u32| format!("127.{net}.{}.{}:{port}", number >> 8, number & 255);
    (0..count).map(target).collect()
}
