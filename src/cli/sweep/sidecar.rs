//! What is kept beside a sweep's observations, so that it can be gone on with: `FILE.progress`.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::cli::settings::{Source, Sweep};
use crate::sweep::Ledger;

/// The name and version of the document.
const SCHEMA: &str = "sameca.progress/1";

/// How far a sweep is. All of `FILE` up to `length` belongs to the items that are done, and to no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    schema: String,
    /// The id of the run, which going on does not change.
    pub(super) run: String,
    /// What decides on the order of addresses.
    pub(super) seed: u64,
    /// What was typed after `sameca sweep`.
    pub(super) arguments: Vec<String>,
    /// The part that is done, from 0, and of how many.
    shard: (u64, u64),
    /// The files that say what is swept, as they were.
    files: Vec<FileState>,
    /// Everything below this number is done, but the items that are open.
    next: u64,
    open: Vec<u64>,
    /// What was counted so far.
    pub(super) counts: Counts,
    /// The length of the observations, in bytes.
    pub(super) length: u64,
}

/// What a sweep counts as it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Items that are done.
    pub(super) done: u64,
    /// Observations written, and those of them with a chain.
    pub(super) written: u64,
    pub(super) captured: u64,
    /// Endpoints that do not exist, by what was seen of that.
    pub(super) refused: u64,
    pub(super) timeout: u64,
    pub(super) unreachable: u64,
    /// Lines of lists that are wrong.
    pub(super) wrong: u64,
}

/// A file that says what is swept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileState {
    path: String,
    length: u64,
    /// Since 1970, in nanoseconds as text: numbers of JSON do not hold it.
    modified: String,
}

impl Progress {
    /// Of a sweep that begins.
    pub(super) fn new(
        run: String,
        seed: u64,
        arguments: Vec<String>,
        settings: &Sweep,
    ) -> Result<Self> {
        Ok(Self {
            schema: SCHEMA.to_owned(),
            run,
            seed,
            arguments,
            shard: settings.shard.parts(),
            files: states(settings)?,
            next: 0,
            open: Vec::new(),
            counts: Counts::default(),
            length: 0,
        })
    }

    /// Reads what is kept beside the observations.
    pub(super) fn read(observations: &Path) -> Result<Self> {
        let path = beside(observations);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
                "there is no {}: the sweep was finished, or {} is not of a sweep",
                path.display(),
                observations.display()
            ),
            result => result.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let progress: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what `sameca sweep` writes", path.display()))?;
        if progress.schema != SCHEMA {
            bail!(
                "{} is `{}`, this version of sameca goes on with {SCHEMA}",
                path.display(),
                progress.schema
            );
        }
        Ok(progress)
    }

    /// The items that are done.
    pub(super) fn ledger(&self) -> Ledger {
        Ledger::new(self.next, self.open.iter().copied())
    }

    /// Takes note of the items that are done.
    pub(super) fn note(&mut self, ledger: &Ledger) {
        self.next = ledger.next();
        self.open.clear();
        self.open.extend(ledger.open());
    }

    /// Whether a sweep with these settings has the same items; the difference is named.
    pub(super) fn check(&self, settings: &Sweep) -> Result<()> {
        if settings.given.lists.contains(&Source::Stdin) {
            bail!(
                "the list came from standard input, which cannot be read again; begin anew with a file"
            );
        }
        let (index, count) = settings.shard.parts();
        if (index, count) != self.shard {
            let (before, of) = self.shard;
            bail!(
                "the sweep did part {}/{of}, and is to go on with part {}/{count}",
                before + 1,
                index + 1
            );
        }
        for (before, now) in self.files.iter().zip(states(settings)?) {
            if *before != now {
                bail!(
                    "{} was changed since the sweep began; begin anew",
                    before.path
                );
            }
        }
        Ok(())
    }

    /// Writes it beside the observations, whole or not at all.
    pub(super) fn write(&self, observations: &Path) -> io::Result<()> {
        let path = beside(observations);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = NamedTempFile::with_prefix_in(".sameca-", folder)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Where the progress of a sweep is kept.
pub(super) fn beside(observations: &Path) -> PathBuf {
    let mut name = OsString::from(observations);
    name.push(".progress");
    name.into()
}

/// The files that say what is swept.
fn states(settings: &Sweep) -> Result<Vec<FileState>> {
    let lists = settings.given.lists.iter().filter_map(|list| match list {
        Source::File(path) => Some(path),
        Source::Stdin => None,
    });
    lists
        .chain(&settings.exclude_files)
        .chain(&settings.given.estates)
        .map(|path| state(path))
        .collect()
}

fn state(path: &Path) -> Result<FileState> {
    let failed = || format!("cannot read {}", path.display());
    let metadata = fs::metadata(path).with_context(failed)?;
    let modified = metadata.modified().with_context(failed)?;
    let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(FileState {
        path: path.display().to_string(),
        length: metadata.len(),
        modified: modified.as_nanos().to_string(),
    })
}
