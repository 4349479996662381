//! Does this key verify this signature?
//!
//! *Cannot verify* is not *does not verify*. [`Check::Fails`] is said only when algorithm and key are both supported,
//! so that a missing feature of this program never makes two certificates differ.

use crate::model::certificate::{AlgorithmIdentifier, Certificate, KeyKind, PublicKey};
use crate::model::codepoint::SignatureScheme;
use crate::x509::algorithm::{self, Hash, SignatureAlgorithm};
use crate::x509::ecdsa;
use crate::x509::pss::PssParameters;
use crate::x509::rsa::{self, Padding};

/// Whether a key made a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It did.
    Verifies,
    /// It did not: algorithm and key are supported, and the signature is not this key's over this message.
    Fails,
    /// Nothing can be said, for this reason (a fragment such as `signature algorithm dsa-with-SHA1 is not supported`).
    CannotTell(String),
}

impl Check {
    pub(super) fn from_verified(verified: bool) -> Self {
        if verified {
            Self::Verifies
        } else {
            Self::Fails
        }
    }

    /// This result, where failing proves nothing because of the reason.
    fn unless_fails(self, reason: &str) -> Self {
        match self {
            Self::Fails => Self::CannotTell(reason.to_owned()),
            other => other,
        }
    }
}

/// Whether `key` made `signature` over `message` with the algorithm.
///
/// A key of another kind than the algorithm's certainly did not (RSA signature, P-256 key); for that, too, both must
/// be supported.
pub fn verify(
    key: &PublicKey,
    algorithm: &AlgorithmIdentifier,
    message: &[u8],
    signature: &[u8],
) -> Check {
    let algorithm = match SignatureAlgorithm::of(algorithm) {
        Ok(algorithm) => algorithm,
        Err(reason) => return Check::CannotTell(reason),
    };
    let scheme = match algorithm {
        SignatureAlgorithm::RsaPkcs1(hash) | SignatureAlgorithm::RsaPkcs1Perhaps(hash) => {
            Scheme::Rsa(Padding::Pkcs1(hash))
        }
        SignatureAlgorithm::RsaPss(parameters) => Scheme::Rsa(Padding::Pss(parameters)),
        SignatureAlgorithm::RsaPssUnstated => Scheme::Rsa(Padding::Pss(PssParameters::DEFAULT)),
        SignatureAlgorithm::Ecdsa(hash) => Scheme::Ecdsa(hash),
        SignatureAlgorithm::Ed25519 => Scheme::Ed25519,
    };
    let check = scheme.verify(key, message, signature);
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Perhaps(_) => {
            check.unless_fails("an old algorithm identifier that may mean another hash")
        }
        SignatureAlgorithm::RsaPssUnstated => {
            check.unless_fails("RSASSA-PSS without parameters, and not with the default ones")
        }
        _ => check,
    }
}

/// Whether `key` made a signature of the TLS handshake.
///
/// `scheme` is `None` in TLS 1.0 and 1.1, where the kind of key decides: MD5 and SHA-1 together for RSA (RFC 4346
/// §7.4.3), SHA-1 for ECDSA (RFC 4492 §5.4).
pub fn verify_tls(
    key: &PublicKey,
    scheme: Option<SignatureScheme>,
    message: &[u8],
    signature: &[u8],
) -> Check {
    let scheme = match scheme {
        Some(scheme) => match Scheme::of_tls(scheme) {
            Some(known) => known,
            None => {
                return Check::CannotTell(format!("signature scheme {scheme} is not supported"));
            }
        },
        None => match key.kind {
            KeyKind::Rsa { .. } => Scheme::Rsa(Padding::Md5Sha1),
            KeyKind::Ec { .. } | KeyKind::ExplicitEc => Scheme::Ecdsa(Hash::Sha1),
            KeyKind::Ed25519(_) | KeyKind::Other(_) => {
                return Check::CannotTell(format!("a key of kind {} is not supported", key.kind));
            }
        },
    };
    scheme.verify(key, message, signature)
}

/// Whether `key` signed the certificate.
///
/// When the certificate's two algorithm identifiers differ, the answer is `CannotTell`: RFC 5280 §4.1.1.2 forbids it,
/// and which of them the issuer meant is not known.
pub fn verify_issued(certificate: &Certificate, key: &PublicKey) -> Check {
    if let Some(obstacle) = certificate.judgement_obstacle() {
        return Check::CannotTell(obstacle.to_string());
    }
    let (Ok(outer), Ok(signature)) = (&certificate.signature_algorithm, &certificate.signature)
    else {
        return Check::CannotTell("the signature does not parse".to_owned());
    };
    match &certificate.signed_algorithm {
        Err(error) => Check::CannotTell(error.to_string()),
        Ok(signed) if signed != outer => Check::CannotTell(format!(
            "the certificate names two signature algorithms: {} outside, {} in the signed part",
            algorithm_name(outer),
            algorithm_name(signed)
        )),
        Ok(_) => verify(key, outer, certificate.tbs_bytes(), signature),
    }
}

/// The name of a signature algorithm: `sha256WithRSAEncryption`, `RSASSA-PSS (SHA-256)`, `ecdsa-with-SHA256`,
/// `Ed25519`, or its object identifier when it has no name here.
pub fn algorithm_name(algorithm: &AlgorithmIdentifier) -> String {
    algorithm::name(algorithm)
}

/// How a signature is made, wherever that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Rsa(Padding),
    Ecdsa(Hash),
    Ed25519,
}

impl Scheme {
    fn of_tls(scheme: SignatureScheme) -> Option<Self> {
        let pss = |hash, length| Self::Rsa(Padding::Pss(PssParameters::usual(hash, length)));
        Some(match scheme {
            SignatureScheme::RSA_PKCS1_MD5 => Self::Rsa(Padding::Pkcs1(Hash::Md5)),
            SignatureScheme::RSA_PKCS1_SHA1 => Self::Rsa(Padding::Pkcs1(Hash::Sha1)),
            SignatureScheme::RSA_PKCS1_SHA224 => Self::Rsa(Padding::Pkcs1(Hash::Sha224)),
            SignatureScheme::RSA_PKCS1_SHA256 => Self::Rsa(Padding::Pkcs1(Hash::Sha256)),
            SignatureScheme::RSA_PKCS1_SHA384 => Self::Rsa(Padding::Pkcs1(Hash::Sha384)),
            SignatureScheme::RSA_PKCS1_SHA512 => Self::Rsa(Padding::Pkcs1(Hash::Sha512)),
            SignatureScheme::RSA_PSS_RSAE_SHA256 | SignatureScheme::RSA_PSS_PSS_SHA256 => {
                pss(Hash::Sha256, 32)
            }
            SignatureScheme::RSA_PSS_RSAE_SHA384 | SignatureScheme::RSA_PSS_PSS_SHA384 => {
                pss(Hash::Sha384, 48)
            }
            SignatureScheme::RSA_PSS_RSAE_SHA512 | SignatureScheme::RSA_PSS_PSS_SHA512 => {
                pss(Hash::Sha512, 64)
            }
            SignatureScheme::ECDSA_SHA1 => Self::Ecdsa(Hash::Sha1),
            SignatureScheme::ECDSA_SHA224 => Self::Ecdsa(Hash::Sha224),
            SignatureScheme::ECDSA_SECP256R1_SHA256 => Self::Ecdsa(Hash::Sha256),
            SignatureScheme::ECDSA_SECP384R1_SHA384 => Self::Ecdsa(Hash::Sha384),
            SignatureScheme::ECDSA_SECP521R1_SHA512 => Self::Ecdsa(Hash::Sha512),
            SignatureScheme::ED25519 => Self::Ed25519,
            _ => return None,
        })
    }

    fn verify(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> Check {
        match (self, &key.kind) {
            (Self::Rsa(padding), KeyKind::Rsa { modulus, exponent }) => {
                match rsa::Key::new(modulus, exponent) {
                    Ok(key) => key.verify(padding, message, signature),
                    Err(reason) => Check::CannotTell(reason),
                }
            }
            (Self::Ecdsa(hash), KeyKind::Ec { curve, point }) => {
                ecdsa::verify(curve, point, hash, message, signature)
            }
            (Self::Ed25519, KeyKind::Ed25519(point)) => {
                let algorithm = &aws_lc_rs::signature::ED25519;
                let key = aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, point);
                Check::from_verified(key.verify(message, signature).is_ok())
            }
            (_, kind) => match obstacle(kind) {
                Some(reason) => Check::CannotTell(reason),
                None => Check::Fails,
            },
        }
    }
}

/// Why nothing can be verified under a key of this kind.
fn obstacle(kind: &KeyKind) -> Option<String> {
    match kind {
        KeyKind::Rsa { modulus, exponent } => rsa::Key::new(modulus, exponent).err(),
        KeyKind::Ec { curve, point } => ecdsa::obstacle(curve, point),
        KeyKind::Ed25519(_) => None,
        KeyKind::ExplicitEc => Some("a curve that is written out instead of named".to_owned()),
        KeyKind::Other(oid) => Some(format!("a key of kind {oid} is not supported")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Deserialize;

    use super::*;
    use crate::model::bytes::Der;
    use crate::x509::der::{SEQUENCE, single};
    use crate::x509::{parse, public_key};

    /// `testdata/keys/signatures.json`; its README says how it is made.
    #[derive(Deserialize)]
    struct Fixtures {
        message: String,
        keys: BTreeMap<String, String>,
        signatures: Vec<Fixture>,
    }

    #[derive(Deserialize)]
    struct Fixture {
        name: String,
        key: String,
        oid: Box<str>,
        parameters: Option<String>,
        signature: String,
        expect: String,
    }

    impl Fixture {
        fn algorithm(&self) -> AlgorithmIdentifier {
            AlgorithmIdentifier {
                oid: self.oid.clone(),
                parameters: self.parameters.as_deref().map(|text| bytes(text).into()),
            }
        }
    }

    impl Fixtures {
        fn read() -> Self {
            let text = include_str!("../../testdata/keys/signatures.json");
            serde_json::from_str(text).expect("the fixtures")
        }

        fn key(&self, name: &str) -> PublicKey {
            let spki = bytes(self.keys.get(name).expect("a key"));
            public_key::parse(single(&spki, SEQUENCE).expect("DER")).expect("a public key")
        }

        fn check(&self, fixture: &Fixture, message: &str, signature: &[u8]) -> &'static str {
            let key = self.key(&fixture.key);
            word(&verify(
                &key,
                &fixture.algorithm(),
                message.as_bytes(),
                signature,
            ))
        }
    }

    fn bytes(text: &str) -> Vec<u8> {
        STANDARD.decode(text).expect("base64")
    }

    fn word(check: &Check) -> &'static str {
        match check {
            Check::Verifies => "verifies",
            Check::Fails => "fails",
            Check::CannotTell(_) => "cannot tell",
        }
    }

    /// What a wrong signature gives: nothing can be said where the identifier is not sure to mean the hash.
    fn when_wrong(fixture: &Fixture) -> &'static str {
        let unsure = ["1.3.14.3.2.3", "1.3.14.3.2.15"].contains(&fixture.oid.as_ref())
            || (fixture.oid.ends_with(".1.1.10") && fixture.parameters.is_none());
        if unsure { "cannot tell" } else { "fails" }
    }

    #[test]
    fn every_signature_is_judged_as_expected() {
        let fixtures = Fixtures::read();
        for fixture in &fixtures.signatures {
            let found = fixtures.check(fixture, &fixtures.message, &bytes(&fixture.signature));
            assert_eq!(found, fixture.expect, "{}", fixture.name);
        }
        let good = fixtures
            .signatures
            .iter()
            .filter(|f| f.expect == "verifies");
        assert_eq!(good.count(), 66);
    }

    #[test]
    fn another_message_or_another_signature_fails() {
        let fixtures = Fixtures::read();
        let good = fixtures
            .signatures
            .iter()
            .filter(|f| f.expect == "verifies");
        for fixture in good {
            let mut signature = bytes(&fixture.signature);
            let found = fixtures.check(fixture, "another message", &signature);
            assert_eq!(found, when_wrong(fixture), "{}", fixture.name);
            *signature.last_mut().expect("octets") ^= 1;
            let found = fixtures.check(fixture, &fixtures.message, &signature);
            assert_eq!(found, when_wrong(fixture), "{}", fixture.name);
        }
    }

    #[test]
    fn another_supported_key_fails_and_an_unsupported_one_says_nothing() {
        let fixtures = Fixtures::read();
        let good = fixtures
            .signatures
            .iter()
            .filter(|f| f.expect == "verifies");
        for fixture in good {
            for name in fixtures.keys.keys() {
                if name.starts_with(fixture.key.trim_end_matches("-compressed")) {
                    continue;
                }
                let key = fixtures.key(name);
                let found = verify(
                    &key,
                    &fixture.algorithm(),
                    fixtures.message.as_bytes(),
                    &bytes(&fixture.signature),
                );
                let supported = obstacle(&key.kind).is_none();
                let expected = if supported {
                    when_wrong(fixture)
                } else {
                    "cannot tell"
                };
                assert_eq!(word(&found), expected, "{} under {name}", fixture.name);
            }
        }
    }

    #[test]
    fn a_compressed_point_is_the_same_key() {
        let fixtures = Fixtures::read();
        for curve in ["p256", "p384", "p521"] {
            let (plain, compressed) = (
                fixtures.key(curve),
                fixtures.key(&format!("{curve}-compressed")),
            );
            assert_eq!(plain.fingerprint, compressed.fingerprint, "{curve}");
            assert_ne!(plain.bits_sha1, compressed.bits_sha1, "{curve}");
        }
        let fingerprints: std::collections::BTreeSet<_> = fixtures
            .keys
            .keys()
            .map(|name| fixtures.key(name).fingerprint)
            .collect();
        assert_eq!(fingerprints.len(), fixtures.keys.len() - 3);
    }

    #[test]
    fn handshake_signatures_are_verified_by_scheme() {
        let fixtures = Fixtures::read();
        let check = |name: &str, key: &str, scheme| {
            let fixture = fixtures
                .signatures
                .iter()
                .find(|f| f.name == name)
                .expect(name);
            let message = fixtures.message.as_bytes();
            word(&verify_tls(
                &fixtures.key(key),
                scheme,
                message,
                &bytes(&fixture.signature),
            ))
        };
        let pss = Some(SignatureScheme::RSA_PSS_RSAE_SHA256);
        assert_eq!(
            check("rsa-2048 pss sha256/sha256/32", "rsa-2048", pss),
            "verifies"
        );
        let plain = Some(SignatureScheme::RSA_PKCS1_SHA1);
        assert_eq!(check("rsa-1024 sha1", "rsa-1024", plain), "verifies");
        assert_eq!(check("rsa-1024 sha1", "rsa-1024", pss), "fails");
        assert_eq!(
            check("rsa-2048 md5 and sha1, as in TLS 1.0", "rsa-2048", None),
            "verifies"
        );
        assert_eq!(check("rsa-2048 sha1", "rsa-2048", None), "fails");
        assert_eq!(check("p521 sha1", "p521", None), "verifies");
        assert_eq!(
            check(
                "p384 sha512",
                "p384",
                Some(SignatureScheme::ECDSA_SECP521R1_SHA512)
            ),
            "verifies"
        );
        assert_eq!(
            check("ed25519", "ed25519", Some(SignatureScheme::ED25519)),
            "verifies"
        );
        assert_eq!(
            check("dsa", "dsa", Some(SignatureScheme::DSA_SHA1)),
            "cannot tell"
        );
        assert_eq!(check("dsa", "dsa", None), "cannot tell");
        assert_eq!(check("ed25519", "ed25519", None), "cannot tell");
    }

    #[test]
    fn a_certificate_that_names_two_algorithms_is_not_judged() {
        let der = include_bytes!("../../testdata/certs/ca.der");
        let mut certificate = parse::certificate(&Der::from(&der[..]));
        let key = certificate.public_key.clone().expect("a key");
        assert_eq!(verify_issued(&certificate, &key), Check::Verifies);
        certificate.signature = Ok([0x30, 0x00].into());
        assert_eq!(verify_issued(&certificate, &key), Check::Fails);
        certificate.signed_algorithm = Ok(AlgorithmIdentifier {
            oid: "1.2.840.10045.4.3.4".into(),
            parameters: None,
        });
        let Check::CannotTell(reason) = verify_issued(&certificate, &key) else {
            panic!("two algorithms were judged as one");
        };
        assert!(
            reason.contains("ecdsa-with-SHA256 outside, ecdsa-with-SHA512"),
            "{reason}"
        );
    }

    #[test]
    fn algorithms_are_named_as_the_field_names_them() {
        let fixtures = Fixtures::read();
        let name = |fixture: &str| {
            let fixture = fixtures.signatures.iter().find(|f| f.name == fixture);
            algorithm_name(&fixture.expect("a fixture").algorithm())
        };
        assert_eq!(name("rsa-2048 sha256"), "sha256WithRSAEncryption");
        assert_eq!(
            name("rsa-2048 pss sha256/sha256/32"),
            "RSASSA-PSS (SHA-256)"
        );
        assert_eq!(
            name("rsa-2048 pss sha256/sha1/20"),
            "RSASSA-PSS (SHA-256, MGF1 with SHA-1)"
        );
        assert_eq!(name("p256 sha256"), "ecdsa-with-SHA256");
        assert_eq!(name("ed25519"), "Ed25519");
        let unknown = AlgorithmIdentifier {
            oid: "1.2.3".into(),
            parameters: None,
        };
        assert_eq!(algorithm_name(&unknown), "1.2.3");
    }
}
