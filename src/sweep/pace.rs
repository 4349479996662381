//! How fast connections are begun.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// The timers' resolution: connections of so long a time may begin at once, since no pause between them can be kept.
const BURST: Duration = Duration::from_millis(5);

/// A token bucket: so many connections a second over all who share it.
#[derive(Debug)]
pub(super) struct Pace(Option<Mutex<Bucket>>);

#[derive(Debug)]
struct Bucket {
    /// From one connection to the next.
    step: Duration,
    /// When the next one is due. It lies at most a burst behind now: time in which nobody asked is not made up for.
    due: Instant,
}

impl Pace {
    /// `None`: no limit.
    pub(super) fn new(rate: Option<u32>) -> Self {
        Self(rate.filter(|rate| *rate > 0).map(|rate| {
            Mutex::new(Bucket {
                step: Duration::from_secs(1) / rate,
                due: Instant::now(),
            })
        }))
    }

    /// Waits for the next turn; who asked first goes first.
    pub(super) async fn wait(&self) {
        if let Some(bucket) = &self.0 {
            let mut bucket = bucket.lock().await;
            sleep_until(bucket.due).await;
            let earliest = Instant::now().checked_sub(BURST).unwrap_or(bucket.due);
            bucket.due = bucket.due.max(earliest) + bucket.step;
        }
    }

    /// Takes note of connections that were made without a turn, so that later ones wait for them.
    pub(super) async fn owe(&self, connections: u32) {
        if let Some(bucket) = self.0.as_ref().filter(|_| connections > 0) {
            let mut bucket = bucket.lock().await;
            let step = bucket.step;
            bucket.due += step * connections;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connections_begin_evenly_spread() {
        let start = Instant::now();
        let pace = Pace::new(Some(10));
        for _ in 0..11 {
            pace.wait().await;
        }
        assert_eq!(start.elapsed().as_millis(), 1000);
        pace.owe(5).await;
        pace.wait().await;
        assert_eq!(
            start.elapsed().as_millis(),
            1600,
            "what was owed is waited for"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_high_rate_is_kept_although_timers_are_coarse() {
        let start = Instant::now();
        let pace = Pace::new(Some(10_000));
        for _ in 0..20_000 {
            pace.wait().await;
        }
        let elapsed = start.elapsed().as_millis();
        assert!((1_980..=2_010).contains(&elapsed), "{elapsed} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_not_made_up_for() {
        let pace = Pace::new(Some(10));
        pace.wait().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..11 {
            pace.wait().await;
        }
        assert!(start.elapsed().as_millis() >= 995, "{:?}", start.elapsed());
    }
}
