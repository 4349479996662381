//! The watch: its turns under a simulated clock, its HTTP surface, the command it tells, and the program as a user meets it.

mod command;
mod door;
mod http;
#[path = "../support/kept.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod kept;
#[path = "../renewal/pki.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod pki;
mod program;
#[path = "../renewal/servers.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod servers;
mod turns;
