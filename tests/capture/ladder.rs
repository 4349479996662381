//! Servers that take offence at a hello, and how many connections it takes to please them.

use std::sync::Arc;

use sameca::capture::Settings;
use sameca::model::observation::{Method, Observation, Outcome};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::certificates::{Identity, Kind};
use crate::support::legacy::{ECDHE_RSA, GCM, Legacy, RSA, alert, client_version, hear};
use crate::support::server::Server;
use crate::{TIMEOUT, observe, observe_with};

/// What a server does with a hello that it takes offence at.
#[derive(Clone, Copy, Debug)]
enum Offence {
    Alert(u8),
    Close,
    Hang,
    Reset,
}

/// A server of one version that likes some hellos only.
async fn choosy(version: u16, offence: Offence, likes: fn(&[u8]) -> bool) -> Server {
    let identity = Identity::new("server.test", Kind::Rsa);
    let legacy = Arc::new(Legacy::new(version, RSA, &identity));
    Server::new(move |_, mut stream: TcpStream| {
        let legacy = legacy.clone();
        async move {
            let Some(hello) = hear(&mut stream).await else {
                return;
            };
            if likes(&hello) {
                let _ = stream.write_all(&legacy.answer(&hello)).await;
                let _ = hear(&mut stream).await;
                return;
            }
            match offence {
                Offence::Alert(description) => {
                    let _ = stream.write_all(&alert(description)).await;
                }
                Offence::Close => {}
                Offence::Hang => {
                    let _ = hear(&mut stream).await;
                }
                Offence::Reset => {
                    let _ = stream.set_zero_linger();
                }
            }
        }
    })
    .await
}

fn ways(row: &Observation) -> Vec<(Method, Outcome)> {
    row.attempts
        .iter()
        .map(|attempt| (attempt.method, attempt.outcome))
        .collect()
}

#[tokio::test]
async fn servers_of_one_old_version_need_one_connection() {
    let identity = Identity::new("server.test", Kind::Rsa);
    for version in [0x0300, 0x0301, 0x0302, 0x0303] {
        for suite in [RSA, ECDHE_RSA] {
            let legacy = Arc::new(Legacy::new(version, suite, &identity));
            let server = Server::new(move |_, stream| {
                let legacy = legacy.clone();
                async move { legacy.serve(stream).await }
            })
            .await;
            let row = observe(&server).await;
            assert_eq!(ways(&row), [(Method::Capture, Outcome::Captured)]);
            assert_eq!(server.connections(), 1);
        }
    }
}

#[tokio::test]
async fn a_server_that_dislikes_tls12_hellos_gets_a_simpler_one() {
    let cases = [
        (Offence::Alert(40), Outcome::Alert),
        (Offence::Alert(80), Outcome::Alert),
        (Offence::Close, Outcome::Closed),
        (Offence::Reset, Outcome::Reset),
    ];
    for (offence, first) in cases {
        let server = choosy(0x0301, offence, |hello| client_version(hello) == 0x0301).await;
        let row = observe(&server).await;
        let expected = [
            (Method::Capture, first),
            (Method::Capture, Outcome::Captured),
        ];
        assert_eq!(ways(&row), expected, "{offence:?}");
        assert_eq!(row.outcome, Outcome::Captured);
    }
}

#[tokio::test]
async fn a_server_that_names_the_version_gets_a_handshake_before_the_simpler_hello() {
    let server = choosy(0x0301, Offence::Alert(70), |hello| {
        client_version(hello) == 0x0301
    })
    .await;
    let row = observe(&server).await;
    let expected = [
        (Method::Capture, Outcome::Alert),
        (Method::Handshake, Outcome::Alert),
        (Method::Capture, Outcome::Captured),
    ];
    assert_eq!(ways(&row), expected);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_on_tls12_hellos_gets_a_simpler_one_in_time() {
    let server = choosy(0x0301, Offence::Hang, |hello| {
        client_version(hello) == 0x0301
    })
    .await;
    let began = tokio::time::Instant::now();
    let row = observe(&server).await;
    let expected = [
        (Method::Capture, Outcome::Timeout),
        (Method::Capture, Outcome::Captured),
    ];
    assert_eq!(ways(&row), expected);
    assert!(began.elapsed() < TIMEOUT);
}

/// Old F5 devices take a hello record of 256 to 511 octets for SSL 2.0 and wait for more.
#[tokio::test]
async fn a_server_that_hangs_on_hellos_of_256_to_511_octets_is_never_met() {
    let server = choosy(0x0303, Offence::Hang, |hello| {
        !(256..512).contains(&(hello.len() - 5))
    })
    .await;
    let row = observe(&server).await;
    assert_eq!(ways(&row), [(Method::Capture, Outcome::Captured)]);
}

#[tokio::test]
async fn a_server_that_dislikes_extensions_gets_none_but_the_name() {
    let server = choosy(0x0301, Offence::Close, |hello| hello.len() < 120).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Captured, "{row:#?}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn an_alert_counts_more_than_silence_afterwards() {
    use crate::support::server::Act::{Hear, Send};
    let scripts = vec![vec![Hear, Send(alert(40))], vec![Hear], vec![Hear]];
    let server = Server::scripted(scripts).await;
    let row = observe(&server).await;
    assert_eq!(row.outcome, Outcome::Alert);
    let outcomes: Vec<Outcome> = row.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Alert, Outcome::Closed, Outcome::Closed]);
}

#[tokio::test]
async fn a_handshake_that_rustls_cannot_do_falls_back_to_the_clear() {
    let identity = Identity::new("server.test", Kind::Rsa);
    let legacy = Arc::new(Legacy::new(0x0301, RSA, &identity));
    let server = Server::new(move |_, stream| {
        let legacy = legacy.clone();
        async move { legacy.serve(stream).await }
    })
    .await;
    let settings = Settings {
        handshake: true,
        ..Settings::default()
    };
    let row = observe_with(&server, settings).await;
    let expected = [
        (Method::Handshake, Outcome::Malformed),
        (Method::Capture, Outcome::Captured),
    ];
    assert_eq!(ways(&row), expected, "{row:#?}");
}

/// rustls keeps back a chain after which the flight breaks off; the clear does not.
#[tokio::test]
async fn a_handshake_that_breaks_off_falls_back_to_the_clear() {
    use crate::support::server::Act::{Hear, Leave, Send};
    let identity = Identity::new("server.test", Kind::Rsa);
    let legacy = Legacy::new(0x0303, GCM, &identity);
    let whole = legacy.answer(&[0; 43]);
    let cut = whole[..whole.len() - 100].to_vec();
    let server = Server::scripted(vec![vec![Hear, Send(cut), Leave]]).await;
    let settings = Settings {
        handshake: true,
        ..Settings::default()
    };
    let row = observe_with(&server, settings).await;
    let expected = [
        (Method::Handshake, Outcome::Closed),
        (Method::Capture, Outcome::Captured),
    ];
    assert_eq!(ways(&row), expected, "{row:#?}");
}
