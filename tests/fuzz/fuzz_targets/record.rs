//! Any octets as records: cut into pieces in any way they give the same messages and the same error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sameca::wire::flight::{FlightError, Limits};
use sameca::wire::record::{MessageKind, MessageReader};

/// Low enough that small inputs reach the bounds.
const LIMITS: Limits = Limits {
    handshake_bytes: 16 * 1024,
    certificates: 200,
    idle_records: 3,
};

type Messages = (Vec<(MessageKind, Vec<u8>)>, Option<FlightError>);

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Messages {
    let mut reader = MessageReader::new(LIMITS);
    let mut messages = Vec::new();
    for mut piece in pieces {
        loop {
            match reader.next_message(&mut piece) {
                Ok(Some(message)) => messages.push((message.kind, message.body.into_owned())),
                Ok(None) => break,
                Err(error) => return (messages, Some(without_opening(error))),
            }
        }
        assert!(
            piece.is_empty(),
            "octets were left and no message was made of them"
        );
    }
    (messages, None)
}

/// How much is there of an answer that is not TLS depends on the pieces it came in.
fn without_opening(error: FlightError) -> FlightError {
    match error {
        FlightError::NotTls(_) => FlightError::NotTls(Vec::new()),
        other => other,
    }
}

/// Pieces of pseudo-random length, from 0 to 127 octets, that the content itself decides: seeds stay plain flights.
struct Pieces<'a> {
    rest: &'a [u8],
    state: u64,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let length = usize::from(self.state.to_be_bytes()[0] >> 1).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(piece)
    }
}

fuzz_target!(|data: &[u8]| {
    let whole = read(std::iter::once(data));
    let state = data.iter().fold(1, |state: u64, octet| {
        state.rotate_left(9).wrapping_add(u64::from(*octet))
    });
    assert_eq!(read(Pieces { rest: data, state }), whole);
    assert_eq!(read(data.chunks(1)), whole);
});
