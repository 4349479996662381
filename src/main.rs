//! The `sameca` program.

use std::process::ExitCode;

/// A certificate is a hundred small allocations, and a network has a million certificates.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sameca::cli::run()
}
