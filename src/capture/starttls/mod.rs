//! The talk before TLS of protocols that begin in the clear: greeting, wish for TLS, consent.
//!
//! Afterwards the connection is at the place where a TLS port begins. Nothing is sent but what asks for TLS.

mod imap;
mod ldap;
mod pop3;
mod smtp;
mod talk;

use std::fmt;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::capture::ended::{Ended, Next, Progress, words};
use crate::capture::starttls::talk::{Talk, Trouble};
use crate::capture::{dial, sniff};
use crate::model::observation::Outcome;

/// A protocol that begins in the clear and changes to TLS on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartTls {
    /// SMTP (RFC 3207).
    Smtp,
    /// LDAP (RFC 4511 §4.14).
    Ldap,
    /// IMAP (RFC 3501 §6.2.1).
    Imap,
    /// POP3 (RFC 2595 §4).
    Pop3,
}

impl StartTls {
    /// Every protocol.
    pub const ALL: [Self; 4] = [Self::Smtp, Self::Ldap, Self::Imap, Self::Pop3];

    /// The protocol's word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Ldap => "ldap",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
        }
    }

    /// The protocol that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.word() == word)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Smtp => "SMTP",
            Self::Ldap => "LDAP",
            Self::Imap => "IMAP",
            Self::Pop3 => "POP3",
        }
    }
}

impl fmt::Display for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Brings the connection to the place where TLS begins. What fails here fails for every hello, so it ends the ladder.
pub(super) async fn converse(
    stream: &mut TcpStream,
    protocol: StartTls,
    deadline: Instant,
) -> Result<(), Ended> {
    let began = Instant::now();
    dial::hurry(stream);
    let mut talk = Talk::new(stream);
    let conversation = async {
        match protocol {
            StartTls::Smtp => smtp::converse(&mut talk).await?,
            StartTls::Ldap => ldap::converse(&mut talk).await?,
            StartTls::Imap => imap::converse(&mut talk).await?,
            StartTls::Pop3 => pop3::converse(&mut talk).await?,
        }
        talk.finish()
    };
    match timeout_at(deadline, conversation).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(trouble)) => Err(ended(protocol, trouble)),
        Err(_) => {
            let waited = words(deadline.saturating_duration_since(began));
            let name = protocol.name();
            let detail = format!("connected, but the talk in {name} was not over within {waited}");
            Err(Ended::new(Outcome::Timeout, detail, Next::Nothing))
        }
    }
}

fn ended(protocol: StartTls, trouble: Trouble) -> Ended {
    let name = protocol.name();
    let (outcome, detail) = match trouble {
        Trouble::Io(error) => {
            let mut ended = Ended::broken(&error, Progress::Some);
            ended.next = Next::Nothing;
            return ended;
        }
        Trouble::End => (
            Outcome::Closed,
            format!("the server closed the connection during the talk in {name}"),
        ),
        Trouble::Refused(reply) => (
            Outcome::NotTls,
            format!(
                "{name} without TLS: the server answered `{}`",
                sniff::line(&reply)
            ),
        ),
        Trouble::NotOffered => (
            Outcome::NotTls,
            format!("{name} without TLS: the server does not offer STARTTLS"),
        ),
        Trouble::Unexpected(first) if sniff::is_tls(&first) => (
            Outcome::NotTls,
            format!("TLS answered where {name} was expected: ask without STARTTLS"),
        ),
        Trouble::Unexpected(first) => (
            Outcome::NotTls,
            format!("no {name}: {}", sniff::name(&first)),
        ),
        Trouble::TooLong(bound) => (
            Outcome::Malformed,
            format!("more than {bound} octets of {name} before TLS"),
        ),
        Trouble::Ahead => (
            Outcome::Malformed,
            format!("the server sent more after its consent in {name}, before TLS"),
        ),
    };
    Ended::new(outcome, detail, Next::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_names_its_protocol() {
        for protocol in StartTls::ALL {
            assert_eq!(StartTls::parse(protocol.word()), Some(protocol));
        }
        assert_eq!(StartTls::parse("ftp"), None);
    }
}
