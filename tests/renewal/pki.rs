//! A CA that issues, renews and is renewed.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};

/// Noon of the day on which everything here happens.
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

/// An issuing CA, which its servers send along.
pub(crate) struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What a certificate says, apart from its issuer. Days are counted from [`NOW`].
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) names: Vec<String>,
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// A leaf for these names that was issued so many days ago, for two years.
pub(crate) fn leaf(names: &[&str], issued: i64) -> Wish {
    Wish {
        names: names.iter().map(ToString::to_string).collect(),
        from: -issued,
        until: 730 - issued,
    }
}

/// The time that many days from [`NOW`].
pub(crate) fn day(days: i64) -> OffsetDateTime {
    let now = sameca::model::timestamp::Timestamp::parse(NOW).expect("a time");
    now.date_time() + Duration::days(days)
}

impl Ca {
    /// A CA of this name with a key of its own.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (day(-3650), day(3650));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("a CA"),
        }
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        self.issuer.der()
    }

    /// A leaf with a new key.
    pub(crate) fn issue(&self, wish: &Wish) -> Arc<CertifiedKey> {
        self.issue_for(wish, &KeyPair::generate().expect("a key"))
    }

    /// A leaf for this key.
    pub(crate) fn issue_for(&self, wish: &Wish, key: &KeyPair) -> Arc<CertifiedKey> {
        let mut params = CertificateParams::new(wish.names.clone()).expect("names");
        (params.not_before, params.not_after) = (day(wish.from), day(wish.until));
        params.distinguished_name = DistinguishedName::new();
        let subject = wish.names.first().expect("a name").as_str();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec!["http://pki.contoso.com/ca.crl".to_owned()],
        }];
        let leaf = params.signed_by(key, &self.issuer).expect("a leaf");
        let chain = vec![leaf.der().clone(), self.issuer.der().clone()];
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Arc::new(CertifiedKey::new(
            chain,
            any_supported_type(&key).expect("a key"),
        ))
    }
}
