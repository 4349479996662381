//! DNS servers that answer by script: what they send over UDP and over TCP, byte for byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::thread;

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record};

/// What a question is answered with: any number of messages.
pub(crate) type Script = dyn Fn(&Message, Over) -> Vec<Vec<u8>> + Send + Sync;

/// How a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// As a datagram.
    Udp,
    /// On a connection.
    Tcp,
}

/// Answers by the script until the test's process ends.
pub(crate) fn serve(
    script: impl Fn(&Message, Over) -> Vec<Vec<u8>> + Send + Sync + 'static,
) -> SocketAddr {
    let script: Arc<Script> = Arc::new(script);
    let (udp, tcp) = sockets();
    let address = udp.local_addr().expect("it is bound");
    let over_udp = Arc::clone(&script);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            let question = Message::from_vec(&buffer[..length]).expect("the program asks properly");
            for answer in over_udp(&question, Over::Udp) {
                let _ = udp.send_to(&answer, from);
            }
        }
    });
    thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let script = Arc::clone(&script);
            thread::spawn(move || {
                let mut length = [0; 2];
                while stream.read_exact(&mut length).is_ok() {
                    let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                    stream.read_exact(&mut question).expect("a whole question");
                    let question = Message::from_vec(&question).expect("the program asks properly");
                    for answer in script(&question, Over::Tcp) {
                        let length = u16::try_from(answer.len()).expect("it fits a message");
                        let _ = stream.write_all(&length.to_be_bytes());
                        let _ = stream.write_all(&answer);
                    }
                }
            });
        }
    });
    address
}

fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..50 {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = tcp.local_addr().expect("it is bound");
        if let Ok(udp) = UdpSocket::bind(address) {
            return (udp, tcp);
        }
    }
    panic!("no port is free for UDP and TCP");
}

/// An answer to a question, to be changed before it is sent.
pub(crate) fn answer(question: &Message, code: ResponseCode, records: &[(&str, RData)]) -> Message {
    let mut answer = Message::response(question.id, OpCode::Query);
    answer.metadata.response_code = code;
    answer.metadata.recursion_available = true;
    answer.add_queries(question.queries.iter().cloned());
    answer.add_answers(
        records
            .iter()
            .map(|(owner, data)| Record::from_rdata(name(owner), 60, data.clone())),
    );
    answer
}

/// The bytes of a message.
pub(crate) fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().expect("it fits a message")
}

/// The name that is asked for, without a dot at its end.
pub(crate) fn asked(question: &Message) -> String {
    let name = question.queries[0].name().to_ascii().to_lowercase();
    name.trim_end_matches('.').to_owned()
}

/// A name that is whole.
pub(crate) fn name(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).expect(text)
}
