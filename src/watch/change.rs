//! What changed from one run to the next.

use std::sync::Arc;

use crate::model::change::{Change, Class};
use crate::model::diff::RunDiff;
use crate::model::observation::Observation;
use crate::model::verdict::Verdict;
use crate::renewal::{self, Baseline};
use crate::watch::turns::Round;

/// What a run is compared with.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Its verdict; absent where it is not known any more.
    pub verdict: Option<Verdict>,
    /// What every endpoint showed.
    pub observations: Vec<Observation>,
}

impl From<Arc<Round>> for Previous {
    fn from(round: Arc<Round>) -> Self {
        let verdict = Some(round.report.verdict);
        let observations = match Arc::try_unwrap(round) {
            Ok(round) => round.observations,
            Err(shared) => shared.observations.clone(),
        };
        Self {
            verdict,
            observations,
        }
    }
}

/// A change of the verdict or of an endpoint.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The verdict before; absent where it is not known.
    pub before: Option<Verdict>,
    /// The verdict now.
    pub verdict: Verdict,
    /// What became of the endpoints.
    pub diff: RunDiff,
}

impl Changed {
    /// What changed, in a sentence.
    pub fn sentence(&self) -> String {
        let endpoints = &self.diff.headline;
        match self.before.filter(|before| *before != self.verdict) {
            Some(before) => format!("{} (was {before}): {endpoints}", self.verdict),
            None => endpoints.clone(),
        }
    }

    /// The rows that changed.
    pub fn rows(&self) -> impl Iterator<Item = &Change> {
        let is_change = |row: &&Change| row.counted && row.class != Class::Unchanged;
        self.diff.endpoints.iter().filter(is_change)
    }
}

/// Compares a run with the one before; nothing when all is as it was, or one of them is empty.
pub fn compare(previous: &Previous, round: &Round) -> Option<Changed> {
    if previous.observations.is_empty() || round.observations.is_empty() {
        return None;
    }
    let baseline = |observations: &Vec<Observation>| Baseline {
        observations: observations.clone(),
        older: Vec::new(),
    };
    let (old, new) = (
        baseline(&previous.observations),
        baseline(&round.observations),
    );
    let candidates = round.candidates.iter().cloned();
    let diff = renewal::diff(&round.report.policy, &old, &new, candidates);
    let verdict = round.report.verdict;
    let turned = previous.verdict.is_some_and(|before| before != verdict);
    (turned || !diff.equal).then_some(Changed {
        before: previous.verdict,
        verdict,
        diff,
    })
}
