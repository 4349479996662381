//! A door that follows a script.

use std::collections::VecDeque;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use sameca::model::observation::Observation;
use sameca::model::report::RunReport;
use sameca::model::timestamp::Timestamp;
use sameca::model::verdict::Verdict;
use sameca::watch::{Changed, Door, Previous, Round, Say, Shared};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::kept::Maker;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Noon, whatever the clock says.
pub(crate) fn noon() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").expect("a time")
}

pub(crate) fn shared(every: Duration) -> Shared {
    Shared::new(every, noon)
}

/// A kept report.
pub(crate) fn sample(name: &str) -> RunReport {
    let path = format!(
        "{}/testdata/reports/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = fs::read_to_string(path).expect("it is there");
    serde_json::from_str(&text).expect("a report")
}

/// A few observations, always the same certificates.
pub(crate) fn observations() -> Vec<Observation> {
    let maker = Maker::new();
    (0..3).map(|number| maker.observation(number)).collect()
}

pub(crate) fn round(report: &RunReport, observations: &[Observation]) -> Round {
    Round {
        observations: observations.to_vec(),
        report: report.clone(),
        candidates: Vec::new(),
    }
}

/// What one run does.
pub(crate) struct Act {
    pub(crate) takes: Duration,
    pub(crate) gives: Result<Round, String>,
}

/// Follows a script, and ends the watch when that is over.
pub(crate) struct Script {
    pub(crate) acts: VecDeque<Act>,
    pub(crate) previous: Option<Previous>,
    /// What reading the estate again gives; at its end the last one again and again.
    pub(crate) reloads: VecDeque<Result<Option<String>, String>>,
    pub(crate) stale: bool,
    pub(crate) keeps: Result<(), String>,
    pub(crate) tells: Result<(), String>,
    pub(crate) start: Instant,
    pub(crate) began: Vec<u64>,
    pub(crate) running: bool,
    pub(crate) said: Vec<(Say, String)>,
    pub(crate) told: Vec<Changed>,
    pub(crate) kept: Vec<Verdict>,
    pub(crate) end: CancellationToken,
}

impl Script {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            acts: acts.into_iter().collect(),
            previous: None,
            reloads: VecDeque::from([Ok(None)]),
            stale: false,
            keeps: Ok(()),
            tells: Ok(()),
            start: Instant::now(),
            began: Vec::new(),
            running: false,
            said: Vec::new(),
            told: Vec::new(),
            kept: Vec::new(),
            end: CancellationToken::new(),
        }
    }

    /// The lines of trouble.
    pub(crate) fn troubles(&self) -> Vec<&str> {
        let troubles = self.said.iter().filter(|(say, _)| *say == Say::Trouble);
        troubles.map(|(_, line)| line.as_str()).collect()
    }

    pub(crate) fn news(&self, part: &str) -> usize {
        let news = self.said.iter().filter(|(say, _)| *say == Say::News);
        news.filter(|(_, line)| line.contains(part)).count()
    }
}

impl Door for Script {
    fn reload(&mut self) -> Result<Option<String>, String> {
        match self.reloads.len() {
            1 => self.reloads[0].clone(),
            _ => self.reloads.pop_front().expect("there is one"),
        }
    }

    fn is_stale(&mut self) -> bool {
        self.stale
    }

    async fn run(&mut self) -> Result<Round, String> {
        assert!(!self.running, "runs overlap");
        self.began.push(self.start.elapsed().as_secs());
        let Some(act) = self.acts.pop_front() else {
            self.end.cancel();
            return std::future::pending().await;
        };
        self.running = true;
        sleep(act.takes).await;
        self.running = false;
        act.gives
    }

    fn previous(&mut self) -> Option<Previous> {
        self.previous.take()
    }

    async fn keep(&mut self, round: &Arc<Round>) -> Result<(), String> {
        self.kept.push(round.report.verdict);
        self.keeps.clone()
    }

    async fn tell(&mut self, changed: &Changed) -> Result<(), String> {
        self.told.push(changed.clone());
        self.tells.clone()
    }

    fn say(&mut self, say: Say, line: &str) {
        self.said.push((say, line.to_owned()));
    }
}
