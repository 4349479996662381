//! The first flight of servers that rustls cannot play: any version, any suite, signatures of every age.

use md5::{Digest as _, Md5};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::certificates::Identity;
use super::flight::{list24, message, record};

/// ECDHE_RSA_WITH_AES_256_CBC_SHA.
pub const ECDHE_RSA: u16 = 0xc014;
/// ECDHE_RSA_WITH_AES_128_GCM_SHA256, which rustls knows too.
pub const GCM: u16 = 0xc02f;
/// RSA_WITH_AES_128_CBC_SHA.
pub const RSA: u16 = 0x002f;

/// A server of TLS 1.2 or older, up to its ServerHelloDone.
pub struct Legacy {
    pub version: u16,
    pub suite: u16,
    pub chain: Vec<Vec<u8>>,
    /// The key that signs; whether it is the leaf's is the test's business.
    pub key: RsaPrivateKey,
    /// The authorities of its CertificateRequest, when it sends one.
    pub authorities: Option<Vec<Vec<u8>>>,
}

impl Legacy {
    /// A server of this version and suite with an RSA identity.
    pub fn new(version: u16, suite: u16, identity: &Identity) -> Self {
        Self {
            version,
            suite,
            chain: identity.chain.iter().map(|der| der.to_vec()).collect(),
            key: RsaPrivateKey::from_pkcs8_der(identity.pkcs8()).expect("an RSA key"),
            authorities: None,
        }
    }

    /// Reads the hello, answers with the flight, and waits for the client to leave.
    pub async fn serve(&self, mut stream: TcpStream) {
        let Some(hello) = hear(&mut stream).await else {
            return;
        };
        let _ = stream.write_all(&self.answer(&hello)).await;
        while !matches!(stream.read(&mut [0; 64]).await, Ok(0) | Err(_)) {}
    }

    /// The flight that answers a hello, in one record as SChannel packs it.
    pub fn answer(&self, hello: &[u8]) -> Vec<u8> {
        let random = &hello[11..43];
        let mut flight = message(2, &self.hello());
        flight.extend(message(11, &list24(&self.chain)));
        if self.suite != RSA {
            flight.extend(message(12, &self.key_exchange(random)));
        }
        if let Some(authorities) = &self.authorities {
            flight.extend(message(13, &self.request(authorities)));
        }
        flight.extend(message(14, &[]));
        flight
            .chunks(1 << 14)
            .flat_map(|piece| record(22, self.version, piece))
            .collect()
    }

    fn hello(&self) -> Vec<u8> {
        let mut hello = self.version.to_be_bytes().to_vec();
        hello.extend(SERVER_RANDOM);
        hello.push(0);
        hello.extend(self.suite.to_be_bytes());
        hello.push(0);
        hello
    }

    /// Curve P-256 and a point that nobody computes with, signed (RFC 8422 §5.4).
    fn key_exchange(&self, client_random: &[u8]) -> Vec<u8> {
        let mut params = vec![3, 0, 23, 65, 4];
        params.extend([9; 64]);
        let signed = [client_random, &SERVER_RANDOM, &params].concat();
        let (scheme, signature) = self.sign(&signed);
        let mut body = params;
        body.extend(scheme);
        body.extend(u16::try_from(signature.len()).expect("short").to_be_bytes());
        body.extend(signature);
        body
    }

    /// SHA-1 in TLS 1.2, as SChannel of 2012 R2 does; MD5 and SHA-1 together before (RFC 4346 §7.4.3).
    fn sign(&self, message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let sha1 = Sha1::digest(message);
        if self.version >= 0x0303 {
            let signature = self.key.sign(Pkcs1v15Sign::new::<Sha1>(), &sha1);
            return (vec![2, 1], signature.expect("a signature"));
        }
        let both = [Md5::digest(message).as_slice(), sha1.as_slice()].concat();
        let signature = self.key.sign(Pkcs1v15Sign::new_unprefixed(), &both);
        (Vec::new(), signature.expect("a signature"))
    }

    fn request(&self, authorities: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![1, 1];
        if self.version >= 0x0303 {
            body.extend([0, 2, 4, 1]);
        }
        let mut names = Vec::new();
        for name in authorities {
            names.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
            names.extend(name);
        }
        body.extend(u16::try_from(names.len()).expect("short").to_be_bytes());
        body.extend(names);
        body
    }
}

const SERVER_RANDOM: [u8; 32] = [7; 32];

/// The client's first record, whole.
pub async fn hear(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut hello = vec![0; 5];
    stream.read_exact(&mut hello).await.ok()?;
    let length = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
    hello.resize(5 + length, 0);
    stream.read_exact(&mut hello[5..]).await.ok()?;
    Some(hello)
}

/// The version that a hello asks for.
pub fn client_version(hello: &[u8]) -> u16 {
    u16::from_be_bytes([hello[9], hello[10]])
}

/// A fatal alert.
pub fn alert(description: u8) -> Vec<u8> {
    record(21, 0x0301, &[2, description])
}
