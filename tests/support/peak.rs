//! The most memory that the program held at once, as Linux counts it.

#![expect(
    unreachable_pub,
    reason = "every program that uses this has it to itself"
)]

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

/// Runs the program and gives its peak memory in bytes. What it writes is read and dropped.
///
/// The system is asked whenever something was read. The program cannot end before all but the last 64 KiB of its output
/// are read (pipe(7)), so that only what it would need for writing those is missed.
pub fn of(arguments: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut out = child.stdout.take().expect("it has an output");
    let mut peak = 0;
    let mut buffer = [0; 8 * 1024];
    while out.read(&mut buffer).is_ok_and(|read| read > 0) {
        peak = peak.max(held(&child).unwrap_or(0));
    }
    child.wait().expect("it is our child");
    peak
}

/// The high-water mark so far; absent when the program has just ended.
fn held(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
