//! Servers that flood: each bound of the reader, with the most that it lets through.

use sameca::wire::flight::{Limits, Progress};

use crate::script::*;

#[test]
fn a_claim_of_16_megabytes_is_refused_at_its_header() {
    let header = record(HANDSHAKE, &[CERTIFICATE, 0xff, 0xff, 0xff]);
    let (result, _) = read(&[server_hello(0x0303, RSA), header].concat());
    assert_bound(result, "16777215 octets");
}

#[test]
fn handshake_octets_are_bounded_over_all_messages() {
    let flight = [
        server_hello(0x0303, RSA),
        certificates(&[[7; 1000]]),
        done(),
    ]
    .concat();
    // Three headers, a ServerHello of 72 octets and a Certificate of 1006.
    let limits = |handshake_bytes| Limits {
        handshake_bytes,
        ..Limits::default()
    };
    let (result, _) = read_pieces([&flight[..]], limits(1090));
    assert_eq!(result, Ok(Progress::Done));
    let (result, _) = read_pieces([&flight[..]], limits(1089));
    assert_bound(result, "1089");
}

#[test]
fn a_message_of_512_kib_is_read_and_one_octet_more_is_not() {
    let room = 512 * 1024 - server_hello_body(0x0303, RSA, &[]).len() - 8;
    let with_certificate = |size: usize| {
        let certificate = vec![0x30; size];
        read(&[server_hello(0x0303, RSA), certificates(&[certificate])].concat())
    };
    let (result, flight) = with_certificate(room - 6);
    assert_eq!(result, Ok(Progress::More));
    assert_eq!(flight.chain.map(|chain| chain.len()), Some(1));
    let (result, flight) = with_certificate(room - 5);
    assert_bound(result, "524288");
    assert_eq!(flight.chain, None);
}

#[test]
fn certificates_are_bounded() {
    for (count, is_read) in [(200, true), (201, false), (10_000, false)] {
        let flight = [server_hello(0x0303, RSA), certificates(&vec!["c"; count])].concat();
        let (result, flight) = read(&flight);
        if is_read {
            assert_eq!(flight.chain.map(|chain| chain.len()), Some(count));
        } else {
            assert_bound(result, "200 certificates");
            assert_eq!(flight.chain, None, "part of a list is no chain");
        }
    }
}

#[test]
fn what_carries_nothing_is_bounded() {
    const WARNING: u8 = 1;
    const UNRECOGNIZED_NAME: u8 = 112;
    let idle = [
        ("warning alerts", alert(WARNING, UNRECOGNIZED_NAME)),
        ("empty handshake records", record(HANDSHAKE, &[])),
        ("empty alert records", record(ALERT, &[])),
        ("HelloRequests", handshake(HELLO_REQUEST, &[])),
    ];
    for (name, record) in idle {
        let flight = [record.repeat(8), until_chain(RSA), record.repeat(8), done()].concat();
        assert_eq!(
            read(&flight).0,
            Ok(Progress::Done),
            "{name}: eight and eight"
        );
        assert_bound(read(&record.repeat(9)).0, "in a row");
        assert_bound(
            read(&[until_chain(RSA), record.repeat(9)].concat()).0,
            "in a row",
        );
    }
}

#[test]
fn many_hello_requests_in_one_record_are_bounded() {
    let (result, _) = read(&record(HANDSHAKE, &message(HELLO_REQUEST, &[]).repeat(9)));
    assert_bound(result, "HelloRequests");
}

#[test]
fn idle_records_of_several_kinds_count_together() {
    let mixed = [
        record(HANDSHAKE, &[]),
        alert(1, 112),
        handshake(HELLO_REQUEST, &[]),
    ]
    .concat();
    assert_bound(read(&mixed.repeat(3)).0, "in a row");
}

#[test]
fn fragments_of_a_message_do_not_reset_the_count() {
    // One octet of a long message between the empty records: for ever, if each octet bought eight more.
    let octets = message(CERTIFICATE, &[0; 100]);
    let flight: Vec<u8> = octets
        .iter()
        .flat_map(|octet| [record(HANDSHAKE, &[*octet]), record(HANDSHAKE, &[])].concat())
        .collect();
    assert_bound(
        read(&[server_hello(0x0303, RSA), flight].concat()).0,
        "in a row",
    );
}
