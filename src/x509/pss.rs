//! RSASSA-PSS: its parameters (RFC 4055 §3.1) and the check of an encoded message (RFC 8017 §9.1.2).

use std::fmt;

use crate::x509::algorithm::{Hash, hash_identifier, identifier, tagged};
use crate::x509::der::{self, DerError, SEQUENCE};

/// The parameters of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PssParameters {
    pub(super) hash: Hash,
    /// The hash inside the mask generation function MGF1.
    pub(super) mask_hash: Hash,
    /// In octets.
    pub(super) salt_length: usize,
}

impl PssParameters {
    /// What an absent field means.
    pub(super) const DEFAULT: Self = Self {
        hash: Hash::Sha1,
        mask_hash: Hash::Sha1,
        salt_length: 20,
    };

    /// The usual choice: one hash, and a salt of its length.
    pub(super) fn usual(hash: Hash, length: usize) -> Self {
        Self {
            hash,
            mask_hash: hash,
            salt_length: length,
        }
    }

    /// Reads `RSASSA-PSS-params`; the error says why a signature with them cannot be verified.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, String> {
        let broken = |error: DerError| format!("RSASSA-PSS parameters: {error}");
        let mut reader = der::single(encoded, SEQUENCE).map_err(broken)?.reader();
        let mut parameters = Self::DEFAULT;
        if let Some(hash) = tagged(&mut reader, 0).map_err(broken)? {
            parameters.hash = hash_identifier(hash.whole)?;
        }
        if let Some(mask) = tagged(&mut reader, 1).map_err(broken)? {
            parameters.mask_hash = mask_hash(mask)?;
        }
        if let Some(salt) = tagged(&mut reader, 2).map_err(broken)? {
            parameters.salt_length = length(salt).map_err(broken)?;
        }
        if let Some(trailer) = tagged(&mut reader, 3).map_err(broken)?
            && length(trailer).map_err(broken)? != 1
        {
            return Err("RSASSA-PSS parameters: a trailer field other than 1".to_owned());
        }
        reader.finish().map_err(broken)?;
        Ok(parameters)
    }

    /// Whether the encoded message of a modulus of `bits` bits carries this digest.
    pub(super) fn matches(self, encoded: &[u8], bits: usize, digest: &[u8]) -> bool {
        self.check(encoded, bits, digest).unwrap_or(false)
    }

    /// The steps of RFC 8017 §9.1.2; `None` where a length does not fit.
    fn check(self, encoded: &[u8], bits: usize, digest: &[u8]) -> Option<bool> {
        let encoded_bits = bits.checked_sub(1)?;
        // The octets of the modulus are one more than those of the encoded message when its bits are a multiple of 8.
        let length = encoded_bits.div_ceil(8);
        let (padding, encoded) = encoded.split_at_checked(encoded.len().checked_sub(length)?)?;
        let (encoded, &trailer) = encoded.split_last().map(|(last, rest)| (rest, last))?;
        let (masked, hash) = encoded.split_at_checked(encoded.len().checked_sub(digest.len())?)?;
        let unused = u32::try_from(length.checked_mul(8)?.checked_sub(encoded_bits)?).ok()?;
        let mask = 0xff_u8.checked_shr(unused)?;
        let mut block = self.unmask(masked, hash);
        let first = block.first_mut()?;
        if padding.iter().any(|octet| *octet != 0)
            || trailer != 0xbc
            || masked.first()? & !mask != 0
        {
            return Some(false);
        }
        *first &= mask;
        let (zeros, salt) = block.split_at_checked(block.len().checked_sub(self.salt_length)?)?;
        let (&one, zeros) = zeros.split_last()?;
        let expected = self.hash.digest(&[&[0; 8], digest, salt]);
        Some(one == 1 && zeros.iter().all(|octet| *octet == 0) && expected == hash)
    }

    /// MGF1 (RFC 8017 §B.2.1) over the seed, added to the octets.
    fn unmask(self, masked: &[u8], seed: &[u8]) -> Vec<u8> {
        let stream =
            (0_u32..).flat_map(|counter| self.mask_hash.digest(&[seed, &counter.to_be_bytes()]));
        masked
            .iter()
            .zip(stream)
            .map(|(octet, mask)| octet ^ mask)
            .collect()
    }
}

impl fmt::Display for PssParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RSASSA-PSS ({}", self.hash.name())?;
        if self.mask_hash != self.hash {
            write!(f, ", MGF1 with {}", self.mask_hash.name())?;
        }
        f.write_str(")")
    }
}

/// The hash of a `MaskGenAlgorithm`, of which there is only MGF1.
fn mask_hash(tlv: der::Tlv<'_>) -> Result<Hash, String> {
    let mask = identifier(tlv).map_err(|error| format!("mask generation function: {error}"))?;
    match (mask.oid.as_ref(), mask.parameters) {
        ("1.2.840.113549.1.1.8", Some(hash)) => hash_identifier(&hash),
        ("1.2.840.113549.1.1.8", None) => {
            Err("mask generation function MGF1 without its hash".to_owned())
        }
        (oid, _) => Err(format!("mask generation function {oid} is not supported")),
    }
}

fn length(tlv: der::Tlv<'_>) -> Result<usize, DerError> {
    let value = der::small(tlv.expect(der::INTEGER)?.content)?;
    usize::try_from(value).map_err(|_| DerError::Value("a length of more than the machine's word"))
}
