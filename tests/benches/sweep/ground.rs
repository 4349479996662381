//! Where sweeps are measured: servers of each kind on loopback, and runs of the program over them.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use crate::chains;
use crate::meter::{self, Cost};
use crate::replay::{Answer, Replay};
use crate::yardstick;

/// The program.
pub(crate) const SAMECA: &str = env!("CARGO_BIN_EXE_sameca");

/// The first address of those that are asked, and of those beside them that say nothing.
const ASKED: Ipv4Addr = Ipv4Addr::new(127, 16, 0, 0);
const DEAD: Ipv4Addr = Ipv4Addr::new(127, 48, 0, 0);

/// The servers, and a folder for what is written.
pub(crate) struct Ground {
    /// They share a few certificates.
    pub(crate) few: Replay,
    /// Each address has its own.
    pub(crate) own: Replay,
    /// They take connections and say nothing.
    pub(crate) mute: Replay,
    /// A port on which no address answers at all.
    pub(crate) silent: Silent,
    /// A port that nobody else gets, and that is closed.
    pub(crate) closed: u16,
    /// The processor for what is measured; none: there is but one.
    pub(crate) cpu: Option<usize>,
    folder: TempDir,
    _reserved: Socket,
}

impl Ground {
    /// Servers and this program on one processor, what is measured on another.
    pub(crate) fn new() -> Self {
        // Both sides need a descriptor for each connection. Where that is not allowed, fewer are made.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        let cpu = match meter::processors()[..] {
            [first, second, ..] => {
                meter::pin(second);
                Some(first)
            }
            _ => None,
        };
        let flights = chains::few();
        let (reserved, closed) = closed();
        Self {
            own: Replay::new(Answer::Own(flights[0].clone())),
            few: Replay::new(Answer::Few(flights)),
            mute: Replay::new(Answer::Silence),
            silent: Silent::new(),
            closed,
            cpu,
            folder: tempfile::tempdir().expect("a folder"),
            _reserved: reserved,
        }
    }

    /// The least work that yields this many chains.
    pub(crate) fn least(&self, count: u32, port: u16) -> Cost {
        let program = std::env::current_exe().expect("this program has a path");
        let program = program.to_str().expect("UTF-8");
        let (first, count, port) = (ASKED.to_string(), count.to_string(), port.to_string());
        let command = [program, yardstick::WORD, &first, &count, &port];
        let cost = self.measure(&command);
        assert_eq!(cost.code, 0, "the yardstick has every chain");
        cost
    }

    /// A sweep over this many addresses, with its observations in a file.
    pub(crate) fn sweep(&self, count: u32, port: u16) -> Cost {
        self.sweep_of(&[&range(ASKED, count, port)])
    }

    /// A sweep that captures a chain at each of them.
    pub(crate) fn capture(&self, count: u32, port: u16) -> Cost {
        let cost = self.sweep(count, port);
        assert_eq!(captured(&self.kept()), count, "every chain is captured");
        cost
    }

    /// A sweep that meets some which say nothing, on this port, among those that answer.
    pub(crate) fn sweep_with_dead(
        &self,
        count: u32,
        (dead, port): (u32, u16),
        timeout: &str,
    ) -> Cost {
        let alive = range(ASKED, count - dead, self.few.port);
        let dead = (dead > 0).then(|| range(DEAD, dead, port));
        let ranges = [Some(alive), dead].into_iter().flatten();
        let ranges: Vec<String> = ranges.collect();
        let mut arguments = vec!["--timeout", timeout, "--connect-timeout", timeout];
        arguments.extend(ranges.iter().map(String::as_str));
        self.sweep_of(&arguments)
    }

    fn sweep_of(&self, arguments: &[&str]) -> Cost {
        let kept = self.kept();
        let _ = fs::remove_file(&kept);
        let path = kept.to_str().expect("UTF-8");
        let command = [SAMECA, "sweep", "-q", "--seed", "1", "-o", path];
        let cost = self.measure(&[&command, arguments].concat());
        assert!([0, 1, 3].contains(&cost.code), "the sweep came to its end");
        cost
    }

    /// Judges what the last sweep kept.
    pub(crate) fn judge(&self) -> Cost {
        let kept = self.kept();
        let cost = self.measure(&[SAMECA, "judge", "-q", kept.to_str().expect("UTF-8")]);
        assert!([0, 1, 3].contains(&cost.code), "there is a verdict");
        cost
    }

    fn measure(&self, command: &[&str]) -> Cost {
        meter::measure(self.cpu, &self.file("out"), command)
    }

    /// The observations of the last sweep.
    pub(crate) fn kept(&self) -> PathBuf {
        self.file("kept.ndjson")
    }

    /// A file of this name, which need not be there.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// How many chains a sweep captured.
fn captured(kept: &Path) -> u32 {
    let lines = BufReader::new(File::open(kept).expect("the file is there")).lines();
    let captured = |line: &String| line.contains("\"outcome\":\"captured\"");
    let lines = lines.map(|line| line.expect("UTF-8")).filter(captured);
    u32::try_from(lines.count()).expect("not that many")
}

/// The addresses from `first` on, as a sweep takes them.
fn range(first: Ipv4Addr, count: u32, port: u16) -> String {
    let last = Ipv4Addr::from_bits(first.to_bits() + count - 1);
    format!("{first}-{last}:{port}")
}

/// The lines of a list of so many endpoints.
pub(crate) fn lines(count: u32, port: u16) -> impl Iterator<Item = String> {
    let addresses = ASKED.to_bits()..ASKED.to_bits() + count;
    addresses.map(move |bits| format!("{}:{port}\n", Ipv4Addr::from_bits(bits)))
}

/// A port that is bound and does not listen.
fn closed() -> (Socket, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    socket.bind(&any.into()).expect("a port");
    let address = socket.local_addr().expect("an address");
    let port = address.as_socket().expect("of IPv4").port();
    (socket, port)
}

/// A port of every address whose queue is full, and from which nobody takes: what asks for a connection is dropped.
pub(crate) struct Silent {
    pub(crate) port: u16,
    _socket: Socket,
    _first: TcpStream,
}

impl Silent {
    fn new() -> Self {
        let (socket, port) = closed();
        socket.listen(0).expect("it listens");
        let first = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("room for one");
        Self {
            port,
            _socket: socket,
            _first: first,
        }
    }
}
