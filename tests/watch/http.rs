//! Page, metrics, report and health over raw sockets; slow, many and broken clients.

use std::net::{Ipv4Addr, SocketAddr};

use sameca::model::report::RunReport;
use sameca::watch::{Server, Shared, watch};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::door::{Act, SECOND, Script, observations, round, sample, shared};

/// What a watch knows after a run that gave this report.
async fn known(report: &RunReport) -> Shared {
    let gives = Ok(round(report, &observations()));
    let takes = SECOND / 1000;
    let mut script = Script::new([Act { takes, gives }]);
    let shared = shared(SECOND / 100);
    let end = script.end.clone();
    watch(&mut script, SECOND / 100, &shared, &Notify::new(), &end).await;
    shared
}

/// A server that serves until the value is gone.
struct Served {
    address: SocketAddr,
    end: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    async fn new(shared: Shared) -> Self {
        let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).await;
        let server = server.expect("a port");
        let address = server.address().expect("an address");
        let end = CancellationToken::new();
        let until = end.clone();
        let task = tokio::spawn(async move { server.serve(shared, &until).await });
        Self { address, end, task }
    }

    /// Sends these bytes and gives all that comes.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        // It may close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.send(request.as_bytes()).await
    }

    async fn stop(self) {
        self.end.cancel();
        self.task.await.expect("it ends in order");
    }
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn before_the_first_run_nothing_is_claimed() {
    let served = Served::new(shared(10 * SECOND)).await;
    assert_eq!(status(&served.get("/healthz").await), "503");
    assert_eq!(status(&served.get("/report.json").await), "503");
    let page = served.get("/").await;
    assert_eq!(status(&page), "200");
    assert!(page.contains("NOT KNOWN YET"), "{page}");
    let metrics = served.get("/metrics").await;
    assert!(metrics.contains("sameca_watch_runs 0"), "{metrics}");
    assert!(!metrics.contains("sameca_verdict"), "{metrics}");
    assert!(!metrics.contains("sameca_watch_overdue"), "{metrics}");
    served.stop().await;
}

#[tokio::test]
async fn each_path_shows_its_own() {
    let report = sample("different");
    let served = Served::new(known(&report).await).await;
    let page = served.get("/").await;
    assert_eq!(status(&page), "200");
    for part in [
        "<h1>DIFFERENT</h1>",
        "Fabrikam Web CA",
        "pchat01.contoso.com:443",
        ">differs</span>",
        "default-src 'none'",
        "x-content-type-options: nosniff",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    let metrics = served.get("/metrics").await;
    assert!(metrics.contains("text/plain; version=0.0.4"), "{metrics}");
    assert!(metrics.contains("sameca_verdict{verdict=\"different\"} 1"));
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    let document: RunReport = serde_json::from_str(body(&served.get("/report.json").await))
        .expect("it is the whole report");
    assert_eq!(document, report);
    assert_eq!(status(&served.get("/healthz").await), "200");
    assert_eq!(body(&served.get("/healthz?now").await), "ok\n");
    for path in ["/favicon.ico", "/metrics/", "//", "/../etc/passwd", "/%2e"] {
        assert_eq!(status(&served.get(path).await), "404", "{path}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_scraper_gets_the_format_that_it_asks_for() {
    let served = Served::new(known(&sample("same")).await).await;
    let request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\
                   Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n";
    let answer = served.send(request.as_bytes()).await;
    assert!(
        answer.contains("content-type: application/openmetrics-text"),
        "{answer}"
    );
    served.stop().await;
}

#[tokio::test]
async fn head_is_answered_without_a_body_and_other_methods_are_refused() {
    let served = Served::new(known(&sample("same")).await).await;
    let whole = served.get("/healthz").await;
    let head = served
        .send(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!((status(&head), body(&head)), ("200", ""));
    let length = |answer: &str| {
        let mut lines = answer.lines();
        lines
            .find(|line| line.starts_with("content-length"))
            .map(str::to_owned)
    };
    assert_eq!(length(&head), length(&whole));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = served.send(request.as_bytes()).await;
        assert_eq!(status(&answer), "405", "{method}: {answer}");
        assert!(answer.contains("allow: GET, HEAD"), "{answer}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_name_that_was_led_here_learns_nothing() {
    let served = Served::new(known(&sample("same")).await).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: evil.example:9443\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let answer = served.send(request.as_bytes()).await;
        assert_eq!(status(&answer), "421", "{answer}");
        assert!(!answer.contains("SAME"), "{answer}");
    }
    let local = served.send(b"GET /healthz HTTP/1.0\r\n\r\n").await;
    assert_eq!(status(&local), "200", "{local}");
    served.stop().await;
}

#[tokio::test]
async fn what_a_server_said_is_dead_on_the_page() {
    let mut report = sample("hostile");
    let attack = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&";
    report.headline = attack.to_owned();
    report.endpoints[0].target = attack.to_owned();
    report.cas[0].name = format!("{attack}{}", "x".repeat(64 * 1024));
    let served = Served::new(known(&report).await).await;
    let page = served.get("/").await;
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    assert!(page.contains("&#60;script&#62;"), "{page}");
    for c in ['\u{1b}', '\u{202e}', '\u{200b}', '\u{0}'] {
        assert!(!page.contains(c), "{}", c.escape_unicode());
    }
    assert!(page.len() < 64 * 1024, "long texts are cut: {}", page.len());
    served.stop().await;
}

#[tokio::test]
async fn broken_requests_end_and_others_are_still_served() {
    let served = Served::new(known(&sample("same")).await).await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(64 * 1024));
    let many = format!(
        "GET / HTTP/1.1\r\n{}\r\n",
        (0..1000)
            .map(|n| format!("a{n}: b\r\n"))
            .collect::<String>()
    );
    let cases: [&[u8]; 7] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for case in cases {
        let answer = served.send(case).await;
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{}: {answer}", case.escape_ascii());
        assert_eq!(status(&served.get("/healthz").await), "200");
    }
    served.stop().await;
}

/// The clock runs ahead whenever nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn who_does_not_finish_a_request_is_left() {
    let served = Served::new(shared(10 * SECOND)).await;
    let mut stream = TcpStream::connect(served.address)
        .await
        .expect("it listens");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHos")
        .await
        .expect("it takes that");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || status(&answer) == "408", "{answer}");
    served.stop().await;
}

#[tokio::test(start_paused = true)]
async fn idle_connections_neither_fill_it_for_long_nor_hold_up_its_end() {
    let served = Served::new(shared(10 * SECOND)).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(
            TcpStream::connect(served.address)
                .await
                .expect("it listens"),
        );
    }
    assert_eq!(status(&served.get("/healthz").await), "503");
    served.stop().await;
    drop(idle);
}
