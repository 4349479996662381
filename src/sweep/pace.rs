//! How fast endpoints are begun.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Lets at most so many endpoints begin a second, evenly spread.
pub(super) struct Pace(Option<tokio::time::Interval>);

impl Pace {
    /// `None`: no limit.
    pub(super) fn new(rate: Option<u32>) -> Self {
        Self(rate.filter(|rate| *rate > 0).map(|rate| {
            let mut ticks = interval_at(Instant::now(), Duration::from_secs(1) / rate);
            // Time lost to a full house is not made up for in a burst.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        }))
    }

    /// Waits for the next turn.
    pub(super) async fn wait(&mut self) {
        if let Some(ticks) = &mut self.0 {
            ticks.tick().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn endpoints_begin_evenly_spread() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(10));
        for _ in 0..11 {
            pace.wait().await;
        }
        assert_eq!(start.elapsed().as_millis(), 1000);
    }
}
