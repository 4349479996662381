//! An estate that is made: written to a new file, or added to one that is there.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::cli::given;
use crate::cli::output::Destination;
use crate::cli::settings::{Existing, Output, Source};
use crate::draft::{Update, UpdateError};

/// Where a new estate is said to be when it goes to standard output.
const STANDARD: &str = "standard output";

/// A file that an estate is to be written to.
pub(super) struct EstateFile<'o> {
    path: Option<&'o Path>,
    existing: Existing,
}

/// What was written.
pub(super) enum Written {
    /// A new estate.
    New,
    /// What an estate lacked: the differences, a line each.
    Added(Vec<String>),
}

impl<'o> EstateFile<'o> {
    /// Refuses a file that is there and is to be kept, before any work is done.
    pub(super) fn new(output: &'o Output, existing: Existing) -> Result<Self> {
        let path = output.file.as_deref();
        let file = Self { path, existing };
        if let (Some(path), Existing::Kept, true) = (path, existing, file.is_there()) {
            bail!(
                "{} is there already; --update adds to it what it lacks, --force replaces it",
                path.display()
            );
        }
        Ok(file)
    }

    fn is_there(&self) -> bool {
        self.path.is_some_and(Path::is_file)
    }

    /// Writes the new estate, or the one that is there with what it lacks. A text that could not be used is not written.
    pub(super) fn write(
        &self,
        new: impl FnOnce() -> String,
        update: impl FnOnce(&str) -> Result<Update, UpdateError>,
    ) -> Result<Written> {
        let path = self.path.unwrap_or(Path::new(STANDARD));
        let (text, written) = if self.existing == Existing::Updated && self.is_there() {
            let (name, bytes) = given::read(&Source::File(path.to_owned()))?;
            let Ok(old) = std::str::from_utf8(&bytes) else {
                bail!("{name} is not UTF-8; save it as UTF-8 first");
            };
            let update = update(old).context(name)?;
            (update.text, Written::Added(update.differences))
        } else {
            (new(), Written::New)
        };
        given::estate(path, &text)?;
        Destination::open(self.path)?.write(|out| out.write_all(text.as_bytes()))?;
        Ok(written)
    }
}
