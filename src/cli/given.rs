//! From the servers as given to the inventory: reads the files that are named.

use std::io::Read;
use std::path::{Path, PathBuf};

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
    build(given, &Files::read(given)?)
}

/// An inventory, and what its parts say by themselves where there are both an estate and a topology.
pub(super) struct Parts {
    /// Everything.
    pub(super) all: Inventory,
    /// What the estate files say, and what the topology says.
    pub(super) apart: Option<(Inventory, Inventory)>,
}

/// As [`inventory`], with what files and topology say apart from each other.
pub(super) fn parts(given: &Given) -> Result<Parts> {
    let files = Files::read(given)?;
    let all = build(given, &files)?;
    let apart = if files.estates.is_empty() || files.exports.is_empty() {
        None
    } else {
        let Files { estates, exports } = files;
        let file = Files {
            estates,
            exports: Vec::new(),
        };
        let topology = Files {
            estates: Vec::new(),
            exports,
        };
        Some((build(given, &file)?, build(given, &topology)?))
    };
    Ok(Parts { all, apart })
}

/// The files given with `-f`, read once.
struct Files {
    estates: Vec<(PathBuf, Vec<u8>)>,
    /// Exports of a topology.
    exports: Vec<(String, Vec<u8>)>,
}

impl Files {
    fn read(given: &Given) -> Result<Self> {
        let mut files = Self {
            estates: Vec::new(),
            exports: Vec::new(),
        };
        for path in &given.estates {
            let (name, bytes) = read(&Source::File(path.clone()))?;
            if topology::is_topology(&bytes) {
                files.exports.push((name, bytes));
            } else {
                files.estates.push((path.clone(), bytes));
            }
        }
        Ok(files)
    }
}

fn build(given: &Given, files: &Files) -> Result<Inventory> {
    let mut builder = Builder::new(given.selection.clone());
    given
        .targets
        .iter()
        .for_each(|(role, target)| builder.command_line(*role, target));
    for list in &given.lists {
        let (name, bytes) = read(list)?;
        builder.list(&name, &bytes);
    }
    for (path, bytes) in &files.estates {
        builder.estate(path, bytes);
    }
    if let Some((name, _)) = files.exports.first() {
        let estate = import(&files.exports)?.estate();
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
