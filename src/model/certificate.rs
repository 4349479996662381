//! A certificate: its exact bytes, and each field as a value or the reason why it does not parse.

use std::fmt;
use std::ops::Range;

use crate::model::bytes::{Der, Sha1, Sha256, hex};
use crate::model::timestamp::Timestamp;

/// A field of a certificate, or why it could not be read. One broken field never hides another.
pub type Field<T> = Result<T, FieldError>;

/// Why a field of a certificate does not parse: a lower-case fragment such as `issuer: length runs past the end`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldError {
    /// The field's name in RFC 5280 §4.1.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// A certificate (RFC 5280 §4.1) as presented, parsed field by field.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The exact bytes presented, also when they do not parse.
    pub der: Der,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// Where the signed part (`tbsCertificate`, header included) lies in the bytes.
    pub tbs: Field<Range<usize>>,
    /// 1, 2 or 3.
    pub version: Field<u8>,
    /// The serial number's content octets, as encoded: leading zeros and sign kept.
    pub serial: Field<Box<[u8]>>,
    /// The algorithm of the signature: the outer `signatureAlgorithm`.
    pub signature_algorithm: Field<AlgorithmIdentifier>,
    /// The signed copy of it, `tbsCertificate.signature`; RFC 5280 wants both equal.
    pub signed_algorithm: Field<AlgorithmIdentifier>,
    /// Who issued the certificate.
    pub issuer: Field<Name>,
    /// Start of validity.
    pub not_before: Field<Timestamp>,
    /// End of validity.
    pub not_after: Field<Timestamp>,
    /// Whose certificate it is; may be empty.
    pub subject: Field<Name>,
    /// The subject's public key.
    pub public_key: Field<PublicKey>,
    /// The extensions; those with a broken value are listed in [`Extensions::broken`].
    pub extensions: Field<Extensions>,
    /// The signature's octets.
    pub signature: Field<Box<[u8]>>,
}

impl Certificate {
    /// Whether enough of it parses to say who may have issued it: the signed part, the issuer's name, the algorithm
    /// and the signature. A leaf for which this is false has evidence `none`.
    pub fn is_judgeable(&self) -> bool {
        self.judgement_obstacle().is_none()
    }

    /// The first field that keeps the certificate from being judged.
    pub fn judgement_obstacle(&self) -> Option<&FieldError> {
        self.tbs
            .as_ref()
            .err()
            .or(self.issuer.as_ref().err())
            .or(self.signature_algorithm.as_ref().err())
            .or(self.signature.as_ref().err())
    }

    /// The signed bytes; empty when the certificate's frame does not parse.
    pub fn tbs_bytes(&self) -> &[u8] {
        self.tbs
            .as_ref()
            .ok()
            .and_then(|range| self.der.as_bytes().get(range.clone()))
            .unwrap_or_default()
    }

    /// The serial number as hex with its leading zeros.
    pub fn serial_hex(&self) -> Option<String> {
        self.serial.as_ref().ok().map(|serial| hex(serial))
    }

    /// Whether issuer and subject are the same name (RFC 5280 §3.2 "self-issued"), empty names excepted.
    pub fn is_self_issued(&self) -> bool {
        matches!((&self.issuer, &self.subject), (Ok(issuer), Ok(subject)) if issuer.key == subject.key && !issuer.is_empty())
    }

    /// The extensions, when they parse.
    pub fn extensions(&self) -> Option<&Extensions> {
        self.extensions.as_ref().ok()
    }

    /// The names its key goes by: the identifier that its issuer gave it, and the SHA-1 of the key's bits (RFC 5280
    /// §4.2.1.2 method 1).
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        let by_method_1 = self
            .public_key
            .as_ref()
            .ok()
            .map(|key| KeyId(key.bits_sha1.0.as_slice().into()));
        self.subject_key_id()
            .cloned()
            .into_iter()
            .chain(by_method_1)
    }

    /// How a certificate that it issued may name it (RFC 5280 §4.2.1.1).
    pub fn issuer_serial(&self) -> Option<IssuerSerial> {
        let (issuer, serial) = (self.issuer.as_ref().ok()?, self.serial.as_ref().ok()?);
        Some(IssuerSerial {
            issuer: issuer.key.clone(),
            serial: serial.clone(),
        })
    }

    /// The key identifier that its issuer gave it (`subjectKeyIdentifier`, RFC 5280 §4.2.1.2).
    pub fn subject_key_id(&self) -> Option<&KeyId> {
        self.extensions()?.subject_key_id.as_ref()
    }
}

/// A distinguished name: its bytes, and the form in which names are compared. Equal only when encoded alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The `Name` as encoded, header included.
    pub der: Box<[u8]>,
    /// Equal for names that are equal under RFC 5280 §7.1.
    pub key: NameKey,
}

impl Name {
    /// Whether the name has no attributes.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }
}

/// A name in comparable form (RFC 5280 §7.1): attribute by attribute in order, string types ignored, case folded,
/// white space collapsed. Two names are the same exactly when their keys are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(pub Box<[u8]>);

impl NameKey {
    /// Whether the name has no attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An `AlgorithmIdentifier` (RFC 5280 §4.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlgorithmIdentifier {
    /// The object identifier in dotted form.
    pub oid: Box<str>,
    /// The parameters as encoded, header included; absent when omitted.
    pub parameters: Option<Box<[u8]>>,
}

/// A public key and the ways in which it is named.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// The `SubjectPublicKeyInfo` as encoded.
    pub spki: Box<[u8]>,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Sha256,
    /// SHA-1 of the key's bits: the key identifier of RFC 5280 §4.2.1.2 method 1.
    pub bits_sha1: Sha1,
    /// Equal for equal keys, however they are encoded.
    pub fingerprint: KeyFingerprint,
    /// What kind of key it is.
    pub kind: KeyKind,
}

/// The SHA-256 of a key in canonical form (modulus and exponent; curve and point), so that the same key encoded in
/// two ways is one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyFingerprint(pub Sha256);

/// The kinds of keys that can be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA (RFC 8017), also when the key is marked for PSS only. Big-endian, no leading zeros.
    Rsa {
        /// The modulus *n*.
        modulus: Box<[u8]>,
        /// The public exponent *e*.
        exponent: Box<[u8]>,
    },
    /// An elliptic-curve key on a named curve (RFC 5480).
    Ec {
        /// Which curve.
        curve: Curve,
        /// The point as encoded (X9.62).
        point: Box<[u8]>,
    },
    /// An elliptic-curve key whose curve is written out in parameters; nothing here verifies under it.
    ExplicitEc,
    /// Ed25519 (RFC 8410).
    Ed25519(Box<[u8]>),
    /// Anything else, by the algorithm's object identifier.
    Other(Box<str>),
}

/// The curves whose signatures can be verified, and those only named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
    /// Another curve, by its object identifier.
    Other(Box<str>),
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { modulus, .. } => {
                let leading = modulus
                    .first()
                    .map_or(0, |byte| byte.leading_zeros() as usize);
                write!(f, "RSA {}", modulus.len() * 8 - leading)
            }
            Self::Ec {
                curve: Curve::P256, ..
            } => f.write_str("EC P-256"),
            Self::Ec {
                curve: Curve::P384, ..
            } => f.write_str("EC P-384"),
            Self::Ec {
                curve: Curve::P521, ..
            } => f.write_str("EC P-521"),
            Self::Ec {
                curve: Curve::Other(oid),
                ..
            } => write!(f, "EC {oid}"),
            Self::ExplicitEc => f.write_str("EC (explicit parameters)"),
            Self::Ed25519(_) => f.write_str("Ed25519"),
            Self::Other(oid) => f.write_str(oid),
        }
    }
}

/// A key identifier: opaque octets (RFC 5280 §4.2.1.1). Written as lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub Box<[u8]>);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// The extensions this program reads. An absent extension is `None` or empty; a broken one is in `broken`.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// `basicConstraints` (RFC 5280 §4.2.1.9).
    pub basic_constraints: Option<BasicConstraints>,
    /// `keyUsage` bits, bit 0 (`digitalSignature`) lowest (RFC 5280 §4.2.1.3).
    pub key_usage: Option<u16>,
    /// `extKeyUsage` purposes as dotted object identifiers (RFC 5280 §4.2.1.12).
    pub extended_key_usage: Option<Vec<Box<str>>>,
    /// `subjectKeyIdentifier` (RFC 5280 §4.2.1.2).
    pub subject_key_id: Option<KeyId>,
    /// `authorityKeyIdentifier` (RFC 5280 §4.2.1.1).
    pub authority_key_id: Option<AuthorityKeyId>,
    /// `subjectAltName`: host names, addresses, and others as `type:value` (RFC 5280 §4.2.1.6).
    pub subject_alt_names: Vec<AltName>,
    /// Whether there is a `cRLDistributionPoints` extension (RFC 5280 §4.2.1.13).
    pub has_crl_distribution_points: bool,
    /// `id-ad-caIssuers` locations of the authority information access extension (RFC 5280 §4.2.2.1), in order.
    pub ca_issuers: Vec<Box<str>>,
    /// Microsoft's CA version, `1.3.6.1.4.1.311.21.1`: high 16 bits key index, low 16 bits certificate index.
    pub ca_version: Option<u32>,
    /// Critical extensions that this program does not know.
    pub unknown_critical: Vec<Box<str>>,
    /// Extensions whose value does not parse: object identifier and reason.
    pub broken: Vec<(Box<str>, String)>,
}

impl Extensions {
    /// Whether `basicConstraints` says that this is a CA's certificate.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }
}

/// `basicConstraints`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// The `cA` flag.
    pub ca: bool,
    /// How many intermediate certificates may follow.
    pub path_length: Option<u32>,
}

/// `authorityKeyIdentifier`: which key the issuer says it signed with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorityKeyId {
    /// `keyIdentifier`; empty ones are treated as absent.
    pub key_id: Option<KeyId>,
    /// `authorityCertIssuer` (as a directory name) with `authorityCertSerialNumber`.
    pub issuer_serial: Option<IssuerSerial>,
}

/// A certificate named by its issuer and serial number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerSerial {
    /// The issuer of the named certificate.
    pub issuer: NameKey,
    /// Its serial number's content octets.
    pub serial: Box<[u8]>,
}

/// An entry of `subjectAltName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AltName {
    /// `dNSName`, as encoded (not valid text when it holds control characters or is not ASCII).
    Dns(Box<str>),
    /// `iPAddress`.
    Address(std::net::IpAddr),
    /// Any other kind, as `kind:value`.
    Other(Box<str>),
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}
