//! The ladder: at most three ways of asking, one connection each, under one deadline.
//!
//! | the first answer | what is asked next |
//! |---|---|
//! | a chain | nothing |
//! | `protocol_version`, TLS 1.3 although not offered | a handshake of rustls, then the minimal hello |
//! | another alert, an end or a reset without a word, silence | the minimal hello of TLS 1.0, then a handshake |
//! | no connection; something else than TLS; broken TLS | nothing |
//!
//! With `--handshake` the handshake comes first.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::capture::ended::{Ended, Next, Progress, words};
use crate::capture::handshake::{self, Configuration};
use crate::capture::{Connection, Settings, clear, dial, starttls};
use crate::model::observation::{Attempt, Method, Outcome};
use crate::model::target::Endpoint;
use crate::wire::client_hello::{Authentication, HelloVersion};

/// No run lasts longer, whatever the settings say: clocks overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is asked of an endpoint.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    /// Whom to ask.
    pub endpoint: &'a Endpoint,
    /// How to ask.
    pub settings: &'a Settings,
    /// The server name to send.
    pub server_name: Option<&'a str>,
    /// The kinds of certificate to ask for.
    pub authentication: Authentication,
}

/// One way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    /// The hello that every server since 2003 can answer.
    Broad,
    /// A hello of TLS 1.0 without anything that an old server may stumble over.
    Minimal,
    /// A handshake of rustls.
    Handshake,
}

impl Rung {
    const ALL: [Self; 3] = [Self::Broad, Self::Minimal, Self::Handshake];

    fn method(self) -> Method {
        match self {
            Self::Broad | Self::Minimal => Method::Capture,
            Self::Handshake => Method::Handshake,
        }
    }
}

/// The time that a server has for its answer to one hello.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// When the hello was due.
    began: Instant,
    /// When a server that has not said a word is given up.
    silence: Instant,
    /// When everything ends.
    pub deadline: Instant,
}

impl Turn {
    /// On the first two connections the server may be silent for half of what is left, so that a hang leaves time for
    /// the next.
    fn new(deadline: Instant, is_last: bool) -> Self {
        let began = Instant::now();
        let left = deadline.saturating_duration_since(began);
        let silence = if is_last { deadline } else { began + left / 2 };
        Self {
            began,
            silence,
            deadline,
        }
    }

    /// Until when to wait for more.
    pub(super) fn limit(&self, progress: Progress) -> Instant {
        match progress {
            Progress::Nothing => self.silence,
            Progress::Some => self.deadline,
        }
    }

    /// How long that was from the beginning.
    pub(super) fn waited(&self, progress: Progress) -> Duration {
        self.limit(progress).saturating_duration_since(self.began)
    }
}

/// What one run of the ladder came to.
pub(super) struct Run {
    /// The connection that counts.
    pub ended: Ended,
    /// The way of asking that counts.
    pub rung: Rung,
    /// Every connection, in order.
    pub attempts: Vec<Attempt>,
    /// Time from the first connect to the last byte.
    pub elapsed: Duration,
}

/// Asks in one way after another until a chain is here or no other way promises one.
///
/// The first of them uses the connection that stands, if one does.
pub(super) async fn climb(
    ask: &Ask<'_>,
    configuration: &Configuration,
    connection: Option<Connection>,
) -> Run {
    let first = match ask.settings.handshake {
        true => Rung::Handshake,
        false => Rung::Broad,
    };
    climb_from(first, &Rung::ALL, ask, configuration, connection).await
}

/// Asks in one way only.
pub(super) async fn ask_once(rung: Rung, ask: &Ask<'_>, configuration: &Configuration) -> Run {
    climb_from(rung, &[rung], ask, configuration, None).await
}

async fn climb_from(
    first: Rung,
    rungs: &[Rung],
    ask: &Ask<'_>,
    configuration: &Configuration,
    mut connection: Option<Connection>,
) -> Run {
    let connecting = connection.as_ref().map_or(Duration::ZERO, |made| made.took);
    let now = Instant::now();
    let began = now.checked_sub(connecting).unwrap_or(now);
    let deadline = began + ask.settings.timeout.min(LONGEST);
    let mut tried = vec![first];
    let mut attempts = Vec::with_capacity(1);
    let mut best: Option<(Ended, Rung)> = None;
    let mut rung = first;
    loop {
        let start = if attempts.is_empty() {
            began
        } else {
            Instant::now()
        };
        let is_last = tried.len() == rungs.len();
        let stream = match connection.take() {
            Some(made) => Ok(made.stream),
            None => connect(ask, deadline).await,
        };
        let ended = match stream {
            Ok(stream) => attempt(stream, rung, ask, configuration, (deadline, is_last)).await,
            Err(ended) => ended,
        };
        attempts.push(Attempt {
            method: rung.method(),
            outcome: ended.outcome,
            detail: ended.detail.clone(),
            elapsed_ms: milliseconds(start.elapsed()),
        });
        let next = next(ended.next, rungs, &tried).filter(|_| Instant::now() < deadline);
        let is_better =
            |(so_far, _): &(Ended, Rung)| weight(ended.outcome) > weight(so_far.outcome);
        if best.as_ref().is_none_or(is_better) {
            best = Some((ended, rung));
        }
        match next {
            Some(next) => rung = next,
            None => break,
        }
        tried.push(rung);
    }
    let (mut ended, rung) = best.expect("the loop makes at least one attempt");
    if let Some(detail) = silence(&attempts, began.elapsed()) {
        ended.detail = Some(detail);
    }
    Run {
        ended,
        rung,
        attempts,
        elapsed: began.elapsed(),
    }
}

/// The sentence for a server that was silent on several connections: each of them tells only its own share.
fn silence(attempts: &[Attempt], elapsed: Duration) -> Option<String> {
    let is_silent = |attempt: &Attempt| attempt.outcome == Outcome::Timeout;
    (attempts.len() > 1 && attempts.iter().all(is_silent)).then(|| {
        format!(
            "connected, but no answer to {} hellos within {}",
            attempts.len(),
            words(elapsed)
        )
    })
}

async fn connect(ask: &Ask<'_>, deadline: Instant) -> Result<TcpStream, Ended> {
    let limit = connect_limit(ask.settings);
    dial::connect(ask.endpoint.address, deadline.min(Instant::now() + limit)).await
}

/// How long a connection may take to come about.
pub(super) fn connect_limit(settings: &Settings) -> Duration {
    let limit = settings.connect_timeout.unwrap_or(settings.timeout);
    limit.min(settings.timeout).min(LONGEST)
}

async fn attempt(
    mut stream: TcpStream,
    rung: Rung,
    ask: &Ask<'_>,
    configuration: &Configuration,
    (deadline, is_last): (Instant, bool),
) -> Ended {
    if let Some(protocol) = ask.settings.starttls {
        // Boxed, like the handshake below: most endpoints are waited for without it.
        let spoken = Box::pin(starttls::converse(&mut stream, protocol, deadline)).await;
        if let Err(ended) = spoken {
            return ended;
        }
    }
    let turn = Turn::new(deadline, is_last);
    match rung {
        Rung::Broad => clear::capture(stream, ask, HelloVersion::Tls12, &turn).await,
        Rung::Minimal => clear::capture(stream, ask, HelloVersion::Tls10, &turn).await,
        Rung::Handshake => Box::pin(handshake::handshake(stream, configuration, ask, &turn)).await,
    }
}

/// The next way of asking, of those not tried.
fn next(next: Next, rungs: &[Rung], tried: &[Rung]) -> Option<Rung> {
    let order: &[Rung] = match next {
        Next::Nothing => &[],
        Next::Newer => &[Rung::Handshake, Rung::Broad, Rung::Minimal],
        Next::Simpler => &[Rung::Broad, Rung::Minimal, Rung::Handshake],
        Next::Clear => &[Rung::Broad],
    };
    let is_left = |rung: &Rung| rungs.contains(rung) && !tried.contains(rung);
    order.iter().copied().find(is_left)
}

/// How much an outcome tells; of several attempts the one that tells most counts, and of equals the first.
///
/// A chain is what was wanted. A fault of this machine comes next, since it cut the ladder short, and what the other
/// attempts said is not the whole truth. Then, the further the server went, the more: a handshake without a
/// certificate, broken TLS, a refusal in TLS, another protocol, an orderly end, a reset, silence, no connection.
fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Captured => 12,
        Outcome::LocalError => 11,
        Outcome::NoCertificate => 10,
        Outcome::Malformed => 9,
        Outcome::Alert => 8,
        Outcome::NotTls => 7,
        Outcome::Closed => 6,
        Outcome::Reset => 5,
        Outcome::Timeout => 4,
        Outcome::Refused => 3,
        Outcome::Unreachable => 2,
        Outcome::NoAddress => 1,
        Outcome::NotAttempted => 0,
    }
}

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ways taken when every answer asks for the same.
    fn way(first: Rung, hint: Next) -> Vec<Rung> {
        let mut tried = vec![first];
        while let Some(rung) = next(hint, &Rung::ALL, &tried) {
            tried.push(rung);
        }
        tried
    }

    #[test]
    fn the_ladder_has_three_rungs_and_their_order_follows_the_answer() {
        use Rung::{Broad, Handshake, Minimal};
        assert_eq!(way(Broad, Next::Nothing), [Broad]);
        assert_eq!(way(Broad, Next::Newer), [Broad, Handshake, Minimal]);
        assert_eq!(way(Broad, Next::Simpler), [Broad, Minimal, Handshake]);
        assert_eq!(way(Handshake, Next::Clear), [Handshake, Broad]);
        assert_eq!(way(Handshake, Next::Simpler), [Handshake, Broad, Minimal]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_leaves_time_for_the_next_hello() {
        let deadline = Instant::now() + Duration::from_secs(10);
        let turn = Turn::new(deadline, false);
        assert_eq!(turn.waited(Progress::Nothing), Duration::from_secs(5));
        assert_eq!(turn.waited(Progress::Some), Duration::from_secs(10));
        let last = Turn::new(deadline, true);
        assert_eq!(last.waited(Progress::Nothing), Duration::from_secs(10));
    }

    #[test]
    fn a_chain_outweighs_all_and_an_alert_a_closed_port() {
        assert!(weight(Outcome::Captured) > weight(Outcome::LocalError));
        assert!(weight(Outcome::Alert) > weight(Outcome::Refused));
        assert!(weight(Outcome::Malformed) > weight(Outcome::Alert));
    }
}
