//! Real servers of rustls: TLS 1.2 and 1.3, with and without a demand for a client certificate.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use sameca::capture::{Capturer, Settings};
use sameca::model::codepoint::ProtocolVersion;
use sameca::model::observation::{Method, Observation, Outcome, Possession, Tls};

use crate::support::certificates::{Identity, Kind};
use crate::support::endpoint::unnamed;
use crate::support::server::Server;
use crate::{observe, observe_with, one};

/// Whether a server demands a client certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    Nothing,
    Certificate,
}

fn config(
    identity: &Identity,
    version: &'static SupportedProtocolVersion,
    demand: Demand,
) -> ServerConfig {
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[version])
        .expect("a version of the provider");
    let builder = match demand {
        Demand::Nothing => builder.with_no_client_auth(),
        Demand::Certificate => {
            let mut roots = RootCertStore::empty();
            roots.add(identity.chain[1].clone()).expect("a CA");
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                .build()
                .expect("a verifier");
            builder.with_client_cert_verifier(verifier)
        }
    };
    let ocsp = b"no real response".to_vec();
    builder
        .with_single_cert_with_ocsp(identity.chain.clone(), identity.rustls_key(), ocsp)
        .expect("a key that fits")
}

fn chain(row: &Observation) -> Vec<CertificateDer<'_>> {
    row.chain
        .iter()
        .map(|der| CertificateDer::from(der.as_bytes()))
        .collect()
}

/// What a captured server of this kind says, after checking what all of them must.
async fn captured(
    kind: Kind,
    version: &'static SupportedProtocolVersion,
    demand: Demand,
    settings: Settings,
) -> (Observation, Tls, usize) {
    let identity = Identity::new("server.test", kind);
    let server = Server::tls(config(&identity, version, demand)).await;
    let row = observe_with(&server, settings).await;
    assert_eq!(row.outcome, Outcome::Captured, "{row:#?}");
    assert_eq!(chain(&row), identity.chain);
    let tls = row.tls.clone().expect("a captured endpoint says something");
    assert_eq!(tls.possession, Some(Possession::Proven), "{row:#?}");
    let response = tls.ocsp_response.as_ref().expect("a stapled response");
    assert_eq!(response.as_bytes(), b"no real response");
    (row, tls, server.connections())
}

#[tokio::test]
async fn tls12_is_read_in_the_clear_with_every_kind_of_key() {
    for kind in [Kind::P256, Kind::Rsa, Kind::Ed25519] {
        let settings = Settings::default();
        let (row, tls, connections) = captured(kind, &TLS12, Demand::Nothing, settings).await;
        assert_eq!(tls.version, Some(ProtocolVersion::TLS12));
        assert_eq!((tls.method, connections), (Method::Capture, 1));
        assert_eq!(tls.client_certificate.requested, Some(false));
        assert_eq!(row.detail, None);
    }
}

#[tokio::test]
async fn tls13_only_takes_a_handshake() {
    for kind in [Kind::P256, Kind::Rsa, Kind::Ed25519] {
        let settings = Settings::default();
        let (row, tls, connections) = captured(kind, &TLS13, Demand::Nothing, settings).await;
        assert_eq!(tls.version, Some(ProtocolVersion::TLS13));
        assert_eq!((tls.method, connections), (Method::Handshake, 2));
        assert!(tls.cipher_suite.is_some());
        assert_eq!(tls.client_certificate.requested, Some(false));
        assert_eq!(row.attempts[0].outcome, Outcome::Alert);
    }
}

#[tokio::test]
async fn a_demand_for_a_client_certificate_keeps_nothing_back() {
    for version in [&TLS12, &TLS13] {
        for handshake in [false, true] {
            let settings = Settings {
                handshake,
                ..Settings::default()
            };
            let (_, tls, _) = captured(Kind::P256, version, Demand::Certificate, settings).await;
            let asked = tls.client_certificate;
            assert_eq!(asked.requested, Some(true));
            assert_eq!(asked.authorities.len(), 1, "{asked:?}");
            assert!(
                asked.authorities[0].contains("CA of server.test"),
                "{asked:?}"
            );
            assert!(asked.authorities_size.is_some_and(|size| size > 20));
        }
    }
}

#[tokio::test]
async fn a_handshake_that_was_asked_for_is_completed() {
    for version in [&TLS12, &TLS13] {
        let settings = Settings {
            handshake: true,
            ..Settings::default()
        };
        let (row, tls, connections) =
            captured(Kind::P256, version, Demand::Nothing, settings).await;
        assert_eq!((tls.method, connections), (Method::Handshake, 1));
        assert_eq!(row.detail, None, "the handshake came to its end");
    }
}

#[tokio::test]
async fn an_address_is_asked_without_a_name() {
    let identity = Identity::new("server.test", Kind::P256);
    for version in [&TLS12, &TLS13] {
        let server = Server::tls(config(&identity, version, Demand::Nothing)).await;
        let capturer = Capturer::new(Settings::default());
        let row = one(capturer, unnamed(server.address)).await;
        assert_eq!(row.outcome, Outcome::Captured);
        assert_eq!(row.sni, None);
    }
}

#[tokio::test]
async fn possession_is_unchecked_in_tls13_when_nobody_asks() {
    let identity = Identity::new("server.test", Kind::P256);
    let server = Server::tls(config(&identity, &TLS13, Demand::Nothing)).await;
    let settings = Settings {
        possession: false,
        ..Settings::default()
    };
    let tls = observe_with(&server, settings)
        .await
        .tls
        .expect("a handshake");
    assert_eq!(tls.possession, Some(Possession::Unchecked));
}

/// A chain over 64 KiB: read in the clear, and beyond rustls where TLS 1.3 leaves no other way.
#[tokio::test]
async fn the_bound_of_rustls_is_named() {
    let mut identity = Identity::new("server.test", Kind::P256);
    let ca = identity.chain[1].clone();
    identity.chain.extend(std::iter::repeat_n(ca, 180));
    let size: usize = identity.chain.iter().map(|der| der.len()).sum();
    assert!(size > 1 << 16, "{size}");
    let server = Server::tls(config(&identity, &TLS12, Demand::Nothing)).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Captured, "{:?}", row.detail);
    let server = Server::tls(config(&identity, &TLS13, Demand::Nothing)).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Malformed, "{:?}", row.detail);
    assert!(row.detail.is_some_and(|detail| detail.contains("64 KiB")));
}
