//! Lines and octets over a connection, within a bound.

use std::io;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::capture::dial;

/// Octets that a server may say before TLS.
const BOUND: usize = 16 * 1024;

/// A talk with a server in the clear.
pub(super) struct Talk<'a> {
    stream: &'a mut TcpStream,
    heard: Vec<u8>,
    taken: usize,
}

/// Why a talk did not come to its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection failed.
    Io(io::Error),
    /// The server closed it.
    End,
    /// The server declined, in these words.
    Refused(Vec<u8>),
    /// The server does not list STARTTLS among what it can do.
    NotOffered,
    /// Something else than the protocol answered.
    Unexpected(Vec<u8>),
    /// The server says more than the bound allows.
    TooLong(usize),
    /// The server sent more than its consent: nobody could tell whether that belongs to TLS (RFC 3207 §6).
    Ahead,
}

impl<'a> Talk<'a> {
    /// A talk at its beginning.
    pub(super) fn new(stream: &'a mut TcpStream) -> Self {
        Self {
            stream,
            heard: Vec::new(),
            taken: 0,
        }
    }

    /// Says something.
    pub(super) async fn say(&mut self, what: &[u8]) -> Result<(), Trouble> {
        self.stream.write_all(what).await.map_err(Trouble::Io)
    }

    /// The next line, without its end.
    pub(super) async fn line(&mut self) -> Result<Vec<u8>, Trouble> {
        loop {
            let waiting = self.waiting();
            if let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let line = waiting[..end].trim_ascii_end().to_vec();
                self.taken += end + 1;
                return Ok(line);
            }
            self.hear().await?;
        }
    }

    /// The next octets, so many.
    pub(super) async fn octets(&mut self, count: usize) -> Result<Vec<u8>, Trouble> {
        while self.waiting().len() < count {
            self.hear().await?;
        }
        let octets = self.waiting()[..count].to_vec();
        self.taken += count;
        Ok(octets)
    }

    /// The talk is over: nothing may be waiting, since the client speaks first in TLS.
    pub(super) fn finish(self) -> Result<(), Trouble> {
        match self.waiting() {
            [] => Ok(()),
            _ => Err(Trouble::Ahead),
        }
    }

    fn waiting(&self) -> &[u8] {
        &self.heard[self.taken..]
    }

    async fn hear(&mut self) -> Result<(), Trouble> {
        let heard = &mut self.heard;
        let append = |bytes: &[u8]| {
            heard.extend_from_slice(bytes);
            bytes.len()
        };
        let count = dial::read(self.stream, append).await.map_err(Trouble::Io)?;
        match count {
            // What was said without an end of line is all that can be shown.
            0 if self.waiting().is_empty() => Err(Trouble::End),
            0 => Err(Trouble::Unexpected(self.waiting().to_vec())),
            _ if self.heard.len() > BOUND => Err(Trouble::TooLong(BOUND)),
            _ => Ok(()),
        }
    }
}
