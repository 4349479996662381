//! TCP: connecting and reading, and what the operating system's errors mean.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::capture::ended::{Ended, Next, words};
use crate::model::observation::Outcome;

/// What one read takes at most. A whole record fits.
const READ: usize = 16 * 1024 + 512;

/// Connects before the `limit`. Whatever fails here ends the ladder: another hello would not change it.
pub(super) async fn connect(address: SocketAddr, limit: Instant) -> Result<TcpStream, Ended> {
    let began = Instant::now();
    match timeout_at(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(refusal(&error)),
        Err(_) => {
            let detail = format!("no connection within {}", words(limit - began));
            Err(Ended::new(Outcome::Timeout, detail, Next::Nothing))
        }
    }
}

/// Sends every write at once, for exchanges of several. One hello on a fresh connection goes at once anyway, and is
/// spared the system call.
pub(super) fn hurry(stream: &TcpStream) {
    // Without it everything still works, only later.
    let _ = stream.set_nodelay(true);
}

/// Sends what nobody answers, to be closed behind it: where the system can, the words and the end of the stream are one
/// packet, which spares both sides one. Whether it arrives changes nothing.
pub(super) fn farewell(stream: TcpStream, words: &[u8]) {
    let _ = SockRef::from(&stream).send_with_flags(words, WITH_WHAT_FOLLOWS);
}

/// `MSG_MORE` and `MSG_NOSIGNAL` of Linux.
const WITH_WHAT_FOLLOWS: i32 = if cfg!(any(target_os = "linux", target_os = "android")) {
    0x8000 | 0x4000
} else {
    0
};

fn refusal(error: &io::Error) -> Ended {
    let outcome = outcome(error);
    let detail = match outcome {
        Outcome::Refused => "the port is closed: connection refused".to_owned(),
        Outcome::Timeout => "no connection: the operating system gave up".to_owned(),
        _ => format!("no connection: {error}"),
    };
    Ended::new(outcome, detail, Next::Nothing)
}

/// Reads once and hands the bytes on; none of them means the end of the stream.
///
/// The buffer lives on the stack of the poll, so that a connection that waits holds no buffer at all.
pub(super) async fn read<T>(
    stream: &mut (impl AsyncRead + Unpin),
    consume: impl FnOnce(&[u8]) -> T,
) -> io::Result<T> {
    let mut consume = Some(consume);
    poll_fn(|context| {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        let consume = consume
            .take()
            .expect("a future is not polled after it is ready");
        Poll::Ready(Ok(consume(buffer.filled())))
    })
    .await
}

/// What an error of the operating system says about the endpoint.
pub(super) fn outcome(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        // A firewall of this machine answers with a lack of permission.
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::PermissionDenied => Outcome::Unreachable,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected => Outcome::Reset,
        ErrorKind::TimedOut => Outcome::Timeout,
        ErrorKind::UnexpectedEof => Outcome::Closed,
        _ if is_unsupported_family(error) => Outcome::Unreachable,
        // No descriptors, no ports, no buffers, no memory, and whatever else the system may name.
        _ => Outcome::LocalError,
    }
}

/// Whether this machine does not speak the address's family (IPv6 switched off): no name in `ErrorKind`.
fn is_unsupported_family(error: &io::Error) -> bool {
    const NUMBERS: &[i32] = if cfg!(windows) {
        &[10047]
    } else if cfg!(any(target_os = "linux", target_os = "android")) {
        &[97]
    } else {
        &[47]
    };
    error
        .raw_os_error()
        .is_some_and(|number| NUMBERS.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_who_is_at_fault() {
        let table = [
            (ErrorKind::ConnectionRefused, Outcome::Refused),
            (ErrorKind::HostUnreachable, Outcome::Unreachable),
            (ErrorKind::NetworkUnreachable, Outcome::Unreachable),
            (ErrorKind::PermissionDenied, Outcome::Unreachable),
            (ErrorKind::ConnectionReset, Outcome::Reset),
            (ErrorKind::BrokenPipe, Outcome::Reset),
            (ErrorKind::TimedOut, Outcome::Timeout),
            (ErrorKind::AddrNotAvailable, Outcome::LocalError),
            (ErrorKind::OutOfMemory, Outcome::LocalError),
        ];
        for (kind, expected) in table {
            assert_eq!(outcome(&kind.into()), expected, "{kind:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn numbers_without_a_kind_are_known_on_linux() {
        let table = [
            (24, Outcome::LocalError),  // EMFILE
            (23, Outcome::LocalError),  // ENFILE
            (105, Outcome::LocalError), // ENOBUFS
            (97, Outcome::Unreachable), // EAFNOSUPPORT
            (13, Outcome::Unreachable), // EACCES
            (1, Outcome::Unreachable),  // EPERM
            (113, Outcome::Unreachable),
            (101, Outcome::Unreachable),
            (111, Outcome::Refused),
        ];
        for (number, expected) in table {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(outcome(&error), expected, "{error}");
        }
    }

    #[tokio::test]
    async fn a_read_hands_on_what_is_there() {
        let mut bytes: &[u8] = b"hello";
        let length = read(&mut bytes, <[u8]>::len).await.expect("reads");
        assert_eq!(length, 5);
        let length = read(&mut bytes, <[u8]>::len).await.expect("reads");
        assert_eq!(length, 0, "the end of the stream");
    }
}
