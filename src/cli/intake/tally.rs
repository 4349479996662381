//! What is counted of a long run instead of held.

use std::io;

use crate::cli::intake::passed::Passed;
use crate::identify::{Early, Glimpse, Register};
use crate::judge::{Alike, Briefs, Issued, Unlisted};
use crate::model::certificate::KeyFingerprint;
use crate::model::observation::Observation;

/// The observations of a long run beyond its first: a few of each kind are held, the others counted.
pub(super) struct Tally {
    /// How many observations are held before more are counted.
    pub(super) held: usize,
    pub(super) alike: Alike<Early>,
    pub(super) passed: Passed,
    key: Key,
    /// Leaves that end before this day, counted from 1970-01-01, are told one by one.
    calm: i32,
}

/// The key of some leaves.
enum Key {
    NotSeen,
    One(KeyFingerprint),
    Several,
}

impl Tally {
    pub(super) fn new(held: usize, calm: i32) -> io::Result<Self> {
        Ok(Self {
            held,
            alike: Alike::default(),
            passed: Passed::new()?,
            key: Key::NotSeen,
            calm,
        })
    }

    /// The same anew.
    pub(super) fn again(&self) -> io::Result<Self> {
        Self::new(self.held, self.calm)
    }

    /// Whether it counts an observation, which then need not be held.
    pub(super) fn take(
        &mut self,
        register: &mut Register,
        briefs: &mut Briefs,
        (number, observation): (u32, &Observation),
        glimpse: Option<&Glimpse>,
    ) -> bool {
        let passing = match glimpse.map(|glimpse| register.passing(glimpse)) {
            Some(None) => return false,
            Some(passing) => passing,
            None => None,
        };
        let issued = passing.map(|passing| Issued {
            leaf: passing.digest,
            by: passing.early,
            standing: register.standing(passing.early),
        });
        let is_taken = self
            .alike
            .take(briefs, number, observation, issued, self.calm);
        if let Some(passing) = passing
            && is_taken
            && passing.is_new
            && !register.keeps(&passing.digest)
        {
            self.passed.add(&passing, number);
            self.key = match (&self.key, passing.key) {
                (Key::NotSeen, Some(key)) => Key::One(key),
                (Key::One(known), Some(key)) if *known == key => Key::One(key),
                _ => Key::Several,
            };
        }
        is_taken
    }

    /// What is known of those that are counted, but for their leaves.
    pub(super) fn unlisted(&self) -> Unlisted {
        Unlisted {
            key: match self.key {
                Key::One(key) => Some(key),
                Key::NotSeen | Key::Several => None,
            },
            started: self.alike.started(),
            ..Unlisted::default()
        }
    }
}
