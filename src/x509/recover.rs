//! Public keys out of ECDSA signatures (SEC 1 §4.1.6): who may have signed this, when no certificate of the CA is at
//! hand.
//!
//! One signature verifies under two keys of each curve, only one of which exists. The key that two signatures over
//! different messages share is the issuer's: no other could have made both.

use ecdsa::RecoveryId;

use crate::model::certificate::{AlgorithmIdentifier, Certificate, Curve, PublicKey};
use crate::x509::algorithm::{Hash, SignatureAlgorithm};
use crate::x509::der::{SEQUENCE, single};
use crate::x509::{ecdsa as numbers, public_key};

/// The keys on P-256 and P-384 under which the certificate's signature verifies: nearly always two or four, since a
/// signature does not tell its curve. Empty when it is no usable ECDSA signature; such a certificate says nothing of
/// its issuer's key.
pub fn issuer_keys(certificate: &Certificate) -> Vec<PublicKey> {
    match (
        &certificate.signature_algorithm,
        &certificate.signed_algorithm,
        &certificate.signature,
    ) {
        (Ok(outer), Ok(signed), Ok(signature)) if outer == signed && certificate.is_judgeable() => {
            keys(outer, certificate.tbs_bytes(), signature)
        }
        _ => Vec::new(),
    }
}

/// The keys on P-256 and P-384 under which the signature over the message verifies. Empty when the algorithm is not
/// ECDSA with a known hash, or when the numbers of the signature are out of range.
pub fn keys(algorithm: &AlgorithmIdentifier, message: &[u8], signature: &[u8]) -> Vec<PublicKey> {
    let Ok(SignatureAlgorithm::Ecdsa(hash)) = SignatureAlgorithm::of(algorithm) else {
        return Vec::new();
    };
    let points = p256_points(hash, message, signature)
        .into_iter()
        .map(|point| [P256_INFO, &point].concat());
    let others = p384_points(hash, message, signature)
        .into_iter()
        .map(|point| [P384_INFO, &point].concat());
    points
        .chain(others)
        .filter_map(|info| public_key::parse(single(&info, SEQUENCE).ok()?).ok())
        .collect()
}

/// A `SubjectPublicKeyInfo` on P-256 up to its uncompressed point.
const P256_INFO: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// A `SubjectPublicKeyInfo` on P-384 up to its uncompressed point.
const P384_INFO: &[u8] =
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";

/// The four choices of recovery: the parity of a coordinate, and whether another was reduced by the group's order
/// (which one signature in some billions was).
const CHOICES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

macro_rules! points {
    ($(#[$doc:meta])* $name:ident, $library:ident, $curve:expr) => {
        $(#[$doc])*
        fn $name(hash: Hash, message: &[u8], signature: &[u8]) -> Vec<Vec<u8>> {
            use $library::ecdsa::{Signature, VerifyingKey};

            let prehash = numbers::number(&$curve, &hash.digest(&[message]));
            let fixed = numbers::fixed(&$curve, signature);
            let signature = fixed.and_then(|octets| Signature::from_slice(&octets).ok());
            let (Some(prehash), Some(signature)) = (prehash, signature) else {
                return Vec::new();
            };
            CHOICES
                .into_iter()
                .map(|(is_odd, is_reduced)| RecoveryId::new(is_odd, is_reduced))
                .filter_map(|choice| VerifyingKey::recover_from_prehash(&prehash, &signature, choice).ok())
                .map(|key| key.to_encoded_point(false).as_bytes().to_vec())
                .collect()
        }
    };
}

points! {
    /// The points of P-256, uncompressed.
    p256_points, p256, Curve::P256
}
points! {
    /// The points of P-384, uncompressed.
    p384_points, p384, Curve::P384
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use p256::ecdsa::signature::hazmat::PrehashSigner as _;
    use proptest::prelude::*;

    use super::*;
    use crate::model::bytes::Der;
    use crate::model::certificate::KeyFingerprint;
    use crate::x509::parse;
    use crate::x509::signature::{Check, verify};

    const HASHES: [(Hash, &str); 5] = [
        (Hash::Sha1, "1.2.840.10045.4.1"),
        (Hash::Sha224, "1.2.840.10045.4.3.1"),
        (Hash::Sha256, "1.2.840.10045.4.3.2"),
        (Hash::Sha384, "1.2.840.10045.4.3.3"),
        (Hash::Sha512, "1.2.840.10045.4.3.4"),
    ];

    fn algorithm(hash: usize) -> AlgorithmIdentifier {
        AlgorithmIdentifier {
            oid: HASHES[hash].1.into(),
            parameters: None,
        }
    }

    /// A key to sign with, on either curve.
    enum Signer {
        P256(p256::ecdsa::SigningKey),
        P384(p384::ecdsa::SigningKey),
    }

    impl Signer {
        fn new(is_p384: bool, seed: [u8; 16]) -> Self {
            let secret = [&[1; 16][..], &seed].concat();
            if is_p384 {
                let secret = [&[1; 16][..], &secret].concat();
                Self::P384(p384::ecdsa::SigningKey::from_slice(&secret).expect("a scalar"))
            } else {
                Self::P256(p256::ecdsa::SigningKey::from_slice(&secret).expect("a scalar"))
            }
        }

        fn fingerprint(&self) -> KeyFingerprint {
            let info = match self {
                Self::P256(key) => {
                    let point = key.verifying_key().to_encoded_point(false);
                    [P256_INFO, point.as_bytes()].concat()
                }
                Self::P384(key) => {
                    let point = key.verifying_key().to_encoded_point(false);
                    [P384_INFO, point.as_bytes()].concat()
                }
            };
            let tlv = single(&info, SEQUENCE).expect("DER");
            public_key::parse(tlv).expect("a key").fingerprint
        }

        fn sign(&self, hash: usize, message: &[u8]) -> Vec<u8> {
            let digest = HASHES[hash].0.digest(&[message]);
            match self {
                Self::P256(key) => {
                    let number = numbers::number(&Curve::P256, &digest).expect("a number");
                    let signature: p256::ecdsa::Signature =
                        key.sign_prehash(&number).expect("signs");
                    signature.to_der().as_bytes().to_vec()
                }
                Self::P384(key) => {
                    let number = numbers::number(&Curve::P384, &digest).expect("a number");
                    let signature: p384::ecdsa::Signature =
                        key.sign_prehash(&number).expect("signs");
                    signature.to_der().as_bytes().to_vec()
                }
            }
        }

        fn candidates(&self, hash: usize, message: &[u8]) -> BTreeSet<KeyFingerprint> {
            let keys = keys(&algorithm(hash), message, &self.sign(hash, message));
            keys.iter().map(|key| key.fingerprint).collect()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10))]

        #[test]
        fn two_signatures_share_the_issuers_key_alone(seed: [u8; 16], is_p384: bool, hash in 0_usize..5, one: [u8; 8], two: [u8; 8]) {
            prop_assume!(one != two);
            let signer = Signer::new(is_p384, seed);
            let (left, right) = (signer.candidates(hash, &one), signer.candidates(hash, &two));
            prop_assert!((2..=4).contains(&left.len()), "{} candidates", left.len());
            let shared: Vec<_> = left.intersection(&right).copied().collect();
            prop_assert_eq!(shared, [signer.fingerprint()]);
        }

        #[test]
        fn two_issuers_share_no_key(left: [u8; 16], right: [u8; 16], is_p384: bool, hash in 0_usize..5) {
            prop_assume!(left != right);
            let (left, right) = (Signer::new(is_p384, left), Signer::new(is_p384, right));
            prop_assert!(left.candidates(hash, b"one").is_disjoint(&right.candidates(hash, b"two")));
        }

        #[test]
        fn every_candidate_verifies(seed: [u8; 16], is_p384: bool, hash in 0_usize..5) {
            let signature = Signer::new(is_p384, seed).sign(hash, b"message");
            for key in keys(&algorithm(hash), b"message", &signature) {
                prop_assert_eq!(verify(&key, &algorithm(hash), b"message", &signature), Check::Verifies);
            }
        }

        #[test]
        fn noise_gives_no_panic(noise in proptest::collection::vec(any::<u8>(), 0..80), hash in 0_usize..5) {
            let _ = keys(&algorithm(hash), b"message", &noise);
        }
    }

    #[test]
    fn the_key_of_a_self_signed_certificate_is_among_those_recovered() {
        let der = include_bytes!("../../testdata/certs/ca.der");
        let certificate = parse::certificate(&Der::from(&der[..]));
        let key = certificate.public_key.as_ref().expect("a key");
        let recovered = issuer_keys(&certificate);
        let same = recovered
            .iter()
            .find(|one| one.fingerprint == key.fingerprint);
        assert_eq!(same.map(|key| key.bits_sha1), Some(key.bits_sha1));
    }

    #[test]
    fn what_is_no_usable_signature_gives_no_key() {
        let rsa = AlgorithmIdentifier {
            oid: "1.2.840.113549.1.1.11".into(),
            parameters: None,
        };
        assert_eq!(keys(&rsa, b"message", b"").len(), 0);
        assert_eq!(
            keys(
                &algorithm(2),
                b"message",
                b"\x30\x06\x02\x01\x00\x02\x01\x00"
            )
            .len(),
            0
        );
    }
}
