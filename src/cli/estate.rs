//! `sameca estate check`: what would be asked; contacts nothing.

use anyhow::Result;

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::network;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::EstateCheck;
use crate::report::{compare, estate};
use crate::resolve;

/// Reads the estate and shows every endpoint of it.
pub(super) fn check(settings: &EstateCheck) -> Result<Exit> {
    let parts = given::parts(&settings.given)?;
    let destination = Destination::open(settings.output.file.as_deref())?;
    let style = present::style(&settings.output);
    let names = match &settings.resolve {
        Some(resolve) => {
            let targets = parts.all.targets.clone();
            let resolved = network::block_on(resolve::all(targets, resolve))?;
            resolve::by_name(&resolved)
        }
        None => Vec::new(),
    };
    destination.write(|out| {
        estate::render(&parts.all, &style, out)?;
        estate::names(&names, &style, out)?;
        match &parts.apart {
            Some((file, topology)) => compare::render(file, topology, &names, &style, out),
            None => Ok(()),
        }
    })?;
    Ok(Exit::Same)
}
