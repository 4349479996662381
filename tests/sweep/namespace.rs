//! A network of its own, in which nothing of the machine's is touched (network_namespaces(7)).

use std::fs::File;
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::network::{Network, command};

/// A network namespace with loopback alone. It goes away with its value.
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    pub(crate) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("sameca-{}-{number}", std::process::id());
        ip(&["netns", "add", &name]);
        let made = Self { name };
        made.ip(&["link", "set", "lo", "up"]);
        made
    }

    /// Changes something in it.
    pub(crate) fn ip(&self, arguments: &[&str]) {
        ip(&[&["-n", &self.name], arguments].concat());
    }

    /// A listener in it.
    pub(crate) fn network(&self) -> Network {
        let enter = self.door();
        Network::after(enter)
    }

    /// What brings a thread into it.
    pub(crate) fn door(&self) -> impl FnOnce() + Send + 'static {
        let path = format!("/run/netns/{}", self.name);
        move || {
            let door = File::open(&path).expect("`ip netns add` made it");
            move_into_link_name_space(door.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("who may make a namespace may enter it");
        }
    }

    /// The program in it, run by a shell after what `before` says. It is the process itself that is started, and that
    /// a kill ends.
    pub(crate) fn command(&self, before: &str, arguments: &[&str]) -> Command {
        let mut inside = Command::new("ip");
        let script = format!("{before}\nexec \"$0\" \"$@\"");
        inside
            .args(["netns", "exec", &self.name, "sh", "-ec", &script])
            .arg(command(&[]).get_program())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        inside
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // A test that fails shall say why, and not that.
        let _ = Command::new("ip")
            .args(["netns", "del", &self.name])
            .status();
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output();
    let output = output.expect("this test needs `ip` (apt-get install iproute2)");
    assert!(
        output.status.success(),
        "this test needs the rights to make networks of its own (root): ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
}
