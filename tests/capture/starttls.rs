//! Protocols that begin in the clear: what is said before TLS, and what goes wrong there.

use std::time::Duration;

use sameca::capture::{Settings, StartTls};
use sameca::model::observation::{Observation, Outcome};

use crate::support::server::Act::{self, Hear, Send, Silence};
use crate::support::server::Server;
use crate::{TIMEOUT, flight, observe_with};

fn say(text: &str) -> Act {
    Send(text.as_bytes().to_vec())
}

fn ldap(code: u8) -> Act {
    Send(vec![
        0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, code, 4, 0, 4, 0,
    ])
}

async fn observed(protocol: StartTls, mut script: Vec<Act>) -> (Observation, usize) {
    script.extend([Hear, Send(flight("ndpi/adcs-three-tier.bin")), Silence]);
    let server = Server::scripted(vec![script]).await;
    let settings = Settings {
        starttls: Some(protocol),
        ..Settings::default()
    };
    let row = observe_with(&server, settings).await;
    (row, server.connections())
}

#[tokio::test]
async fn each_protocol_is_spoken_until_tls() {
    let smtp = vec![
        say("220-mail.contoso.com\r\n220 ESMTP\r\n"),
        Hear,
        say("250-mail.contoso.com\r\n250-SIZE 1000\r\n250-StartTLS\r\n250 HELP\r\n"),
        Hear,
        say("220 go\r\n"),
    ];
    let imap = vec![
        say("* OK ready\r\n"),
        Hear,
        say("* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n"),
    ];
    let pop3 = vec![say("+OK ready\r\n"), Hear, say("+OK begin\r\n")];
    let cases = [
        (StartTls::Smtp, smtp),
        (StartTls::Imap, imap),
        (StartTls::Pop3, pop3),
        (StartTls::Ldap, vec![Hear, ldap(0)]),
    ];
    for (protocol, script) in cases {
        let (row, connections) = observed(protocol, script).await;
        assert_eq!(row.outcome, Outcome::Captured, "{protocol}: {row:#?}");
        assert_eq!((row.chain.len(), connections), (3, 1), "{protocol}");
    }
}

#[tokio::test]
async fn what_goes_wrong_before_tls_is_told_after_one_connection() {
    use Outcome::{Closed, Malformed, NotTls};
    use StartTls::{Imap, Ldap, Pop3, Smtp};
    let cases = [
        (
            Smtp,
            vec![say("554 go away\r\n")],
            NotTls,
            "SMTP without TLS: the server answered `554 go away`",
        ),
        (
            Smtp,
            vec![say("220 hi\r\n"), Hear, say("250 hi\r\n")],
            NotTls,
            "does not offer STARTTLS",
        ),
        (
            Smtp,
            vec![
                say("220 hi\r\n"),
                Hear,
                say("250 STARTTLS\r\n"),
                Hear,
                say("454 later\r\n"),
            ],
            NotTls,
            "`454 later`",
        ),
        (
            Smtp,
            vec![
                say("220 hi\r\n"),
                Hear,
                say("250 STARTTLS\r\n"),
                Hear,
                say("220 go\r\n250 injected\r\n"),
            ],
            Malformed,
            "more after its consent",
        ),
        (
            Smtp,
            vec![say("SSH-2.0-x\r\n")],
            NotTls,
            "no SMTP: SSH answered",
        ),
        (
            Smtp,
            vec![say(&"220-x\r\n".repeat(5000))],
            Malformed,
            "more than 16384 octets",
        ),
        (Imap, vec![say("* BYE\r\n")], NotTls, "`* BYE`"),
        (
            Imap,
            vec![say("* OK\r\n"), Hear, say("a1 BAD no\r\n")],
            NotTls,
            "`a1 BAD no`",
        ),
        (Pop3, vec![say("-ERR no\r\n")], NotTls, "`-ERR no`"),
        (
            Pop3,
            vec![say("HTTP/1.1 400 Bad\r\n")],
            NotTls,
            "no POP3: HTTP answered",
        ),
        (Ldap, vec![Hear, ldap(52)], NotTls, "unavailable (52)"),
        (Ldap, vec![Hear, say("hello\n")], NotTls, "no LDAP"),
        (
            Ldap,
            vec![Hear, Send(vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff])],
            Malformed,
            "more than 8192",
        ),
        (
            Ldap,
            vec![Hear, Send(vec![21, 3, 1, 0, 2, 2, 10])],
            NotTls,
            "TLS answered where LDAP was expected",
        ),
        (Pop3, vec![Act::Reset], Closed, ""),
    ];
    for (protocol, script, outcome, detail) in cases {
        let server = Server::scripted(vec![[script, vec![Hear]].concat()]).await;
        let settings = Settings {
            starttls: Some(protocol),
            ..Settings::default()
        };
        let row = observe_with(&server, settings).await;
        let told = row.detail.as_deref().unwrap_or_default();
        let is_expected =
            row.outcome == outcome || (outcome == Closed && row.outcome == Outcome::Reset);
        assert!(is_expected, "{protocol} {detail}: {row:#?}");
        assert!(told.contains(detail), "{protocol}: {told}");
        assert_eq!(server.connections(), 1, "{protocol}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_greets_ends_at_the_deadline() {
    for protocol in StartTls::ALL {
        let server = Server::scripted(vec![vec![Silence]]).await;
        let settings = Settings {
            starttls: Some(protocol),
            ..Settings::default()
        };
        let began = tokio::time::Instant::now();
        let row = observe_with(&server, settings).await;
        assert_eq!(row.outcome, Outcome::Timeout);
        assert_eq!(server.connections(), 1);
        assert!(began.elapsed().as_millis() <= TIMEOUT.as_millis() + 3);
    }
}

/// Some mail servers let clients wait on purpose; what is left of the time belongs to TLS.
#[tokio::test(start_paused = true)]
async fn a_late_greeting_leaves_time_for_tls() {
    let late = Act::Drip(b"+OK ready\r\n".to_vec(), 100, Duration::from_secs(7));
    let script = vec![late, Hear, say("+OK begin\r\n")];
    let (row, connections) = observed(StartTls::Pop3, script).await;
    assert_eq!(row.outcome, Outcome::Captured, "{row:#?}");
    assert_eq!(connections, 1);
}
