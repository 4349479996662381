//! `sameca judge`: the verdict again, from kept observations.

use std::fs::File;
use std::io::{IsTerminal as _, Seek as _};

use anyhow::{Context as _, Result, bail};

use crate::cli::exit::Exit;
use crate::cli::output::Destinations;
use crate::cli::present;
use crate::cli::settings::{self, Source};
use crate::cli::sweep::log::readable;
use crate::cli::verdict::Judge;
use crate::kept::{Kept, Merged};
use crate::model::observation::Observation;

/// Reads the observations and gives the verdict; contacts nothing.
pub(super) fn run(settings: &settings::Judge) -> Result<Exit> {
    let judge = Judge::prepare(&settings.policy, &settings.ca, &[])?;
    let mut intake = judge.intake();
    let merged = read(&settings.observations, |seen| intake.see(&seen))?;
    let destinations = Destinations::open(&settings.forms)?;
    present::warnings(&judge.warnings, &settings.output);
    let seen = &merged.newest;
    let looked = judge.look_again(intake, &merged, &merged.run)?;
    let partial = looked.was_interrupted();
    let looked = looked.partial(partial);
    let formats = settings.forms.iter().map(|form| form.format);
    looked.report(seen, formats, |report| {
        present::write(
            report,
            seen,
            settings.policy.deny,
            &settings.output,
            destinations,
        )
    })
}

/// Every file's observations, merged; `see` gets each of them first.
pub(super) fn read(sources: &[Source], mut see: impl FnMut(Observation)) -> Result<Merged> {
    let mut kept = Kept::default();
    for source in sources {
        let (name, file) = open(source)?;
        kept.add(&name, file, &mut see)?;
    }
    Ok(kept.merge()?)
}

/// A source that can be read again: what is no regular file is copied to a temporary one, which has no name.
fn open(source: &Source) -> Result<(String, File)> {
    match source {
        Source::Stdin if std::io::stdin().is_terminal() => {
            bail!("standard input is a terminal; pipe observations into it, or name a file")
        }
        Source::Stdin => {
            let name = "standard input".to_owned();
            let file = copy(&name, &mut std::io::stdin().lock())?;
            Ok((name, file))
        }
        Source::File(path) => {
            let name = path.display().to_string();
            let mut file = readable(path)?;
            if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
                file = copy(&name, &mut file)?;
            }
            Ok((name, file))
        }
    }
}

fn copy(name: &str, input: &mut dyn std::io::Read) -> Result<File> {
    let failed = || format!("cannot copy {name} to a temporary file");
    let mut file = tempfile::tempfile().with_context(failed)?;
    std::io::copy(input, &mut file).with_context(failed)?;
    file.rewind().with_context(failed)?;
    Ok(file)
}
