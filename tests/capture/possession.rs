//! Who holds the key: signatures of every age.

use sameca::capture::Settings;
use sameca::model::observation::{Observation, Outcome, Possession};

use crate::support::certificates::{Identity, Kind};
use crate::support::legacy::{ECDHE_RSA, Legacy, RSA};
use crate::support::server::Server;
use crate::{observe, observe_with};

async fn serve(legacy: Legacy) -> Server {
    let legacy = std::sync::Arc::new(legacy);
    Server::new(move |_, stream| {
        let legacy = legacy.clone();
        async move { legacy.serve(stream).await }
    })
    .await
}

async fn shown(legacy: Legacy) -> Observation {
    let server = serve(legacy).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Captured, "{row:#?}");
    row
}

fn possession(row: &Observation) -> Option<Possession> {
    row.tls.as_ref().expect("a flight").possession
}

#[tokio::test]
async fn a_signature_proves_the_key_in_every_version() {
    let identity = Identity::new("server.test", Kind::Rsa);
    for version in [0x0301, 0x0302, 0x0303] {
        let row = shown(Legacy::new(version, ECDHE_RSA, &identity)).await;
        assert_eq!(
            possession(&row),
            Some(Possession::Proven),
            "{version:#x}: {row:#?}"
        );
        assert_eq!(
            row.tls.expect("a flight").version.map(|v| v.0),
            Some(version)
        );
        assert_eq!(row.chain.len(), 2);
    }
}

#[tokio::test]
async fn rsa_key_exchange_proves_nothing() {
    let identity = Identity::new("server.test", Kind::Rsa);
    let row = shown(Legacy::new(0x0301, RSA, &identity)).await;
    assert_eq!(possession(&row), Some(Possession::NotShown));
}

#[tokio::test]
async fn another_key_than_the_leafs_fails() {
    let (shown_identity, held) = (
        Identity::new("server.test", Kind::Rsa),
        Identity::new("server.test", Kind::OtherRsa),
    );
    for version in [0x0301, 0x0303] {
        let mut legacy = Legacy::new(version, ECDHE_RSA, &held);
        legacy.chain = shown_identity
            .chain
            .iter()
            .map(|der| der.to_vec())
            .collect();
        let row = shown(legacy).await;
        assert_eq!(possession(&row), Some(Possession::Failed), "{version:#x}");
        let detail = row.tls.and_then(|tls| tls.possession_detail);
        assert!(detail.is_some_and(|detail| detail.contains("does not verify")));
    }
}

#[tokio::test]
async fn a_scheme_that_is_not_the_leafs_fails() {
    let (leaf, held) = (
        Identity::new("server.test", Kind::P256),
        Identity::new("server.test", Kind::Rsa),
    );
    let mut legacy = Legacy::new(0x0303, ECDHE_RSA, &held);
    legacy.chain = leaf.chain.iter().map(|der| der.to_vec()).collect();
    let row = shown(legacy).await;
    assert_eq!(possession(&row), Some(Possession::Failed));
    let detail = row
        .tls
        .and_then(|tls| tls.possession_detail)
        .expect("a reason");
    assert_eq!(
        detail,
        "signed as rsa_pkcs1_sha1, but the leaf's key is EC P-256"
    );
}

#[tokio::test]
async fn what_was_not_asked_is_unchecked() {
    let identity = Identity::new("server.test", Kind::Rsa);
    let server = serve(Legacy::new(0x0303, ECDHE_RSA, &identity)).await;
    let settings = Settings {
        possession: false,
        ..Settings::default()
    };
    let row = observe_with(&server, settings).await;
    assert_eq!(possession(&row), Some(Possession::Unchecked));
}

#[tokio::test]
async fn the_authorities_of_a_certificate_request_are_kept() {
    let identity = Identity::new("server.test", Kind::Rsa);
    // CN=Root
    let name = vec![
        0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x04, b'R', b'o',
        b'o', b't',
    ];
    for version in [0x0301, 0x0303] {
        let mut legacy = Legacy::new(version, RSA, &identity);
        legacy.authorities = Some(vec![name.clone(), vec![1, 2, 3]]);
        let row = shown(legacy).await;
        let asked = row.tls.expect("a flight").client_certificate;
        assert_eq!(asked.requested, Some(true));
        assert_eq!(asked.authorities, ["CN=Root", "#010203"]);
        assert_eq!(asked.authorities_size, Some(24));
    }
    let row = shown(Legacy::new(0x0303, RSA, &identity)).await;
    let asked = row.tls.expect("a flight").client_certificate;
    assert_eq!(
        (asked.requested, asked.authorities_size),
        (Some(false), None)
    );
}
