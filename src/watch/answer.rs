//! A request and what is known → the answer to it.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};

use crate::watch::host;
use crate::watch::metrics;
use crate::watch::page;
use crate::watch::serve::Reach;
use crate::watch::state::{Health, Shared};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Nothing may be loaded or run, this page framed, or a form sent; the one style is known by its digest.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-";

/// What is sent in each answer: nothing is kept, guessed or read by other pages.
const GUARDS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// The answer, complete; of one to HEAD the connection sends the head alone.
pub(super) fn answer(request: &Parts, shared: &Shared, reach: Reach) -> Response<Full<Bytes>> {
    let mut response = route(request, shared, reach);
    for (name, value) in GUARDS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    let policy = HeaderValue::try_from(format!("{POLICY}{}'", page::style_digest()));
    let policy = policy.expect("the digest is base64");
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    response
}

fn route(request: &Parts, shared: &Shared, reach: Reach) -> Response<Full<Bytes>> {
    if reach == Reach::Loopback && !host::is_ours(request) {
        return plain(
            StatusCode::MISDIRECTED_REQUEST,
            "ask for localhost or for the address\n",
        );
    }
    if request.method != Method::GET && request.method != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD only\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match request.uri.path() {
        "/" => status_page(shared),
        "/metrics" => metrics(request, shared),
        "/report.json" => report(shared),
        "/healthz" => health(shared),
        _ => plain(
            StatusCode::NOT_FOUND,
            "there are /, /metrics, /report.json and /healthz\n",
        ),
    }
}

fn status_page(shared: &Shared) -> Response<Full<Bytes>> {
    match page::render(shared) {
        Ok(text) => with(StatusCode::OK, HTML, text),
        Err(_) => failed(),
    }
}

/// The same text under the name that the scraper asks for: it is both formats.
fn metrics(request: &Parts, shared: &Shared) -> Response<Full<Bytes>> {
    let accepted = request.headers.get_all(ACCEPT).iter();
    let open = accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/openmetrics-text"));
    let kind = if open { OPEN_METRICS } else { PROMETHEUS };
    let Ok(text) = metrics::text(shared) else {
        return failed();
    };
    let mut response = with(StatusCode::OK, kind, text);
    let vary = HeaderValue::from_static("Accept");
    response.headers_mut().insert(VARY, vary);
    response
}

fn report(shared: &Shared) -> Response<Full<Bytes>> {
    match shared.now_known().last {
        Some(last) => with(StatusCode::OK, JSON, last.document),
        None => plain(StatusCode::SERVICE_UNAVAILABLE, "no run has finished yet\n"),
    }
}

fn health(shared: &Shared) -> Response<Full<Bytes>> {
    let (status, word) = match shared.now_known().health() {
        Health::Recent => (StatusCode::OK, "ok\n"),
        Health::Unknown => (StatusCode::SERVICE_UNAVAILABLE, "no run has finished yet\n"),
        Health::Overdue => (
            StatusCode::SERVICE_UNAVAILABLE,
            "overdue: no run has finished for two periods\n",
        ),
    };
    plain(status, word)
}

fn failed() -> Response<Full<Bytes>> {
    plain(StatusCode::INTERNAL_SERVER_ERROR, "this cannot be shown\n")
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    with(status, TEXT, text)
}

fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
