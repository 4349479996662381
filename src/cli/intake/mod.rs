//! What was seen, taken in one by one: what the verdict needs of it, so that it need not be read again.

mod passed;
mod tally;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io;

use crate::identify::{Conclusion, Early, Entered, NamePart, Part, Register, Shown};
use crate::judge::{Briefs, Unlisted};
use crate::kept::Merged;
use crate::model::bytes::Der;
use crate::model::identified::Identified;
use crate::model::issuer::Source;
use crate::model::observation::{Observation, Observations};
use tally::Tally;

/// How many observations of a long run are held before more are counted.
const HELD: usize = 8_192;

/// Observations as they come, before it is known which of them are judged.
pub(super) struct Intake {
    register: Register,
    briefs: Briefs,
    /// What is held, by its place.
    shown: Vec<Option<Shown>>,
    /// Where not all is held.
    tally: Option<Tally>,
    /// How many there were.
    count: u32,
}

impl Intake {
    /// Begins with the certificates that the user and the platform give.
    pub(super) fn new(given: Vec<(Der, Source)>) -> Self {
        Self {
            register: Register::new(given),
            briefs: Briefs::default(),
            shown: Vec::new(),
            tally: None,
            count: 0,
        }
    }

    /// As many observations as there are, in bounded memory: most of those that are alike in all that a summary looks
    /// at are counted. Leaves that end before the day, counted from 1970-01-01, are all held.
    ///
    /// # Errors
    ///
    /// There is no temporary file to be had.
    pub(super) fn counting(given: Vec<(Der, Source)>, calm: i32) -> io::Result<Self> {
        Self::counting_beyond(HELD, given, calm)
    }

    /// As [`Intake::counting`], where only so many observations are held before more are counted.
    fn counting_beyond(held: usize, given: Vec<(Der, Source)>, calm: i32) -> io::Result<Self> {
        let tally = Some(Tally::new(held, calm)?);
        Ok(Self {
            tally,
            ..Self::new(given)
        })
    }

    /// Takes in the next observation.
    pub(super) fn see(&mut self, observation: &Observation) {
        let number = self.count;
        self.count = number.checked_add(1).expect("fewer than 2^32 observations");
        let glimpse = self.register.look(observation, number);
        if let Some(tally) = &mut self.tally
            && self.shown.len() >= tally.held
            && tally.take(
                &mut self.register,
                &mut self.briefs,
                (number, observation),
                glimpse.as_ref(),
            )
        {
            return;
        }
        let shown = glimpse.map(|glimpse| self.register.keep(glimpse));
        self.shown.push(shown);
        self.briefs.add_some(number, observation, 0);
    }

    /// Whether what is counted could be noted.
    pub(super) fn is_sound(&mut self) -> bool {
        let tally = self.tally.as_mut();
        tally.is_none_or(|tally| tally.passed.is_sound())
    }

    /// Who issued what is judged, and that in brief.
    pub(super) fn conclude(mut self, origin: Origin<'_>) -> io::Result<(Identified, Briefs)> {
        let counted = match (self.tally.is_some(), origin) {
            (true, Origin::Run(seen)) => {
                self = self.settle(seen)?;
                self.count(seen)?
            }
            _ => Counted::default(),
        };
        let Self {
            register,
            briefs,
            shown,
            ..
        } = self;
        let conclusion = register.conclude(&Taken {
            origin,
            briefs: &briefs,
            shown: &shown,
        })?;
        let leaf = |number: usize| conclusion.leaf(shown[number]?);
        let briefs = match origin {
            Origin::Run(_) => briefs.all(leaf, counted.unlisted(&conclusion)),
            Origin::Kept(merged) => briefs.judged(|number| merged.is_newest(number), leaf),
        };
        Ok((conclusion.identified, briefs))
    }

    /// Makes sure that what is known of counted leaves still holds: else all is looked at again, with the certificates
    /// that came too late.
    fn settle(mut self, seen: &dyn Observations) -> io::Result<Self> {
        if self.is_settled(seen)? {
            return Ok(self);
        }
        self = self.again(seen)?;
        match self.is_settled(seen)? {
            true => Ok(self),
            false => Err(io::Error::other(
                "the observations changed while they were read",
            )),
        }
    }

    fn is_settled(&mut self, seen: &dyn Observations) -> io::Result<bool> {
        self.register.complete(&Taken {
            origin: Origin::Run(seen),
            briefs: &self.briefs,
            shown: &self.shown,
        })?;
        let Some(tally) = &mut self.tally else {
            return Ok(true);
        };
        // Leaves that may have issued others have to be held.
        let register = &mut self.register;
        let issuers: HashSet<u32> = register.issuers().map(NamePart::number).collect();
        let mut candidates = Vec::new();
        tally.passed.each(|entry| {
            if issuers.contains(&entry.subject) {
                candidates.push(entry.number);
            }
        })?;
        let mut are_held = true;
        for number in candidates {
            let observation = seen.read(number as usize)?;
            are_held &= !observation.leaf().is_some_and(|leaf| register.admit(leaf));
        }
        Ok(are_held && tally.alike.issuers().all(|early| register.holds(early)))
    }

    fn again(self, seen: &dyn Observations) -> io::Result<Self> {
        let mut again = Self {
            register: self.register.again(),
            briefs: Briefs::default(),
            shown: Vec::new(),
            tally: self.tally.map(|tally| tally.again()).transpose()?,
            count: 0,
        };
        for number in 0..seen.count() {
            let observation = seen.read(number)?;
            again.see(&observation);
        }
        Ok(again)
    }

    /// Holds the first of each kind of what was counted, for all of them.
    fn count(&mut self, seen: &dyn Observations) -> io::Result<Counted> {
        let Some(tally) = self.tally.take() else {
            return Ok(Counted::default());
        };
        let mut counted = Counted {
            others: tally.unlisted(),
            ..Counted::default()
        };
        for (number, (issued, more)) in tally.alike.kept() {
            let observation = seen.read(number as usize)?;
            let glimpse = self.register.look(&observation, number);
            let shown = glimpse.map(|glimpse| self.register.keep(glimpse));
            if let (Some(issued), Some(shown)) = (issued, shown) {
                counted.shown.insert(issued, shown);
            }
            self.shown.push(shown);
            self.briefs.add_some(number, &observation, more);
        }
        counted.leaves = tally.passed.count(self.register.leaves())?;
        Ok(counted)
    }
}

/// What was counted.
#[derive(Default)]
struct Counted {
    others: Unlisted,
    /// For who issued them, how many leaves are not held.
    leaves: HashMap<Early, u64>,
    /// And one that is.
    shown: HashMap<Early, Shown>,
}

impl Counted {
    fn unlisted(self, conclusion: &Conclusion) -> Unlisted {
        let mut unlisted = self.others;
        for (issued, count) in self.leaves {
            let shown = self.shown.get(&issued);
            if let Some(leaf) = shown.and_then(|shown| conclusion.leaf(*shown)) {
                *unlisted.leaves.entry(leaf).or_default() += count;
            }
        }
        unlisted
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
