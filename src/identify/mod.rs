//! L2: all observations and candidates → who issued each leaf.
//!
//! Pure: no input or output of its own, no clock. A [`Register`] takes the observations in one by one, and identifies
//! leaves while they are at hand; its end looks again at those for which that was too early, wherever they lie. What is
//! kept grows with the candidates, and by some bytes a leaf. The result does not depend on the order of anything. It
//! knows no policy and gives no verdict.

mod ancestry;
mod issuer;
mod leaves;
mod numbered;
mod pool;
mod recent;
mod recovery;
mod register;
#[cfg(test)]
mod tests;
mod trust;

use std::borrow::Cow;
use std::io;

use crate::model::bytes::Der;
use crate::model::identified::Identified;
use crate::model::issuer::Source;
use crate::model::observation::Observation;
pub use leaves::{Conclusion, Entered, Part};
pub use register::{Early, Glimpse, NamePart, Passing, Register, Shown};
pub use trust::Roots;

/// Identifies the issuing CA of every leaf that the observations show.
///
/// Candidates are the certificates of every chain, and those given.
pub fn identify<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
    given: impl IntoIterator<Item = (Der, Source)>,
) -> Identified {
    let mut register = Register::new(given);
    let enter = |seen: &'a Observation| (seen, register.enter(seen));
    let entered = InMemory(observations.into_iter().map(enter).collect());
    let conclusion = register.conclude(&entered);
    conclusion
        .expect("what is in memory can be read")
        .identified
}

/// One run in memory.
struct InMemory<'a>(Vec<(&'a Observation, Option<Shown>)>);

impl Entered for InMemory<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn shown(&self, number: usize) -> Option<Shown> {
        self.0[number].1
    }

    fn part(&self, number: usize) -> Part<'_> {
        Part::Judged(Cow::Borrowed(&self.0[number].0.target))
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        Ok(Cow::Borrowed(self.0[number].0))
    }
}
