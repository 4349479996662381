//! A run from before: a file of observations, or a run of a history.

use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cli::judge;
use crate::cli::settings::{Past, Source};
use crate::history::{History, Selector, Trouble};
use crate::model::observation::{Observation, Observations};
use crate::renewal::Baseline;

/// The run.
pub(super) fn baseline(past: &Past) -> Result<Baseline> {
    match past {
        Past::File(source) => file(source),
        Past::Run {
            history,
            run,
            typed,
        } => kept(history, run, typed),
    }
}

fn kept(path: &Path, run: &Selector, typed: &Path) -> Result<Baseline> {
    let failed = "cannot use the history";
    let history = History::read(path).context(failed)?;
    let run = match history.run(run) {
        Err(error) if matches!(error.trouble, Trouble::NoRun { .. }) && typed.is_file() => {
            return file(&Source::File(typed.to_owned()));
        }
        found => found.context(failed)?,
    };
    let mut observations = Vec::new();
    history
        .observations(&run.id, |seen| observations.push(seen))
        .context(failed)?;
    anyhow::ensure!(
        !observations.is_empty(),
        "{}: the run {} has no observations to compare with",
        path.display(),
        run.id
    );
    Ok(Baseline {
        observations,
        older: Vec::new(),
    })
}

fn file(source: &Source) -> Result<Baseline> {
    let read = judge::read(std::slice::from_ref(source), drop);
    let merged = match source {
        Source::File(path) if names_a_run(path) => read.with_context(|| {
            let name = path.display();
            format!("`{name}` is no file, and names a run only with --history FILE")
        })?,
        _ => read?,
    };
    Ok(Baseline {
        observations: all(&merged.newest)?,
        older: all(&merged.older)?,
    })
}

/// Whether a file that is not there may have been meant as a run.
fn names_a_run(path: &Path) -> bool {
    !path.exists() && path.to_str().and_then(Selector::parse).is_some()
}

fn all(observations: &dyn Observations) -> io::Result<Vec<Observation>> {
    let numbers = 0..observations.count();
    numbers
        .map(|number| Ok(observations.read(number)?.into_owned()))
        .collect()
}
