//! Capturing from servers on loopback: real ones of rustls, scripted ones, and flights recorded from real estates.

#[path = "../support/mod.rs"]
mod support;

mod behaviours;
mod bounds;
mod handshakes;
mod ladder;
mod possession;
mod recorded;
mod several;
mod starttls;

use std::time::Duration;

use sameca::capture::{Capturer, Settings};
use sameca::model::observation::Observation;
use sameca::model::target::Endpoint;
use support::endpoint::{RUN, named, now};
use support::server::Server;

/// The one observation of a server, asked with these settings.
async fn observe_with(server: &Server, settings: Settings) -> Observation {
    one(Capturer::new(settings), named(server.address)).await
}

/// The one observation of a server, asked as by default.
async fn observe(server: &Server) -> Observation {
    observe_with(server, Settings::default()).await
}

async fn one(capturer: Capturer, endpoint: Endpoint) -> Observation {
    let mut rows = capturer.observe(&endpoint, RUN, now()).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows.remove(0)
}

/// A recorded flight.
fn flight(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/flights/");
    std::fs::read(format!("{path}{name}")).expect("a recorded flight")
}

/// The deadline of the default settings.
const TIMEOUT: Duration = Duration::from_secs(10);
