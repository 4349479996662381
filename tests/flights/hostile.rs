//! Servers that lie, break off, or speak something else.

use sameca::model::codepoint::{Alert, CipherSuite, ProtocolVersion, SignatureScheme};
use sameca::wire::flight::{FlightError, FlightReader, Limits, Progress};
use sha2::{Digest as _, Sha256};

use crate::script::*;

const DHE_RSA: u16 = 0x0033;
const ECDHE_RSA: u16 = 0xc02f;
const DH_ANON: u16 = 0x0018;
const PSK: u16 = 0x008c;
const RSA_PSK: u16 = 0x0094;

// Lengths that lie.

#[test]
fn a_record_longer_than_tls_allows_is_malformed() {
    assert_malformed(read(&[22, 3, 3, 0xff, 0xff]).0, "65535");
    assert_malformed(read(&[22, 3, 3, 0x48, 0x01]).0, "18433");
}

#[test]
fn a_certificate_list_with_lying_lengths_is_malformed() {
    let bodies: [(&str, &[u8]); 9] = [
        ("no list", &[]),
        ("half a length", &[0, 0]),
        ("a list longer than its message", &[0, 0, 6, 0, 0, 1, 9]),
        ("a list shorter than its message", &[0, 0, 4, 0, 0, 1, 9, 0]),
        ("a certificate longer than the list", &[0, 0, 4, 0, 0, 2, 9]),
        ("a certificate of 16 MB", &[0, 0, 4, 0xff, 0xff, 0xff, 9]),
        ("a second one cut off", &[0, 0, 8, 0, 0, 1, 9, 0, 0, 2, 9]),
        ("half a length at the end", &[0, 0, 6, 0, 0, 1, 9, 0, 0]),
        ("a certificate without octets", &[0, 0, 3, 0, 0, 0]),
    ];
    for (name, body) in bodies {
        let (result, flight) =
            read(&[server_hello(0x0303, RSA), handshake(CERTIFICATE, body)].concat());
        assert_malformed(result, "a broken Certificate");
        assert_eq!(flight.chain, None, "{name}");
    }
}

#[test]
fn a_server_hello_with_lying_lengths_is_malformed() {
    let whole = server_hello_body(0x0303, RSA, &[0, 5, 0, 0]);
    for length in 0..whole.len() {
        let (result, flight) = read(&handshake(SERVER_HELLO, &whole[..length]));
        // Without extensions at all a ServerHello is as long as those of old.
        if length == whole.len() - 6 {
            assert_eq!(result, Ok(Progress::More));
        } else {
            assert_malformed(result, "a broken ServerHello");
            assert_eq!(flight.version, None);
        }
    }
    let longer = [&whole[..], &[0]].concat();
    assert_malformed(
        read(&handshake(SERVER_HELLO, &longer)).0,
        "a broken ServerHello",
    );
}

#[test]
fn a_broken_message_after_the_chain_leaves_the_chain() {
    let bodies: [(u8, u16, &[u8]); 12] = [
        (SERVER_KEY_EXCHANGE, ECDHE_RSA, &[]),
        (SERVER_KEY_EXCHANGE, ECDHE_RSA, &[3, 0, 23, 65, 4]),
        (
            SERVER_KEY_EXCHANGE,
            ECDHE_RSA,
            &[3, 0, 23, 1, 4, 4, 1, 0xff, 0xff, 9],
        ),
        (
            SERVER_KEY_EXCHANGE,
            ECDHE_RSA,
            &[3, 0, 23, 1, 4, 4, 1, 0, 1, 9, 9],
        ),
        (
            SERVER_KEY_EXCHANGE,
            DHE_RSA,
            &[0, 1, 9, 0, 1, 9, 0xff, 0xff, 9],
        ),
        (CERTIFICATE_REQUEST, RSA, &[]),
        (CERTIFICATE_REQUEST, RSA, &[1, 1, 0, 2, 4]),
        (CERTIFICATE_REQUEST, RSA, &[1, 1, 0, 0, 0, 9]),
        (CERTIFICATE_REQUEST, RSA, &[1, 1, 0, 0, 0, 0, 0]),
        (CERTIFICATE_STATUS, RSA, &[1, 0, 0, 9]),
        (CERTIFICATE_STATUS, RSA, &[1, 0, 0, 1, 9, 9]),
        (SERVER_HELLO_DONE, RSA, &[0]),
    ];
    for (kind, suite, body) in bodies {
        let (result, flight) = read_after_chain(suite, &handshake(kind, body));
        assert_malformed(result, "octets");
        assert!(!flight.done);
    }
}

// What may follow a chain.

#[test]
fn a_chain_survives_whatever_follows() {
    let (result, _) = read_after_chain(RSA, &alert(2, 40));
    assert_eq!(result, Err(FlightError::Alert(Alert::HANDSHAKE_FAILURE)));
    let (result, _) = read_after_chain(RSA, &alert(1, 0));
    assert_eq!(result, Err(FlightError::Alert(Alert::CLOSE_NOTIFY)));
    assert_malformed(read_after_chain(RSA, b"\r\nHTTP/1.1 400").0, "type 13");
    assert_malformed(read_after_chain(RSA, &[22, 0x48]).0, "major version 72");
    assert_malformed(read_after_chain(RSA, &record(20, &[1])).0, "type 20");
    assert_malformed(read_after_chain(RSA, &record(23, &[1])).0, "type 23");
    assert_malformed(read_after_chain(RSA, &handshake(0x84, &[])).0, "type 132");
    assert_malformed(
        read_after_chain(RSA, &certificates(&["other"])).0,
        "second time",
    );
    assert_malformed(
        read_after_chain(RSA, &server_hello(0x0301, RSA)).0,
        "second time",
    );
    assert_bound(read_after_chain(RSA, &alert(1, 90).repeat(9)).0, "in a row");
    assert_eq!(read_after_chain(RSA, &[]).0, Ok(Progress::More));
}

#[test]
fn octets_after_the_end_of_the_flight_are_ignored() {
    let (result, flight) = read_after_chain(RSA, &[done(), b"anything".to_vec()].concat());
    assert_eq!(result, Ok(Progress::Done));
    assert!(flight.done);
}

#[test]
fn a_key_exchange_of_an_unknown_form_is_passed_over() {
    const EXPLICIT_CHAR2: u8 = 2;
    for (suite, body) in [
        (ECDHE_RSA, &[EXPLICIT_CHAR2, 1, 2][..]),
        (RSA_PSK, &[0, 4, b'h', b'i', b'n', b't']),
        (0xfafa, &[1, 2, 3]),
    ] {
        let rest = [handshake(SERVER_KEY_EXCHANGE, body), done()].concat();
        let (result, flight) = read_after_chain(suite, &rest);
        assert_eq!(result, Ok(Progress::Done));
        assert_eq!(flight.key_exchange, None);
    }
}

// What is read of the later messages.

#[test]
fn the_signed_parameters_are_the_exact_octets() {
    let named = [&[3, 0, 29][..], &vector(1, &[9; 32])].concat();
    let explicit = [&[1][..], &vector(1, &[8; 12]).repeat(7)].concat();
    let dhe = vector(2, &[7; 128]).repeat(3);
    let export = vector(2, &[6; 64]).repeat(2);
    for (suite, params) in [
        (ECDHE_RSA, named),
        (ECDHE_RSA, explicit),
        (DHE_RSA, dhe),
        (0x0003, export),
    ] {
        let body = [&params[..], &[2, 1], &vector(2, b"signature")].concat();
        let (_, flight) = read_after_chain(suite, &handshake(SERVER_KEY_EXCHANGE, &body));
        let signed = flight.key_exchange.expect("a key exchange");
        assert_eq!(signed.params, params);
        assert_eq!(signed.scheme, Some(SignatureScheme::RSA_PKCS1_SHA1));
        assert_eq!(signed.signature, b"signature");
    }
}

#[test]
fn before_tls_12_a_signature_names_no_scheme() {
    let body = [
        &[3, 0, 23][..],
        &vector(1, &[4; 65]),
        &vector(2, b"signature"),
    ]
    .concat();
    let flight = [
        server_hello(0x0301, 0xc013),
        certificates(&["leaf"]),
        handshake(SERVER_KEY_EXCHANGE, &body),
    ];
    let signed = read(&flight.concat())
        .1
        .key_exchange
        .expect("a key exchange");
    assert_eq!(signed.scheme, None);
    assert_eq!(signed.signature, b"signature");
}

#[test]
fn a_ca_list_cut_within_a_name_gives_the_names_before() {
    let list = [vector(2, b"one"), vector(2, b"two"), vec![0, 9, b'c']].concat();
    let body = [&[1, 1][..], &vector(2, &[4, 1]), &vector(2, &list)].concat();
    let rest = [handshake(CERTIFICATE_REQUEST, &body), done()].concat();
    let (result, flight) = read_after_chain(RSA, &rest);
    assert_eq!(result, Ok(Progress::Done));
    let request = flight.certificate_request.expect("a request");
    assert_eq!(request.authorities, [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(request.authorities_size, 13);
}

#[test]
fn a_status_of_another_type_or_without_octets_is_no_staple() {
    for body in [&[2, 0, 0, 1, 9][..], &[1, 0, 0, 0]] {
        let (result, flight) = read_after_chain(RSA, &handshake(CERTIFICATE_STATUS, body));
        assert_eq!(result, Ok(Progress::More));
        assert_eq!(flight.ocsp_response, None);
    }
}

// Alerts.

#[test]
fn an_alert_may_be_split_or_share_its_record() {
    let split = [record(ALERT, &[2]), record(ALERT, &[70])].concat();
    assert_eq!(
        read(&split).0,
        Err(FlightError::Alert(Alert::PROTOCOL_VERSION))
    );
    let shared = record(ALERT, &[1, 112, 2, 40]);
    assert_eq!(
        read(&shared).0,
        Err(FlightError::Alert(Alert::HANDSHAKE_FAILURE))
    );
    assert_malformed(read(&alert(3, 40)).0, "level 3");
}

#[test]
fn the_last_warning_is_remembered() {
    let mut reader = FlightReader::new(Limits::default());
    assert_eq!(reader.last_warning(), None);
    assert_eq!(reader.push(&alert(1, 112)), Ok(Progress::More));
    assert_eq!(reader.last_warning(), Some(Alert::UNRECOGNIZED_NAME));
}

// Something else than TLS.

#[test]
fn another_protocol_is_seen_at_its_first_wrong_octet() {
    let answers: [&[u8]; 9] = [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example.com ESMTP\r\n",
        b"+OK\r\n",
        b"\xff\xfd\x18",
        b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x124\x00\x02\x00\x08\x00\x00\x00\x00\x00",
        b"\x83\xb4\x04\x00\x01\x00\x02",
        b"\x4a\x00\x00\x00\x0a8.0.36",
        b"\x16\xfe\xff\x00\x00",
    ];
    for answer in answers {
        assert_eq!(read(answer).0, Err(FlightError::NotTls(answer.to_vec())));
        let mut reader = FlightReader::new(Limits::default());
        assert!(
            answer[..2]
                .chunks(1)
                .any(|octet| reader.push(octet).is_err())
        );
        assert!(!reader.has_begun());
    }
}

#[test]
fn an_answer_that_is_not_tls_is_kept_up_to_64_octets() {
    let answer = [b'x'; 100];
    for size in [1, 3, 63, 100] {
        let (result, _) = read_pieces(answer.chunks(size), Limits::default());
        assert_eq!(result, Err(FlightError::NotTls(vec![b'x'; 64])));
    }
}

#[test]
fn a_flight_has_begun_with_its_first_whole_record_header() {
    let mut reader = FlightReader::new(Limits::default());
    assert_eq!(reader.push(&[22, 3, 3, 0]), Ok(Progress::More));
    assert!(!reader.has_begun());
    assert_eq!(reader.push(&[9]), Ok(Progress::More));
    assert!(reader.has_begun());
}

#[test]
fn the_pseudo_tls_of_an_av_edge_is_malformed() {
    // A hello of TLS 1.0 with an anonymous suite, and ServerHelloDone in the same record.
    let hello = [
        &[3, 1][..],
        &[0x4e; 32],
        &vector(1, &[0x20; 32]),
        &[0, 0x18, 0],
    ]
    .concat();
    let body = [
        message(SERVER_HELLO, &hello),
        message(SERVER_HELLO_DONE, &[]),
    ]
    .concat();
    let answer = [&[22, 3, 1][..], &vector(2, &body)].concat();
    assert_eq!(answer.len(), 5 + 0x4e);
    assert_malformed(read(&answer).0, "pseudo-TLS");

    // The other kind ends with its hello, and goes on with a STUN message.
    let hello = record(HANDSHAKE, &message(SERVER_HELLO, &hello));
    assert_malformed(
        read(&[&hello[..], &[0, 1, 0, 8]].concat()).0,
        "something else",
    );
}

// Handshakes without a chain.

#[test]
fn a_handshake_without_a_certificate_is_told_from_a_broken_one() {
    let key_exchange = handshake(SERVER_KEY_EXCHANGE, &[0; 9]);
    let none: [&[Vec<u8>]; 5] = [
        &[server_hello(0x0303, DH_ANON), key_exchange.clone()],
        &[server_hello(0x0303, PSK), key_exchange],
        &[server_hello(0x0303, PSK), done()],
        &[server_hello(0x0303, RSA), done()],
        &[
            server_hello(0x0303, RSA),
            handshake(CERTIFICATE, &[0, 0, 0]),
        ],
    ];
    for flight in none {
        let (result, flight) = read(&flight.concat());
        assert!(
            matches!(result, Err(FlightError::NoCertificate(_))),
            "{result:?}"
        );
        assert_eq!(flight.chain, None);
    }
}

#[test]
fn messages_out_of_turn_are_malformed() {
    assert_malformed(read(&certificates(&["leaf"])).0, "before the ServerHello");
    assert_malformed(read(&done()).0, "before the ServerHello");
    for kind in [CERTIFICATE_REQUEST, CERTIFICATE_STATUS] {
        let flight = [server_hello(0x0303, RSA), handshake(kind, &[])].concat();
        assert_malformed(read(&flight).0, "before the Certificate");
    }
}

// Versions and suites.

#[test]
fn tls_13_is_named_however_the_server_chooses_it() {
    let selected = |version: u16| {
        let extension = [&[0, 43][..], &vector(2, &version.to_be_bytes())].concat();
        handshake(SERVER_HELLO, &server_hello_body(0x0303, 0x1301, &extension))
    };
    for hello in [
        selected(0x0304),
        selected(0x7f1c),
        server_hello(0x0304, 0x1301),
    ] {
        assert_eq!(read(&hello.repeat(2)).0, Err(FlightError::Tls13));
    }
    // A HelloRetryRequest is known by its random, the SHA-256 of its name.
    let mut retry = server_hello_body(0x0303, 0x1301, &[]);
    retry[2..34].copy_from_slice(&Sha256::digest("HelloRetryRequest"));
    assert_eq!(
        read(&handshake(SERVER_HELLO, &retry)).0,
        Err(FlightError::Tls13)
    );
    let (_, flight) = read(&selected(0x0304));
    assert_eq!(flight.version, Some(ProtocolVersion::TLS13));
    assert_eq!(flight.cipher_suite, Some(CipherSuite(0x1301)));
}

#[test]
fn an_unknown_version_or_suite_does_not_hide_the_chain() {
    for (version, suite) in [(0x0305, 0xfafa), (0x0300, 0x000a), (0x03ff, RSA)] {
        let flight = [
            server_hello(version, suite),
            certificates(&["leaf"]),
            done(),
        ]
        .concat();
        let (result, flight) = read(&flight);
        assert_eq!(result, Ok(Progress::Done));
        assert_eq!(flight.version, Some(ProtocolVersion(version)));
        assert_eq!(flight.cipher_suite, Some(CipherSuite(suite)));
        assert!(flight.chain.is_some());
    }
}
