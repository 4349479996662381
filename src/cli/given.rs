//! From the servers as given to the inventory: reads the files that are named.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::candidates;
use crate::cli::settings::{Given, Source};
use crate::inventory::{Builder, Selection};
use crate::model::target::{Group, Inventory};
use crate::topology::{self, Import};

/// The largest list, estate or topology that is read.
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
    let mut exports = Vec::new();
    for path in &given.estates {
        let (name, bytes) = read(&Source::File(path.clone()))?;
        if topology::is_topology(&bytes) {
            exports.push((name, bytes));
        } else {
            builder.estate(path, &bytes);
        }
    }
    if let Some((name, _)) = exports.first() {
        let estate = import(&exports)?.estate();
        builder.estate(Path::new(name), estate.as_bytes());
    }
    let inventory = builder
        .finish()
        .map_err(|errors| anyhow!("{}", sentences(&errors)))?;
    for file in &inventory.files {
        candidates::read(&file.path).context("cannot use the certificate file")?;
    }
    Ok(inventory)
}

/// Reads exports of a topology: their names and their bytes.
pub(super) fn import(exports: &[(String, Vec<u8>)]) -> Result<Import> {
    let sources: Vec<topology::Source<'_>> = exports
        .iter()
        .map(|(name, bytes)| topology::Source { name, bytes })
        .collect();
    topology::import(&sources).map_err(|errors| anyhow!("{}", sentences(&errors)))
}

/// Whether a text is an estate that can be used.
pub(super) fn estate(path: &Path, text: &str) -> Result<()> {
    let selection = Selection {
        groups: Group::ALL.into_iter().collect(),
        ..Selection::default()
    };
    let mut builder = Builder::new(selection);
    builder.estate(path, text.as_bytes());
    builder
        .finish()
        .map(drop)
        .map_err(|errors| anyhow!("{}", sentences(&errors)))
}

fn sentences<E: ToString>(errors: &[E]) -> String {
    let lines: Vec<String> = errors.iter().map(E::to_string).collect();
    lines.join("\n")
}

pub(super) fn read(source: &Source) -> Result<(String, Vec<u8>)> {
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
            "{name} is larger than {} MiB: not a list, an estate or a topology",
            FILE_LIMIT / 1024 / 1024
        );
    }
    Ok((name.to_owned(), bytes))
}
