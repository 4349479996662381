//! What our hellos offer: suites, signature schemes and curves of every age.

use crate::model::codepoint::{CipherSuite, SignatureScheme};

/// x25519, the NIST curves by falling use, and the Brainpool curves: a server whose certificate has a key on a curve that
/// is missing here does not show it (RFC 8422 §5.1).
pub(super) const GROUPS: [u16; 7] = [29, 23, 24, 25, 26, 27, 28];

/// SHA-1 is here because SChannel picks no certificate whose signature hash is missing.
pub(super) const SIGNATURE_SCHEMES: [SignatureScheme; 17] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PSS_PSS_SHA256,
    SignatureScheme::RSA_PSS_PSS_SHA384,
    SignatureScheme::RSA_PSS_PSS_SHA512,
    SignatureScheme::ECDSA_SHA1,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::DSA_SHA256,
    SignatureScheme::DSA_SHA1,
];

/// Like all the lists: from what a server prefers today down to what only the oldest have.
pub(super) const ECDHE_ECDSA: [CipherSuite; 11] = [
    CipherSuite::ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::ECDHE_ECDSA_WITH_AES_128_CCM,
    CipherSuite::ECDHE_ECDSA_WITH_AES_128_CCM_8,
    CipherSuite::ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite::ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite::ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::ECDHE_ECDSA_WITH_RC4_128_SHA,
];
pub(super) const ECDHE_RSA: [CipherSuite; 9] = [
    CipherSuite::ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::ECDHE_RSA_WITH_RC4_128_SHA,
];
pub(super) const DHE_RSA: [CipherSuite; 8] = [
    CipherSuite::DHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::DHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::DHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::DHE_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::DHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::DHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::DHE_RSA_WITH_3DES_EDE_CBC_SHA,
];
pub(super) const RSA: [CipherSuite; 12] = [
    CipherSuite::RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::RSA_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::RSA_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::RSA_WITH_AES_128_CCM,
    CipherSuite::RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::RSA_WITH_RC4_128_SHA,
    CipherSuite::RSA_WITH_RC4_128_MD5,
];
pub(super) const DHE_DSS: [CipherSuite; 3] = [
    CipherSuite::DHE_DSS_WITH_AES_128_CBC_SHA,
    CipherSuite::DHE_DSS_WITH_AES_256_CBC_SHA,
    CipherSuite::DHE_DSS_WITH_3DES_EDE_CBC_SHA,
];
