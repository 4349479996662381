//! Endpoints that hold more than one certificate.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{default_provider, sign::any_supported_type};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use sameca::capture::{Capturer, Settings};
use sameca::model::observation::{Observation, Outcome, Variant};

use crate::support::certificates::{Identity, Kind};
use crate::support::endpoint::{RUN, named, now};
use crate::support::legacy::{Legacy, RSA};
use crate::support::server::{Act, Server};

/// Shows one certificate by name, another without one, and by the schemes that the client knows.
#[derive(Debug)]
struct Several {
    rsa: Arc<CertifiedKey>,
    ecdsa: Arc<CertifiedKey>,
    nameless: Arc<CertifiedKey>,
}

impl ResolvesServerCert for Several {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.server_name().is_none() {
            return Some(self.nameless.clone());
        }
        [&self.ecdsa, &self.rsa]
            .into_iter()
            .find(|held| held.key.choose_scheme(hello.signature_schemes()).is_some())
            .cloned()
    }
}

fn held(identity: &Identity) -> Arc<CertifiedKey> {
    let key = any_supported_type(&identity.rustls_key()).expect("a key");
    Arc::new(CertifiedKey::new(identity.chain.clone(), key))
}

async fn all(server: &Server, settings: Settings) -> Vec<Observation> {
    let capturer = Capturer::new(settings);
    capturer.observe(&named(server.address), RUN, now()).await
}

#[tokio::test]
async fn every_certificate_of_an_endpoint_is_found() {
    for version in [&TLS12, &TLS13] {
        let several = Several {
            rsa: held(&Identity::new("server.test", Kind::Rsa)),
            ecdsa: held(&Identity::new("server.test", Kind::P256)),
            nameless: held(&Identity::new("default.test", Kind::P256)),
        };
        let expected =
            [&several.ecdsa, &several.rsa, &several.nameless].map(|held| held.cert[0].to_vec());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version of the provider")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(several));
        let server = Server::tls(config).await;
        let settings = Settings {
            all_certificates: true,
            ..Settings::default()
        };
        let rows = all(&server, settings).await;
        let variants: Vec<_> = rows.iter().map(|row| (row.variant, row.count)).collect();
        assert_eq!(
            variants,
            [
                (None, 2),
                (Some(Variant::Rsa), 1),
                (Some(Variant::NoSni), 1)
            ],
            "ECDSA is what the usual question found: {rows:#?}"
        );
        for (row, leaf) in rows.iter().zip(&expected) {
            assert_eq!(row.leaf().map(|der| der.as_bytes()), Some(leaf.as_slice()));
        }
        assert_eq!(rows[2].sni, None);
    }
}

#[tokio::test]
async fn a_variant_that_fails_is_no_row() {
    let identity = Identity::new("server.test", Kind::P256);
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS12])
        .expect("a version of the provider")
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.rustls_key())
        .expect("a key that fits");
    let server = Server::tls(config).await;
    let settings = Settings {
        all_certificates: true,
        ..Settings::default()
    };
    let rows = all(&server, settings).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0].count, 3, "as usual, for ECDSA, without a name");
    assert_eq!(server.connections(), 4, "one for each question");
}

/// A balancer before two members, of which each second connection sees the other.
async fn balancer() -> Server {
    let members = Arc::new([
        Legacy::new(0x0301, RSA, &Identity::new("server.test", Kind::Rsa)),
        Legacy::new(0x0301, RSA, &Identity::new("server.test", Kind::Rsa)),
    ]);
    Server::new(move |nth, stream| {
        let members = members.clone();
        async move { members[nth % 2].serve(stream).await }
    })
    .await
}

#[tokio::test]
async fn samples_find_the_members_behind_one_address() {
    let server = balancer().await;
    let settings = Settings {
        samples: 8,
        ..Settings::default()
    };
    let rows = all(&server, settings).await;
    let found: Vec<_> = rows.iter().map(|row| (row.variant, row.count)).collect();
    assert_eq!(found, [(None, 4), (Some(Variant::Sample), 4)]);
    assert_eq!(server.connections(), 8);
    assert!(server.most_at_a_time() <= 2);
}

#[tokio::test]
async fn a_sample_that_fails_has_its_row() {
    let flight = crate::flight("zeek/bad-encoding-client-cert-demanded.bin");
    let works = vec![Act::Hear, Act::Send(flight), Act::Silence];
    let http = vec![
        Act::Hear,
        Act::Send(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
    ];
    let server = Server::scripted(vec![works.clone(), http, works]).await;
    let settings = Settings {
        samples: 4,
        ..Settings::default()
    };
    let rows = all(&server, settings).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.outcome, row.variant, row.count))
        .collect();
    assert_eq!(
        found,
        [
            (Outcome::Captured, None, 3),
            (Outcome::NotTls, Some(Variant::Sample), 1)
        ],
        "the failure has a row of its own, so that the endpoint does not pass for checked"
    );
    let detail = rows[1].detail.as_deref().expect("a remark");
    assert!(
        detail.contains("1 of 4 samples failed, the first with not_tls: HTTP"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_first_sample_that_fails_gives_way_to_the_chain() {
    let flight = crate::flight("zeek/bad-encoding-client-cert-demanded.bin");
    let works = vec![Act::Hear, Act::Send(flight), Act::Silence];
    let http = vec![
        Act::Hear,
        Act::Send(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
    ];
    let server = Server::scripted(vec![http, works]).await;
    let settings = Settings {
        samples: 3,
        ..Settings::default()
    };
    let rows = all(&server, settings).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.outcome, row.variant, row.count))
        .collect();
    assert_eq!(
        found,
        [
            (Outcome::Captured, None, 2),
            (Outcome::NotTls, Some(Variant::Sample), 1)
        ]
    );
    let detail = rows[1].detail.as_deref().expect("a remark");
    assert!(detail.contains("1 of 3 samples failed"), "{detail}");
}

#[tokio::test]
async fn one_address_is_asked_by_two_connections_at_a_time() {
    let server = balancer().await;
    let capturer = Arc::new(Capturer::new(Settings::default()));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (capturer, endpoint) = (capturer.clone(), named(server.address));
        tasks.spawn(async move { capturer.observe(&endpoint, RUN, now()).await });
    }
    for rows in tasks.join_all().await {
        assert_eq!(rows[0].outcome, Outcome::Captured);
    }
    assert_eq!(server.connections(), 12);
    assert!(server.most_at_a_time() <= 2 + 1, "one may still be closing");
}
