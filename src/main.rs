//! The `sameca` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    sameca::cli::run()
}
