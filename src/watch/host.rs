//! Whom a request is for. A page of somebody else whose name was made to lead here (DNS rebinding) shall learn nothing.

use std::net::IpAddr;

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::http::uri::Authority;

/// Whether a request to a loopback listener is meant for it: for `localhost` or for an address, which no name server
/// can lead elsewhere. A request without a host (HTTP/1.0) comes from no browser.
pub(super) fn is_ours(request: &Parts) -> bool {
    let named = request.headers.get_all(HOST).iter();
    let mut named = named.map(|value| value.to_str().unwrap_or("?"));
    let uri = request.uri.authority().map(Authority::as_str);
    named.all(is_local) && uri.is_none_or(is_local)
}

fn is_local(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok() || host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_can_be_led_here_is_not_ours() {
        for ours in [
            "localhost",
            "localhost:9443",
            "LOCALHOST.",
            "127.0.0.1:9443",
            "192.0.2.1",
            "[::1]:9443",
        ] {
            assert!(is_local(ours), "{ours}");
        }
        for other in [
            "",
            "evil.example:9443",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "a b",
            "?",
        ] {
            assert!(!is_local(other), "{other}");
        }
    }
}
