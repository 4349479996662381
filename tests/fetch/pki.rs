//! A CA over a CA over leaves that say where their issuers are.

use std::collections::BTreeSet;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
};
use sameca::model::bytes::Der;
use sameca::model::observation::{Observation, ObservationSchema, Outcome};
use sameca::model::target::{Group, Port, Role};
use sameca::model::timestamp::Timestamp;

/// A CA.
pub struct Ca(CertifiedIssuer<'static, KeyPair>);

impl Ca {
    pub fn root(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params(name, &[]), key).expect("a CA"))
    }

    /// A CA below this one, whose certificate names these addresses for its issuer.
    pub fn sub(&self, name: &str, urls: &[&str]) -> Self {
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::signed_by(params(name, urls), key, &self.0).expect("a CA"))
    }

    pub fn der(&self) -> Der {
        Der::from(self.0.der().to_vec())
    }

    /// A leaf that names these addresses for its issuer.
    pub fn leaf(&self, urls: &[&str]) -> Der {
        let mut params = CertificateParams::new(vec!["pchat01.test".to_owned()]).expect("a name");
        params.custom_extensions.push(ca_issuers(urls));
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.0).expect("a leaf");
        Der::from(leaf.der().to_vec())
    }
}

fn params(name: &str, urls: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    if !urls.is_empty() {
        params.custom_extensions.push(ca_issuers(urls));
    }
    params
}

/// Authority information access (RFC 5280 section 4.2.2.1).
fn ca_issuers(urls: &[&str]) -> CustomExtension {
    const CA_ISSUERS: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02";
    let descriptions = urls.iter().flat_map(|url| {
        let location = tlv(0x86, url.as_bytes());
        tlv(0x30, &[CA_ISSUERS, &location].concat())
    });
    let content = tlv(0x30, &descriptions.collect::<Vec<u8>>());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

/// Several certificates as PKCS #7 (RFC 2315 section 9.1), as AD CS publishes a chain.
pub fn pkcs7(certificates: &[Der]) -> Vec<u8> {
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    let set = certificates.iter().flat_map(|der| der.as_bytes().to_vec());
    let content = [
        tlv(0x02, &[1]),
        tlv(0x31, &[]),
        tlv(0x30, DATA),
        tlv(0xa0, &set.collect::<Vec<u8>>()),
        tlv(0x31, &[]),
    ];
    let signed = tlv(0x30, &content.concat());
    tlv(0x30, &[SIGNED_DATA, &tlv(0xa0, &signed)].concat())
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    let mut out = match content.len() {
        0..128 => vec![tag, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    out.extend_from_slice(content);
    out
}

/// A server that presents these.
pub fn observation(host: &str, chain: &[&Der]) -> Observation {
    Observation {
        schema: ObservationSchema::V1,
        run: "run".to_owned(),
        at: Timestamp::from_unix(1_401_624_000).expect("a time"),
        roles: BTreeSet::from([Role::Peer]),
        group: Group::Internal,
        pool: None,
        required: true,
        one_of_host: false,
        names: vec![host.to_owned()],
        variant: None,
        count: 1,
        target: format!("{host}:443"),
        host: host.to_owned(),
        address: None,
        port: Some(Port::HTTPS),
        sni: None,
        outcome: Outcome::Captured,
        detail: None,
        elapsed_ms: 0,
        attempts: Vec::new(),
        tls: None,
        chain: chain.iter().map(|der| (*der).clone()).collect(),
    }
}
