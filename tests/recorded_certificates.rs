//! The certificates of recorded flights of real servers, judged from outside: `testdata/flights/index.json` says what
//! another parser and another verifier made of each. Differences are listed with their reason; one that is listed and
//! does not show fails as well.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sameca::model::bytes::Der;
use sameca::model::certificate::{Certificate, Field, Name};
use sameca::x509::signature::{Check, verify_issued};
use sameca::x509::{name, parse};
use serde_json::Value;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Where we differ from the index: flight, what is compared, our answer, and why it is right.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "zeek/schannel-tls10-0004-www.cviis.org.bin",
        "aki 0",
        "254581685026383d3b2d2cbecd6ad9b63db36663",
        ONE_BAD_EXTENSION,
    ),
    (
        "zeek/schannel-tls10-0004-www.cviis.org.bin",
        "ski 0",
        "193fc838aa57b24729adbb331cfa20b8072bc6a2",
        ONE_BAD_EXTENSION,
    ),
    (
        "zeek/warning-alert-before-server-hello.bin",
        "aki 0",
        "fdac6132936c45d6e2ee855f9abae7769968cce7",
        ONE_BAD_EXTENSION,
    ),
    (
        "zeek/warning-alert-before-server-hello.bin",
        "ski 0",
        "18badc5cd2e20a35b352517d9edfe6a7d238e303",
        ONE_BAD_EXTENSION,
    ),
    (
        "suricata/nul-in-issuer.bin",
        "each_signed_by_next 0",
        "fails",
        TAMPERED,
    ),
    (
        "suricata/nul-in-issuer.bin",
        "self_signed_leaf",
        "fails",
        TAMPERED,
    ),
    (
        "suricata/nul-in-subject.bin",
        "each_signed_by_next 0",
        "fails",
        TAMPERED,
    ),
    (
        "suricata/nul-in-subject.bin",
        "self_signed_leaf",
        "fails",
        TAMPERED,
    ),
];

const ONE_BAD_EXTENSION: &str =
    "the other parser gives up all extensions of a certificate when it dislikes one";
const TAMPERED: &str =
    "the NUL was put into a signed certificate; the other parser refuses it, we read it and check";

#[test]
fn every_recorded_certificate_is_read_as_the_index_says() {
    let mut found = BTreeMap::new();
    let mut certificates = 0;
    for flight in index()["flights"].as_array().expect("a list") {
        certificates += compare(flight, &mut found);
    }
    let expected: BTreeMap<_, _> = DIFFERENCES
        .iter()
        .map(|(flight, what, ours, _)| ((*flight).to_owned() + " " + what, (*ours).to_owned()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(certificates, 114);
}

#[test]
fn what_a_strict_parser_refuses_is_read_all_the_same() {
    let leaf = |file: &str| {
        let flight = fs::read(flights().join(file)).expect("a flight");
        presented(&flight).swap_remove(0)
    };
    let issuer = text(&leaf("suricata/nul-in-issuer.bin").issuer);
    assert_eq!(
        issuer,
        "CN=Microsoft RSA TL\\00 CA 01,O=Microsoft Corporation,C=US"
    );
    let subject = text(&leaf("suricata/nul-in-subject.bin").subject);
    assert!(subject.contains("O=Microsoft Corporat\\00on,"), "{subject}");
    let parameters = leaf("zeek/pss-parameters-missing.bin");
    assert_eq!(
        text(&parameters.subject),
        "CN=bro.org,L=Berkeley,ST=CA,C=US"
    );
    assert_eq!(
        check(&parameters, &parameters),
        "cannot tell: mask generation function MGF1 without its hash"
    );
    let cut = leaf("suricata/schannel-tls12-c014-tls-der-incomplete-header.bin");
    assert!(!cut.is_judgeable());
}

#[test]
fn another_parser_reads_the_same_from_what_it_accepts() {
    let mut accepted = 0;
    for flight in index()["flights"].as_array().expect("a list") {
        let file = flight["file"].as_str().expect("a file");
        for ours in presented(&fs::read(flights().join(file)).expect("a flight")) {
            let Ok((_, theirs)) = X509Certificate::from_der(ours.der.as_bytes()) else {
                continue;
            };
            accepted += 1;
            assert_eq!(ours.tbs_bytes(), theirs.tbs_certificate.as_ref(), "{file}");
            assert_eq!(ours.serial.as_deref(), Ok(theirs.raw_serial()), "{file}");
            assert_eq!(
                ours.version,
                Ok(u8::try_from(theirs.version().0 + 1).expect("small")),
                "{file}"
            );
            let issuer = ours.issuer.as_ref().map(|name| &*name.der);
            assert_eq!(issuer, Ok(theirs.issuer().as_raw()), "{file}");
            let subject = ours.subject.as_ref().map(|name| &*name.der);
            assert_eq!(subject, Ok(theirs.subject().as_raw()), "{file}");
            let key = ours.public_key.as_ref().map(|key| &*key.spki);
            assert_eq!(key, Ok(theirs.public_key().raw), "{file}");
            let start = ours.not_before.as_ref().map(|time| time.unix());
            assert_eq!(
                start,
                Ok(theirs.validity().not_before.timestamp()),
                "{file}"
            );
            let signature = ours.signature.as_deref();
            assert_eq!(
                signature,
                Ok(theirs.signature_value.data.as_ref()),
                "{file}"
            );
            let is_ca = ours
                .extensions()
                .is_some_and(|extensions| extensions.is_ca());
            assert_eq!(is_ca, theirs.is_ca(), "{file}");
        }
    }
    assert_eq!(accepted, 112, "all but the two that are damaged on purpose");
}

fn index() -> Value {
    let text = fs::read(flights().join("index.json")).expect("the index of the flights");
    serde_json::from_slice(&text).expect("JSON")
}

fn flights() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/flights"))
}

/// Compares one flight; returns how many certificates it has.
fn compare(flight: &Value, found: &mut BTreeMap<String, String>) -> usize {
    let file = flight["file"].as_str().expect("a file");
    let Some(listed) = flight["certificates"].as_array() else {
        return 0;
    };
    let presented = presented(&fs::read(flights().join(file)).expect("a flight"));
    assert_eq!(presented.len(), listed.len(), "{file}");
    let mut note = |what: String, ours: String, theirs: Option<&Value>| {
        if !agree(&ours, theirs) {
            found.insert(format!("{file} {what}"), ours);
        }
    };
    for (position, (certificate, listed)) in presented.iter().zip(listed).enumerate() {
        for (what, ours) in answers(certificate) {
            note(format!("{what} {position}"), ours, listed.get(what));
        }
    }
    for (position, pair) in presented.windows(2).enumerate() {
        let theirs = flight["each_signed_by_next"].get(position);
        note(
            format!("each_signed_by_next {position}"),
            check(&pair[0], &pair[1]),
            theirs,
        );
    }
    if let Some(leaf) = presented.first() {
        note(
            "self_signed_leaf".to_owned(),
            check(leaf, leaf),
            flight.get("self_signed_leaf"),
        );
    }
    presented.len()
}

/// The index holds nothing of what its parser refused, and null for a missing key identifier and for a signature that
/// its verifier could not check.
fn agree(ours: &str, theirs: Option<&Value>) -> bool {
    match theirs {
        None => true,
        Some(Value::Null) => ours == "none" || ours.starts_with("cannot tell"),
        Some(Value::Bool(true)) => ours == "verifies",
        Some(Value::Bool(false)) => ours == "fails",
        Some(text) => text == ours,
    }
}

/// Our answer to each field of the index.
fn answers(certificate: &Certificate) -> [(&'static str, String); 7] {
    [
        ("sha256", certificate.sha256.to_string()),
        ("subject", text(&certificate.subject)),
        ("issuer", text(&certificate.issuer)),
        ("aki", authority_key_id(certificate)),
        ("ski", subject_key_id(certificate)),
        ("not_after", not_after(certificate)),
        ("signature_oid", algorithm(certificate)),
    ]
}

fn text(name: &Field<Name>) -> String {
    match name {
        Ok(name) => name::rfc4514(name),
        Err(error) => error.to_string(),
    }
}

fn authority_key_id(certificate: &Certificate) -> String {
    certificate
        .extensions()
        .and_then(|extensions| extensions.authority_key_id.as_ref())
        .and_then(|identifier| identifier.key_id.as_ref())
        .map_or("none".to_owned(), ToString::to_string)
}

fn subject_key_id(certificate: &Certificate) -> String {
    certificate
        .subject_key_id()
        .map_or("none".to_owned(), ToString::to_string)
}

fn not_after(certificate: &Certificate) -> String {
    match &certificate.not_after {
        Ok(time) => time.to_string().replace(".000Z", "+00:00"),
        Err(error) => error.to_string(),
    }
}

fn algorithm(certificate: &Certificate) -> String {
    match &certificate.signature_algorithm {
        Ok(algorithm) => algorithm.oid.to_string(),
        Err(error) => error.to_string(),
    }
}

fn check(certificate: &Certificate, signer: &Certificate) -> String {
    match signer
        .public_key
        .as_ref()
        .map(|key| verify_issued(certificate, key))
    {
        Ok(Check::Verifies) => "verifies".to_owned(),
        Ok(Check::Fails) => "fails".to_owned(),
        Ok(Check::CannotTell(reason)) => format!("cannot tell: {reason}"),
        Err(error) => format!("cannot tell: {error}"),
    }
}

/// The certificates of a TLS 1.2 flight: records to handshake messages to the certificate list (RFC 5246 §7.4.2).
fn presented(flight: &[u8]) -> Vec<Certificate> {
    let mut messages = Vec::new();
    let mut rest = flight;
    while let [kind, _, _, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
        if *kind == 22 {
            messages.extend_from_slice(&tail[..length]);
        }
        rest = &tail[length..];
    }
    let mut rest = &messages[..];
    while let [kind, a, b, c, tail @ ..] = rest {
        let (body, next) = tail.split_at(length(*a, *b, *c).min(tail.len()));
        if *kind == 11 {
            return list(body);
        }
        rest = next;
    }
    Vec::new()
}

fn list(body: &[u8]) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    let mut rest = body.get(3..).unwrap_or_default();
    while let [a, b, c, tail @ ..] = rest {
        let (der, next) = tail.split_at(length(*a, *b, *c).min(tail.len()));
        certificates.push(parse::certificate(&Der::from(der)));
        rest = next;
    }
    certificates
}

fn length(a: u8, b: u8, c: u8) -> usize {
    usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)
}
