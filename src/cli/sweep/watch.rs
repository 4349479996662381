//! How far a sweep is: a line that is renewed on a terminal, a line a minute elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::present;
use crate::cli::settings::Output;
use crate::cli::sweep::sidecar::Counts;

/// How often it is told where nothing can be renewed.
const MINUTE: Duration = Duration::from_secs(60);

/// Tells how far a sweep is.
pub(super) struct Watch<'o> {
    bar: Option<ProgressBar>,
    output: &'o Output,
    began: Instant,
    told: Instant,
    /// What was done before this process began.
    before: u64,
    total: u64,
    may_grow: bool,
}

impl<'o> Watch<'o> {
    pub(super) fn new(output: &'o Output, before: u64) -> Self {
        let now = Instant::now();
        Self {
            bar: output.progress.then(bar),
            output,
            began: now,
            told: now,
            before,
            total: 0,
            may_grow: false,
        }
    }

    /// How many items there are.
    pub(super) fn started(&mut self, total: u64, may_grow: bool) {
        (self.total, self.may_grow) = (total, may_grow);
    }

    /// Tells where it is. `cas` are those of which this process has seen leaves.
    pub(super) fn tick(&mut self, counts: &Counts, cas: usize) {
        let line = || self.line(counts, cas);
        if let Some(bar) = &self.bar {
            bar.set_message(line());
        } else if self.told.elapsed() >= MINUTE {
            let line = line();
            self.told = Instant::now();
            present::note(&line, self.output);
        }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, counts: &Counts, cas: usize) -> String {
        let done = counts.done;
        let elapsed = self.began.elapsed().as_secs_f64().max(0.001);
        let rate = (done - self.before) as f64 / elapsed;
        let total = match (self.may_grow, self.total) {
            (false, total) => format!("/{total}"),
            (true, total) if total > done => format!(" of {total} and those of lists"),
            (true, _) => " of those of lists".to_owned(),
        };
        let left = match self.may_grow || rate < 0.001 {
            true => String::new(),
            false => format!(
                ", {} left",
                time(self.total.saturating_sub(done) as f64 / rate)
            ),
        };
        format!(
            "{done}{total} done, {rate:.0}/s{left}, {} captured, {cas} CAs, {} absent",
            counts.captured,
            counts.refused + counts.timeout + counts.unreachable
        )
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {wide_msg}");
    bar.set_style(style.expect("the template is well-formed"));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// Seconds in words, as coarse as such a guess is.
fn time(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds)
        .unwrap_or(Duration::MAX)
        .as_secs();
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds / 60),
        6_000..=359_999 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_coarsely() {
        assert_eq!(time(1.9), "1 s");
        assert_eq!(time(600.0), "10 min");
        assert_eq!(time(36_000.0), "10 h");
        assert_eq!(time(1e9), "11574 days");
        assert!(time(f64::NAN).ends_with("days"));
    }
}
