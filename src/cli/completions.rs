//! `sameca completions`: what a shell needs to complete a command line.

use anyhow::Result;
use clap::CommandFactory as _;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Destination;

/// Prints the script.
pub(super) fn run(args: &CompletionsArgs) -> Result<Exit> {
    let destination = Destination::open(args.output.as_deref())?;
    // The generator panics where a writer fails; memory does not.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sameca", &mut script);
    destination.write(|out| out.write_all(&script))?;
    Ok(Exit::Same)
}
