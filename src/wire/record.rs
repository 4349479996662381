//! Bytes in, whole handshake messages out: records and messages may be split and joined at any octet.
//!
//! Records are not kept: their octets go straight to the message they belong to, and a message that arrives in one
//! piece is not copied at all.

use std::borrow::Cow;

use super::reader::u24;
use super::{FlightError, Limits};
use crate::model::codepoint::Alert;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const HEARTBEAT: u8 = 24;

/// RFC 5246 §6.2.3 allows this much for encrypted records. Records in the clear may hold 2¹⁴ octets, but nothing is
/// gained by refusing a server that miscounts.
const RECORD_MAX: usize = 16_384 + 2_048;

/// How many octets of an answer that is not TLS are kept.
pub(super) const OPENING_MAX: usize = 64;

/// The handshake messages that a server may send before it has heard more than a hello (RFC 5246 §7.4, RFC 6066 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFCs")]
pub enum MessageKind {
    HelloRequest,
    ServerHello,
    Certificate,
    ServerKeyExchange,
    CertificateRequest,
    ServerHelloDone,
    CertificateStatus,
}

impl MessageKind {
    fn new(value: u8) -> Option<Self> {
        Some(match value {
            0 => Self::HelloRequest,
            2 => Self::ServerHello,
            11 => Self::Certificate,
            12 => Self::ServerKeyExchange,
            13 => Self::CertificateRequest,
            14 => Self::ServerHelloDone,
            22 => Self::CertificateStatus,
            _ => return None,
        })
    }
}

/// One whole handshake message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Which one it is.
    pub kind: MessageKind,
    /// What follows its header of four octets.
    pub body: Cow<'a, [u8]>,
}

/// Joins records to handshake messages; see the module.
#[derive(Debug)]
pub struct MessageReader {
    limits: Limits,
    begun: bool,
    record_header: Gather<5>,
    content_type: u8,
    /// Octets of the current record that have not come yet.
    record_left: usize,
    alert: Gather<2>,
    warning: Option<Alert>,
    message_header: Gather<4>,
    /// Kind and length of the message that is coming in.
    announced: Option<(MessageKind, usize)>,
    body: Vec<u8>,
    handshake_bytes: usize,
    idle: u32,
}

impl MessageReader {
    /// A reader for one connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            begun: false,
            record_header: Gather::new(),
            content_type: HANDSHAKE,
            record_left: 0,
            alert: Gather::new(),
            warning: None,
            message_header: Gather::new(),
            announced: None,
            body: Vec::new(),
            handshake_bytes: 0,
            idle: 0,
        }
    }

    /// Whether a valid record header has come.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// The last warning alert, if there was one.
    pub fn last_warning(&self) -> Option<Alert> {
        self.warning
    }

    /// The next message; `None` when `input` is used up before one is whole. Takes from `input` what it has read.
    ///
    /// HelloRequests are passed over, as RFC 5246 §7.4.1.1 demands during a handshake. After an error the reader must
    /// not be used again.
    pub fn next_message<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Message<'a>>, FlightError> {
        loop {
            let available: &'a [u8] = input;
            if self.record_left == 0 {
                if !self.read_record_header(input)? {
                    return Ok(None);
                }
                continue;
            }
            let mut fragment = available.get(..self.record_left).unwrap_or(available);
            if fragment.is_empty() {
                return Ok(None);
            }
            let message = if self.content_type == ALERT {
                self.read_alert(&mut fragment).map(|()| None)
            } else {
                self.join(&mut fragment)
            };
            self.advance(input, fragment);
            if let Some(message) = message? {
                return Ok(Some(message));
            }
        }
    }

    /// Takes from `input` all but what `unread` leaves of the current record.
    fn advance(&mut self, input: &mut &[u8], unread: &[u8]) {
        let offered = self.record_left.min(input.len());
        let taken = offered.saturating_sub(unread.len());
        *input = input.get(taken..).unwrap_or_default();
        self.record_left = self.record_left.saturating_sub(taken);
    }

    /// Whether a header was completed.
    fn read_record_header(&mut self, input: &mut &[u8]) -> Result<bool, FlightError> {
        let header = self.record_header.fill(input);
        self.check_protocol(input)?;
        let Some([content_type, major, minor, high, low]) = header else {
            return Ok(false);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > RECORD_MAX {
            return Err(FlightError::Malformed(format!(
                "a record of {length} octets, where {RECORD_MAX} are the most that TLS allows"
            )));
        }
        self.begun = true;
        self.content_type = content_type;
        self.record_left = length;
        match content_type {
            ALERT | HANDSHAKE if length == 0 => self.count_idle()?,
            ALERT | HANDSHAKE => {}
            _ => {
                return Err(FlightError::Malformed(format!(
                    "a record of type {content_type} and version {major}.{minor} before the end of the server's flight"
                )));
            }
        }
        Ok(true)
    }

    /// Refuses another protocol at its first wrong octet: a short banner may be all that ever comes.
    fn check_protocol(&self, input: &[u8]) -> Result<(), FlightError> {
        let seen = self.record_header.seen();
        let wrong = match *seen {
            [content_type, ..] if !(CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(&content_type) => {
                format!("type {content_type}")
            }
            [_, major, ..] if major != 3 => format!("major version {major}"),
            _ => return Ok(()),
        };
        if self.begun {
            return Err(FlightError::Malformed(format!(
                "something else follows a TLS record: read as a record it has the {wrong}"
            )));
        }
        let opening = seen.iter().chain(input).take(OPENING_MAX);
        Err(FlightError::NotTls(opening.copied().collect()))
    }

    fn read_alert(&mut self, fragment: &mut &[u8]) -> Result<(), FlightError> {
        match self.alert.fill(fragment) {
            None => Ok(()),
            Some([1, description]) if Alert(description) != Alert::CLOSE_NOTIFY => {
                self.warning = Some(Alert(description));
                self.count_idle()
            }
            Some([1 | 2, description]) => Err(FlightError::Alert(Alert(description))),
            Some([level, description]) => Err(FlightError::Malformed(format!(
                "an alert of level {level} (description {description}), where 1 and 2 exist"
            ))),
        }
    }

    fn count_idle(&mut self) -> Result<(), FlightError> {
        self.idle = self.idle.saturating_add(1);
        if self.idle <= self.limits.idle_records {
            return Ok(());
        }
        Err(FlightError::Bound(format!(
            "more than {} warning alerts, empty records or HelloRequests in a row",
            self.limits.idle_records
        )))
    }

    fn join<'a>(&mut self, fragment: &mut &'a [u8]) -> Result<Option<Message<'a>>, FlightError> {
        let (kind, length) = match self.announced {
            Some(announced) => announced,
            None => match self.message_header.fill(fragment) {
                Some(header) => self.announce(header)?,
                None => return Ok(None),
            },
        };
        let missing = length.saturating_sub(self.body.len());
        let Some((part, rest)) = fragment.split_at_checked(missing) else {
            self.announced = Some((kind, length));
            self.body.extend_from_slice(fragment);
            *fragment = &[];
            return Ok(None);
        };
        *fragment = rest;
        self.announced = None;
        let body = if self.body.is_empty() {
            Cow::Borrowed(part)
        } else {
            self.body.extend_from_slice(part);
            Cow::Owned(std::mem::take(&mut self.body))
        };
        self.complete(Message { kind, body })
    }

    /// Kind and length of the message that a header begins, if it may come at all.
    fn announce(
        &mut self,
        [kind, high, middle, low]: [u8; 4],
    ) -> Result<(MessageKind, usize), FlightError> {
        let length = u24([high, middle, low]);
        let Some(kind) = MessageKind::new(kind) else {
            return Err(FlightError::Malformed(format!(
                "a handshake message of type {kind} and {length} octets, which has no place in a server's first flight"
            )));
        };
        self.handshake_bytes = self
            .handshake_bytes
            .saturating_add(4)
            .saturating_add(length);
        if self.handshake_bytes > self.limits.handshake_bytes {
            return Err(FlightError::Bound(format!(
                "a {kind:?} message of {length} octets, which makes {} octets of handshake where at most {} are read",
                self.handshake_bytes, self.limits.handshake_bytes
            )));
        }
        Ok((kind, length))
    }

    fn complete<'a>(&mut self, message: Message<'a>) -> Result<Option<Message<'a>>, FlightError> {
        if message.kind != MessageKind::HelloRequest {
            self.idle = 0;
            return Ok(Some(message));
        }
        match message.body.len() {
            0 => self.count_idle().map(|()| None),
            length => Err(FlightError::Malformed(format!(
                "a HelloRequest of {length} octets, which must have none"
            ))),
        }
    }
}

/// Collects `N` octets that may come one by one.
#[derive(Debug)]
struct Gather<const N: usize> {
    bytes: [u8; N],
    filled: usize,
}

impl<const N: usize> Gather<N> {
    const fn new() -> Self {
        Self {
            bytes: [0; N],
            filled: 0,
        }
    }

    /// All `N`, as soon as the last has come; the next call then starts anew.
    fn fill(&mut self, input: &mut &[u8]) -> Option<[u8; N]> {
        if self.filled == N {
            self.filled = 0;
        }
        for slot in self.bytes.iter_mut().skip(self.filled) {
            let (first, rest) = input.split_first()?;
            *slot = *first;
            *input = rest;
            self.filled = self.filled.saturating_add(1);
        }
        Some(self.bytes)
    }

    /// What the last call of [`Self::fill`] left here.
    fn seen(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> MessageReader {
        MessageReader::new(Limits::default())
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        let mut reader = reader();
        let mut input: &[u8] = &[22, 3, 3, 0x40, 0, 11, 7, 0xff, 0, 1];
        assert_eq!(reader.next_message(&mut input), Ok(None));
        assert_eq!(
            reader.announced,
            Some((MessageKind::Certificate, 0x07_ff00))
        );
        assert!(reader.body.capacity() < 64);
    }

    #[test]
    fn a_message_in_one_piece_is_borrowed() {
        let input: &[u8] = &[22, 3, 3, 0, 6, 22, 0, 0, 2, 8, 9];
        let message = reader()
            .next_message(&mut &*input)
            .expect("valid")
            .expect("whole");
        assert_eq!(message.kind, MessageKind::CertificateStatus);
        assert!(matches!(message.body, Cow::Borrowed([8, 9])));
    }

    #[test]
    fn the_buffer_of_a_message_is_given_away_with_it() {
        let mut reader = reader();
        let mut input: &[u8] = &[22, 3, 3, 0, 5, 12, 0, 0, 2, 8, 22, 3, 3, 0, 1, 9];
        let message = reader
            .next_message(&mut input)
            .expect("valid")
            .expect("whole");
        assert_eq!(*message.body, [8, 9]);
        assert_eq!(reader.body.capacity(), 0);
    }

    #[test]
    fn several_messages_of_one_record_come_one_by_one() {
        let mut reader = reader();
        let mut input: &[u8] = &[22, 3, 1, 0, 9, 2, 0, 0, 1, 7, 14, 0, 0, 0, 0xaa];
        let mut kinds = Vec::new();
        while let Some(message) = reader.next_message(&mut input).unwrap_or(None) {
            kinds.push(message.kind);
        }
        assert_eq!(
            kinds,
            [MessageKind::ServerHello, MessageKind::ServerHelloDone]
        );
    }

    #[test]
    fn what_follows_a_message_is_left_in_the_input() {
        let mut reader = reader();
        let mut input: &[u8] = &[22, 3, 1, 0, 4, 14, 0, 0, 0, 1, 2, 3];
        assert!(reader.next_message(&mut input).expect("valid").is_some());
        assert_eq!(input, [1, 2, 3]);
    }
}
