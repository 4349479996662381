//! Algorithm identifiers (RFC 5280 §4.1.1.2) and what the signature algorithms among them mean.

use x509_parser::asn1_rs::ToDer as _;
use x509_parser::x509;

use crate::model::certificate::AlgorithmIdentifier;
use crate::x509::der::{self, DerError, Reader, SEQUENCE, Tlv};
use crate::x509::pss::PssParameters;
use crate::x509::{oid, strict};

/// Reads an `AlgorithmIdentifier`.
pub(super) fn identifier(tlv: Tlv<'_>) -> Result<AlgorithmIdentifier, DerError> {
    model(&strict::sequence(tlv, 2)?)
}

/// The identifier in the words of the model. Parameters get the shortest header that they can have.
pub(super) fn model(
    algorithm: &x509::AlgorithmIdentifier<'_>,
) -> Result<AlgorithmIdentifier, DerError> {
    let parameters = algorithm.parameters();
    Ok(AlgorithmIdentifier {
        oid: oid::dotted(algorithm.oid().as_bytes())?,
        parameters: parameters
            .map(|any| any.to_der_vec().map(Box::from))
            .transpose()
            .map_err(|error| DerError::Refused(error.to_string()))?,
    })
}

/// A hash function that signatures are made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The hash with this object identifier.
    pub(super) fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.2.5" => Self::Md5,
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    /// The name as in FIPS 180-4.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The digest of a message that comes in pieces.
    pub(super) fn digest(self, pieces: &[&[u8]]) -> Vec<u8> {
        fn run<D: sha2::Digest>(pieces: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            for piece in pieces {
                hasher.update(piece);
            }
            hasher.finalize().to_vec()
        }
        match self {
            Self::Md5 => run::<md5::Md5>(pieces),
            Self::Sha1 => run::<sha1::Sha1>(pieces),
            Self::Sha224 => run::<sha2::Sha224>(pieces),
            Self::Sha256 => run::<sha2::Sha256>(pieces),
            Self::Sha384 => run::<sha2::Sha384>(pieces),
            Self::Sha512 => run::<sha2::Sha512>(pieces),
        }
    }

    /// The `DigestInfo` of RFC 8017 §9.2 up to the digest.
    pub(super) fn digest_info_prefix(self) -> &'static [u8] {
        match self {
            Self::Md5 => {
                b"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10"
            }
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha224 => {
                b"\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c"
            }
            Self::Sha256 => {
                b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
            }
            Self::Sha384 => {
                b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
            }
            Self::Sha512 => {
                b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
            }
        }
    }
}

/// What a signature algorithm identifier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(Hash),
    /// An old identifier of which it is not sure that it means this hash: a match proves, a mismatch says nothing.
    RsaPkcs1Perhaps(Hash),
    /// RSASSA-PSS (RFC 8017 §8.1).
    RsaPss(PssParameters),
    /// RSASSA-PSS without parameters. By the ASN.1 defaults that is SHA-1, but RFC 4055 §3.1 wants them present.
    RsaPssUnstated,
    /// ECDSA (RFC 5758 §3.2).
    Ecdsa(Hash),
    /// Ed25519 (RFC 8410).
    Ed25519,
}

impl SignatureAlgorithm {
    /// What the identifier asks for, or why that cannot be verified here.
    pub(super) fn of(algorithm: &AlgorithmIdentifier) -> Result<Self, String> {
        Ok(match algorithm.oid.as_ref() {
            "1.2.840.113549.1.1.4" => Self::RsaPkcs1(Hash::Md5),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::RsaPkcs1(Hash::Sha1),
            "1.2.840.113549.1.1.14" => Self::RsaPkcs1(Hash::Sha224),
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(Hash::Sha256),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(Hash::Sha384),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(Hash::Sha512),
            "1.3.14.3.2.3" | "1.3.14.3.2.25" => Self::RsaPkcs1Perhaps(Hash::Md5),
            "1.3.14.3.2.15" => Self::RsaPkcs1Perhaps(Hash::Sha1),
            "1.2.840.113549.1.1.10" => match algorithm.parameters.as_deref() {
                None => Self::RsaPssUnstated,
                Some(parameters) => Self::RsaPss(PssParameters::parse(parameters)?),
            },
            "1.2.840.10045.4.1" => Self::Ecdsa(Hash::Sha1),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Hash::Sha224),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Hash::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Hash::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Hash::Sha512),
            "1.2.840.10045.4.3" => Self::Ecdsa(specified_hash(algorithm)?),
            "1.3.101.112" => Self::Ed25519,
            oid => {
                return Err(format!(
                    "signature algorithm {} is not supported",
                    name_or(oid)
                ));
            }
        })
    }
}

/// The hash of `ecdsa-with-Specified` (X9.62), which AD CS writes under `AlternateSignatureAlgorithm`: its parameters
/// are the hash's identifier.
fn specified_hash(algorithm: &AlgorithmIdentifier) -> Result<Hash, String> {
    let parameters = algorithm
        .parameters
        .as_deref()
        .ok_or("ecdsa-with-Specified without the hash that it should name")?;
    hash_identifier(parameters).map_err(|reason| format!("ecdsa-with-Specified: {reason}"))
}

/// The hash that an encoded `AlgorithmIdentifier` names.
pub(super) fn hash_identifier(encoded: &[u8]) -> Result<Hash, String> {
    let identifier = der::single(encoded, SEQUENCE)
        .and_then(identifier)
        .map_err(|error| format!("hash identifier: {error}"))?;
    Hash::from_oid(&identifier.oid)
        .ok_or_else(|| format!("hash {} is not supported", identifier.oid))
}

/// The name of a signature algorithm's identifier, or the identifier.
pub(super) fn name_or(oid: &str) -> &str {
    NAMES
        .iter()
        .find(|(known, _)| *known == oid)
        .map_or(oid, |(_, name)| name)
}

/// The name of a signature algorithm as the field writes it; see [`crate::x509::signature::algorithm_name`].
pub(super) fn name(algorithm: &AlgorithmIdentifier) -> String {
    match (algorithm.oid.as_ref(), SignatureAlgorithm::of(algorithm)) {
        (_, Ok(SignatureAlgorithm::RsaPss(parameters))) => parameters.to_string(),
        ("1.2.840.10045.4.3", Ok(SignatureAlgorithm::Ecdsa(hash))) => {
            format!("ecdsa-with-Specified ({})", hash.name())
        }
        (oid, _) => name_or(oid).to_owned(),
    }
}

const NAMES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.113549.1.1.15", "sha512-224WithRSAEncryption"),
    ("1.2.840.113549.1.1.16", "sha512-256WithRSAEncryption"),
    ("1.3.14.3.2.2", "md4WithRSA (OIW)"),
    ("1.3.14.3.2.3", "md5WithRSA (OIW)"),
    ("1.3.14.3.2.15", "shaWithRSA (OIW)"),
    ("1.3.14.3.2.25", "md5WithRSASignature (OIW)"),
    ("1.3.14.3.2.27", "dsaWithSHA1 (OIW)"),
    ("1.3.14.3.2.29", "sha1WithRSASignature (OIW)"),
    ("1.3.36.3.3.1.2", "ripemd160WithRSA"),
    ("1.2.840.10040.4.3", "dsa-with-SHA1"),
    ("2.16.840.1.101.3.4.3.1", "dsa-with-SHA224"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-SHA256"),
    ("2.16.840.1.101.3.4.3.14", "RSA with SHA3-256"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.2", "ecdsa-with-Recommended"),
    ("1.2.840.10045.4.3", "ecdsa-with-Specified"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.643.2.2.3", "GOST R 34.10-2001"),
    ("1.2.643.7.1.1.3.2", "GOST R 34.10-2012 (256 bit)"),
    ("1.2.643.7.1.1.3.3", "GOST R 34.10-2012 (512 bit)"),
    ("1.2.156.10197.1.501", "SM2 with SM3"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];

/// Reads the elements of a constructed value, each wrapped in a context tag and in order of the tags.
pub(super) fn tagged<'a>(reader: &mut Reader<'a>, number: u8) -> Result<Option<Tlv<'a>>, DerError> {
    let Some(wrapper) = reader.optional(der::context(number))? else {
        return Ok(None);
    };
    let mut inner = wrapper.reader();
    let element = inner.any()?;
    inner.finish()?;
    Ok(Some(element))
}
