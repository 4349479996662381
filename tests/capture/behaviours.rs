//! What a server does → what is reported. Each line is a server; read the table from left to right.

use std::time::Duration;

use sameca::capture::Settings;
use sameca::model::observation::Outcome::{
    self, Alert, Captured, Closed, Malformed, NoCertificate, NotTls, Reset, Timeout,
};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::flight::{list24, message, record};
use crate::support::legacy::alert;
use crate::support::server::Act::{self, Forever, Hear, Leave, Send, Silence};
use crate::support::server::Server;
use crate::{TIMEOUT, flight, observe, observe_with};

struct Case {
    server: &'static str,
    script: Vec<Act>,
    outcome: Outcome,
    /// How many connections the ladder makes.
    connections: usize,
    /// What the detail says, among other things.
    detail: &'static str,
}

fn case(
    server: &'static str,
    script: Vec<Act>,
    outcome: Outcome,
    connections: usize,
    detail: &'static str,
) -> Case {
    Case {
        server,
        script,
        outcome,
        connections,
        detail,
    }
}

/// A ServerHello of TLS 1.2 with RSA_WITH_AES_128_CBC_SHA.
fn server_hello(suite: [u8; 2]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend(suite);
    body.push(0);
    message(2, &body)
}

fn hello_record() -> Vec<u8> {
    record(22, 0x0303, &server_hello([0, 0x2f]))
}

/// ServerHello and a chain of one certificate that does not parse.
fn until_certificate() -> Vec<u8> {
    let chain = list24(&[vec![0x30, 0x03, 0x02, 0x01, 0x05]]);
    [hello_record(), record(22, 0x0303, &message(11, &chain))].concat()
}

fn after_certificate(what: &[u8]) -> Vec<Act> {
    vec![Hear, Send([until_certificate(), what.to_vec()].concat())]
}

/// Servers that answer or leave at once: nobody waits, so the clock is the real one.
fn prompt() -> Vec<Case> {
    let whole = flight("zeek/bad-encoding-client-cert-demanded.bin");
    let text = |text: &str| vec![Hear, Send(text.as_bytes().to_vec())];
    vec![
        case(
            "a whole flight",
            vec![Hear, Send(whole), Silence],
            Captured,
            1,
            "",
        ),
        // What is no TLS.
        case(
            "HTTP",
            text("HTTP/1.1 400 Bad Request\r\n\r\n"),
            NotTls,
            1,
            "HTTP answered: `HTTP/1.1 400 Bad Request`",
        ),
        case(
            "SSH",
            vec![Send(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()), Hear],
            NotTls,
            1,
            "SSH answered",
        ),
        case(
            "SMTP",
            vec![Send(b"220 mail ESMTP\r\n".to_vec()), Hear],
            NotTls,
            1,
            "SMTP answered: `220 mail ESMTP`",
        ),
        case(
            "SIP",
            text("SIP/2.0 400 Bad Request\r\n"),
            NotTls,
            1,
            "SIP without TLS",
        ),
        case(
            "RDP",
            vec![Hear, Send(vec![3, 0, 0, 11, 6, 0xd0, 0, 0, 0x12, 0x34, 0])],
            NotTls,
            1,
            "RDP",
        ),
        case(
            "LDAP",
            vec![Hear, Send(vec![0x30, 0x24, 2, 1, 0, 0x78, 0x1f, 0x0a])],
            NotTls,
            1,
            "LDAP",
        ),
        case(
            "random octets",
            vec![Hear, Send(vec![0xde, 0xad, 0xbe, 0xef, 0x0a])],
            NotTls,
            1,
            "deadbeef",
        ),
        // What refuses, or leaves.
        case(
            "handshake_failure",
            vec![Hear, Send(alert(40))],
            Alert,
            3,
            "`handshake_failure`",
        ),
        case(
            "protocol_version",
            vec![Hear, Send(alert(70))],
            Alert,
            3,
            "`protocol_version`",
        ),
        case(
            "internal_error",
            vec![Hear, Send(alert(80))],
            Alert,
            3,
            "`internal_error`",
        ),
        case(
            "unrecognized_name",
            vec![Hear, Send(alert(112))],
            Alert,
            1,
            "`unrecognized_name`",
        ),
        case(
            "close_notify",
            vec![Hear, Send(record(21, 0x0301, &[1, 0]))],
            Closed,
            3,
            "`close_notify`",
        ),
        case(
            "closes at once",
            vec![Leave],
            Closed,
            3,
            "without an answer",
        ),
        case(
            "closes after the hello",
            vec![Hear],
            Closed,
            3,
            "without an answer",
        ),
        case(
            "resets after the hello",
            vec![Hear, Act::Reset],
            Reset,
            3,
            "without an answer",
        ),
        case(
            "closes in a record",
            vec![Hear, Send(vec![22, 3, 3, 0, 50, 2, 0])],
            Closed,
            1,
            "in the middle",
        ),
        case(
            "closes after ServerHello",
            vec![Hear, Send(hello_record())],
            Closed,
            1,
            "in the middle",
        ),
        // What keeps the chain.
        case(
            "alert after Certificate",
            after_certificate(&alert(40)),
            Captured,
            1,
            "after the certificates: the server refused with the alert `handshake_failure`",
        ),
        case(
            "end after Certificate",
            after_certificate(&[]),
            Captured,
            1,
            "after the certificates: the server closed",
        ),
        case(
            "garbage after Certificate",
            after_certificate(b"HTTP/1.1 400"),
            Captured,
            1,
            "after the certificates: ",
        ),
        case(
            "reset after Certificate",
            [after_certificate(&[]), vec![Act::Reset]].concat(),
            Captured,
            1,
            "after the certificates: the server reset",
        ),
        // What breaks the rules.
        case(
            "no certificates in the list",
            vec![
                Hear,
                Send([hello_record(), record(22, 0x0303, &message(11, &[0, 0, 0]))].concat()),
            ],
            NoCertificate,
            1,
            "",
        ),
        case(
            "ServerHelloDone without Certificate",
            vec![
                Hear,
                Send([hello_record(), record(22, 0x0303, &message(14, &[]))].concat()),
            ],
            NoCertificate,
            1,
            "",
        ),
        case(
            "pseudo-TLS of an A/V Edge",
            vec![
                Hear,
                Send(record(
                    22,
                    0x0301,
                    &[server_hello([0, 0x18]), message(14, &[])].concat(),
                )),
            ],
            NotTls,
            1,
            "pseudo-TLS",
        ),
        case(
            "a message of 16 MB",
            vec![Hear, Send(record(22, 0x0303, &[11, 0xff, 0xff, 0xff]))],
            Malformed,
            1,
            "",
        ),
        case(
            "warnings without end",
            vec![Hear, Forever(record(21, 0x0303, &[1, 112]))],
            Malformed,
            1,
            "",
        ),
        case(
            "empty records without end",
            vec![Hear, Forever(record(22, 0x0303, &[]))],
            Malformed,
            1,
            "",
        ),
        case(
            "a ServerHello cut short",
            vec![Hear, Send(record(22, 0x0303, &message(2, &[3, 3, 7])))],
            Malformed,
            1,
            "",
        ),
        case(
            "our own hello back",
            vec![Hear, Send(record(22, 0x0301, &message(1, &[3, 3])))],
            Malformed,
            1,
            "",
        ),
    ]
}

/// Servers that keep a client waiting: the clock stands still until nobody has anything else to do.
fn slow() -> Vec<Case> {
    vec![
        case(
            "silent",
            vec![Silence],
            Timeout,
            3,
            "no answer to 3 hellos within 10 s",
        ),
        case(
            "close_notify, and then more",
            vec![
                Hear,
                Act::Drip(
                    record(21, 0x0303, &[1, 0]).repeat(3),
                    7,
                    Duration::from_secs(1),
                ),
            ],
            Closed,
            3,
            "`close_notify`",
        ),
        case(
            "silent after ServerHello",
            vec![Hear, Send(hello_record()), Silence],
            Timeout,
            1,
            "not complete within 10 s",
        ),
        case(
            "silent within a record",
            vec![Hear, Send(vec![22, 3, 3, 0, 80, 2]), Silence],
            Timeout,
            1,
            "not complete within 10 s",
        ),
        case(
            "silent after Certificate",
            [after_certificate(&[]), vec![Silence]].concat(),
            Captured,
            1,
            "after the certificates: the answer was not complete",
        ),
        case(
            "half a line of HTTP",
            vec![Hear, Send(b"HTTP/1.1 40".to_vec()), Silence],
            NotTls,
            1,
            "`HTTP/1.1 40`",
        ),
    ]
}

async fn holds(case: Case) {
    let server = Server::scripted(vec![case.script]).await;
    let began = tokio::time::Instant::now();
    let row = observe(&server).await;
    assert!(began.elapsed() <= TIMEOUT, "{}: {row:#?}", case.server);
    assert_eq!(row.outcome, case.outcome, "{}: {row:#?}", case.server);
    let detail = row.detail.as_deref().unwrap_or_default();
    assert!(detail.contains(case.detail), "{}: {detail}", case.server);
    assert_eq!(
        server.connections(),
        case.connections,
        "{}: {row:#?}",
        case.server
    );
    assert_eq!(row.attempts.len(), case.connections, "{}", case.server);
    assert_eq!(
        row.chain.is_empty(),
        case.outcome != Captured,
        "{}",
        case.server
    );
}

#[tokio::test]
async fn every_prompt_server_is_told_as_it_is() {
    for case in prompt() {
        holds(case).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_slow_server_is_told_as_it_is() {
    for case in slow() {
        holds(case).await;
    }
}

#[tokio::test]
async fn a_closed_port_ends_the_ladder() {
    let server = Server::scripted(vec![vec![]]).await;
    let address = server.address;
    drop(server);
    // The port is free again once the server's task has ended.
    tokio::task::yield_now().await;
    let row = crate::one(
        sameca::capture::Capturer::new(Settings::default()),
        crate::support::endpoint::named(address),
    )
    .await;
    assert_eq!(row.outcome, Outcome::Refused, "{row:#?}");
    assert_eq!(row.attempts.len(), 1);
    assert!(row.tls.is_none() && row.chain.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_silent_port_ends_exactly_at_the_deadline() {
    let server = Server::scripted(vec![vec![Silence]]).await;
    let began = tokio::time::Instant::now();
    let row = observe(&server).await;
    let elapsed = began.elapsed();
    assert!(
        elapsed >= TIMEOUT && elapsed.as_millis() <= 10_003,
        "{elapsed:?}"
    );
    let shares: Vec<u64> = row.attempts.iter().map(|a| a.elapsed_ms / 100).collect();
    assert_eq!(shares, [50, 25, 25], "half, half of the rest, the rest");
}

#[tokio::test]
async fn a_run_that_may_pass_is_repeated() {
    let flight = flight("zeek/bad-encoding-client-cert-demanded.bin");
    let works = vec![Hear, Send(flight), Silence];
    let server = Server::scripted(vec![vec![Hear], vec![Hear], vec![Hear], works]).await;
    let settings = Settings {
        retries: 1,
        ..Settings::default()
    };
    let row = observe_with(&server, settings).await;
    assert_eq!(row.outcome, Captured);
    assert_eq!(row.attempts.len(), 4, "every connection is told");
    assert_eq!(row.attempts[0].outcome, Closed);
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    let server = Server::scripted(vec![vec![Hear, Send(alert(112))]]).await;
    let settings = Settings {
        retries: 3,
        ..Settings::default()
    };
    assert_eq!(observe_with(&server, settings).await.outcome, Alert);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_timeout_beyond_every_clock_is_no_overflow() {
    let server = Server::scripted(vec![vec![Hear, Send(alert(112))]]).await;
    let settings = Settings {
        timeout: Duration::MAX,
        connect_timeout: Some(Duration::MAX),
        ..Settings::default()
    };
    assert_eq!(observe_with(&server, settings).await.outcome, Alert);
}

#[tokio::test(start_paused = true)]
async fn no_time_at_all_is_a_timeout() {
    let server = Server::scripted(vec![vec![Silence]]).await;
    let settings = Settings {
        timeout: Duration::ZERO,
        ..Settings::default()
    };
    let row = observe_with(&server, settings).await;
    assert_eq!((row.outcome, row.attempts.len()), (Timeout, 1));
}

#[tokio::test]
async fn a_server_that_gave_its_chain_is_left_with_two_warnings_and_an_orderly_end() {
    let (heard, mut words) = tokio::sync::mpsc::unbounded_channel();
    let answer = flight("ndpi/adcs-three-tier.bin");
    let server = Server::new(move |_, mut stream| {
        let (heard, answer) = (heard.clone(), answer.clone());
        async move {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&answer).await;
            let mut rest = Vec::new();
            let ended = stream.read_to_end(&mut rest).await.map_err(|e| e.kind());
            let _ = heard.send((rest, ended));
        }
    })
    .await;
    assert_eq!(observe(&server).await.outcome, Captured);
    let (rest, ended) = words.recv().await.expect("the server was asked");
    let warning = |description| [21, 3, 1, 0, 2, 1, description];
    assert_eq!(rest, [warning(90), warning(0)].concat());
    assert!(ended.is_ok(), "{ended:?}");
}
