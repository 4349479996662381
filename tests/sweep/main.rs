//! Sweeps by the program itself, over addresses of the loopback network, each of which is a server of its own.

#[cfg(all(target_os = "linux", feature = "live"))]
mod clock;
mod faults;
mod names;
#[cfg(all(target_os = "linux", feature = "live"))]
mod namespace;
mod network;
#[cfg(all(target_os = "linux", feature = "live"))]
mod outage;
mod resume;
mod scope;
#[path = "../discover/script.rs"]
mod script;
#[path = "../discover/zone.rs"]
mod zone;
