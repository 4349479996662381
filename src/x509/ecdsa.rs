//! ECDSA signatures (X9.62) with any hash over P-256, P-384 and P-521, and the points of these curves.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    EcdsaVerificationAlgorithm, ParsedPublicKey,
};

use crate::model::certificate::Curve;
use crate::x509::algorithm::Hash;
use crate::x509::der::{self, INTEGER, SEQUENCE};
use crate::x509::signature::Check;

/// What aws-lc needs to know of a curve.
#[derive(Clone, Copy)]
struct Facts {
    /// Octets of a coordinate and of the numbers of a signature.
    octets: usize,
    /// Octets of the digest that `algorithm` takes.
    digest_octets: usize,
    digest: &'static digest::Algorithm,
    algorithm: &'static EcdsaVerificationAlgorithm,
}

impl Facts {
    fn of(curve: &Curve) -> Option<Self> {
        let (octets, digest_octets, digest, algorithm) = match curve {
            Curve::P256 => (32, 32, &digest::SHA256, &ECDSA_P256_SHA256_FIXED),
            Curve::P384 => (48, 48, &digest::SHA384, &ECDSA_P384_SHA384_FIXED),
            Curve::P521 => (66, 64, &digest::SHA512, &ECDSA_P521_SHA512_FIXED),
            Curve::Other(_) => return None,
        };
        Some(Self {
            octets,
            digest_octets,
            digest,
            algorithm,
        })
    }

    /// The key of a point. Only the forms with a first octet of 2, 3 or 4 and the right length are let through: aws-lc
    /// would also take a whole `SubjectPublicKeyInfo` here.
    fn key(self, point: &[u8]) -> Option<ParsedPublicKey> {
        let compressed = self.octets.checked_add(1)?;
        let uncompressed = self.octets.checked_mul(2)?.checked_add(1)?;
        match point.first()? {
            2 | 3 if point.len() == compressed => {}
            4 if point.len() == uncompressed => {}
            _ => return None,
        }
        ParsedPublicKey::new(self.algorithm, point).ok()
    }

    /// The digest as the number of X9.62 §7.3 (its leftmost bits, as many as the curve has), in the octets that the
    /// curve's usual hash has. This is how one algorithm verifies with every hash.
    fn number(self, digest: &[u8]) -> Option<Vec<u8>> {
        let leftmost = digest.get(..self.digest_octets).unwrap_or(digest);
        let mut octets = vec![0; self.digest_octets.checked_sub(leftmost.len())?];
        octets.extend(leftmost);
        Some(octets)
    }

    /// The two numbers of an `ECDSA-Sig-Value`, each in the curve's octets; `None` when they cannot be a signature.
    fn fixed(self, signature: &[u8]) -> Option<Vec<u8>> {
        let mut reader = der::single(signature, SEQUENCE).ok()?.reader();
        let mut fixed = Vec::with_capacity(self.octets.checked_mul(2)?);
        for _ in 0..2 {
            let number = der::unsigned(reader.content(INTEGER).ok()?).ok()?;
            let zeros = self.octets.checked_sub(number.len())?;
            fixed.extend(std::iter::repeat_n(0, zeros));
            fixed.extend(number);
        }
        reader.finish().ok()?;
        Some(fixed)
    }
}

/// Whether the key made the signature over the message.
pub(super) fn verify(
    curve: &Curve,
    point: &[u8],
    hash: Hash,
    message: &[u8],
    signature: &[u8],
) -> Check {
    verify_digest(curve, point, &hash.digest(&[message]), signature)
}

/// Whether the key made the signature over the message with this digest.
pub(super) fn verify_digest(curve: &Curve, point: &[u8], digest: &[u8], signature: &[u8]) -> Check {
    let (facts, key) = match usable(curve, point) {
        Ok(usable) => usable,
        Err(reason) => return Check::CannotTell(reason),
    };
    let number = facts.number(digest);
    let digest = number.and_then(|octets| Digest::import_less_safe(&octets, facts.digest).ok());
    let verified = facts
        .fixed(signature)
        .zip(digest)
        .is_some_and(|(signature, digest)| key.verify_digest_sig(&digest, &signature).is_ok());
    Check::from_verified(verified)
}

/// The digest as the number that the curve's signatures are over, in octets; `None` when the curve is not supported.
pub(super) fn number(curve: &Curve, digest: &[u8]) -> Option<Vec<u8>> {
    Facts::of(curve)?.number(digest)
}

/// The two numbers of an `ECDSA-Sig-Value`, each in the curve's octets; `None` when they are none of the curve.
pub(super) fn fixed(curve: &Curve, signature: &[u8]) -> Option<Vec<u8>> {
    Facts::of(curve)?.fixed(signature)
}

/// Why nothing can be verified under the key.
pub(super) fn obstacle(curve: &Curve, point: &[u8]) -> Option<String> {
    usable(curve, point).err()
}

fn usable(curve: &Curve, point: &[u8]) -> Result<(Facts, ParsedPublicKey), String> {
    let facts = Facts::of(curve).ok_or("a curve that is not supported")?;
    let key = facts
        .key(point)
        .ok_or("a public key that is no point of its curve")?;
    Ok((facts, key))
}

/// The point in uncompressed form, when it is one of a supported curve. One that is given uncompressed is not checked
/// to lie on the curve.
pub(super) fn uncompressed(curve: &Curve, point: &[u8]) -> Option<Vec<u8>> {
    let facts = Facts::of(curve)?;
    let length = facts.octets.checked_mul(2)?.checked_add(1)?;
    if point.first() == Some(&4) {
        return (point.len() == length).then(|| point.to_vec());
    }
    let info = facts.key(point)?.as_der().ok()?;
    let start = info.as_ref().len().checked_sub(length)?;
    info.as_ref()
        .get(start..)
        .filter(|point| point.first() == Some(&4))
        .map(<[u8]>::to_vec)
}
