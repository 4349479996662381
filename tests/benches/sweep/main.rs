//! The figures of sweeps, side by side with the least work that yields chains, as a table: `cargo bench --bench sweep`.
//!
//! Everything is on loopback. Servers that replay one flight run on one processor, what is measured on another; each
//! program runs in turn with what it is compared with, several times, and the medians are told. Arguments:
//!
//! - names of figures (`cpu`, `leaves`, `memory`, `mute`, `silent`, `judge`, `start`, `million`): only these, all but the last
//!   unless any is named; `million` captures a million chains and judges them, which takes minutes and 5 GB of disk
//! - `all`: every figure
//! - `--rounds N`: how often each is repeated, 5 unless given

#[cfg(target_os = "linux")]
#[path = "../../support/chains.rs"]
mod chains;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
#[path = "../../support/flight.rs"]
mod flight;
#[cfg(target_os = "linux")]
mod ground;
#[cfg(target_os = "linux")]
mod meter;
#[cfg(target_os = "linux")]
#[path = "../../support/replay.rs"]
mod replay;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod yardstick;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("what a process used is read as Linux tells it");
}

/// The program is also its own children: the meter of a program, and the yardstick.
#[cfg(target_os = "linux")]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some(meter::WORD) => meter::run(&words[1..]),
        Some(yardstick::WORD) => yardstick::run(&words[1..]),
        _ => figures::run(&words),
    }
}
