//! The bodies of the server's handshake messages.

use super::reader::{ReadError, Reader};
use crate::model::bytes::Der;
use crate::model::codepoint::{CipherSuite, KeyExchange, ProtocolVersion, SignatureScheme};

/// The extension in which a server of TLS 1.3 puts its version (RFC 8446 §4.2.1).
const SUPPORTED_VERSIONS: u16 = 43;

/// The random of a ServerHello that is a HelloRetryRequest (RFC 8446 §4.1.3).
const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The server's answer to the hello (RFC 5246 §7.4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub(super) version: ProtocolVersion,
    pub(super) random: [u8; 32],
    pub(super) cipher_suite: CipherSuite,
    /// TLS 1.3 or a draft of it, or a HelloRetryRequest.
    pub(super) is_tls13: bool,
}

impl ServerHello {
    pub(super) fn parse(body: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Reader::new(body);
        let legacy_version = ProtocolVersion(reader.u16("the version")?);
        let random = reader.array("the server's random")?;
        reader.vector8("the session identifier")?;
        let cipher_suite = CipherSuite(reader.u16("the cipher suite")?);
        reader.u8("the compression method")?;
        let selected = if reader.is_empty() {
            None
        } else {
            selected_version(reader.vector16("the extensions")?)?
        };
        reader.finish("the ServerHello")?;
        let selected = selected.filter(|version| *version >= ProtocolVersion::TLS13);
        let version = selected.unwrap_or(legacy_version);
        Ok(Self {
            version,
            random,
            cipher_suite,
            is_tls13: selected.is_some()
                || version == ProtocolVersion::TLS13
                || random == HELLO_RETRY_REQUEST,
        })
    }
}

fn selected_version(extensions: &[u8]) -> Result<Option<ProtocolVersion>, ReadError> {
    let mut reader = Reader::new(extensions);
    let mut version = None;
    while !reader.is_empty() {
        let kind = reader.u16("the type of an extension")?;
        let body = reader.vector16("an extension")?;
        if kind == SUPPORTED_VERSIONS {
            version = Some(ProtocolVersion(
                Reader::new(body).u16("the selected version")?,
            ));
        }
    }
    Ok(version)
}

/// Why a Certificate message gives no chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChainError {
    Malformed(ReadError),
    /// One of the certificates has no octets.
    EmptyCertificate,
    /// There are more than this many.
    TooMany(usize),
}

impl From<ReadError> for ChainError {
    fn from(error: ReadError) -> Self {
        Self::Malformed(error)
    }
}

/// The certificates of a Certificate message (RFC 5246 §7.4.2), at most `limit`.
pub(super) fn chain(body: &[u8], limit: usize) -> Result<Vec<Der>, ChainError> {
    let mut message = Reader::new(body);
    let mut list = Reader::new(message.vector24("the list of certificates")?);
    message.finish("the list of certificates")?;
    let mut chain = Vec::new();
    while !list.is_empty() {
        let certificate = list.vector24("a certificate")?;
        if certificate.is_empty() {
            return Err(ChainError::EmptyCertificate);
        }
        if chain.len() == limit {
            return Err(ChainError::TooMany(limit));
        }
        chain.push(Der::from(certificate));
    }
    Ok(chain)
}

/// The stapled OCSP response (RFC 6066 §8); `None` when the status is of another type, or empty.
pub(super) fn ocsp_response(body: &[u8]) -> Result<Option<Der>, ReadError> {
    const OCSP: u8 = 1;
    let mut reader = Reader::new(body);
    if reader.u8("the type of the certificate status")? != OCSP {
        return Ok(None);
    }
    let response = reader.vector24("the OCSP response")?;
    reader.finish("the CertificateStatus")?;
    Ok((!response.is_empty()).then(|| Der::from(response)))
}

/// What the server signed, and the signature (RFC 5246 §7.4.3, RFC 8422 §5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerKeyExchange {
    /// The parameters, exactly as signed: after both randoms come these octets.
    pub params: Vec<u8>,
    /// The scheme of the signature. `None` before TLS 1.2, where it follows from the key: MD5 and SHA-1 concatenated
    /// for RSA, SHA-1 for ECDSA and DSA (RFC 4346 §7.4.3).
    pub scheme: Option<SignatureScheme>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl ServerKeyExchange {
    /// `None` when `key_exchange` signs nothing, or its parameters are of a form that this program does not know.
    pub(super) fn parse(
        body: &[u8],
        key_exchange: KeyExchange,
        version: ProtocolVersion,
    ) -> Result<Option<Self>, ReadError> {
        let mut reader = Reader::new(body);
        let known = match key_exchange {
            KeyExchange::Dhe => skip_vectors(&mut reader, 3)?,
            // The temporary key of the export suites (RFC 2246 §7.4.3).
            KeyExchange::Rsa => skip_vectors(&mut reader, 2)?,
            KeyExchange::Ecdhe => skip_curve(&mut reader)?,
            _ => false,
        };
        if !known {
            return Ok(None);
        }
        let length = body.len().saturating_sub(reader.rest().len());
        let params = body.get(..length).unwrap_or_default().to_vec();
        let scheme = if version >= ProtocolVersion::TLS12 {
            Some(SignatureScheme(reader.u16("the signature scheme")?))
        } else {
            None
        };
        let signature = reader.vector16("the signature")?.to_vec();
        reader.finish("the ServerKeyExchange")?;
        Ok(Some(Self {
            params,
            scheme,
            signature,
        }))
    }
}

fn skip_vectors(reader: &mut Reader<'_>, count: usize) -> Result<bool, ReadError> {
    for _ in 0..count {
        reader.vector16("a parameter of the key exchange")?;
    }
    Ok(true)
}

/// Passes the curve and the point. Whether the curve is given in a known way: a named one (RFC 8422 §5.4), or one over
/// a prime field spelled out (RFC 4492 §5.4).
fn skip_curve(reader: &mut Reader<'_>) -> Result<bool, ReadError> {
    const EXPLICIT_PRIME: u8 = 1;
    const NAMED_CURVE: u8 = 3;
    match reader.u8("the type of the curve")? {
        NAMED_CURVE => {
            reader.u16("the curve")?;
        }
        EXPLICIT_PRIME => {
            // The prime, both coefficients, the base point, its order and the cofactor.
            for _ in 0..6 {
                reader.vector8("a parameter of the curve")?;
            }
        }
        _ => return Ok(false),
    }
    reader.vector8("the point")?;
    Ok(true)
}

/// The server's wish for a client certificate (RFC 5246 §7.4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRequest {
    /// The CAs whose certificates it accepts, each a DER name; what the server trusts, never evidence of its own issuer.
    /// A list that breaks off within a name, as one that SChannel has cut, gives the whole names before that.
    pub authorities: Vec<Vec<u8>>,
    /// The size of that list on the wire, in octets.
    pub authorities_size: u32,
}

impl CertificateRequest {
    pub(super) fn parse(body: &[u8], version: ProtocolVersion) -> Result<Self, ReadError> {
        let mut reader = Reader::new(body);
        reader.vector8("the certificate types")?;
        if version >= ProtocolVersion::TLS12 {
            reader.vector16("the signature schemes")?;
        }
        let list = reader.vector16("the list of certificate authorities")?;
        reader.finish("the CertificateRequest")?;
        Ok(Self {
            authorities: whole_names(list),
            authorities_size: u32::try_from(list.len()).unwrap_or(u32::MAX),
        })
    }
}

fn whole_names(list: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(list);
    let mut names = Vec::new();
    while let Ok(name) = reader.vector16("a name") {
        names.push(name.to_vec());
    }
    names
}
