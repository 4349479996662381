//! The demo's certificates: a two-tier enterprise CA and one that does not belong.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::model::bytes::Der;

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// By rcgen.
    #[error(transparent)]
    Make(#[from] rcgen::Error),
    /// By rustls, which is to serve it.
    #[error(transparent)]
    Serve(#[from] rustls::Error),
}

/// A CA with its key.
pub(super) struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// What its servers send after their own certificate.
    chain: Vec<CertificateDer<'static>>,
    now: OffsetDateTime,
}

impl Ca {
    pub(super) fn root(name: &str, now: OffsetDateTime) -> Result<Self, PkiError> {
        let issuer = CertifiedIssuer::self_signed(ca_params(name, now), KeyPair::generate()?)?;
        Ok(Self {
            issuer,
            chain: Vec::new(),
            now,
        })
    }

    pub(super) fn subordinate(&self, name: &str) -> Result<Self, PkiError> {
        let issuer = CertifiedIssuer::signed_by(
            ca_params(name, self.now),
            KeyPair::generate()?,
            &self.issuer,
        )?;
        let chain = vec![issuer.der().clone()];
        Ok(Self {
            issuer,
            chain,
            now: self.now,
        })
    }

    pub(super) fn certificate(&self) -> Der {
        Der::from(self.issuer.der().to_vec())
    }

    /// A server's configuration with a fresh certificate for the host, which also names its pool.
    pub(super) fn server(&self, host: &str, pool: &str) -> Result<Arc<ServerConfig>, PkiError> {
        let key = KeyPair::generate()?;
        let leaf = leaf_params(host, pool, self.now)?.signed_by(&key, &self.issuer)?;
        let chain = std::iter::once(leaf.der().clone())
            .chain(self.chain.iter().cloned())
            .collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Arc::new(config))
    }
}

fn ca_params(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = validity(CertificateParams::default(), now, 3650);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let organisation = name.split(' ').next().unwrap_or(name);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, organisation);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn leaf_params(host: &str, pool: &str, now: OffsetDateTime) -> Result<CertificateParams, PkiError> {
    let mut names = vec![host.to_owned(), pool.to_owned()];
    names.dedup();
    let mut params = validity(CertificateParams::new(names)?, now, 730);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, host);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.crl_distribution_points = vec![CrlDistributionPoint {
        uris: vec!["http://pki.contoso.com/ca.crl".to_owned()],
    }];
    Ok(params)
}

fn validity(mut params: CertificateParams, now: OffsetDateTime, days: i64) -> CertificateParams {
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(days);
    params
}
