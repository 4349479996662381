//! Public keys out of ECDSA signatures (SEC 1 §4.1.6): who may have signed this, when no certificate of the CA is at
//! hand.
//!
//! One signature verifies under two keys of each curve, only one of which exists. The key that two signatures over
//! different messages share is the issuer's: no other could have made both.

use ecdsa::RecoveryId;

use crate::model::certificate::{AlgorithmIdentifier, Certificate, Curve, KeyKind, PublicKey};
use crate::x509::algorithm::SignatureAlgorithm;
use crate::x509::der::{SEQUENCE, single};
use crate::x509::signature::Check;
use crate::x509::{ecdsa as numbers, public_key};

/// An ECDSA signature and what it is over: all that its issuer's key can be computed from, in some hundred octets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signed {
    digest: Box<[u8]>,
    signature: Box<[u8]>,
}

impl Signed {
    /// The signature of a certificate. `None` when it is no usable ECDSA signature; such a certificate says nothing of
    /// its issuer's key.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        match (
            &certificate.signature_algorithm,
            &certificate.signed_algorithm,
            &certificate.signature,
        ) {
            (Ok(outer), Ok(signed), Ok(signature))
                if outer == signed && certificate.is_judgeable() =>
            {
                Self::new(outer, certificate.tbs_bytes(), signature)
            }
            _ => None,
        }
    }

    fn new(algorithm: &AlgorithmIdentifier, message: &[u8], signature: &[u8]) -> Option<Self> {
        let Ok(SignatureAlgorithm::Ecdsa(hash)) = SignatureAlgorithm::of(algorithm) else {
            return None;
        };
        Some(Self {
            digest: hash.digest(&[message]).into(),
            signature: signature.into(),
        })
    }

    /// The keys on P-256 and P-384 under which the signature verifies: nearly always two or four, since a signature
    /// does not tell its curve. Empty when the numbers of the signature are out of range.
    pub fn keys(&self) -> Vec<PublicKey> {
        let infos = |head: &'static [u8], points: Vec<Vec<u8>>| {
            points.into_iter().map(move |point| [head, &point].concat())
        };
        let p256 = infos(P256_INFO, p256_points(&self.digest, &self.signature));
        let p384 = infos(P384_INFO, p384_points(&self.digest, &self.signature));
        p256.chain(p384)
            .filter_map(|info| public_key::parse(single(&info, SEQUENCE).ok()?).ok())
            .collect()
    }

    /// Whether the key made the signature.
    pub fn is_by(&self, key: &PublicKey) -> bool {
        match &key.kind {
            KeyKind::Ec { curve, point } => {
                numbers::verify_digest(curve, point, &self.digest, &self.signature)
                    == Check::Verifies
            }
            _ => false,
        }
    }

    /// Whether both are over the same message. From one signature anyone can make another over the same message that
    /// verifies under the same keys, so that two such signatures tell no more than one.
    pub fn is_over_the_message_of(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
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
        fn $name(digest: &[u8], signature: &[u8]) -> Vec<Vec<u8>> {
            use $library::ecdsa::{Signature, VerifyingKey};

            let prehash = numbers::number(&$curve, digest);
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
    use crate::x509::algorithm::Hash;
    use crate::x509::parse;
    use crate::x509::signature::verify;

    /// The keys under which the signature over the message verifies.
    fn keys(algorithm: &AlgorithmIdentifier, message: &[u8], signature: &[u8]) -> Vec<PublicKey> {
        let signed = Signed::new(algorithm, message, signature);
        signed.map_or_else(Vec::new, |signed| signed.keys())
    }

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
            let signed = Signed::new(&algorithm(hash), b"message", &signature).expect("ECDSA");
            for key in signed.keys() {
                prop_assert_eq!(verify(&key, &algorithm(hash), b"message", &signature), Check::Verifies);
                prop_assert!(signed.is_by(&key));
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
        let recovered = Signed::of(&certificate).expect("ECDSA").keys();
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
