//! The size of a history, and how quickly it answers: `cargo bench --bench history`.
//!
//! An estate of 1,000 endpoints, renewed every hundred runs. The argument is the number of runs, 1,000 unless given.

use std::collections::BTreeSet;
use std::time::Instant;

use sameca::history::History;
use sameca::identify::identify;
use sameca::judge::{Rules, judge};
use sameca::model::observation::Observation;
use sameca::model::report::{Policy, RunReport};
use sameca::model::target::Group;
use sameca::model::timestamp::Timestamp;

#[expect(dead_code, reason = "nothing is written as text here")]
#[path = "../support/kept.rs"]
mod kept;

const ENDPOINTS: usize = 1_000;
const RUNS_OF_A_LEAF: usize = 100;

fn main() {
    let mut asked = std::env::args().filter_map(|word| word.parse().ok());
    let runs: usize = asked.next().unwrap_or(1_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.history");
    let maker = kept::Maker::new();
    let mut history = History::open(&path).expect("a new history");
    let mut recording = 0.0;
    let mut generation: Option<(Vec<Observation>, RunReport)> = None;
    for run in 0..runs {
        if run % RUNS_OF_A_LEAF == 0 {
            generation = Some(renewed(&maker, run / RUNS_OF_A_LEAF));
        }
        let (seen, report) = generation.as_mut().expect("the first run made one");
        at(run, seen, report);
        let begin = Instant::now();
        history
            .record("check", seen, report)
            .expect("it is recorded");
        recording += begin.elapsed().as_secs_f64();
    }
    drop(history);
    let count = runs * ENDPOINTS;
    let size = path.metadata().expect("the file is there").len();
    println!(
        "{count} observations: {:.1} MB, {} bytes each; recorded in {recording:.1} s",
        size as f64 / 1e6,
        size / count as u64,
    );
    let history = History::read(&path).expect("a history");
    timed("runs", || history.runs(None).expect("runs").len());
    timed("a host", || {
        let host = history.host("host0000007.contoso.test").expect("a history");
        host[0].events.len()
    });
    timed("a CA", || {
        history.ca("Issuing CA 02").expect("a CA").1.len()
    });
    timed("the observations of a run", || {
        let last = history.runs(None).expect("runs").pop().expect("a run");
        history.observations(&last.id, drop).expect("a run") as usize
    });
}

fn timed(what: &str, work: impl FnOnce() -> usize) {
    let begin = Instant::now();
    let found = work();
    let milliseconds = begin.elapsed().as_secs_f64() * 1e3;
    println!("{what}: {milliseconds:.1} ms ({found})");
}

/// The estate after so many renewals, and the report on it.
fn renewed(maker: &kept::Maker, generation: usize) -> (Vec<Observation>, RunReport) {
    let endpoint = |number: usize| {
        let mut seen = maker.observation(number);
        // The same CAs, other leaves.
        seen.chain = maker.observation(generation * ENDPOINTS + number).chain;
        seen
    };
    let seen: Vec<Observation> = (0..ENDPOINTS).map(endpoint).collect();
    let rules = Rules {
        policy: Policy::default(),
        judged: BTreeSet::from([Group::Internal]),
        require_possession: false,
        expected: Default::default(),
        expires_within_days: 30,
        run: String::new(),
        now: Timestamp::parse("2026-11-22T20:15:04Z").expect("a time"),
        partial: false,
    };
    let report = judge(&rules, &seen, &identify(&seen, []));
    (seen, report)
}

/// Makes it a run of its own, six hours after the one before.
fn at(run: usize, seen: &mut [Observation], report: &mut RunReport) {
    let begin = 1_790_000_000 + i64::try_from(run).expect("few runs") * 6 * 3_600;
    let time = Timestamp::from_unix(begin).expect("a time");
    report.run = format!("01JBENCH{run:018}");
    (report.started, report.finished) = (time, time);
    for (number, seen) in seen.iter_mut().enumerate() {
        seen.run.clone_from(&report.run);
        seen.at = time;
        seen.elapsed_ms = (run * 31 + number * 17) as u64 % 400;
    }
}
