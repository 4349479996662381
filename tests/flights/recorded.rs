//! Flights recorded from real servers (`testdata/flights`), against the description that comes with them.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use sameca::model::codepoint::Alert;
use sameca::wire::flight::{Flight, FlightError, FlightReader, Limits, Progress};
use serde_json::Value;

use crate::script::{Reading, read, read_pieces};

/// A recorded flight and what is known of it.
struct Recording {
    file: String,
    bytes: Vec<u8>,
    expected: Value,
}

impl Recording {
    fn expects(&self, outcome: &str) -> bool {
        self.expected["expect"] == outcome
    }

    fn contains(&self, message: &str) -> bool {
        let messages = self.expected["messages"].as_array();
        messages.is_some_and(|messages| messages.iter().any(|name| name == message))
    }
}

fn recordings() -> &'static [Recording] {
    static RECORDINGS: OnceLock<Vec<Recording>> = OnceLock::new();
    RECORDINGS.get_or_init(|| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/flights");
        let index = fs::read(directory.join("index.json")).expect("the index is there");
        let index: Value = serde_json::from_slice(&index).expect("the index is JSON");
        let flights = index["flights"]
            .as_array()
            .expect("the index lists flights");
        assert_eq!(flights.len(), 65);
        flights
            .iter()
            .map(|expected| {
                let file = expected["file"].as_str().expect("a file name").to_owned();
                let bytes = fs::read(directory.join(&file)).expect("the flight is there");
                Recording {
                    file,
                    bytes,
                    expected: expected.clone(),
                }
            })
            .collect()
    })
}

fn assert_hello_is_as_described(flight: &Flight, recording: &Recording) {
    let file = &recording.file;
    let version = flight.version.expect("a version").to_string();
    let described = recording.expected["version"].as_str().expect("a version");
    let described = described
        .replace("SSL 3.0", "SSLv3")
        .replace("TLS ", "TLSv");
    assert_eq!(version, described, "{file}");
    let suite = flight.cipher_suite.expect("a cipher suite");
    let described = format!("{:#06x} {suite}", suite.0);
    assert_eq!(
        recording.expected["cipher_suite"],
        described.as_str(),
        "{file}"
    );
}

fn assert_flight_is_as_described(flight: &Flight, recording: &Recording) {
    let file = &recording.file;
    assert_hello_is_as_described(flight, recording);
    let presented: Vec<String> = flight
        .chain
        .iter()
        .flatten()
        .map(|certificate| certificate.sha256().to_string())
        .collect();
    let described: Vec<&str> = recording.expected["certificates"]
        .as_array()
        .expect("certificates")
        .iter()
        .map(|certificate| certificate["sha256"].as_str().expect("a digest"))
        .collect();
    assert_eq!(presented, described, "{file}");
    let presence = [
        ("CertificateStatus", flight.ocsp_response.is_some()),
        ("ServerKeyExchange", flight.key_exchange.is_some()),
        ("CertificateRequest", flight.certificate_request.is_some()),
        ("ServerHelloDone", flight.done),
    ];
    for (message, is_present) in presence {
        assert_eq!(is_present, recording.contains(message), "{file}: {message}");
    }
}

#[test]
fn every_flight_is_read_as_its_description_says() {
    for recording in recordings() {
        let file = &recording.file;
        let (result, flight) = read(&recording.bytes);
        if recording.expects("captured") {
            let ends = recording.contains("ServerHelloDone");
            let progress = if ends { Progress::Done } else { Progress::More };
            assert_eq!(result, Ok(progress), "{file}");
            assert_flight_is_as_described(&flight, recording);
        } else if recording.expects("malformed") {
            assert!(
                matches!(result, Err(FlightError::Malformed(_))),
                "{file}: {result:?}"
            );
            assert_flight_is_as_described(&flight, recording);
        } else if recording.expects("alert") {
            assert_eq!(
                result,
                Err(FlightError::Alert(Alert::HANDSHAKE_FAILURE)),
                "{file}"
            );
        } else if recording.expects("tls13") {
            assert_eq!(result, Err(FlightError::Tls13), "{file}");
        } else {
            assert!(
                recording.expects("not-tls"),
                "{file}: a new word in the index"
            );
            let opening = recording.bytes[..64].to_vec();
            assert_eq!(result, Err(FlightError::NotTls(opening)), "{file}");
        }
    }
}

#[test]
fn the_ca_list_of_a_certificate_request_is_read() {
    let recording = recordings()
        .iter()
        .find(|recording| recording.file == "zeek/client-cert-demanded.bin")
        .expect("the recording is there");
    let (_, flight) = read(&recording.bytes);
    let request = flight.certificate_request.expect("a request");
    let size: usize = request.authorities.iter().map(|name| name.len() + 2).sum();
    assert!(!request.authorities.is_empty());
    assert_eq!(usize::try_from(request.authorities_size), Ok(size));
    assert!(
        request
            .authorities
            .iter()
            .all(|name| name.starts_with(&[0x30]))
    );
}

#[test]
fn a_flight_cut_in_two_anywhere_reads_as_the_whole() {
    for recording in recordings() {
        let whole = read(&recording.bytes);
        // The one long flight would make this test quadratic; one octet at a time comes next.
        let step = if recording.bytes.len() < 16_384 {
            1
        } else {
            997
        };
        for cut in (0..=recording.bytes.len()).step_by(step) {
            let (first, second) = recording.bytes.split_at(cut);
            let reading = read_pieces([first, second], Limits::default());
            assert_eq!(reading, whole, "{} cut at {cut}", recording.file);
        }
    }
}

#[test]
fn a_flight_that_stops_anywhere_shows_nothing_that_the_whole_does_not() {
    for recording in recordings() {
        let (last, whole) = read(&recording.bytes);
        let mut reader = FlightReader::new(Limits::default());
        let mut result = Ok(Progress::More);
        for octet in recording.bytes.chunks(1) {
            result = reader.push(octet);
            let flight = reader.flight();
            assert!(flight.version.is_none() || flight.version == whole.version);
            assert!(flight.chain.is_none() || flight.chain == whole.chain);
            assert!(flight.key_exchange.is_none() || flight.key_exchange == whole.key_exchange);
            assert!(!flight.done || whole.done);
        }
        assert_eq!(
            (result, reader.into_flight()),
            (last, whole),
            "{}",
            recording.file
        );
    }
}

/// The pieces of `bytes` with the lengths of `sizes`, and the rest.
fn pieces<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for size in sizes {
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// The same flight with its records cut anew: handshake octets in fragments of the lengths of `sizes`, over and over.
fn with_other_records(bytes: &[u8], sizes: &[usize]) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut rest = bytes;
    while let [22, 3, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        octets.extend(after.get(..length)?);
        rest = after.get(length..)?;
    }
    let mut records = Vec::new();
    let mut octets = octets.as_slice();
    for size in sizes.iter().cycle() {
        if octets.is_empty() {
            break;
        }
        let (fragment, after) = octets.split_at((*size).min(octets.len()));
        records.extend(crate::script::record(22, fragment));
        octets = after;
    }
    rest.is_empty().then_some(records)
}

proptest! {
    #[test]
    fn random_pieces_read_as_the_whole(
        index in any::<prop::sample::Index>(),
        sizes in prop::collection::vec(0_usize..700, 0..40),
    ) {
        let recording = index.get(recordings());
        let reading: Reading = read_pieces(pieces(&recording.bytes, &sizes), Limits::default());
        prop_assert_eq!(reading, read(&recording.bytes));
    }

    #[test]
    fn other_records_around_the_same_messages_make_no_difference(
        index in any::<prop::sample::Index>(),
        sizes in prop::collection::vec(1_usize..9_000, 1..9),
    ) {
        let recording = index.get(recordings());
        if let Some(records) = with_other_records(&recording.bytes, &sizes) {
            // What follows a message with an error is cut differently, but what was read is the same.
            prop_assert_eq!(read(&records), read(&recording.bytes));
        }
    }

    #[test]
    fn flipped_bits_never_panic_and_read_alike_in_pieces(
        index in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..6),
        sizes in prop::collection::vec(0_usize..300, 0..40),
    ) {
        let mut bytes = index.get(recordings()).bytes.clone();
        for (position, bit) in flips {
            let position = position.index(bytes.len());
            bytes[position] ^= 1 << bit;
        }
        prop_assert_eq!(read_pieces(pieces(&bytes, &sizes), Limits::default()), read(&bytes));
    }
}

#[test]
fn a_flipped_bit_never_moves_the_borders_of_a_certificate() {
    let recording = recordings()
        .iter()
        .find(|recording| {
            recording.file == "zeek/schannel-tls10-002f-win2k8r2.awakecoding.ath.cx.bin"
        })
        .expect("the recording is there");
    let lengths = |flight: &Flight| -> Vec<usize> {
        flight
            .chain
            .iter()
            .flatten()
            .map(|certificate| certificate.as_bytes().len())
            .collect()
    };
    let (_, whole) = read(&recording.bytes);
    let mut bytes = recording.bytes.clone();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            bytes[position] ^= 1 << bit;
            let (result, flight) = read(&bytes);
            if result == Ok(Progress::Done) {
                assert_eq!(
                    lengths(&flight),
                    lengths(&whole),
                    "bit {bit} of octet {position}"
                );
            }
            bytes[position] ^= 1 << bit;
        }
    }
}
