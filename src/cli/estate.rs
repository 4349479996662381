//! `sameca estate check`: what would be asked; contacts nothing.

use anyhow::Result;

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::EstateCheck;
use crate::report::estate;

/// Reads the estate and shows every endpoint of it.
pub(super) fn check(settings: &EstateCheck) -> Result<Exit> {
    let inventory = given::inventory(&settings.given)?;
    let destination = Destination::open(settings.output.file.as_deref())?;
    destination.write(|out| estate::render(&inventory, &present::style(&settings.output), out))?;
    Ok(Exit::Same)
}
