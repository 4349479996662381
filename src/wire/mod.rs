//! L1: TLS bytes to values and back: the hello we send, and the flight that a server of TLS 1.2 or older answers with
//! in the clear. Knows no socket, no clock and no certificate format.
//!
//! What is read may be hostile. Every read is checked against the bytes that are there, memory grows with the bytes
//! that came and never with a length that was announced, and each loop is bounded by [`Limits`].

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

pub mod client_hello;
pub mod flight;
mod message;
mod offer;
mod reader;
pub mod record;

use crate::model::bytes::hex;
use crate::model::codepoint::Alert;

/// How much of a server's answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of handshake messages, their headers included.
    pub handshake_bytes: usize,
    /// Certificates in one chain.
    pub certificates: usize,
    /// Warning alerts, empty records and HelloRequests in a row, that is, with no other handshake message between them.
    pub idle_records: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_bytes: 512 * 1024,
            certificates: 200,
            idle_records: 8,
        }
    }
}

/// Why a server's flight was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// The answer does not begin with a TLS record. Carries its first octets, 64 at most.
    #[error("the answer is not TLS: it begins with {}", opening(.0))]
    NotTls(Vec<u8>),
    /// A fatal alert, or the warning that announces the end of the connection.
    #[error("the server sent the alert {0}")]
    Alert(Alert),
    /// TLS that breaks its own rules. Carries which.
    #[error("{0}")]
    Malformed(String),
    /// More than [`Limits`] allows. Carries which bound.
    #[error("{0}")]
    Bound(String),
    /// A handshake without a certificate. Carries how that was seen.
    #[error("{0}")]
    NoCertificate(String),
    /// The server chose TLS 1.3, or asks to try again with it (RFC 8446 §4.1.4), although it was not offered.
    #[error("the server chose TLS 1.3, which was not offered")]
    Tls13,
}

/// The first octets, as text where they are text.
fn opening(bytes: &[u8]) -> String {
    let shown = bytes.get(..16).unwrap_or(bytes);
    if shown
        .iter()
        .all(|byte| byte.is_ascii_graphic() || b" \r\n\t".contains(byte))
    {
        format!("`{}`", shown.escape_ascii())
    } else {
        format!("the octets {}", hex(shown))
    }
}
