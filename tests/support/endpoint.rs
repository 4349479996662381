//! Endpoints as the inventory would give them.

use std::net::SocketAddr;

use sameca::model::target::{Endpoint, Group, Host, Port, Requirement, Role, Target};
use sameca::model::timestamp::Timestamp;

/// The run's identity in tests.
pub const RUN: &str = "01JDTEST000000000000000000";

/// A time that does not pass.
pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T20:15:04.120Z").expect("a time")
}

/// An endpoint at this address, named `server.test`.
pub fn named(address: SocketAddr) -> Endpoint {
    let name = "server.test".to_owned();
    endpoint(address, Host::Name(name.clone()), Some(name))
}

/// An endpoint that is known by its address only.
pub fn unnamed(address: SocketAddr) -> Endpoint {
    endpoint(address, Host::Address(address.ip()), None)
}

fn endpoint(address: SocketAddr, host: Host, sni: Option<String>) -> Endpoint {
    Endpoint {
        address,
        names: vec![host.to_string()],
        target: Target {
            host,
            port: Port::new(address.port()).expect("a port that was bound"),
            addresses: Vec::new(),
            sni,
            roles: [Role::Peer].into(),
            group: Group::Internal,
            pool: None,
            requirement: Requirement::Required,
        },
    }
}
