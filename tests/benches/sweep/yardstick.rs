//! The least work that yields the chains of servers: connect, say one hello, read until the Certificate message is whole,
//! write it out, break off. One thread, one pass, nothing is understood but the frames of the replayed flight.

use std::io::{BufWriter, ErrorKind, Read as _, Stdout, Write as _, stdout};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use sameca::wire::client_hello::{Authentication, ClientHello, HelloVersion, SuiteOrder};
use socket2::SockRef;

/// The argument that makes this program the yardstick.
pub(crate) const WORD: &str = "--yardstick";

/// Connections at a time, as many as a sweep makes unless told otherwise.
const CONNECTIONS: usize = 1024;

/// Room for a flight, in bytes.
const ROOM: usize = 16 * 1024;

/// The kind of the Certificate message (RFC 5246 §7.4).
const CERTIFICATE: u8 = 11;

/// Arguments: the first address, how many from there on, and the port of all of them.
pub(crate) fn run(words: &[String]) {
    let [first, count, port] = words else {
        panic!("{WORD} ADDRESS COUNT PORT");
    };
    let first: Ipv4Addr = first.parse().expect("an address");
    let count: u32 = count.parse().expect("a number");
    let port: u16 = port.parse().expect("a port");
    let addresses = first.to_bits()..first.to_bits() + count;
    let work = Work {
        poll: Poll::new().expect("the system's polling"),
        hello: hello(),
        places: (0..CONNECTIONS).map(|_| Place::default()).collect(),
        free: (0..CONNECTIONS).collect(),
        out: BufWriter::with_capacity(1 << 18, stdout()),
    };
    work.run(addresses.map(|bits| SocketAddr::from((Ipv4Addr::from_bits(bits), port))));
}

fn hello() -> Vec<u8> {
    let hello = ClientHello {
        version: HelloVersion::Tls12,
        server_name: None,
        authentication: Authentication::Any,
        order: SuiteOrder::RsaFirst,
        random: [5; 32],
    };
    hello.encode()
}

struct Work {
    poll: Poll,
    hello: Vec<u8>,
    places: Vec<Place>,
    free: Vec<usize>,
    out: BufWriter<Stdout>,
}

/// A connection at a time, and what was heard on it.
struct Place {
    stream: Option<TcpStream>,
    spoke: bool,
    heard: usize,
    bytes: Vec<u8>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            stream: None,
            spoke: false,
            heard: 0,
            bytes: vec![0; ROOM],
        }
    }
}

impl Work {
    fn run(mut self, mut addresses: impl Iterator<Item = SocketAddr>) {
        let mut events = Events::with_capacity(512);
        loop {
            while let Some(place) = self.free.pop() {
                let Some(address) = addresses.next() else {
                    self.free.push(place);
                    break;
                };
                self.connect(place, address);
            }
            if self.free.len() == CONNECTIONS {
                break;
            }
            self.poll.poll(&mut events, None).expect("events");
            for event in &events {
                self.go_on(event.token().0, event);
            }
        }
        self.out.flush().expect("the output takes it");
    }

    fn connect(&mut self, place: usize, address: SocketAddr) {
        let mut stream = TcpStream::connect(address).expect("the system connects");
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        let registered = registry.register(&mut stream, Token(place), interest);
        registered.expect("the connection is new");
        let place = &mut self.places[place];
        (place.stream, place.spoke, place.heard) = (Some(stream), false, 0);
    }

    fn go_on(&mut self, number: usize, event: &Event) {
        let place = &mut self.places[number];
        let Some(stream) = &mut place.stream else {
            return;
        };
        if !place.spoke {
            let written = stream.write(&self.hello).expect("it is connected");
            assert_eq!(written, self.hello.len(), "the socket's buffer is empty");
            place.spoke = true;
        }
        if !event.is_readable() {
            return;
        }
        loop {
            match stream.read(&mut place.bytes[place.heard..]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(0) => panic!("a server went away, or says too much"),
                Ok(read) => place.heard += read,
                Err(error) => panic!("{error}"),
            }
            if let Some(message) = certificate(&place.bytes[..place.heard]) {
                self.out.write_all(message).expect("the output takes it");
                break;
            }
        }
        let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
        place.stream = None;
        self.free.push(number);
    }
}

/// The Certificate message once it is whole, of a flight whose messages are in one record.
fn certificate(heard: &[u8]) -> Option<&[u8]> {
    let mut rest = heard.get(5..)?;
    loop {
        let [kind, a, b, c, body @ ..] = rest else {
            return None;
        };
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).ok()?;
        let body = body.get(..length)?;
        if *kind == CERTIFICATE {
            return Some(body);
        }
        rest = &rest[4 + length..];
    }
}
