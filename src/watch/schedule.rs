//! When runs begin: at the start, and then at every tick of the period. A tick that falls into a run is left out.

use std::time::Duration;

use tokio::time::Instant;

/// Ticks that lie a period apart.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    origin: Instant,
    every: Duration,
}

impl Schedule {
    /// The first tick is `origin`. The period is longer than nothing.
    pub fn new(origin: Instant, every: Duration) -> Self {
        Self { origin, every }
    }

    /// The first tick after this time.
    pub fn after(&self, now: Instant) -> Instant {
        let passed = now.saturating_duration_since(self.origin).as_nanos();
        let ticks = passed / self.every.as_nanos().max(1) + 1;
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        // Some hundred years on, a schedule without ticks is as good as any.
        let distance = self.every.checked_mul(ticks).unwrap_or(Duration::MAX);
        self.origin
            .checked_add(distance)
            .unwrap_or(now + self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ticks_keep_their_distance_whatever_runs_take() {
        let origin = Instant::now();
        let second = Duration::from_secs(1);
        let schedule = Schedule::new(origin, 10 * second);
        for (now, next) in [(0, 10), (3, 10), (9, 10), (10, 20), (25, 30), (99, 100)] {
            assert_eq!(
                schedule.after(origin + now * second),
                origin + next * second
            );
        }
    }
}
