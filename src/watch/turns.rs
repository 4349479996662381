//! The turns: reload, run, compare, tell, wait; one after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::model::bytes::Der;
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::model::report::RunReport;
use crate::watch::change::{self, Changed, Previous};
use crate::watch::schedule::Schedule;
use crate::watch::state::{Shared, Trouble};
use crate::watch::words;

/// How often the files of the estate are looked at between runs.
const LOOK: Duration = Duration::from_secs(5);

/// What one run gave.
#[derive(Debug)]
pub struct Round {
    /// What every endpoint showed.
    pub observations: Vec<Observation>,
    /// The verdict on it.
    pub report: RunReport,
    /// Certificates of CAs that no server need have sent.
    pub candidates: Vec<(Der, Source)>,
}

/// How much something matters that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// What went as it should.
    News,
    /// What did not.
    Trouble,
}

/// What a watch needs from outside.
pub trait Door {
    /// Reads anew what is asked and by which rules. Gives what changed, in a few words, if anything did.
    ///
    /// # Errors
    ///
    /// Why that cannot be used; what was read before stays.
    fn reload(&mut self) -> Result<Option<String>, String>;

    /// Whether a file looks other than when it was read last. Cheap.
    fn is_stale(&mut self) -> bool;

    /// Asks every endpoint and gives the verdict. Dropped when the watch is told to end.
    ///
    /// # Errors
    ///
    /// Why this program could not do its work. That an endpoint does not answer is none.
    fn run(&mut self) -> impl Future<Output = Result<Round, String>>;

    /// The last run that was kept before this watch began, if it is one of this estate.
    fn previous(&mut self) -> Option<Previous>;

    /// Keeps a run in the history, where there is one.
    ///
    /// # Errors
    ///
    /// Why it could not be kept.
    fn keep(&mut self, round: &Arc<Round>) -> impl Future<Output = Result<(), String>>;

    /// Tells of a change whoever wants to know.
    ///
    /// # Errors
    ///
    /// Why that failed.
    fn tell(&mut self, changed: &Changed) -> impl Future<Output = Result<(), String>>;

    /// Says a line to whoever reads the log.
    fn say(&mut self, say: Say, line: &str);
}

/// Watches until it is told to end. `reload` asks for the estate to be read again.
pub async fn watch(
    door: &mut impl Door,
    every: Duration,
    shared: &Shared,
    reload: &Notify,
    end: &CancellationToken,
) {
    let mut turns = Turns {
        previous: door.previous(),
        door,
        shared,
        schedule: Schedule::new(Instant::now(), every),
        refused: None,
    };
    end.run_until_cancelled(turns.go(reload)).await;
}

struct Turns<'w, D> {
    door: &'w mut D,
    shared: &'w Shared,
    schedule: Schedule,
    previous: Option<Previous>,
    /// Why the estate could not be read the last time: said once, not at each look.
    refused: Option<String>,
}

impl<D: Door> Turns<'_, D> {
    async fn go(&mut self, reload: &Notify) {
        let mut first = true;
        loop {
            // What the first run needs was read before the watch began.
            if !std::mem::take(&mut first) {
                self.reload(Asked::Schedule);
            }
            let began = Instant::now();
            self.shared.begin(self.schedule.after(began));
            let result = self.run().await;
            let took = began.elapsed();
            self.settle(result, took).await;
            self.wait(reload).await;
        }
    }

    /// The run, and a word when it lasts longer than the period.
    async fn run(&mut self) -> Result<Round, String> {
        let began = Instant::now();
        let tick = self.schedule.after(began);
        let late = async {
            sleep_until(tick).await;
            tick - began
        };
        let slow = {
            let work = self.door.run();
            tokio::pin!(work);
            tokio::select! {
                result = &mut work => return result,
                late = late => {
                    self.shared.slow();
                    (work.await, late)
                }
            }
        };
        let (result, late) = slow;
        let (took, late) = (words::span(began.elapsed()), words::span(late));
        let line = format!(
            "the run took {took} and the next one was due after {late}: it begins at the following tick; raise --every or --concurrency"
        );
        self.say(Say::Trouble, &line);
        result
    }

    async fn settle(&mut self, result: Result<Round, String>, took: Duration) {
        let round = match result {
            Ok(round) => round,
            Err(why) => return self.trouble(Trouble::Run, &format!("the run failed: {why}")),
        };
        self.shared.well(Trouble::Run);
        self.say(Say::News, &self.line(&round.report, took));
        let previous = self.previous.as_ref();
        let changed = previous.and_then(|previous| change::compare(previous, &round));
        if let Err(error) = self.shared.publish(&round.report, changed.as_ref()) {
            self.trouble(
                Trouble::Run,
                &format!("the report cannot be shown: {error}"),
            );
        }
        let round = Arc::new(round);
        match self.door.keep(&round).await {
            Ok(()) => self.shared.well(Trouble::History),
            Err(why) => self.trouble(
                Trouble::History,
                &format!("the run could not be kept in the history: {why}"),
            ),
        }
        if let Some(changed) = changed {
            self.tell(&changed).await;
        }
        self.previous = Some(Previous::from(round));
    }

    async fn tell(&mut self, changed: &Changed) {
        let line = format!("CHANGED  {}", changed.sentence());
        self.say(Say::News, &line);
        match self.door.tell(changed).await {
            Ok(()) => self.shared.well(Trouble::OnChange),
            Err(why) => self.trouble(Trouble::OnChange, &format!("--on-change: {why}")),
        }
    }

    /// Until the next tick; the estate is read again when that is asked for or its files change.
    async fn wait(&mut self, reload: &Notify) {
        let tick = self.schedule.after(Instant::now());
        self.shared.wait(tick);
        let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        loop {
            tokio::select! {
                biased;
                () = sleep_until(tick) => return,
                () = reload.notified() => self.reload(Asked::User),
                _ = looks.tick() => {
                    if self.door.is_stale() {
                        self.reload(Asked::File);
                    }
                }
            }
        }
    }

    fn reload(&mut self, asked: Asked) {
        match self.door.reload() {
            Ok(what) => {
                self.shared.well(Trouble::Estate);
                let again = self.refused.take().is_some();
                match what {
                    Some(what) => {
                        self.say(Say::News, &format!("the estate was read again: {what}"))
                    }
                    None if again => {
                        self.say(Say::News, "the estate can be read again; it is as it was")
                    }
                    None if asked == Asked::User => {
                        self.say(Say::News, "the estate was read again; it is as it was");
                    }
                    None => {}
                }
            }
            Err(why) => {
                let line = format!("the estate was not read again, the old one stays: {why}");
                if asked == Asked::User || self.refused.as_ref() != Some(&why) {
                    self.trouble(Trouble::Estate, &line);
                }
                self.refused = Some(why);
            }
        }
    }

    /// A line for a run that is done.
    fn line(&self, report: &RunReport, took: Duration) -> String {
        let verdict = report.verdict.word().to_uppercase();
        format!(
            "{verdict}  {} ({}, next at {})",
            report.headline,
            words::span(took),
            words::second(self.shared.at(self.schedule.after(Instant::now())))
        )
    }

    fn trouble(&mut self, trouble: Trouble, line: &str) {
        self.shared.trouble(trouble);
        self.say(Say::Trouble, line);
    }

    fn say(&mut self, say: Say, line: &str) {
        let time = words::second(self.shared.now());
        self.door.say(say, &format!("{time}  {line}"));
    }
}

/// Who asks for the estate to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Schedule,
    User,
    File,
}
