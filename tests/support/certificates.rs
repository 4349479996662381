//! A CA and its certificates, made when the test runs.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The kinds of keys that servers have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key from a file: making one takes long.
    Rsa,
    /// Another one.
    OtherRsa,
    P256,
    Ed25519,
}

/// What a server has: its chain, leaf first, and the leaf's key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Identity {
    /// A leaf for the name, from a CA made for it alone.
    pub fn new(name: &str, kind: Kind) -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("CA of {name}"));
        let ca = CertifiedIssuer::self_signed(params, ca_key).expect("a CA");
        let key = key(kind);
        let leaf = CertificateParams::new(vec![name.to_owned()])
            .and_then(|params| params.signed_by(&key, &ca))
            .expect("a leaf");
        Self {
            chain: vec![leaf.der().clone(), ca.der().clone()],
            key,
        }
    }

    /// The leaf's key as PKCS #8.
    pub fn pkcs8(&self) -> &[u8] {
        self.key.serialized_der()
    }

    /// The leaf's key as rustls wants it.
    pub fn rustls_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.pkcs8().to_vec()).into()
    }
}

fn key(kind: Kind) -> KeyPair {
    match kind {
        Kind::Rsa => KeyPair::from_pem(include_str!("../../testdata/keys/server-rsa-1.pem")),
        Kind::OtherRsa => KeyPair::from_pem(include_str!("../../testdata/keys/server-rsa-2.pem")),
        Kind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        Kind::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
    }
    .expect("a key")
}
