//! How one connection ended, with all that it brought.

use std::io;
use std::time::Duration;

use crate::capture::dial;
use crate::model::bytes::Der;
use crate::model::codepoint::Alert;
use crate::model::observation::{Outcome, Tls};

/// One connection's end.
pub(super) struct Ended {
    /// What came of it.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub detail: Option<String>,
    /// What the server said about itself before the end; boxed, since most of the time it waits in a small future.
    pub tls: Option<Box<Tls>>,
    /// The chain; empty unless captured.
    pub chain: Vec<Der>,
    /// What may be learnt from asking in another way.
    pub next: Next,
}

/// Which other way of asking may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// None: the answer stands.
    Nothing,
    /// The server wants newer parameters than were offered.
    Newer,
    /// The server may be put off by the hello itself.
    Simpler,
    /// The server is beyond rustls; reading the flight in the clear may work.
    Clear,
}

impl Ended {
    /// An end without anything else to keep.
    pub(super) fn new(outcome: Outcome, detail: impl Into<String>, next: Next) -> Self {
        Self {
            outcome,
            detail: Some(detail.into()),
            tls: None,
            chain: Vec::new(),
            next,
        }
    }

    /// The chain arrived and nothing is left to say.
    pub(super) fn captured() -> Self {
        Self {
            outcome: Outcome::Captured,
            detail: None,
            tls: None,
            chain: Vec::new(),
            next: Next::Nothing,
        }
    }

    /// The operating system reported an error after the connection stood.
    pub(super) fn broken(error: &io::Error, progress: Progress) -> Self {
        let outcome = dial::outcome(error);
        let what = if outcome == Outcome::Reset {
            format!("the server reset the connection {}", progress.when())
        } else {
            format!("the connection failed {}: {error}", progress.when())
        };
        Self::new(outcome, what, progress.next())
    }

    /// The server closed the connection in order.
    pub(super) fn closed(progress: Progress) -> Self {
        let detail = format!("the server closed the connection {}", progress.when());
        Self::new(Outcome::Closed, detail, progress.next())
    }

    /// The time was over.
    pub(super) fn silent(progress: Progress, waited: Duration) -> Self {
        let detail = match progress {
            Progress::Nothing => format!("connected, but no answer within {}", words(waited)),
            Progress::Some => format!("the answer was not complete within {}", words(waited)),
        };
        Self::new(Outcome::Timeout, detail, progress.next())
    }

    /// The server sent an alert that ends the connection.
    pub(super) fn alert(alert: Alert) -> Self {
        if alert == Alert::CLOSE_NOTIFY {
            let detail = "the server ended the connection with `close_notify`";
            return Self::new(Outcome::Closed, detail, Next::Simpler);
        }
        let detail = format!("the server refused with the alert `{alert}`");
        Self::new(Outcome::Alert, detail, next_after(alert))
    }

    /// Adds what the connection brought. With a chain it is captured, whatever came after.
    pub(super) fn with(mut self, tls: Tls, chain: Option<Vec<Der>>) -> Self {
        self.tls = Some(Box::new(tls));
        let Some(chain) = chain else { return self };
        self.chain = chain;
        self.next = Next::Nothing;
        if self.outcome != Outcome::Captured {
            self.outcome = Outcome::Captured;
            self.detail = self
                .detail
                .map(|what| format!("after the certificates: {what}"));
        }
        self
    }
}

/// How far the server's answer had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Not a byte.
    Nothing,
    /// It had begun.
    Some,
}

impl Progress {
    fn when(self) -> &'static str {
        match self {
            Self::Nothing => "without an answer",
            Self::Some => "in the middle of its answer",
        }
    }

    /// A server that says nothing at all to a hello may speak to another; one that began to answer understood it.
    fn next(self) -> Next {
        match self {
            Self::Nothing => Next::Simpler,
            Self::Some => Next::Nothing,
        }
    }
}

fn next_after(alert: Alert) -> Next {
    match alert {
        Alert::PROTOCOL_VERSION | Alert::INSUFFICIENT_SECURITY | Alert::MISSING_EXTENSION => {
            Next::Newer
        }
        // These servers read the hello and refuse the name or the client, not the manner of asking.
        Alert::UNRECOGNIZED_NAME | Alert::ACCESS_DENIED => Next::Nothing,
        _ => Next::Simpler,
    }
}

/// A duration as a reader wants it: `10 s`, `2.5 s`, `800 ms`.
pub(super) fn words(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    match (milliseconds / 1000, milliseconds % 1000 / 100) {
        (seconds, 0) => format!("{seconds} s"),
        (seconds, tenths) => format!("{seconds}.{tenths} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let text = [999, 1000, 2500, 10_000].map(|ms| words(Duration::from_millis(ms)));
        assert_eq!(text, ["999 ms", "1 s", "2.5 s", "10 s"]);
    }

    #[test]
    fn only_a_server_without_a_word_is_asked_more_simply() {
        assert_eq!(Ended::closed(Progress::Nothing).next, Next::Simpler);
        assert_eq!(Ended::closed(Progress::Some).next, Next::Nothing);
    }

    #[test]
    fn close_notify_is_no_refusal() {
        assert_eq!(Ended::alert(Alert::CLOSE_NOTIFY).outcome, Outcome::Closed);
        assert_eq!(
            Ended::alert(Alert::HANDSHAKE_FAILURE).outcome,
            Outcome::Alert
        );
    }
}
