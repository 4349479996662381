//! Method `handshake`: rustls, with a verifier that records what it is shown and never judges it.
//!
//! The connection is driven by hand, so that what was recorded survives a handshake that fails later: a port that
//! demands a client certificate has shown its chain by then.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ClientConnection, ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{DigitallySignedStruct, InvalidMessage, SignatureScheme};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout_at;

use crate::capture::ended::{Ended, Next, Progress};
use crate::capture::ladder::{Ask, Turn};
use crate::capture::possession::{self, Shown};
use crate::capture::{clear, client_certificate, dial, sniff};
use crate::model::bytes::Der;
use crate::model::codepoint::{self, Alert, CipherSuite, ProtocolVersion};
use crate::model::observation::{ClientCertificate, Method, Outcome, Tls};
use crate::wire::client_hello::Authentication;

/// What all handshakes of a run share.
#[derive(Debug)]
pub(super) struct Configuration(ClientConfig);

impl Configuration {
    /// TLS 1.2 and 1.3 with everything that rustls has; no resumption, which would hide the certificates.
    pub(super) fn new() -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let recorder = Arc::new(Recorder::new(Authentication::Any, false));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .expect("the provider has suites for both versions")
            .dangerous()
            .with_custom_certificate_verifier(recorder.clone())
            .with_client_cert_resolver(recorder);
        config.resumption = Resumption::disabled();
        Self(config)
    }

    fn with(&self, recorder: &Arc<Recorder>, ask: &Ask<'_>) -> Arc<ClientConfig> {
        let mut config = self.0.clone();
        config
            .dangerous()
            .set_certificate_verifier(recorder.clone());
        config.client_auth_cert_resolver = recorder.clone();
        config.enable_sni = ask.server_name.is_some();
        Arc::new(config)
    }
}

/// Does a handshake as far as it goes.
pub(super) async fn handshake(
    mut stream: TcpStream,
    configuration: &Configuration,
    ask: &Ask<'_>,
    turn: &Turn,
) -> Ended {
    let recorder = Arc::new(Recorder::new(ask.authentication, ask.settings.possession));
    let config = configuration.with(&recorder, ask);
    let mut connection = match ClientConnection::new(config, server_name(ask)) {
        Ok(connection) => connection,
        Err(error) => {
            let detail = format!("no handshake: {error}");
            return Ended::new(Outcome::LocalError, detail, Next::Clear);
        }
    };
    dial::hurry(&stream);
    let mut ended = drive(&mut stream, &mut connection, ask, turn).await;
    let recorded = std::mem::take(&mut *recorder.recorded());
    if matches!(
        ended.outcome,
        Outcome::Closed | Outcome::Reset | Outcome::Timeout
    ) && ended.next == Next::Nothing
    {
        // rustls shows a chain only when all that belongs to it has come; in the clear it may be readable.
        ended.next = Next::Clear;
    }
    with_record(ended, &connection, recorded)
}

/// The name to send; an address, which is never sent (RFC 6066 §3), where there is none or rustls refuses it.
fn server_name(ask: &Ask<'_>) -> ServerName<'static> {
    ask.server_name
        .and_then(|name| ServerName::try_from(name.to_owned()).ok())
        .unwrap_or(ServerName::IpAddress(ask.endpoint.address.ip().into()))
}

async fn drive(
    stream: &mut TcpStream,
    connection: &mut ClientConnection,
    ask: &Ask<'_>,
    turn: &Turn,
) -> Ended {
    let mut progress = Progress::Nothing;
    let mut budget = ask.settings.limits.handshake_bytes;
    loop {
        if !connection.is_handshaking() {
            connection.send_close_notify();
        }
        match timeout_at(turn.limit(progress), flush(stream, connection)).await {
            Err(_) => return Ended::silent(progress, turn.waited(progress)),
            Ok(Err(error)) => return Ended::broken(&error, progress),
            Ok(Ok(())) => {}
        }
        if !connection.is_handshaking() {
            return Ended::captured();
        }
        let feed = |bytes: &[u8]| feed(connection, bytes, progress, &mut budget);
        match timeout_at(turn.limit(progress), dial::read(stream, feed)).await {
            Err(_) => return Ended::silent(progress, turn.waited(progress)),
            Ok(Err(error)) => return Ended::broken(&error, progress),
            Ok(Ok(Fed::End)) => return Ended::closed(progress),
            Ok(Ok(Fed::More)) => progress = Progress::Some,
            Ok(Ok(Fed::NotTls(first))) => {
                return clear::not_tls(stream, first, turn.deadline).await;
            }
            Ok(Ok(Fed::Failed(ended))) => {
                // The alert that tells the server why. Whether it arrives changes nothing.
                let _ = timeout_at(turn.deadline, flush(stream, connection)).await;
                return *ended;
            }
        }
    }
}

async fn flush(stream: &mut TcpStream, connection: &mut ClientConnection) -> io::Result<()> {
    let mut bytes = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut bytes)?;
    }
    stream.write_all(&bytes).await
}

/// What some bytes of the server came to.
enum Fed {
    /// There were none: the end of the stream.
    End,
    /// The handshake goes on, or is complete.
    More,
    /// They are no TLS at all.
    NotTls(Vec<u8>),
    /// The handshake is over.
    Failed(Box<Ended>),
}

fn feed(
    connection: &mut ClientConnection,
    mut bytes: &[u8],
    progress: Progress,
    budget: &mut usize,
) -> Fed {
    if bytes.is_empty() {
        return Fed::End;
    }
    if progress == Progress::Nothing && !sniff::is_tls(bytes) {
        return Fed::NotTls(bytes.to_vec());
    }
    let Some(rest) = budget.checked_sub(bytes.len()) else {
        let detail = "more handshake bytes than the bound allows";
        return Fed::Failed(Box::new(Ended::new(
            Outcome::Malformed,
            detail,
            Next::Nothing,
        )));
    };
    *budget = rest;
    while !bytes.is_empty() && connection.is_handshaking() {
        match connection.read_tls(&mut bytes) {
            // Once rustls takes the connection for closed it takes no more bytes, and this loop would not end.
            Ok(0) => return Fed::Failed(Box::new(Ended::alert(Alert::CLOSE_NOTIFY))),
            Ok(_) => {}
            Err(error) => return Fed::Failed(Box::new(Ended::broken(&error, Progress::Some))),
        }
        if let Err(error) = connection.process_new_packets() {
            return Fed::Failed(Box::new(refused(&error)));
        }
    }
    Fed::More
}

fn refused(error: &rustls::Error) -> Ended {
    use rustls::Error;
    match error {
        Error::AlertReceived(alert) => Ended::alert(Alert(u8::from(*alert))),
        Error::NoCertificatesPresented => {
            let detail = "the server's list of certificates is empty";
            Ended::new(Outcome::NoCertificate, detail, Next::Nothing)
        }
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => {
            let detail = "a handshake message over 64 KiB, the bound of rustls";
            Ended::new(Outcome::Malformed, detail, Next::Clear)
        }
        Error::PeerIncompatible(what) => {
            let detail = format!("rustls has nothing in common with the server: {what:?}");
            Ended::new(Outcome::Malformed, detail, Next::Clear)
        }
        _ => Ended::new(Outcome::Malformed, error.to_string(), Next::Clear),
    }
}

/// Puts what was recorded into the result.
fn with_record(ended: Ended, connection: &ClientConnection, recorded: Recorded) -> Ended {
    let version = connection
        .protocol_version()
        .map(|version| ProtocolVersion(u16::from(version)));
    if version.is_none() && recorded.chain.is_none() {
        return ended;
    }
    let shown = recorded.shown.unwrap_or(Shown::NOTHING);
    let tls = Tls {
        version,
        cipher_suite: connection
            .negotiated_cipher_suite()
            .map(|suite| CipherSuite(u16::from(suite.suite()))),
        method: Method::Handshake,
        possession: shown.possession,
        possession_detail: shown.detail,
        client_certificate: recorded
            .client_certificate
            .unwrap_or_else(|| client_certificate::not_requested(recorded.chain.is_some())),
        ocsp_response: recorded.ocsp_response,
    };
    ended.with(tls, recorded.chain)
}

/// Verifier and resolver of one connection: takes notes.
#[derive(Debug)]
struct Recorder {
    authentication: Authentication,
    checks_possession: bool,
    recorded: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    chain: Option<Vec<Der>>,
    ocsp_response: Option<Der>,
    shown: Option<Shown>,
    client_certificate: Option<ClientCertificate>,
}

impl Recorder {
    fn new(authentication: Authentication, checks_possession: bool) -> Self {
        Self {
            authentication,
            checks_possession,
            recorded: Mutex::default(),
        }
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let shown = if self.checks_possession {
            let scheme = codepoint::SignatureScheme(u16::from(signed.scheme));
            possession::of_signature(
                &Der::from(leaf.as_ref()),
                Some(scheme),
                message,
                signed.signature(),
            )
        } else {
            Shown::not_asked()
        };
        self.recorded().shown = Some(shown);
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        let mut recorded = self.recorded();
        recorded.chain = Some(chain.map(|der| Der::from(der.as_ref())).collect());
        recorded.ocsp_response = (!ocsp_response.is_empty()).then(|| ocsp_response.into());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.record_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.record_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let rsa = RSA_SCHEMES.map(SignatureScheme::from);
        let ecdsa = ECDSA_SCHEMES.map(SignatureScheme::from);
        match self.authentication {
            Authentication::Any => [&ecdsa[..], &rsa[..], &[SignatureScheme::ED25519]].concat(),
            Authentication::Rsa => rsa.into(),
            Authentication::Ecdsa => [&ecdsa[..], &[SignatureScheme::ED25519]].concat(),
        }
    }
}

/// PSS with either mark of the key, then PKCS #1 v1.5 with SHA-1 last (RFC 8446 §4.2.3).
const RSA_SCHEMES: [u16; 10] = [
    0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0201,
];

/// ECDSA, SHA-1 last.
const ECDSA_SCHEMES: [u16; 4] = [0x0403, 0x0503, 0x0603, 0x0203];

impl ResolvesClientCert for Recorder {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Each name has two octets of length before it (RFC 5246 §7.4.4).
        let size = authorities.iter().map(|name| name.len() + 2).sum::<usize>();
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        self.recorded().client_certificate = Some(client_certificate::requested(
            authorities.iter().copied(),
            size,
        ));
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
