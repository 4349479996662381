//! Sweeps by the program itself, over addresses of the loopback network, each of which is a server of its own.

mod faults;
mod network;
mod resume;
mod scope;
