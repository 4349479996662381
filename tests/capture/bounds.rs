//! Servers that drip, flood and lie: the deadline and the bounds hold, and what came is kept.

use std::time::Duration;

use sameca::capture::{Capturer, Settings};
use sameca::model::observation::Outcome;
use tokio::time::Instant;

use crate::support::certificates::{Identity, Kind};
use crate::support::endpoint::{RUN, named, now};
use crate::support::flight::{list24, message, record};
use crate::support::legacy::{Legacy, RSA};
use crate::support::server::Act::{Drip, Forever, Hear, Reset, Send, Silence};
use crate::support::server::Server;
use crate::{TIMEOUT, flight, observe};

const FLIGHT: &str = "ndpi/adcs-three-tier.bin";

#[tokio::test(start_paused = true)]
async fn a_byte_a_second_does_not_hold_a_place() {
    let drip = Drip(flight(FLIGHT), 1, Duration::from_secs(1));
    let server = Server::scripted(vec![vec![Hear, drip]]).await;
    let began = Instant::now();
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Timeout, "{row:#?}");
    assert!(began.elapsed() <= TIMEOUT + Duration::from_millis(3));
}

#[tokio::test(start_paused = true)]
async fn a_record_a_second_does_not_hold_a_place() {
    // Each record is whole, and each read is in time.
    let body = vec![0; 60_000];
    let records: Vec<u8> = message(11, &body)
        .chunks(100)
        .flat_map(|piece| record(22, 0x0303, piece))
        .collect();
    let hello = Legacy::new(0x0303, RSA, &Identity::new("server.test", Kind::Rsa));
    let hello = hello.answer(&[0; 43])[..5 + 42].to_vec();
    let hello = record(22, 0x0303, &hello[5..]);
    let script = vec![
        Hear,
        Send(hello),
        Drip(records, 105, Duration::from_secs(1)),
    ];
    let server = Server::scripted(vec![script]).await;
    let began = Instant::now();
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Timeout, "{row:#?}");
    assert!(began.elapsed() <= TIMEOUT + Duration::from_millis(3));
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_that_has_begun_may_use_the_whole_time() {
    let bytes = flight(FLIGHT);
    let size = bytes.len().div_ceil(8);
    let drip = Drip(bytes, size, Duration::from_secs(1));
    let server = Server::scripted(vec![vec![Hear, drip, Silence]]).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Captured, "{row:#?}");
    assert!(row.elapsed_ms >= 7000);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_flood_of_handshake_messages_ends_at_the_bound() {
    // A certificate list that would take 15 MB.
    let head = record(
        22,
        0x0303,
        &message(2, &{
            let mut body = vec![3, 3];
            body.extend([7; 32]);
            body.extend([0, 0, 0x2f, 0]);
            body
        }),
    );
    let claim = record(
        22,
        0x0303,
        &[11, 0x07, 0xff, 0xff, 0x07, 0xff, 0xfc, 0x07, 0xff, 0xf9],
    );
    let more = record(22, 0x0303, &[0; 16_000]);
    let script = vec![Hear, Send([head, claim].concat()), Forever(more)];
    let server = Server::scripted(vec![script]).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Malformed, "{row:#?}");
}

#[tokio::test]
async fn ten_thousand_certificates_are_too_many() {
    let chain = list24(&vec![vec![0x30, 0]; 10_000]);
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 0x2f, 0]);
    let flight = [message(2, &body), message(11, &chain), message(14, &[])].concat();
    let records: Vec<u8> = flight
        .chunks(1 << 14)
        .flat_map(|piece| record(22, 0x0303, piece))
        .collect();
    let server = Server::scripted(vec![vec![Hear, Send(records), Silence]]).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Malformed);
    assert!(
        row.detail
            .is_some_and(|detail| detail.contains("200 certificates"))
    );
}

#[tokio::test]
async fn an_answer_cut_or_reset_anywhere_is_told_at_once() {
    let bytes = flight(FLIGHT);
    let cuts = (0..bytes.len()).step_by(97).chain(0..12);
    for cut in cuts {
        for reset in [false, true] {
            let mut script = vec![Hear, Send(bytes[..cut].to_vec())];
            script.extend(reset.then_some(Reset));
            let server = Server::scripted(vec![script]).await;
            let row = observe(&server).await;
            let told = matches!(
                row.outcome,
                Outcome::Captured | Outcome::Closed | Outcome::Reset
            );
            assert!(told, "cut at {cut}: {row:#?}");
            assert!(server.connections() <= 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flight_in_pieces_is_the_same_flight() {
    let bytes = flight(FLIGHT);
    let mut chains = Vec::new();
    for size in [1, 5, 1000, bytes.len()] {
        let pieces = Drip(bytes.clone(), size, Duration::from_millis(1));
        let server = Server::scripted(vec![vec![Hear, pieces, Silence]]).await;
        chains.push(observe(&server).await.chain);
    }
    assert_eq!(chains[0].len(), 3);
    assert!(chains.iter().all(|chain| *chain == chains[0]));
}

/// Ten thousand of these are in flight at once; the goal is 16 KiB for each with all that belongs to it.
#[tokio::test]
async fn an_endpoint_in_flight_is_small() {
    let capturer = Capturer::new(Settings::default());
    let endpoint = named(([127, 0, 0, 1], 1).into());
    let future = capturer.observe(&endpoint, RUN, now());
    let size = size_of_val(&future);
    assert!(size <= 4096, "{size}");
}
