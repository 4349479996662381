//! The watch: its turns under a simulated clock, its HTTP surface, the command it tells, and the program as a user meets it.

mod command;
mod door;
mod http;
#[path = "../support/kept.rs"]
mod kept;
#[path = "../renewal/pki.rs"]
mod pki;
mod program;
#[path = "../renewal/servers.rs"]
mod servers;
mod turns;
