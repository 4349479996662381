//! From the servers as given to the inventory: reads the files that are named.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::candidates;
use crate::cli::settings::{Given, Source};
use crate::inventory::{Builder, InventoryError};
use crate::model::target::Inventory;

/// The largest list or estate that is read.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// What to check. Everything that is wrong is told at once.
pub(super) fn inventory(given: &Given) -> Result<Inventory> {
    let mut builder = Builder::new(given.selection.clone());
    given
        .targets
        .iter()
        .for_each(|(role, target)| builder.command_line(*role, target));
    for list in &given.lists {
        let (name, bytes) = read(list)?;
        builder.list(&name, &bytes);
    }
    for path in &given.estates {
        let (_, bytes) = read(&Source::File(path.clone()))?;
        builder.estate(path, &bytes);
    }
    let inventory = builder
        .finish()
        .map_err(|errors| anyhow!("{}", sentences(&errors)))?;
    for file in &inventory.files {
        candidates::read(&file.path).context("cannot use the certificate file")?;
    }
    Ok(inventory)
}

fn sentences(errors: &[InventoryError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn read(source: &Source) -> Result<(String, Vec<u8>)> {
    match source {
        Source::Stdin => bounded("standard input", std::io::stdin().lock()),
        Source::File(path) => bounded(&path.display().to_string(), open(path)?),
    }
}

/// Opens a file for reading, with its name in the error.
pub(super) fn open(path: &Path) -> Result<std::fs::File> {
    let failed = || format!("cannot read {}", path.display());
    let file = std::fs::File::open(path).with_context(failed)?;
    if file.metadata().with_context(failed)?.is_dir() {
        bail!("cannot read {}: it is a directory", path.display());
    }
    Ok(file)
}

fn bounded(name: &str, input: impl Read) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    input
        .take(FILE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > FILE_LIMIT {
        bail!(
            "{name} is larger than {} MiB: not a list or an estate",
            FILE_LIMIT / 1024 / 1024
        );
    }
    Ok((name.to_owned(), bytes))
}
