//! The history of a watch: the run before its first one, and the place where its runs are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::history::{History, Selector, Trouble};
use crate::watch::{Previous, Round};

/// The most endpoints of a run that is compared with: a sweep of a network is none of an estate.
const ENDPOINTS: u64 = 100_000;
/// How long somebody else's write is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A history that was found usable.
pub(super) struct Kept {
    path: PathBuf,
}

impl Kept {
    /// Finds out whether it can be written to, and reads its last run.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Previous>)> {
        let failed = "cannot use the history";
        let history = History::open_waiting(path, PATIENCE).context(failed)?;
        let run = match history.run(&Selector::Last(0)) {
            Ok(run) => Some(run).filter(|run| run.summary.endpoints <= ENDPOINTS),
            Err(error) if matches!(error.trouble, Trouble::NoRun { .. }) => None,
            Err(error) => return Err(error).context(failed),
        };
        let path = path.to_owned();
        let Some(run) = run else {
            return Ok((Self { path }, None));
        };
        let mut observations = Vec::new();
        history
            .observations(&run.id, |seen| observations.push(seen))
            .context(failed)?;
        let verdict = Some(run.verdict);
        let previous = Previous {
            verdict,
            observations,
        };
        Ok((Self { path }, Some(previous)))
    }

    /// Adds a run. The file is opened for it alone: others may write to it, copy or replace it in between.
    pub(super) async fn keep(&self, round: &Arc<Round>) -> Result<(), String> {
        let (path, round) = (self.path.clone(), Arc::clone(round));
        let work = move || {
            let mut history = History::open_waiting(&path, PATIENCE)?;
            history.record("watch", &round.observations, &round.report)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("this program failed while writing".to_owned()),
        }
    }
}
