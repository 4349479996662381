//! Sweeps by the program itself, over addresses of the loopback network, each of which is a server of its own.

#[expect(dead_code, reason = "the bench verifies a chain by itself")]
#[path = "../support/chains.rs"]
mod chains;
#[cfg(all(target_os = "linux", feature = "live"))]
mod clock;
#[cfg(all(target_os = "linux", feature = "live"))]
mod disk;
mod faults;
#[path = "../support/flight.rs"]
mod flight;
mod many;
mod names;
#[cfg(all(target_os = "linux", feature = "live"))]
mod namespace;
mod network;
#[cfg(all(target_os = "linux", feature = "live"))]
mod outage;
#[path = "../support/replay.rs"]
mod replay;
mod replayed;
mod resume;
mod scope;
#[path = "../discover/script.rs"]
mod script;
#[path = "../discover/zone.rs"]
mod zone;
