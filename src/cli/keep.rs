//! Keeping a run in a history.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::history::History;
use crate::model::observation::Observations;
use crate::model::report::Report;

/// The history that a run will be kept in, if any; found usable before anything is contacted.
#[derive(Clone, Copy)]
pub(super) struct Keeping<'s>(Option<&'s Path>);

impl<'s> Keeping<'s> {
    /// Finds out whether the history can be written to, and begins it where there is none.
    pub(super) fn open(path: Option<&'s Path>) -> Result<Self> {
        if let Some(path) = path {
            History::open(path).context("cannot use the history")?;
        }
        Ok(Self(path))
    }

    /// Whether runs are kept.
    pub(super) fn is_wanted(self) -> bool {
        self.0.is_some()
    }

    /// Adds the run. It was shown before: nothing is lost but its place in the history.
    pub(super) fn record(
        self,
        command: &str,
        observations: &dyn Observations,
        report: &dyn Report,
    ) -> Result<()> {
        let Some(path) = self.0 else {
            return Ok(());
        };
        // Opened anew: meanwhile the file may have been replaced, or brought to a newer version.
        History::open(path)
            .and_then(|mut history| history.record(command, observations, report))
            .context("the run could not be kept in the history")?;
        Ok(())
    }
}
