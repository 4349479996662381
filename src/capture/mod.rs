//! L2: one endpoint, asked for its chain: [`Endpoint`] → [`Observation`]s.
//!
//! What a server does is data: [`Capturer::observe`] has no error. One run of the ladder makes at most three
//! connections under one deadline; it must not know why it is asked, nor what the chain is worth.
//!
//! | file | what |
//! |---|---|
//! | `ladder` | which way of asking follows which answer, and what counts in the end |
//! | `dial`, `slots` | TCP; errors of the operating system; how many connections at a time |
//! | `clear` | method `capture`: our hello, the server's flight in the clear |
//! | `handshake` | method `handshake`: rustls with a verifier that only records |
//! | `possession`, `client_certificate` | what else the server's answer says |
//! | `sniff` | what answered when it was not TLS |
//! | `starttls` | the talk before TLS of the neighbours' protocols |

mod clear;
mod client_certificate;
mod dial;
mod ended;
mod handshake;
mod ladder;
mod possession;
mod row;
mod slots;
mod sniff;
mod starttls;
mod survey;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::capture::handshake::Configuration;
use crate::capture::ladder::{Ask, Run};
use crate::capture::survey::Survey;
use crate::model::observation::{Observation, Outcome};
use crate::model::target::Endpoint;
use crate::model::timestamp::Timestamp;
use crate::wire::Limits;
use crate::wire::client_hello::{Authentication, SuiteOrder};

pub use crate::capture::row::{unconnected, unconnected_endpoint};
pub use crate::capture::slots::{Slot, Slots};
pub use crate::capture::starttls::StartTls;

/// The pause before a failed run of the ladder is repeated.
const BEFORE_RETRY: Duration = Duration::from_millis(250);

/// Connections to one address and port at a time.
const PER_ADDRESS: usize = 2;

/// How endpoints are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// One run of the ladder, from the first connect to the last byte.
    pub timeout: Duration,
    /// How long the TCP connection may take to come about; within `timeout`, which is the limit when this is absent.
    pub connect_timeout: Option<Duration>,
    /// How much of an answer is read.
    pub limits: Limits,
    /// Which suites are offered first: those that prove possession, or those that cost the server nothing.
    pub order: SuiteOrder,
    /// Whether the server's signature over the handshake is verified.
    pub possession: bool,
    /// Whether a handshake of rustls is tried first.
    pub handshake: bool,
    /// The protocol to speak before TLS.
    pub starttls: Option<StartTls>,
    /// Whether to ask again for RSA, for ECDSA, and without a server name.
    pub all_certificates: bool,
    /// How many times to ask in all; 0 is taken as 1.
    pub samples: u32,
    /// How many times a run that failed for a passing reason is repeated. Each has the whole `timeout`.
    pub retries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: None,
            limits: Limits::default(),
            order: SuiteOrder::EcdheFirst,
            possession: true,
            handshake: false,
            starttls: None,
            all_certificates: false,
            samples: 1,
            retries: 0,
        }
    }
}

/// Asks endpoints; one for a whole run, shared by all its tasks.
#[derive(Debug)]
pub struct Capturer {
    settings: Settings,
    configuration: Configuration,
    slots: Slots<SocketAddr>,
}

/// A connection that stands, on which nothing was said yet.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    took: Duration,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotConnected {
    /// What came of it.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub detail: String,
    /// How long it took.
    pub took: Duration,
}

impl Capturer {
    /// A capturer with these settings.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            configuration: Configuration::new(),
            slots: Slots::new(PER_ADDRESS),
        }
    }

    /// Only connects, so that whoever waits for many silent addresses needs little for each. To be followed by
    /// [`Capturer::observe_on`].
    ///
    /// # Errors
    ///
    /// There is no connection within the limit.
    pub async fn connect(&self, address: SocketAddr) -> Result<Connection, NotConnected> {
        let began = Instant::now();
        let limit = began + ladder::connect_limit(&self.settings);
        let connected = dial::connect(address, limit).await;
        let took = began.elapsed();
        match connected {
            Ok(stream) => Ok(Connection { stream, took }),
            Err(ended) => Err(NotConnected {
                outcome: ended.outcome,
                detail: ended.detail.unwrap_or_default(),
                took,
            }),
        }
    }

    /// Asks one endpoint: an observation for each distinct chain, the usual one first, or the one that says why there
    /// is none. Never empty.
    pub async fn observe(&self, endpoint: &Endpoint, run: &str, at: Timestamp) -> Vec<Observation> {
        self.observe_by(None, endpoint, run, at).await
    }

    /// As [`Capturer::observe`], beginning on a connection that stands.
    pub async fn observe_on(
        &self,
        connection: Connection,
        endpoint: &Endpoint,
        run: &str,
        at: Timestamp,
    ) -> Vec<Observation> {
        self.observe_by(Some(connection), endpoint, run, at).await
    }

    async fn observe_by(
        &self,
        connection: Option<Connection>,
        endpoint: &Endpoint,
        run: &str,
        at: Timestamp,
    ) -> Vec<Observation> {
        let ask = Ask {
            endpoint,
            settings: &self.settings,
            server_name: endpoint.target.sni.as_deref(),
            authentication: Authentication::Any,
        };
        let found = self.climb(&ask, connection).await;
        let (rung, outcome) = (found.rung, found.ended.outcome);
        let first = row::observed(&ask, found, None, run, at);
        let samples = self.settings.samples.saturating_sub(1);
        let wants_variants = self.settings.all_certificates && outcome == Outcome::Captured;
        if samples == 0 && !wants_variants {
            return vec![first];
        }
        let mut survey = Survey::new(self, ask, first, (run, at));
        // Boxed: seldom asked for, and large.
        Box::pin(async move {
            survey.sample(samples).await;
            if wants_variants {
                survey.variants(rung).await;
            }
            survey.into_rows()
        })
        .await
    }

    /// A run of the ladder, repeated as often as the settings say while the reason may pass.
    async fn climb(&self, ask: &Ask<'_>, connection: Option<Connection>) -> Run {
        let mut run = self.climb_once(ask, connection).await;
        for _ in 0..self.settings.retries {
            if !may_pass(run.ended.outcome) {
                break;
            }
            tokio::time::sleep(BEFORE_RETRY).await;
            let earlier = run;
            run = self.climb_once(ask, None).await;
            run.elapsed += earlier.elapsed + BEFORE_RETRY;
            run.attempts.splice(..0, earlier.attempts);
        }
        run
    }

    async fn climb_once(&self, ask: &Ask<'_>, connection: Option<Connection>) -> Run {
        let _slot = self.slots.acquire(ask.endpoint.address).await;
        ladder::climb(ask, &self.configuration, connection).await
    }
}

/// Whether the same question may be answered differently a moment later.
fn may_pass(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Refused
            | Outcome::Unreachable
            | Outcome::Timeout
            | Outcome::Closed
            | Outcome::Reset
            | Outcome::LocalError
    )
}
