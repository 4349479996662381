//! What the tests share: certificates made on the spot, and servers on loopback, real and scripted.

#![expect(
    unreachable_pub,
    reason = "every test binary has these modules to itself"
)]

pub mod certificates;
pub mod endpoint;
pub mod flight;
pub mod legacy;
pub mod server;
