//! What is known at this moment, shared between the turns and whoever looks at them.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::Instant;

use crate::model::report::RunReport;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Verdict;
use crate::report::json;
use crate::watch::change::Changed;

/// How many changes are remembered for the page.
const CHANGES: usize = 20;
/// How many rows of one change.
const ROWS: usize = 20;

/// What goes wrong with a watch, apart from what the verdict says. A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The last run could not be done.
    Run,
    /// The estate could not be read again; the old one stays.
    Estate,
    /// The last run could not be kept in the history.
    History,
    /// The command that is told of changes failed the last time.
    OnChange,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Run, Self::Estate, Self::History, Self::OnChange];

    /// The word in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Estate => "estate",
            Self::History => "history",
            Self::OnChange => "on-change",
        }
    }
}

/// A handle on what is known.
#[derive(Clone, Debug)]
pub struct Shared {
    state: Arc<Mutex<State>>,
    clock: fn() -> Timestamp,
}

/// What is known at this moment. Times are of the monotonic clock unless they are for display.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) every: Duration,
    pub(super) phase: Phase,
    /// Whether the run that is under way, or else the last one, has lasted longer than the period.
    pub(super) slow: bool,
    pub(super) last: Option<Last>,
    /// Runs that gave a verdict.
    pub(super) runs: u64,
    /// What is wrong, and since when.
    pub(super) troubles: BTreeMap<Trouble, Timestamp>,
    /// What changed lately, the newest first.
    pub(super) changes: VecDeque<Note>,
}

/// What is being done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// Nothing yet.
    Starting,
    /// A run, since when; and when it would be too late for the next one.
    Running(Instant, Instant),
    /// Waiting for the next run.
    Waiting(Instant),
}

/// The last run that gave a verdict.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) report: Arc<RunReport>,
    /// The report as `/report.json` shows it.
    pub(super) document: Bytes,
    pub(super) finished: Instant,
}

/// A change, as far as it is remembered.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) at: Timestamp,
    pub(super) before: Option<Verdict>,
    pub(super) verdict: Verdict,
    pub(super) headline: String,
    /// What changed, in words: the endpoint, and what became of it.
    pub(super) rows: Vec<(String, String)>,
    /// Rows beyond those.
    pub(super) more: usize,
}

impl Shared {
    /// Nothing is known yet. `clock` tells the time for display.
    pub fn new(every: Duration, clock: fn() -> Timestamp) -> Self {
        let state = State {
            every,
            phase: Phase::Starting,
            slow: false,
            last: None,
            runs: 0,
            troubles: BTreeMap::new(),
            changes: VecDeque::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            clock,
        }
    }

    /// What is known. Cheap: what is large is shared.
    pub(super) fn now_known(&self) -> State {
        self.lock().clone()
    }

    /// The time for display.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// When a point of the monotonic clock is, for display.
    pub(super) fn at(&self, instant: Instant) -> Timestamp {
        let (now, time) = (Instant::now(), self.now());
        let distance = |span: Duration| {
            let whole = time::Duration::try_from(span).unwrap_or(time::Duration::MAX);
            time::Duration::min(whole, time::Duration::days(36_500))
        };
        let moved = match instant.checked_duration_since(now) {
            Some(ahead) => time.date_time() + distance(ahead),
            None => time.date_time() - distance(now - instant),
        };
        Timestamp::new(moved)
    }

    pub(super) fn begin(&self, next: Instant) {
        let mut state = self.lock();
        state.phase = Phase::Running(Instant::now(), next);
        state.slow = false;
    }

    pub(super) fn slow(&self) {
        self.lock().slow = true;
    }

    pub(super) fn wait(&self, next: Instant) {
        self.lock().phase = Phase::Waiting(next);
    }

    /// Shows the report of a run, and what changed with it.
    pub(super) fn publish(&self, report: &RunReport, changed: Option<&Changed>) -> io::Result<()> {
        // Written twice, so that it is never there twice: what grows step by step takes up to three times its room.
        let mut length = Length(0);
        json::render(report, &mut length)?;
        let mut document = Vec::with_capacity(length.0);
        json::render(report, &mut document)?;
        let last = Last {
            report: Arc::new(without_certificates(report)),
            document: document.into(),
            finished: Instant::now(),
        };
        let note = changed.map(|changed| note(changed, self.now()));
        let mut state = self.lock();
        state.last = Some(last);
        state.runs += 1;
        if let Some(note) = note {
            state.changes.push_front(note);
            state.changes.truncate(CHANGES);
        }
        Ok(())
    }

    /// Something went wrong; the first time counts.
    pub(super) fn trouble(&self, trouble: Trouble) {
        let now = self.now();
        self.lock().troubles.entry(trouble).or_insert(now);
    }

    /// It went well again.
    pub(super) fn well(&self, trouble: Trouble) {
        self.lock().troubles.remove(&trouble);
    }

    /// A panic while it was locked leaves what was known before, which is as good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts the octets that are written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0 += octets.len();
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The certificates are in the document; page and metrics need none.
fn without_certificates(report: &RunReport) -> RunReport {
    let mut rows = report.clone();
    rows.certificates.clear();
    for row in &mut rows.endpoints {
        (row.proof, row.attempts, row.tls) = (None, Vec::new(), None);
    }
    rows
}

fn note(changed: &Changed, at: Timestamp) -> Note {
    let rows = changed.rows().take(ROWS).map(|row| {
        let address = row.address.map(|address| format!(" at {address}"));
        let endpoint = format!("{}{}", row.target, address.unwrap_or_default());
        (endpoint, format!("{}: {}", row.class.word(), row.reason))
    });
    Note {
        at,
        before: changed.before,
        verdict: changed.verdict,
        headline: changed.diff.headline.clone(),
        rows: rows.collect(),
        more: changed.rows().count().saturating_sub(ROWS),
    }
}

/// How a watch is, apart from what the verdict says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// No run has given a verdict yet.
    Unknown,
    /// The last verdict is recent.
    Recent,
    /// It is older than two periods, or a minute where those are shorter.
    Overdue,
}

impl State {
    /// How recent the last verdict is.
    pub(super) fn health(&self) -> Health {
        let Some(last) = &self.last else {
            return Health::Unknown;
        };
        let limit = self.every.saturating_mul(2).max(Duration::from_secs(60));
        match last.finished.elapsed() > limit {
            true => Health::Overdue,
            false => Health::Recent,
        }
    }
}
