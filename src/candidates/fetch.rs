//! Certificates of issuers from where certificates say that they are (RFC 5280 §4.2.2.1).
//!
//! Whoever makes a certificate chooses that address: nothing here runs unless the user asked for it, nothing but http
//! is spoken, and everything is bounded. What comes back is a candidate like any other: a signature must verify with
//! its key before it counts.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::model::bytes::Der;
use crate::x509::container::{self, ContainerError};

/// The most that is read of an answer's head, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;

/// How far a fetch may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest answer, in bytes. A PKCS #7 of a whole hierarchy has some 10 KiB.
    pub size: usize,
    /// The time for one address, redirects included.
    pub time: Duration,
    /// How many redirects are followed.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size: 256 * 1024,
            time: Duration::from_secs(10),
            redirects: 3,
        }
    }
}

/// Why an address gave no certificates. Holds nothing of the answer's content.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is no address that is fetched from.
    #[error("it is no http address")]
    NotHttp,
    /// Its host has no address.
    #[error("{0}")]
    Unresolved(String),
    /// No connection.
    #[error("{0}")]
    Connect(std::io::Error),
    /// Not done in time.
    #[error("not done within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// What answered does not speak HTTP, or broke off.
    #[error("{0}")]
    Http(hyper::Error),
    /// It answered, and not with what was asked for.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// It leads on and on.
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// It leads to something else than http.
    #[error("it redirects to something else than an http address")]
    RedirectsElsewhere,
    /// More than is read.
    #[error("the answer is larger than {} KiB", .0 / 1024)]
    TooLarge(usize),
    /// What came is no certificate.
    #[error("what it gives {0}")]
    Content(ContainerError),
}

/// The certificates at an address: DER, PEM or PKCS #7.
///
/// `resolve` gives the addresses of a host and port; they are tried in their order.
///
/// # Errors
///
/// Anything that keeps certificates from being had there.
pub async fn fetch<Found>(
    url: &str,
    limits: Limits,
    resolve: impl Fn(String, u16) -> Found,
) -> Result<Vec<Der>, FetchError>
where
    Found: Future<Output = Result<Vec<SocketAddr>, String>>,
{
    let location = Location::parse(url).ok_or(FetchError::NotHttp)?;
    let answer = tokio::time::timeout(limits.time, follow(location, limits, resolve)).await;
    let body = answer.map_err(|_| FetchError::Timeout(limits.time))??;
    container::certificates(&body).map_err(FetchError::Content)
}

async fn follow<Found>(
    mut location: Location,
    limits: Limits,
    resolve: impl Fn(String, u16) -> Found,
) -> Result<Bytes, FetchError>
where
    Found: Future<Output = Result<Vec<SocketAddr>, String>>,
{
    for _ in 0..=limits.redirects {
        let addresses = resolve(location.host.clone(), location.port)
            .await
            .map_err(FetchError::Unresolved)?;
        match ask(connect(&addresses).await?, &location, limits.size).await? {
            Answer::Content(body) => return Ok(body),
            Answer::Redirect(next) => location = next,
        }
    }
    Err(FetchError::Redirects(limits.redirects))
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, FetchError> {
    TcpStream::connect(addresses)
        .await
        .map_err(FetchError::Connect)
}

/// What came back.
enum Answer {
    Content(Bytes),
    Redirect(Location),
}

/// One request and its answer. The connection ends with it.
async fn ask(stream: TcpStream, location: &Location, limit: usize) -> Result<Answer, FetchError> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(LARGEST_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(FetchError::Http)?;
    let exchange = async {
        let response = sender.send_request(location.request()).await;
        read(response.map_err(FetchError::Http)?, location, limit).await
    };
    let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
    let mut is_open = true;
    loop {
        tokio::select! {
            answer = &mut exchange => return answer,
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}

async fn read(
    response: Response<hyper::body::Incoming>,
    location: &Location,
    limit: usize,
) -> Result<Answer, FetchError> {
    let status = response.status();
    if status.is_redirection() {
        let target = response.headers().get(LOCATION);
        let target = target.and_then(|target| target.to_str().ok());
        let target = target.ok_or(FetchError::Status(status))?;
        let next = location.join(target);
        return next
            .map(Answer::Redirect)
            .ok_or(FetchError::RedirectsElsewhere);
    }
    if status != StatusCode::OK {
        return Err(FetchError::Status(status));
    }
    match Limited::new(response.into_body(), limit).collect().await {
        Ok(body) => Ok(Answer::Content(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge(limit)),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => FetchError::Http(*error),
            Err(_) => FetchError::TooLarge(limit),
        }),
    }
}

/// An http address.
#[derive(Debug, PartialEq, Eq)]
struct Location {
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// Host and port as they were written.
    authority: String,
    /// Path and query.
    path: String,
}

impl Location {
    /// `None` for every other scheme, for user names, for what is no URL, and for characters that no URL has.
    fn parse(url: &str) -> Option<Self> {
        let url = url.split('#').next().unwrap_or_default();
        if !url.bytes().all(|octet| octet.is_ascii_graphic()) {
            return None;
        }
        let uri: Uri = url.parse().ok()?;
        let (authority, host) = (uri.authority()?, uri.host()?);
        if uri.scheme_str() != Some("http") || authority.as_str().contains('@') || host.is_empty() {
            return None;
        }
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        Some(Self {
            host: bare.unwrap_or(host).to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(80),
            authority: authority.to_string(),
            path: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        })
    }

    /// Where a redirect leads (RFC 9110 §10.2.2), relative to here.
    fn join(&self, target: &str) -> Option<Self> {
        if target.contains("://") {
            return Self::parse(target);
        }
        let authority = &self.authority;
        if let Some(rest) = target.strip_prefix("//") {
            return Self::parse(&format!("http://{rest}"));
        }
        if target.starts_with('/') {
            return Self::parse(&format!("http://{authority}{target}"));
        }
        if target.contains(':') {
            return None;
        }
        let path = self.path.split('?').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self::parse(&format!("http://{authority}{folder}/{target}"))
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        Request::get(&self.path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("sameca/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .expect("path and authority were parsed as parts of a URL")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(url: &str) -> Location {
        Location::parse(url).unwrap_or_else(|| panic!("{url} is an http address"))
    }

    #[test]
    fn only_http_is_an_address() {
        for url in [
            "https://pki.test/ca.cer",
            "ldap:///CN=CA,CN=AIA?cACertificate",
            "file://///server/share/ca.crt",
            "file:///etc/passwd",
            "http:///ca.cer",
            "http://user:secret@pki.test/ca.cer",
            "http://pki.test/ca.cer\r\nX: y",
            "http://pki.test/c a.cer",
            "ftp://pki.test/ca.cer",
            "/ca.cer",
            "",
        ] {
            assert_eq!(Location::parse(url), None, "{url}");
        }
        let parsed = location("HTTP://PKI.test:8080/ca.cer?x=1#part");
        assert_eq!((parsed.host.as_str(), parsed.port), ("pki.test", 8080));
        assert_eq!(parsed.path, "/ca.cer?x=1");
        assert_eq!(location("http://[2001:db8::1]").host, "2001:db8::1");
        assert_eq!(location("http://pki.test").path, "/");
    }

    #[test]
    fn redirects_are_relative_to_where_they_come_from() {
        let here = location("http://pki.test:8080/aia/ca.cer?x");
        for (target, expected) in [
            ("http://other.test/ca.cer", "http://other.test/ca.cer"),
            ("//other.test/ca.cer", "http://other.test/ca.cer"),
            ("/ca.cer", "http://pki.test:8080/ca.cer"),
            ("new.cer", "http://pki.test:8080/aia/new.cer"),
        ] {
            assert_eq!(here.join(target), Some(location(expected)), "{target}");
        }
        for elsewhere in ["https://pki.test/", "file:///etc/passwd", "ldap:x"] {
            assert_eq!(here.join(elsewhere), None, "{elsewhere}");
        }
    }
}
