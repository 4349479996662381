//! `sameca judge`: the verdict again, from kept observations.

use std::io::{BufReader, IsTerminal as _};

use anyhow::{Result, bail};

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::{self, Source};
use crate::cli::verdict::Judge;
use crate::kept::{self, Merged};
use crate::model::observation::{Observation, Outcome};

/// Reads the observations and gives the verdict; contacts nothing.
pub(super) fn run(settings: &settings::Judge) -> Result<Exit> {
    let merged = read(&settings.observations)?;
    let destination = Destination::open(settings.output.file.as_deref())?;
    let judge = Judge::prepare(&settings.policy, &settings.ca, &[])?;
    present::warnings(&judge.warnings, &settings.output);
    let run = kept::runs(&merged.newest)
        .into_iter()
        .next_back()
        .unwrap_or_default();
    let partial = merged
        .newest
        .iter()
        .any(|seen| seen.outcome == Outcome::NotAttempted);
    let report = judge.report(&merged.newest, &merged.older, run, partial);
    present::write(
        &report,
        &merged.newest,
        settings.format,
        &settings.output,
        destination,
    )?;
    Ok(Exit::of(&report, settings.policy.deny))
}

/// Every file's observations, merged.
pub(super) fn read(sources: &[Source]) -> Result<Merged> {
    let mut observations: Vec<Observation> = Vec::new();
    for source in sources {
        let take = |observation| observations.push(observation);
        match source {
            Source::Stdin if std::io::stdin().is_terminal() => {
                bail!("standard input is a terminal; pipe observations into it, or name a file")
            }
            Source::Stdin => kept::read("standard input", std::io::stdin().lock(), take)?,
            Source::File(path) => kept::read(
                &path.display().to_string(),
                BufReader::new(given::open(path)?),
                take,
            )?,
        }
    }
    Ok(kept::merge(observations))
}
