//! A server on every address of the loopback network that says the same flight to whoever speaks, and computes nothing.

#![expect(
    unreachable_pub,
    reason = "every program that uses this has it to itself"
)]

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, SockRef, Socket, Type};

use super::chains::Flight;

/// Connections that may wait to be accepted; the system may allow less.
const BACKLOG: i32 = 65_535;

const LISTENER: Token = Token(0);
const END: Token = Token(1);

/// What is said to whoever speaks.
#[derive(Debug)]
pub enum Answer {
    /// One of a few flights, at each address always the same one.
    Few(Vec<Flight>),
    /// The flight, with address and port in the serial number of its leaf: another leaf everywhere. The CA has signed
    /// the serial number too, so that its signature verifies for none of them.
    Own(Flight),
    /// Nothing: connections are taken and kept.
    Silence,
}

/// The server. It ends when this is dropped.
pub struct Replay {
    pub port: u16,
    /// When the first connection came, once.
    pub first: Receiver<Instant>,
    end: Waker,
    thread: Option<JoinHandle<()>>,
}

impl Replay {
    pub fn new(answer: Answer) -> Self {
        let (listener, port) = listen();
        let (sender, first) = channel();
        let poll = Poll::new().expect("the system's polling");
        let end = Waker::new(poll.registry(), END).expect("a waker");
        let serving = Serving {
            poll,
            listener,
            answer,
            peers: HashMap::new(),
            next: END.0 + 1,
            first: Some(sender),
        };
        Self {
            port,
            first,
            end,
            thread: Some(thread::spawn(|| serving.run())),
        }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = self.end.wake();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn listen() -> (TcpListener, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    socket.bind(&any.into()).expect("a port");
    socket.listen(BACKLOG).expect("it listens");
    socket.set_nonblocking(true).expect("it does not block");
    let listener = TcpListener::from_std(socket.into());
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// What the server's thread has.
struct Serving {
    poll: Poll,
    listener: TcpListener,
    answer: Answer,
    peers: HashMap<Token, Peer>,
    next: usize,
    first: Option<Sender<Instant>>,
}

struct Peer {
    stream: TcpStream,
    answered: bool,
}

impl Serving {
    fn run(mut self) {
        let mut events = Events::with_capacity(512);
        let interest = Interest::READABLE;
        let registry = self.poll.registry();
        let registered = registry.register(&mut self.listener, LISTENER, interest);
        registered.expect("the listener is new");
        loop {
            let polled = self.poll.poll(&mut events, None);
            if polled.is_err_and(|error| error.kind() != ErrorKind::Interrupted) {
                return;
            }
            for event in &events {
                match event.token() {
                    END => return,
                    LISTENER => self.accept(),
                    token => self.serve(token),
                }
            }
        }
    }

    fn accept(&mut self) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            if let Some(first) = self.first.take() {
                let _ = first.send(Instant::now());
            }
            let token = Token(self.next);
            self.next += 1;
            let interest = Interest::READABLE;
            let registered = self.poll.registry().register(&mut stream, token, interest);
            registered.expect("the connection is new");
            let peer = Peer {
                stream,
                answered: false,
            };
            self.peers.insert(token, peer);
        }
    }

    /// Answers the first bytes; the next, or the end, end the connection.
    fn serve(&mut self, token: Token) {
        let Some(peer) = self.peers.get_mut(&token) else {
            return;
        };
        let mut heard = [0; 4096];
        loop {
            match peer.stream.read(&mut heard) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(1..) if !peer.answered => peer.answered = self.answer.say(&mut peer.stream),
                _ => break,
            }
        }
        // With a reset, so that neither side waits for late packets.
        let _ = SockRef::from(&peer.stream).set_linger(Some(Duration::ZERO));
        self.peers.remove(&token);
    }
}

impl Answer {
    /// Says it, and whether there was anything to say. A flight fits into the empty buffer of a socket.
    fn say(&mut self, stream: &mut TcpStream) -> bool {
        let Ok(local) = stream.local_addr() else {
            return true;
        };
        let flight = match self {
            Self::Few(flights) => {
                let number = usize::from(octets(local)[3]) % flights.len();
                &flights[number].bytes
            }
            Self::Own(flight) => {
                let serial = &mut flight.bytes[flight.serial..flight.serial + 6];
                serial[..4].copy_from_slice(&octets(local));
                serial[4..].copy_from_slice(&local.port().to_be_bytes());
                &flight.bytes
            }
            Self::Silence => return false,
        };
        let _ = stream.write_all(flight);
        true
    }
}

fn octets(address: SocketAddr) -> [u8; 4] {
    match address.ip() {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(_) => unreachable!("it listens on addresses of IPv4"),
    }
}
