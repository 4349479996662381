//! What was seen, taken in one by one: what the verdict needs of it, so that it need not be read again.

use std::borrow::Cow;
use std::io;

use crate::identify::{Entered, Part, Register, Shown};
use crate::judge::Briefs;
use crate::kept::Merged;
use crate::model::bytes::Der;
use crate::model::identified::Identified;
use crate::model::issuer::Source;
use crate::model::observation::{Observation, Observations};

/// Observations as they come, before it is known which of them are judged.
pub(super) struct Intake {
    register: Register,
    briefs: Briefs,
    shown: Vec<Option<Shown>>,
}

impl Intake {
    /// Begins with the certificates that the user and the platform give.
    pub(super) fn new(given: Vec<(Der, Source)>) -> Self {
        Self {
            register: Register::new(given),
            briefs: Briefs::default(),
            shown: Vec::new(),
        }
    }

    /// Takes in the next observation.
    pub(super) fn see(&mut self, observation: &Observation) {
        self.shown.push(self.register.enter(observation));
        self.briefs.add(observation);
    }

    /// Who issued what is judged, and that in brief.
    pub(super) fn conclude(self, origin: Origin<'_>) -> io::Result<(Identified, Briefs)> {
        let Self {
            register,
            briefs,
            shown,
        } = self;
        let conclusion = register.conclude(&Taken {
            origin,
            briefs: &briefs,
            shown: &shown,
        })?;
        let leaf = |number: usize| conclusion.leaf(shown[number]?);
        let briefs = briefs.judged(|number| origin.is_judged(number), leaf);
        Ok((conclusion.identified, briefs))
    }
}

/// Where what was taken in can be read again, and what of it is judged.
#[derive(Clone, Copy)]
pub(super) enum Origin<'s> {
    /// All of it is judged.
    Run(&'s dyn Observations),
    /// Several runs, merged.
    Kept(&'s Merged),
}

impl Origin<'_> {
    fn is_judged(&self, number: usize) -> bool {
        match self {
            Self::Run(_) => true,
            Self::Kept(merged) => merged.is_newest(number),
        }
    }
}

/// What was taken in, with where it comes from.
struct Taken<'t> {
    origin: Origin<'t>,
    briefs: &'t Briefs,
    shown: &'t [Option<Shown>],
}

impl Entered for Taken<'_> {
    fn count(&self) -> usize {
        self.shown.len()
    }

    fn shown(&self, number: usize) -> Option<Shown> {
        self.shown[number]
    }

    fn part(&self, number: usize) -> Part<'_> {
        match self.origin {
            Origin::Kept(merged) if !merged.is_newest(number) => {
                merged.older_run(number).map_or(Part::None, Part::Earlier)
            }
            Origin::Run(_) | Origin::Kept(_) => Part::Judged(self.briefs.target(number)),
        }
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        match self.origin {
            Origin::Run(seen) => seen.read(number),
            Origin::Kept(merged) => merged
                .read(number)
                .map(Cow::Owned)
                .map_err(io::Error::other),
        }
    }
}
