//! What one endpoint showed: the document that is kept, merged and compared (`sameca.observation/1`).

use std::borrow::{Borrow, Cow};
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::bytes::Der;
use crate::model::codepoint::{CipherSuite, ProtocolVersion};
use crate::model::target::{Group, Port, Role};
use crate::model::timestamp::Timestamp;

/// The name and version of the observation document.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum ObservationSchema {
    /// Version 1.
    #[serde(rename = "sameca.observation/1")]
    V1,
}

/// One connection's result, or that of a certificate file: one line of NDJSON.
///
/// There is one for each endpoint and distinct chain; an endpoint that failed has one too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// Name and version of this document.
    pub schema: ObservationSchema,
    /// The run it belongs to (a ULID).
    pub run: String,
    /// When the endpoint was first connected to.
    pub at: Timestamp,
    /// What the server is in the estate.
    pub roles: BTreeSet<Role>,
    /// The group it is judged in.
    pub group: Group,
    /// The pool whose member it is.
    pub pool: Option<String>,
    /// Whether the check is incomplete without it.
    pub required: bool,
    /// Whether it is one of several ports of its host of which one must be captured. Absent in documents of others: no.
    #[serde(default)]
    pub one_of_host: bool,
    /// Every name that led to this address.
    pub names: Vec<String>,
    /// How it was asked for, when not in the usual way.
    pub variant: Option<Variant>,
    /// How many connections showed this chain.
    pub count: u32,
    /// `host:port`, or `file:PATH`.
    pub target: String,
    /// The host as named; the path of a file.
    pub host: String,
    /// The address connected to; `null` when the name did not resolve, and for files.
    pub address: Option<IpAddr>,
    /// The port; `null` for files.
    pub port: Option<Port>,
    /// The server name sent.
    pub sni: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The outcome in a sentence; `null` when there is nothing to add.
    pub detail: Option<String>,
    /// Time from the first connect to the last byte, in milliseconds.
    pub elapsed_ms: u64,
    /// Every connection made, in order.
    pub attempts: Vec<Attempt>,
    /// What the server said about itself besides its chain; `null` when it did not get that far.
    pub tls: Option<Tls>,
    /// The certificates in the order presented, leaf first; empty unless `captured`.
    pub chain: Vec<Der>,
}

impl Observation {
    /// The first certificate presented (RFC 5246 §7.4.2).
    pub fn leaf(&self) -> Option<&Der> {
        self.chain.first()
    }
}

/// Observations that can be visited again, in memory or in a file that is larger than memory.
pub trait Observations {
    /// How many there are.
    fn count(&self) -> usize;

    /// One of them, numbered from 0.
    ///
    /// # Errors
    ///
    /// Where they lie can no longer be read. In memory that never happens.
    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>>;
}

impl<T: Borrow<Observation>> Observations for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        let seen = self.get(number).map(|seen| Cow::Borrowed(seen.borrow()));
        seen.ok_or_else(|| io::Error::other("there is no observation of this number"))
    }
}

/// How a chain was asked for when it was not by the usual hello.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Offering RSA authentication only.
    Rsa,
    /// Offering ECDSA authentication only.
    Ecdsa,
    /// Without a server name.
    NoSni,
    /// One of several samples of the same address.
    Sample,
}

/// What came of an endpoint or of one attempt. A closed list; it describes the connection, never the certificate.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The chain is here.
    Captured,
    /// The name does not resolve, or not in time.
    NoAddress,
    /// The host answered that the port is closed.
    Refused,
    /// The network answered that the host cannot be reached.
    Unreachable,
    /// Nothing, or not enough, came in time.
    Timeout,
    /// The server ended the connection in order, too early.
    Closed,
    /// The server broke the connection off.
    Reset,
    /// Something else than TLS answered.
    NotTls,
    /// The server refused with a TLS alert.
    Alert,
    /// TLS that breaks its own rules or exceeds a bound.
    Malformed,
    /// A handshake without a certificate.
    NoCertificate,
    /// This machine could not do it: descriptors, memory, an unreadable file.
    LocalError,
    /// The run was interrupted before its turn.
    NotAttempted,
}

impl Outcome {
    /// The outcome's word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::NoAddress => "no_address",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::NotTls => "not_tls",
            Self::Alert => "alert",
            Self::Malformed => "malformed",
            Self::NoCertificate => "no_certificate",
            Self::LocalError => "local_error",
            Self::NotAttempted => "not_attempted",
        }
    }
}

/// How a chain was obtained.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Read from the clear-text flight of TLS 1.2 or older.
    Capture,
    /// By a handshake of rustls.
    Handshake,
    /// From a file.
    File,
}

impl Method {
    /// The method's word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Handshake => "handshake",
            Self::File => "file",
        }
    }
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// How the chain was asked for.
    pub method: Method,
    /// What came of it.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    #[serde(default)]
    pub detail: Option<String>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// What the server said about itself besides its chain. A fact that did not arrive is `null`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Tls {
    /// The version that the server chose.
    pub version: Option<ProtocolVersion>,
    /// The cipher suite that the server chose.
    pub cipher_suite: Option<CipherSuite>,
    /// How this was obtained.
    pub method: Method,
    /// Whether the server showed that it holds the leaf's private key; `null` when the flight ended before it could.
    pub possession: Option<Possession>,
    /// Why possession is `failed` or `unchecked`.
    #[serde(default)]
    pub possession_detail: Option<String>,
    /// Whether a client certificate was asked for.
    pub client_certificate: ClientCertificate,
    /// The stapled OCSP response (RFC 6066 §8), base64.
    pub ocsp_response: Option<Der>,
}

/// Whether the server showed that it holds the private key of the leaf.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Possession {
    /// It signed this handshake with it.
    Proven,
    /// RSA key exchange: nothing was signed.
    NotShown,
    /// What it signed does not verify with the leaf's key.
    Failed,
    /// It signed, and the signature was not or could not be checked.
    Unchecked,
}

impl Possession {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::NotShown => "not-shown",
            Self::Failed => "failed",
            Self::Unchecked => "unchecked",
        }
    }
}

/// The server's CertificateRequest (RFC 5246 §7.4.4).
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct ClientCertificate {
    /// Whether one was asked for; `null` when the flight was cut before that was known.
    pub requested: Option<bool>,
    /// The CAs that the server would accept, as RFC 4514 names. What it trusts; never evidence of its own issuer.
    pub authorities: Vec<String>,
    /// The size of that list on the wire, in octets. Lync breaks when it reaches 16 KiB.
    #[serde(default)]
    pub authorities_size: Option<u32>,
}
