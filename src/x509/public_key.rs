//! `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7): what kind of key, and the fingerprint under which equal keys are equal.

use sha2::Digest as _;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::model::bytes::{Sha1, Sha256};
use crate::model::certificate::{AlgorithmIdentifier, Curve, KeyFingerprint, KeyKind, PublicKey};
use crate::x509::der::{self, DerError, INTEGER, OID, SEQUENCE, Tlv};
use crate::x509::{algorithm, ecdsa, oid, strict};

/// Reads a `SubjectPublicKeyInfo`.
pub(super) fn parse(tlv: Tlv<'_>) -> Result<PublicKey, DerError> {
    let info: SubjectPublicKeyInfo<'_> = strict::sequence(tlv, 2)?;
    if info.subject_public_key.unused_bits != 0 {
        return Err(DerError::Value(
            "a bit string that does not fill its octets",
        ));
    }
    let algorithm = algorithm::model(&info.algorithm)?;
    let bits = info.subject_public_key.as_ref();
    let kind = kind(&algorithm, bits)?;
    Ok(PublicKey {
        spki: tlv.whole.into(),
        spki_sha256: Sha256(sha2::Sha256::digest(tlv.whole).into()),
        bits_sha1: Sha1(sha1::Sha1::digest(bits).into()),
        fingerprint: fingerprint(&kind, &algorithm, bits),
        kind,
    })
}

fn kind(algorithm: &AlgorithmIdentifier, bits: &[u8]) -> Result<KeyKind, DerError> {
    match algorithm.oid.as_ref() {
        // rsaEncryption, id-RSASSA-PSS, and the name X.509 of 1988 had for RSA.
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" | "2.5.8.1.1" => rsa(bits),
        "1.2.840.10045.2.1" => elliptic(algorithm.parameters.as_deref(), bits),
        "1.3.101.112" if bits.len() == 32 => Ok(KeyKind::Ed25519(bits.into())),
        "1.3.101.112" => Err(DerError::Value("an Ed25519 key that is not of 32 octets")),
        other => Ok(KeyKind::Other(other.into())),
    }
}

/// Read by hand: x509-parser refuses a modulus that begins with needless zeros, and this is where the same key in two
/// encodings becomes one.
fn rsa(bits: &[u8]) -> Result<KeyKind, DerError> {
    let mut reader = der::single(bits, SEQUENCE)?.reader();
    let modulus = der::unsigned(reader.content(INTEGER)?)?;
    let exponent = der::unsigned(reader.content(INTEGER)?)?;
    reader.finish()?;
    Ok(KeyKind::Rsa {
        modulus: modulus.into(),
        exponent: exponent.into(),
    })
}

fn elliptic(parameters: Option<&[u8]>, bits: &[u8]) -> Result<KeyKind, DerError> {
    let Some(parameters) = parameters else {
        return Err(DerError::Value("an elliptic-curve key without its curve"));
    };
    let mut reader = der::Reader::new(parameters);
    let curve = reader.any()?;
    match curve.tag {
        SEQUENCE => Ok(KeyKind::ExplicitEc),
        OID => Ok(KeyKind::Ec {
            curve: self::curve(&oid::dotted(curve.content)?),
            point: bits.into(),
        }),
        _ => Err(DerError::Value("an elliptic-curve key without its curve")),
    }
}

fn curve(oid: &str) -> Curve {
    match oid {
        "1.2.840.10045.3.1.7" => Curve::P256,
        "1.3.132.0.34" => Curve::P384,
        "1.3.132.0.35" => Curve::P521,
        other => Curve::Other(other.into()),
    }
}

/// The hash of the key in canonical form. Every part is preceded by its length, and each kind has a tag of its own, so
/// that no two keys have one form. A point that cannot be decompressed stands for itself.
fn fingerprint(kind: &KeyKind, algorithm: &AlgorithmIdentifier, bits: &[u8]) -> KeyFingerprint {
    match kind {
        KeyKind::Rsa { modulus, exponent } => digest("rsa", &[modulus, exponent]),
        KeyKind::Ec { curve, point } => match ecdsa::uncompressed(curve, point) {
            Some(point) => digest("ec", &[curve_oid(curve).as_bytes(), &point]),
            None => digest("ec-raw", &[curve_oid(curve).as_bytes(), point]),
        },
        KeyKind::Ed25519(point) => digest("ed25519", &[point]),
        KeyKind::ExplicitEc | KeyKind::Other(_) => {
            let parameters = algorithm.parameters.as_deref().unwrap_or_default();
            digest("other", &[algorithm.oid.as_bytes(), parameters, bits])
        }
    }
}

fn curve_oid(curve: &Curve) -> &str {
    match curve {
        Curve::P256 => "1.2.840.10045.3.1.7",
        Curve::P384 => "1.3.132.0.34",
        Curve::P521 => "1.3.132.0.35",
        Curve::Other(oid) => oid,
    }
}

fn digest(tag: &str, parts: &[&[u8]]) -> KeyFingerprint {
    let mut hasher = sha2::Sha256::new();
    for part in std::iter::once(tag.as_bytes()).chain(parts.iter().copied()) {
        // A key of more than 4 GiB cannot be in a certificate, whose lengths have 32 bits.
        hasher.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(part);
    }
    KeyFingerprint(Sha256(hasher.finalize().into()))
}
