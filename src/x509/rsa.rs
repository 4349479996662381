//! RSA signatures (RFC 8017 §8).
//!
//! aws-lc does the usual sizes quickly. What it refuses (MD5, 512 or 1023 bits, more than 8192, PSS with SHA-1 or an
//! unusual salt) is computed here. Size and exponent are checked first, since a library answers "not supported" and
//! "does not verify" with one error.

use aws_lc_rs::signature::{self as fast, RsaParameters, RsaPublicKeyComponents};
use rsa::BigUint;

use crate::x509::algorithm::Hash;
use crate::x509::pss::PssParameters;
use crate::x509::signature::Check;

/// The padding of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// RSASSA-PKCS1-v1_5 with a `DigestInfo`.
    Pkcs1(Hash),
    /// The block of type 1 around an MD5 and a SHA-1 digest, which TLS 1.0 and 1.1 sign (RFC 4346 §7.4.3).
    Md5Sha1,
    /// RSASSA-PSS.
    Pss(PssParameters),
}

/// An RSA key that is known to be usable.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    modulus: &'a [u8],
    exponent: &'a [u8],
    bits: usize,
}

const LEAST_BITS: usize = 512;
const MOST_BITS: usize = 16_384;
const MOST_EXPONENT_BITS: usize = 33;

impl<'a> Key<'a> {
    /// The key of a modulus and an exponent without leading zeros, or why nothing can be verified with it.
    pub(super) fn new(modulus: &'a [u8], exponent: &'a [u8]) -> Result<Self, String> {
        let size = bits(modulus);
        if !(LEAST_BITS..=MOST_BITS).contains(&size) {
            return Err(format!(
                "an RSA modulus of {size} bits; {LEAST_BITS} to {MOST_BITS} are supported"
            ));
        }
        let exponent_size = bits(exponent);
        if exponent_size > MOST_EXPONENT_BITS {
            return Err(format!(
                "an RSA exponent of {exponent_size} bits; at most {MOST_EXPONENT_BITS} are supported"
            ));
        }
        if exponent_size < 2 || is_even(exponent) {
            return Err("an RSA exponent that is even or less than 3".to_owned());
        }
        if is_even(modulus) {
            return Err("an even RSA modulus".to_owned());
        }
        Ok(Self {
            modulus,
            exponent,
            bits: size,
        })
    }

    /// Whether the key made the signature over the message.
    pub(super) fn verify(self, padding: Padding, message: &[u8], signature: &[u8]) -> Check {
        if let Some(parameters) = self.fast(padding) {
            let key = RsaPublicKeyComponents {
                n: self.modulus,
                e: self.exponent,
            };
            return Check::from_verified(key.verify(parameters, message, signature).is_ok());
        }
        Check::from_verified(
            self.open(signature)
                .is_some_and(|encoded| self.matches(padding, &encoded, message)),
        )
    }

    /// How aws-lc verifies this, if it does.
    fn fast(self, padding: Padding) -> Option<&'static RsaParameters> {
        let parameters = match (padding, self.bits) {
            (Padding::Pkcs1(Hash::Sha1), 1024..=8192) => {
                &fast::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
            }
            (Padding::Pkcs1(Hash::Sha256), 1024..=8192) => {
                &fast::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
            }
            (Padding::Pkcs1(Hash::Sha512), 1024..=8192) => {
                &fast::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
            }
            (Padding::Pkcs1(Hash::Sha384), 2048..=8192) => &fast::RSA_PKCS1_2048_8192_SHA384,
            (Padding::Pss(parameters), 2048..=8192) => return fast_pss(parameters),
            _ => return None,
        };
        Some(parameters)
    }

    /// The encoded message in the signature: as many octets as the modulus has.
    fn open(self, signature: &[u8]) -> Option<Vec<u8>> {
        let modulus = BigUint::from_bytes_be(self.modulus);
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != self.modulus.len() || number >= modulus {
            return None;
        }
        let opened = number
            .modpow(&BigUint::from_bytes_be(self.exponent), &modulus)
            .to_bytes_be();
        let mut encoded = vec![0; self.modulus.len().checked_sub(opened.len())?];
        encoded.extend(opened);
        Some(encoded)
    }

    fn matches(self, padding: Padding, encoded: &[u8], message: &[u8]) -> bool {
        match padding {
            Padding::Pkcs1(hash) => is_block(
                encoded,
                &[hash.digest_info_prefix(), &hash.digest(&[message])].concat(),
            ),
            Padding::Md5Sha1 => is_block(
                encoded,
                &[Hash::Md5.digest(&[message]), Hash::Sha1.digest(&[message])].concat(),
            ),
            Padding::Pss(parameters) => {
                parameters.matches(encoded, self.bits, &parameters.hash.digest(&[message]))
            }
        }
    }
}

fn fast_pss(parameters: PssParameters) -> Option<&'static RsaParameters> {
    let choices = [
        (
            PssParameters::usual(Hash::Sha256, 32),
            &fast::RSA_PSS_2048_8192_SHA256,
        ),
        (
            PssParameters::usual(Hash::Sha384, 48),
            &fast::RSA_PSS_2048_8192_SHA384,
        ),
        (
            PssParameters::usual(Hash::Sha512, 64),
            &fast::RSA_PSS_2048_8192_SHA512,
        ),
    ];
    choices
        .into_iter()
        .find(|(usual, _)| *usual == parameters)
        .map(|(_, fast)| fast)
}

/// Whether the octets are exactly `00 01 ff…ff 00` and the payload, with at least eight octets of padding
/// (RFC 8017 §9.2). The whole is compared, so that no other encoding of the payload and nothing after it passes.
fn is_block(encoded: &[u8], payload: &[u8]) -> bool {
    let Some((start, found)) = encoded
        .len()
        .checked_sub(payload.len())
        .and_then(|start| encoded.split_at_checked(start))
    else {
        return false;
    };
    let [0, 1, padding @ .., 0] = start else {
        return false;
    };
    padding.len() >= 8 && padding.iter().all(|octet| *octet == 0xff) && found == payload
}

fn is_even(number: &[u8]) -> bool {
    number.last().is_none_or(|last| last & 1 == 0)
}

/// The length in bits of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    number
        .len()
        .saturating_mul(8)
        .saturating_sub(usize::try_from(unused).unwrap_or_default())
}
