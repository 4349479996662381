//! Method `capture`: our hello, the server's flight in the clear, goodbye (RFC 5246 §7.3).

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::capture::ended::{Ended, Next, Progress};
use crate::capture::ladder::{Ask, Turn};
use crate::capture::{client_certificate, dial, possession, sniff};
use crate::model::codepoint::{Alert, CipherSuite, ProtocolVersion};
use crate::model::observation::{Method, Outcome, Tls};
use crate::wire::client_hello::{ClientHello, HelloVersion};
use crate::wire::flight::{self, Flight, FlightError, FlightReader};

/// The suite of the pseudo-TLS that Microsoft's relays speak ([MS-TURN] §2.1), DH_anon with RC4: never offered.
const PSEUDO_TLS: CipherSuite = CipherSuite(0x0018);

/// Asks with one hello and reads the flight as far as it comes.
pub(super) async fn capture(
    mut stream: TcpStream,
    ask: &Ask<'_>,
    version: HelloVersion,
    turn: &Turn,
) -> Ended {
    let mut random = [0; 32];
    if getrandom::fill(&mut random).is_err() {
        let detail = "the operating system has no random numbers to give";
        return Ended::new(Outcome::LocalError, detail, Next::Nothing);
    }
    let hello = ClientHello {
        version,
        server_name: ask.server_name,
        authentication: ask.authentication,
        order: ask.settings.order,
        random,
    };
    if let Err(error) = stream.write_all(&hello.encode()).await {
        return Ended::broken(&error, Progress::Nothing);
    }
    let mut reader = FlightReader::new(ask.settings.limits);
    let ended = listen(&mut stream, &mut reader, turn).await;
    let flight = reader.into_flight();
    if flight.done {
        dial::farewell(stream, &goodbye(flight.version));
    }
    with_flight(ended, flight, &random, ask)
}

async fn listen(stream: &mut TcpStream, reader: &mut FlightReader, turn: &Turn) -> Ended {
    let mut progress = Progress::Nothing;
    loop {
        let limit = turn.limit(progress);
        let push = |bytes: &[u8]| (!bytes.is_empty()).then(|| reader.push(bytes));
        match timeout_at(limit, dial::read(stream, push)).await {
            Err(_) => return Ended::silent(progress, turn.waited(progress)),
            Ok(Err(error)) => return Ended::broken(&error, progress),
            Ok(Ok(None)) => return Ended::closed(progress),
            Ok(Ok(Some(Ok(flight::Progress::Done)))) => return Ended::captured(),
            Ok(Ok(Some(Ok(flight::Progress::More)))) => progress = Progress::Some,
            Ok(Ok(Some(Err(FlightError::NotTls(first))))) => {
                return not_tls(stream, first, turn.deadline).await;
            }
            Ok(Ok(Some(Err(error)))) => return refused(error, reader.flight()),
        }
    }
}

/// Names what answered, waiting a moment for the rest of its line.
pub(super) async fn not_tls(
    stream: &mut TcpStream,
    mut first: Vec<u8>,
    deadline: Instant,
) -> Ended {
    let limit = deadline.min(Instant::now() + sniff::PATIENCE);
    while !sniff::is_enough(&first) {
        let append = |bytes: &[u8]| {
            first.extend_from_slice(bytes);
            bytes.len()
        };
        match timeout_at(limit, dial::read(stream, append)).await {
            Ok(Ok(1..)) => {}
            _ => break,
        }
    }
    Ended::new(Outcome::NotTls, sniff::name(&first), Next::Nothing)
}

fn refused(error: FlightError, flight: &Flight) -> Ended {
    match error {
        FlightError::Alert(alert) => Ended::alert(alert),
        FlightError::Tls13 => {
            let detail = "the server chose TLS 1.3, which was not offered";
            Ended::new(Outcome::Malformed, detail, Next::Newer)
        }
        _ if flight.cipher_suite == Some(PSEUDO_TLS) && flight.chain.is_none() => {
            let detail = "pseudo-TLS around STUN, as an A/V Edge or a media relay speaks";
            Ended::new(Outcome::NotTls, detail, Next::Nothing)
        }
        FlightError::NoCertificate(what) => Ended::new(Outcome::NoCertificate, what, Next::Nothing),
        FlightError::Malformed(what) | FlightError::Bound(what) => {
            Ended::new(Outcome::Malformed, what, Next::Nothing)
        }
        FlightError::NotTls(first) => {
            Ended::new(Outcome::NotTls, sniff::name(&first), Next::Nothing)
        }
    }
}

/// Puts what the flight says into the result.
fn with_flight(ended: Ended, flight: Flight, random: &[u8; 32], ask: &Ask<'_>) -> Ended {
    if flight.version.is_none() {
        return ended;
    }
    let shown = possession::of_flight(&flight, random, ask.settings.possession);
    let client_certificate = match &flight.certificate_request {
        Some(request) => client_certificate::requested(
            request.authorities.iter().map(Vec::as_slice),
            request.authorities_size,
        ),
        None => client_certificate::not_requested(flight.done),
    };
    let tls = Tls {
        version: flight.version,
        cipher_suite: flight.cipher_suite,
        method: Method::Capture,
        possession: shown.possession,
        possession_detail: shown.detail,
        client_certificate,
        ocsp_response: flight.ocsp_response,
    };
    ended.with(tls, flight.chain)
}

/// Two warnings, `user_canceled` and `close_notify` (RFC 5246 §7.2.2): the orderly way to leave a handshake. SChannel
/// logs fatal alerts that it receives (event 36887), not warnings.
fn goodbye(version: Option<ProtocolVersion>) -> [u8; 14] {
    const WARNING: u8 = 1;
    let [major, minor] = version.unwrap_or(ProtocolVersion::TLS10).0.to_be_bytes();
    let record = |alert: Alert| [21, major, minor, 0, 2, WARNING, alert.0];
    let mut bytes = [0; 14];
    bytes[..7].copy_from_slice(&record(Alert::USER_CANCELED));
    bytes[7..].copy_from_slice(&record(Alert::CLOSE_NOTIFY));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goodbye_is_two_warnings_in_the_servers_version() {
        assert_eq!(
            goodbye(Some(ProtocolVersion::TLS12)),
            [21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0]
        );
    }
}
