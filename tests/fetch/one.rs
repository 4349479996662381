//! One address.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sameca::candidates::{FetchError, Limits, fetch};
use sameca::model::bytes::Der;

use crate::pki::{Ca, pkcs7};
use crate::server::{Reply, Server};

async fn get(url: &str) -> Result<Vec<Der>, FetchError> {
    fetch(url, Limits::default(), loopback).await
}

/// Every name is this machine here.
async fn loopback(_: String, port: u16) -> Result<Vec<SocketAddr>, String> {
    Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
}

#[tokio::test]
async fn der_pem_and_pkcs7_are_read() {
    let (server, root) = (Server::start().await, Ca::root("Root"));
    let sub = root.sub("Sub", &[]);
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(root.der().as_bytes())
    );
    let both = [root.der(), sub.der()];
    for (path, body, expected) in [
        ("/ca.cer", root.der().as_bytes().to_vec(), &both[..1]),
        ("/ca.pem", pem.into_bytes(), &both[..1]),
        ("/ca.p7c", pkcs7(&both), &both[..]),
    ] {
        let url = server.reply(path, Reply::content(&body));
        assert_eq!(get(&url).await.expect(path), expected, "{path}");
    }
}

#[tokio::test]
async fn an_answer_may_end_with_the_connection() {
    let (server, root) = (Server::start().await, Ca::root("Root"));
    let head = b"HTTP/1.0 200 OK\r\n\r\n".to_vec();
    let url = server.reply(
        "/ca.cer",
        Reply::Whole([&head, root.der().as_bytes()].concat()),
    );
    assert_eq!(get(&url).await.expect("a certificate"), [root.der()]);
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let (server, root) = (Server::start().await, Ca::root("Root"));
    server.reply("/0", Reply::content(root.der().as_bytes()));
    server.reply("/1", Reply::redirect("/0"));
    server.reply("/2", Reply::redirect("1"));
    let three = server.reply("/3", Reply::redirect(&server.url("/2")));
    let four = server.reply("/4", Reply::redirect("/3"));
    assert_eq!(get(&three).await.expect("a certificate"), [root.der()]);
    let error = get(&four).await.expect_err("one too many");
    assert!(matches!(error, FetchError::Redirects(3)), "{error}");
    let circle = server.reply("/circle", Reply::redirect("/circle"));
    let error = get(&circle).await.expect_err("a circle");
    assert!(matches!(error, FetchError::Redirects(3)), "{error}");
}

#[tokio::test]
async fn no_redirect_leads_away_from_http() {
    let server = Server::start().await;
    for elsewhere in ["https://127.0.0.1/ca.cer", "file:///etc/passwd", "ldap:///"] {
        let url = server.reply("/ca.cer", Reply::redirect(elsewhere));
        let error = get(&url).await.expect_err(elsewhere);
        assert!(matches!(error, FetchError::RedirectsElsewhere), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_http_address_is_not_even_resolved() {
    let never = async |_: String, _: u16| -> Result<Vec<SocketAddr>, String> {
        panic!("nothing may be resolved")
    };
    for url in ["https://pki.test/", "ldap:///CN=CA", "file:///etc/passwd"] {
        let error = fetch(url, Limits::default(), never).await.expect_err(url);
        assert!(matches!(error, FetchError::NotHttp), "{error}");
    }
}

#[tokio::test]
async fn a_slow_drip_is_given_up() {
    let server = Server::start().await;
    let limits = Limits {
        time: Duration::from_millis(50),
        ..Limits::default()
    };
    for head in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n0"] {
        let url = server.reply("/ca.cer", Reply::Stuck(head.into()));
        let error = fetch(&url, limits, loopback).await.expect_err(head);
        assert!(matches!(error, FetchError::Timeout(_)), "{error}");
    }
}

#[tokio::test]
async fn a_huge_answer_is_not_read_to_its_end() {
    let server = Server::start().await;
    let claimed = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    for head in [claimed, "HTTP/1.1 200 OK\r\n\r\n"] {
        let url = server.reply("/ca.cer", Reply::Endless(head.into()));
        let error = get(&url).await.expect_err(head);
        assert!(matches!(error, FetchError::TooLarge(_)), "{error}");
    }
    let url = server.reply("/head", Reply::Endless("HTTP/1.1 200 OK\r\nX: ".into()));
    let error = get(&url).await.expect_err("an endless head");
    assert!(matches!(error, FetchError::Http(_)), "{error}");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused() {
    let server = Server::start().await;
    let url = server.reply("/page", Reply::content(b"<html>not found</html>"));
    let error = get(&url).await.expect_err("a page");
    assert!(matches!(error, FetchError::Content(_)), "{error}");
    let error = get(&server.url("/none")).await.expect_err("nothing");
    assert_eq!(error.to_string(), "the server answered 404 Not Found");
    let url = server.reply("/noise", Reply::Whole(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()));
    let error = get(&url).await.expect_err("another protocol");
    assert!(matches!(error, FetchError::Http(_)), "{error}");
    let key = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let url = server.reply("/key", Reply::content(key));
    let error = get(&url).await.expect_err("a key");
    assert!(error.to_string().contains("private key"), "{error}");
    assert!(!error.to_string().contains("MAA="), "{error}");
}
