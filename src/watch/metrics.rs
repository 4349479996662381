//! The metrics of the last report, and of the watch itself.

use std::io;

use tokio::time::Instant;

use crate::report::prometheus::{self, Gauges, Labels, Value};
use crate::watch::state::{Health, Phase, Shared, State, Trouble};

/// The document of `/metrics`.
pub(super) fn text(shared: &Shared) -> io::Result<Vec<u8>> {
    let state = shared.now_known();
    let mut gauges = match &state.last {
        Some(last) => prometheus::gauges(&*last.report)?,
        None => Gauges::default(),
    };
    watch(&state, shared, &mut gauges);
    let mut out = Vec::new();
    gauges.write(&mut out)?;
    Ok(out)
}

fn watch(state: &State, shared: &Shared, gauges: &mut Gauges) {
    let alone = |value| [(Labels::new(), value)];
    let version = Labels::new().with("version", env!("CARGO_PKG_VERSION"));
    let build = "The version of this program";
    gauges.add("build_info", build, [(version, Value::Whole(1))]);
    let runs = "Runs since the program began that gave a verdict";
    gauges.one("watch_runs", runs, Some(state.runs));
    let (running, next) = match state.phase {
        Phase::Starting => (false, None),
        Phase::Running(_, next) => (true, Some(next)),
        Phase::Waiting(next) => (false, Some(next)),
    };
    let under_way = "Whether a run is under way";
    gauges.one("watch_running", under_way, Some(running));
    let slow = "Whether the run under way, or else the last one, lasted longer than the period";
    gauges.one("watch_slow", slow, Some(state.slow));
    let overdue = "Whether no run has finished for two periods; none yet: no sample";
    let is_overdue = match state.health() {
        Health::Unknown => None,
        Health::Recent => Some(false),
        Health::Overdue => Some(true),
    };
    gauges.one("watch_overdue", overdue, is_overdue);
    gauges.add(
        "watch_trouble",
        "Whether this went wrong the last time: run, estate, history, on-change",
        Trouble::ALL.map(|trouble| {
            let labels = Labels::new().with("what", trouble.word());
            (labels, state.troubles.contains_key(&trouble).into())
        }),
    );
    let period = Value::Fraction(state.every.as_secs_f64());
    let apart = "How far apart runs begin";
    gauges.seconds("watch_period", apart, alone(period));
    let due = next.filter(|next| *next > Instant::now());
    if let Some(due) = due {
        let due = Value::from(shared.at(due).unix());
        let when = "When the next run is due";
        gauges.seconds("watch_next_run_timestamp", when, alone(due));
    }
    if let Some(note) = state.changes.front() {
        let at = Value::from(note.at.unix());
        let when = "When a run last differed from the one before; none did: no sample";
        gauges.seconds("watch_last_change_timestamp", when, alone(at));
    }
}
