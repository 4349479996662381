//! The progress line on standard error: only for a person who waits.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::observation::Outcome;
use crate::report::text;
use crate::sweep::RunEvent;

/// A line that says how far things are, and how much of the pause before the next look is over.
pub(super) fn waiting(state: &str, pause: Duration, wanted: bool) -> ProgressBar {
    let target = if wanted {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{elapsed} of {prefix}  {wide_msg}");
    bar.set_style(style.expect("the template is well-formed"));
    bar.set_prefix(format!("{}s", pause.as_secs_f64().round()));
    bar.set_message(text::harmless(state).into_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// A progress line, invisible until it is shown.
pub(super) struct Progress {
    bar: ProgressBar,
    captured: u64,
    wanted: bool,
}

impl Progress {
    /// A line on standard error; none unless `wanted`.
    pub(super) fn new(wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self {
            bar,
            captured: 0,
            wanted,
        }
    }

    /// Takes note of what happened.
    pub(super) fn event(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Started { endpoints } => self.bar.set_length(*endpoints as u64),
            RunEvent::Observed(observations) => {
                let captured = observations
                    .iter()
                    .any(|seen| seen.outcome == Outcome::Captured);
                self.captured += u64::from(captured);
                self.bar.inc(1);
                self.bar.set_message(format!("{} captured", self.captured));
            }
        }
    }

    /// Shows the line from now on.
    pub(super) fn show(&mut self) {
        if !self.wanted {
            return;
        }
        let style = ProgressStyle::with_template(
            "{pos}/{len} endpoints, {msg}, {elapsed} [{wide_bar}] {eta} left",
        );
        self.bar
            .set_style(style.expect("the template is well-formed"));
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.enable_steady_tick(Duration::from_millis(250));
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
