//! Sweeps by the program itself, over addresses of the loopback network, each of which is a server of its own.

mod faults;
mod names;
mod network;
mod resume;
mod scope;
#[path = "../discover/script.rs"]
mod script;
#[path = "../discover/zone.rs"]
mod zone;
