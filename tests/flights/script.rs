//! Servers written out by hand: records and messages with the lengths they should have, or with others.

use sameca::wire::flight::{Flight, FlightError, FlightReader, Limits, Progress};

pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;

pub(crate) const RSA: u16 = 0x002f;

pub(crate) const HELLO_REQUEST: u8 = 0;
pub(crate) const SERVER_HELLO: u8 = 2;
pub(crate) const CERTIFICATE: u8 = 11;
pub(crate) const SERVER_KEY_EXCHANGE: u8 = 12;
pub(crate) const CERTIFICATE_REQUEST: u8 = 13;
pub(crate) const SERVER_HELLO_DONE: u8 = 14;
pub(crate) const CERTIFICATE_STATUS: u8 = 22;

/// What came of a flight: its last progress or error, and all that was read.
pub(crate) type Reading = (Result<Progress, FlightError>, Flight);

/// Reads a flight that comes in one piece.
pub(crate) fn read(bytes: &[u8]) -> Reading {
    read_pieces([bytes], Limits::default())
}

/// Reads a flight that comes in pieces. Goes on after errors, which must stay what they are.
pub(crate) fn read_pieces<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    limits: Limits,
) -> Reading {
    let mut reader = FlightReader::new(limits);
    let mut result = Ok(Progress::More);
    for piece in pieces {
        result = reader.push(piece);
    }
    (result, reader.into_flight())
}

/// `content`, after its length in `octets` octets.
pub(crate) fn vector(octets: usize, content: &[u8]) -> Vec<u8> {
    let length = u64::try_from(content.len())
        .expect("a length")
        .to_be_bytes();
    [&length[8 - octets..], content].concat()
}

/// A record of TLS 1.2.
pub(crate) fn record(content_type: u8, body: &[u8]) -> Vec<u8> {
    [&[content_type, 3, 3], &vector(2, body)[..]].concat()
}

/// A handshake message.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &vector(3, body)[..]].concat()
}

/// A handshake message in as many records as it needs.
pub(crate) fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    message(kind, body)
        .chunks(16_384)
        .flat_map(|part| record(HANDSHAKE, part))
        .collect()
}

/// An alert in a record.
pub(crate) fn alert(level: u8, description: u8) -> Vec<u8> {
    record(ALERT, &[level, description])
}

/// The body of a ServerHello; `extensions` holds all of them, without their length.
pub(crate) fn server_hello_body(version: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
    [
        &version.to_be_bytes()[..],
        &[0x5a; 32],
        &vector(1, &[7; 32]),
        &suite.to_be_bytes(),
        &[0],
        &vector(2, extensions),
    ]
    .concat()
}

/// A ServerHello in a record.
pub(crate) fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    handshake(SERVER_HELLO, &server_hello_body(version, suite, &[]))
}

/// The body of a Certificate message.
pub(crate) fn certificates_body<C: AsRef<[u8]>>(certificates: &[C]) -> Vec<u8> {
    let entries: Vec<u8> = certificates
        .iter()
        .flat_map(|certificate| vector(3, certificate.as_ref()))
        .collect();
    vector(3, &entries)
}

/// A Certificate message in records.
pub(crate) fn certificates<C: AsRef<[u8]>>(certificates: &[C]) -> Vec<u8> {
    handshake(CERTIFICATE, &certificates_body(certificates))
}

/// A flight of TLS 1.2 up to its chain, which is of two certificates.
pub(crate) fn until_chain(suite: u16) -> Vec<u8> {
    [
        server_hello(0x0303, suite),
        certificates(&["leaf", "issuer"]),
    ]
    .concat()
}

/// ServerHelloDone in a record.
pub(crate) fn done() -> Vec<u8> {
    handshake(SERVER_HELLO_DONE, &[])
}

/// The certificates of a chain as the text that they are here.
pub(crate) fn chain_of(flight: &Flight) -> Option<Vec<String>> {
    let chain = flight.chain.as_ref()?;
    Some(
        chain
            .iter()
            .map(|der| String::from_utf8_lossy(der.as_bytes()).into_owned())
            .collect(),
    )
}

/// Checks for a bound whose sentence names `names`.
pub(crate) fn assert_bound(result: Result<Progress, FlightError>, names: &str) {
    match result {
        Err(FlightError::Bound(sentence)) => assert!(sentence.contains(names), "{sentence}"),
        other => panic!("no bound: {other:?}"),
    }
}

/// Checks for broken TLS whose sentence names `names`.
pub(crate) fn assert_malformed(result: Result<Progress, FlightError>, names: &str) {
    match result {
        Err(FlightError::Malformed(sentence)) => assert!(sentence.contains(names), "{sentence}"),
        other => panic!("not malformed for {names}: {other:?}"),
    }
}

/// Reads `after` where a flight with a chain goes on; the chain must survive.
pub(crate) fn read_after_chain(suite: u16, after: &[u8]) -> Reading {
    let (result, flight) = read(&[until_chain(suite), after.to_vec()].concat());
    let chain = chain_of(&flight).expect("the chain that came is kept");
    assert_eq!(chain, ["leaf", "issuer"]);
    (result, flight)
}
