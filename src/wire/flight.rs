//! The server's flight in the clear: everything from ServerHello to ServerHelloDone of TLS 1.2 and older (RFC 5246 §7.3).

use super::message::{ChainError, ServerHello, chain, ocsp_response};
use super::record::{Message, MessageKind, MessageReader, OPENING_MAX};
use crate::model::bytes::Der;
use crate::model::codepoint::{Alert, CipherSuite, KeyExchange, ProtocolVersion};

pub use super::message::{CertificateRequest, ServerKeyExchange};
pub use super::{FlightError, Limits};

/// What has been read of a flight. Each field is absent until its message has come whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flight {
    /// The version that the server chose; for a server that chose TLS 1.3 the one of its `supported_versions`.
    pub version: Option<ProtocolVersion>,
    /// The cipher suite that the server chose.
    pub cipher_suite: Option<CipherSuite>,
    /// The server's random, which is part of what it signs.
    pub server_random: Option<[u8; 32]>,
    /// The certificates as presented, leaf first; never empty. Absent also when the lengths within the Certificate
    /// message contradict each other or exceed a bound: part of a list is no chain.
    pub chain: Option<Vec<Der>>,
    /// The stapled OCSP response.
    pub ocsp_response: Option<Der>,
    /// What the server signed. Absent also when it signed nothing, or parameters of a form that this program does not
    /// know.
    pub key_exchange: Option<ServerKeyExchange>,
    /// The server's wish for a client certificate.
    pub certificate_request: Option<CertificateRequest>,
    /// Whether ServerHelloDone has come: what is absent now was not sent.
    pub done: bool,
}

/// Whether there is more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The flight goes on.
    More,
    /// ServerHelloDone has come.
    Done,
}

/// Reads one server's flight from the octets of one connection, in pieces of any size.
#[derive(Debug)]
pub struct FlightReader {
    messages: MessageReader,
    limits: Limits,
    flight: Flight,
    failed: Option<FlightError>,
}

impl FlightReader {
    /// A reader for one connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            messages: MessageReader::new(limits),
            limits,
            flight: Flight::default(),
            failed: None,
        }
    }

    /// Reads on. Octets after ServerHelloDone are ignored.
    ///
    /// # Errors
    /// What ended the flight; what came before it stays in [`Self::flight`]. An error is final: every further call
    /// returns it again, but [`FlightError::NotTls`] takes up more of the answer, until it holds 64 octets.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Progress, FlightError> {
        if let Some(error) = &mut self.failed {
            if let FlightError::NotTls(opening) = error {
                let room = OPENING_MAX.saturating_sub(opening.len());
                opening.extend(bytes.iter().take(room));
            }
            return Err(error.clone());
        }
        let result = self.read(bytes);
        self.failed = result.as_ref().err().cloned();
        result
    }

    /// What has been read so far.
    pub fn flight(&self) -> &Flight {
        &self.flight
    }

    /// What has been read.
    pub fn into_flight(self) -> Flight {
        self.flight
    }

    /// Whether at least one valid header of a TLS record has come.
    pub fn has_begun(&self) -> bool {
        self.messages.has_begun()
    }

    /// The last warning alert, if there was one: the reason, perhaps, why the server then closed the connection.
    pub fn last_warning(&self) -> Option<Alert> {
        self.messages.last_warning()
    }

    fn read(&mut self, mut bytes: &[u8]) -> Result<Progress, FlightError> {
        while !self.flight.done {
            match self.messages.next_message(&mut bytes)? {
                Some(message) => self.flight.add(&message, self.limits.certificates)?,
                None => return Ok(Progress::More),
            }
        }
        Ok(Progress::Done)
    }
}

impl Flight {
    fn add(&mut self, message: &Message<'_>, certificates: usize) -> Result<(), FlightError> {
        self.check_turn(message.kind)?;
        let body = message.body.as_ref();
        let malformed =
            |error| FlightError::Malformed(format!("a broken {:?}: {error}", message.kind));
        match message.kind {
            MessageKind::HelloRequest => {}
            MessageKind::ServerHello => {
                self.add_hello(ServerHello::parse(body).map_err(malformed)?)?;
            }
            MessageKind::Certificate => self.chain = Some(non_empty(chain(body, certificates))?),
            MessageKind::CertificateStatus => {
                self.ocsp_response = ocsp_response(body).map_err(malformed)?;
            }
            MessageKind::ServerKeyExchange => {
                self.key_exchange =
                    ServerKeyExchange::parse(body, self.key_exchange_method(), self.version())
                        .map_err(malformed)?;
            }
            MessageKind::CertificateRequest => {
                let request = CertificateRequest::parse(body, self.version()).map_err(malformed)?;
                self.certificate_request = Some(request);
            }
            MessageKind::ServerHelloDone => {
                self.done = body.is_empty();
                if !self.done {
                    return Err(FlightError::Malformed(format!(
                        "a ServerHelloDone of {} octets, which must have none",
                        body.len()
                    )));
                }
            }
        }
        Ok(())
    }

    fn add_hello(&mut self, hello: ServerHello) -> Result<(), FlightError> {
        self.version = Some(hello.version);
        self.cipher_suite = Some(hello.cipher_suite);
        self.server_random = Some(hello.random);
        if hello.is_tls13 {
            return Err(FlightError::Tls13);
        }
        Ok(())
    }

    /// Refuses what makes the flight unreadable: a message before the ServerHello or the chain that it depends on, and
    /// a second one of what there can be only one.
    fn check_turn(&self, kind: MessageKind) -> Result<(), FlightError> {
        let refused = |why: &str| Err(FlightError::Malformed(format!("a {kind:?} {why}")));
        let twice = match kind {
            MessageKind::ServerHello => self.version.is_some(),
            MessageKind::Certificate => self.chain.is_some(),
            MessageKind::CertificateStatus => self.ocsp_response.is_some(),
            MessageKind::ServerKeyExchange => self.key_exchange.is_some(),
            MessageKind::CertificateRequest => self.certificate_request.is_some(),
            MessageKind::HelloRequest | MessageKind::ServerHelloDone => false,
        };
        if twice {
            return refused("for the second time");
        }
        match kind {
            MessageKind::HelloRequest | MessageKind::ServerHello => Ok(()),
            _ if self.version.is_none() => refused("before the ServerHello"),
            MessageKind::Certificate => Ok(()),
            _ if self.chain.is_some() => Ok(()),
            MessageKind::ServerHelloDone
                if self.key_exchange_method() == KeyExchange::Anonymous =>
            {
                refused(
                    "right after a ServerHello whose cipher suite demands a ServerKeyExchange: this is the \
                     pseudo-TLS in which A/V Edge servers wrap STUN",
                )
            }
            MessageKind::ServerHelloDone | MessageKind::ServerKeyExchange => {
                Err(FlightError::NoCertificate(format!(
                    "a {kind:?} and no Certificate before it, with the cipher suite {}",
                    self.cipher_suite
                        .unwrap_or(CipherSuite::NULL_WITH_NULL_NULL)
                )))
            }
            MessageKind::CertificateStatus | MessageKind::CertificateRequest => {
                refused("before the Certificate")
            }
        }
    }

    fn key_exchange_method(&self) -> KeyExchange {
        self.cipher_suite
            .map_or(KeyExchange::Unknown, CipherSuite::key_exchange)
    }

    /// The version whose formats apply.
    fn version(&self) -> ProtocolVersion {
        self.version.unwrap_or(ProtocolVersion::TLS12)
    }
}

fn non_empty(chain: Result<Vec<Der>, ChainError>) -> Result<Vec<Der>, FlightError> {
    match chain {
        Ok(chain) if chain.is_empty() => Err(FlightError::NoCertificate(
            "a Certificate message without certificates".to_owned(),
        )),
        Ok(chain) => Ok(chain),
        Err(ChainError::Malformed(error)) => Err(FlightError::Malformed(format!(
            "a broken Certificate: {error}"
        ))),
        Err(ChainError::EmptyCertificate) => Err(FlightError::Malformed(
            "a broken Certificate: one of its certificates has no octets".to_owned(),
        )),
        Err(ChainError::TooMany(limit)) => Err(FlightError::Bound(format!(
            "more than {limit} certificates in the chain"
        ))),
    }
}
