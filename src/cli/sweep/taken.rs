//! The observations of a sweep on their way to the verdict.

use std::io::{self, Seek as _};

use anyhow::Result;

use crate::cli::args::SweepFormat;
use crate::cli::intake::Intake;
use crate::cli::settings::Sweep;
use crate::cli::sweep::log::Again;
use crate::cli::sweep::sidecar::Progress;
use crate::cli::verdict::{Judge, Looked};
use crate::kept::Written;
use crate::model::observation::{Observation, Observations};

/// What the verdict needs of the observations, taken in as they are written.
pub(super) struct Taken {
    written: Written,
    intake: Intake,
}

impl Taken {
    /// In bounded memory, where a summary is all that is wanted and a temporary file can be had.
    pub(super) fn new(judge: &Judge, settings: &Sweep) -> Self {
        let shows_rows = settings.format == SweepFormat::Json
            || settings.policy.deny.is_some()
            || settings.history.is_some();
        let counting = || {
            io::Result::Ok(Self {
                intake: judge.counting_intake()?,
                written: Written::noted_in(tempfile::tempfile()?),
            })
        };
        let counting = (!shows_rows).then(counting).and_then(Result::ok);
        counting.unwrap_or_else(|| Self::in_memory(judge))
    }

    fn in_memory(judge: &Judge) -> Self {
        Self {
            written: Written::default(),
            intake: judge.intake(),
        }
    }

    /// Takes in what a file holds.
    fn read(name: &str, file: &mut Again, mut taken: Self) -> Result<Self> {
        let Self { written, intake } = &mut taken;
        file.rewind()?;
        written.read(name, file, |seen| intake.see(&seen))?;
        Ok(taken)
    }

    /// Whether what is noted in temporary files is all there.
    fn is_sound(&mut self) -> bool {
        self.written.is_sound() && self.intake.is_sound()
    }

    /// `length` is that of the line.
    pub(super) fn see(&mut self, observation: &Observation, length: usize) {
        self.written.line(length);
        self.intake.see(observation);
    }
}

/// Judges the observations of a file.
pub(super) fn judged<T>(
    (name, mut file): (String, Again),
    taken: Option<Taken>,
    progress: &Progress,
    settings: &Sweep,
    judge: Judge,
    work: impl FnOnce(Looked, &dyn Observations) -> Result<T>,
) -> Result<T> {
    if progress.counts.written == 0 {
        let none: Vec<Observation> = Vec::new();
        return work(judge.look(&none, &progress.run)?, &none);
    }
    let mut taken = match taken {
        Some(taken) => taken,
        None => Taken::read(&name, &mut file, Taken::new(&judge, settings))?,
    };
    let Taken { written, intake } = match taken.is_sound() {
        true => taken,
        false => Taken::read(&name, &mut file, Taken::in_memory(&judge))?,
    };
    let seen = written.lines(&name, file);
    work(judge.look_at_run(intake, &seen, &progress.run)?, &seen)
}
