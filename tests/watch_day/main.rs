//! A day of a watch over 1,000 endpoints under a simulated clock: nothing grows. Alone in its program, so that what is
//! measured is its own.

#[path = "../support/kept.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod kept;

use std::sync::Arc;
use std::time::Duration;

use sameca::model::observation::Observation;
use sameca::model::report::{EndpointReport, RunReport};
use sameca::model::timestamp::Timestamp;
use sameca::watch::{Changed, Door, Previous, Round, Say, Server, Shared, watch};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const ENDPOINTS: usize = 1_000;
const RUNS: usize = 24;
const EVERY: Duration = Duration::from_secs(3600);
/// What the issue allows.
const MOST: u64 = 64 * 1024 * 1024;
/// How much the memory may differ from one quarter of the day to the last: the allocator's own doing.
const SLACK: u64 = 8 * 1024 * 1024;

/// Gives the same observations run after run, with one certificate in ten going back and forth.
struct Day {
    states: [Vec<Observation>; 2],
    report: RunReport,
    address: std::net::SocketAddr,
    runs: usize,
    changes: usize,
    use_of: Vec<Use>,
    end: CancellationToken,
}

/// What the process uses.
#[derive(Clone, Copy, Debug)]
struct Use {
    memory: u64,
    descriptors: usize,
    tasks: usize,
}

fn measure() -> Use {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kilobytes: u64 = kilobytes
        .and_then(|text| text.trim().parse().ok())
        .expect("a number");
    Use {
        memory: kilobytes * 1024,
        descriptors: std::fs::read_dir("/proc/self/fd")
            .expect("Linux tells")
            .count(),
        tasks: tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks(),
    }
}

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").expect("a time")
}

impl Door for Day {
    fn reload(&mut self) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn is_stale(&mut self) -> bool {
        false
    }

    async fn run(&mut self) -> Result<Round, String> {
        if self.runs == RUNS {
            self.end.cancel();
            return std::future::pending().await;
        }
        let state = self.runs / 4 % 2;
        self.runs += 1;
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok(Round {
            observations: self.states[state].clone(),
            report: self.report.clone(),
            candidates: Vec::new(),
        })
    }

    fn previous(&mut self) -> Option<Previous> {
        None
    }

    async fn keep(&mut self, _round: &Arc<Round>) -> Result<(), String> {
        for path in ["/", "/metrics", "/report.json"] {
            let mut stream = TcpStream::connect(self.address).await.expect("it listens");
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            stream
                .write_all(request.as_bytes())
                .await
                .expect("it takes that");
            // Not held here: what is measured is the watch's own.
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.expect("an answer");
            assert_eq!(&answer, b"HTTP/1.1 200", "{path}");
            let mut nowhere = tokio::io::sink();
            tokio::io::copy(&mut stream, &mut nowhere)
                .await
                .expect("the rest of it");
        }
        self.use_of.push(measure());
        Ok(())
    }

    async fn tell(&mut self, changed: &Changed) -> Result<(), String> {
        assert_eq!(changed.rows().count(), ENDPOINTS / 10);
        self.changes += 1;
        Ok(())
    }

    fn say(&mut self, say: Say, line: &str) {
        assert_eq!(say, Say::News, "{line}");
    }
}

/// A report with a row for each observation.
fn report(observations: &[Observation]) -> RunReport {
    let path = format!("{}/testdata/reports/same.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("it is there");
    let mut report: RunReport = serde_json::from_str(&text).expect("a report");
    let row = report.endpoints[0].clone();
    let rows = observations.iter().map(|seen| EndpointReport {
        target: seen.target.clone(),
        host: seen.host.clone(),
        address: seen.address,
        ..row.clone()
    });
    report.endpoints = rows.collect();
    let presented = observations.iter().flat_map(|seen| &seen.chain);
    report.certificates = presented.map(|der| (der.sha256(), der.clone())).collect();
    report
}

#[cfg(target_os = "linux")]
#[test]
fn a_day_over_1000_endpoints_uses_no_more_at_its_end() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(day());
}

async fn day() {
    let maker = kept::Maker::new();
    let before: Vec<_> = (0..ENDPOINTS)
        .map(|number| maker.observation(number))
        .collect();
    let mut after = before.clone();
    // The places that were captured get the leaf of another endpoint.
    for number in (1..ENDPOINTS).step_by(10) {
        after[number].chain = before[number + 1].chain.clone();
    }
    let server = Server::bind(([127, 0, 0, 1], 0).into())
        .await
        .expect("a port");
    let end = CancellationToken::new();
    let mut day = Day {
        report: report(&before),
        states: [before, after],
        address: server.address().expect("an address"),
        runs: 0,
        changes: 0,
        use_of: Vec::new(),
        end: end.clone(),
    };
    let (shared, reload) = (Shared::new(EVERY, noon), Notify::new());
    let began = tokio::time::Instant::now();
    let serve = tokio::spawn({
        let (shared, end) = (shared.clone(), end.clone());
        async move { server.serve(shared, &end).await }
    });
    watch(&mut day, EVERY, &shared, &reload, &end).await;
    serve.await.expect("it ends in order");
    assert!(began.elapsed() >= Duration::from_secs(24 * 3600));
    assert_eq!((day.use_of.len(), day.changes), (RUNS, 5));
    let (early, late) = (day.use_of[RUNS / 4], day.use_of[RUNS - 1]);
    assert!(late.memory <= MOST, "{late:?}");
    assert!(late.memory <= early.memory + SLACK, "{early:?} -> {late:?}");
    assert!(
        late.descriptors <= early.descriptors,
        "{early:?} -> {late:?}"
    );
    assert!(late.tasks <= early.tasks, "{early:?} -> {late:?}");
}
