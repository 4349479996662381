//! Odd and broken certificates of the test vectors of `cryptography` and of BoringSSL, and what the parser of
//! `cryptography` reads in them. It refuses more than we do; what it reads we read the same.

use std::collections::BTreeMap;

use sameca::model::bytes::{Der, hex};
use sameca::model::certificate::{Certificate, KeyId};
use sameca::x509::parse;
use sameca::x509::signature::{Check, verify_issued};
use serde_json::Value;

use crate::{bytes, file};

/// Where we read something else: certificate and field, what we read, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "cryptography/custom/ec_no_named_curve.pem key",
        "508b42f93afe63a423849dcd69e32944107f79467d627f16318999d2cc124b74",
        "OpenSSL recognises the curve in the parameters and names it; here the octets are as in the certificate",
    ),
    (
        "cryptography/custom/rsa_pss.pem key",
        "61adc0689111bcf87239d0d45e30eb23984475f608fea03f01440120ef8265df",
        MARK,
    ),
    ("cryptography/custom/rsa_pss_cert.pem key", ONE_KEY, MARK),
    (
        "cryptography/custom/rsa_pss_cert_invalid_mgf.der key",
        ONE_KEY,
        MARK,
    ),
    (
        "cryptography/custom/rsa_pss_cert_no_sig_params.der key",
        ONE_KEY,
        MARK,
    ),
    (
        "cryptography/custom/rsa_pss_cert_unsupported_mgf_hash.der key",
        ONE_KEY,
        MARK,
    ),
];

const ONE_KEY: &str = "569808922a25778128f01b7c443263077fcdc75c0dcea62f9abaa78d3a34db63";
const MARK: &str =
    "the other parser takes away the key's mark for PSS; here the octets are as in the certificate";

/// Certificates that the other parser refuses as a whole for one bad field, and of which we can say who issued them all
/// the same: a bad field hides no other.
const ONE_BAD_FIELD: &[&str] = &[
    "boringssl/bad_validity.pem",
    "boringssl/extension_critical_0.pem",
    "boringssl/extension_critical_3.pem",
    "boringssl/extensions_data_after_sequence.pem",
    "boringssl/extensions_not_sequence.pem",
    "boringssl/issuer_bad_printable_string.pem",
    "boringssl/serial_not_minimal.pem",
    "boringssl/serial_not_number.pem",
    "boringssl/subject_not_printable_string.pem",
    "boringssl/subject_printable_string_containing_utf8_client_cert.pem",
    "boringssl/v1_explicit_version.pem",
    "cryptography/badasn1time.pem",
    "cryptography/custom/invalid_version.pem",
    "cryptography/ed25519/ed25519-rfc8410.pem",
];

#[test]
fn every_certificate_is_read_as_another_parser_does() {
    let mut found = BTreeMap::new();
    let mut compared = 0;
    for (name, theirs, certificate) in &corpus() {
        for (field, theirs) in theirs.as_object().into_iter().flatten() {
            let ours = ours(certificate, field);
            compared += 1;
            if !agree(field, &ours, theirs) {
                found.insert(format!("{name} {field}"), ours);
            }
        }
    }
    let listed: BTreeMap<_, _> = DIFFERENCES
        .iter()
        .map(|(what, ours, _)| ((*what).to_owned(), (*ours).to_owned()))
        .collect();
    assert_eq!(found, listed);
    assert_eq!(compared, 1746);
}

#[test]
fn what_another_parser_refuses_outright_is_mostly_refused_here() {
    let corpus = corpus();
    assert_eq!(corpus.len(), 196);
    let (refused, read): (Vec<_>, Vec<_>) =
        corpus.iter().partition(|(_, theirs, _)| theirs.is_null());
    assert!(read.iter().all(|(.., ours)| ours.is_judgeable()));
    let judgeable = refused.iter().filter(|(.., ours)| ours.is_judgeable());
    let judgeable: Vec<_> = judgeable.map(|(name, ..)| name.as_str()).collect();
    assert_eq!(judgeable, ONE_BAD_FIELD);
    assert_eq!(refused.len() - judgeable.len(), 10, "refused by both");
}

fn corpus() -> Vec<(String, Value, Certificate)> {
    let lines = file("certificates.jsonl");
    let entries = lines.lines().map(|line| {
        let mut entry: Value = serde_json::from_str(line).expect("JSON");
        let der = bytes(entry["der"].as_str().expect("a certificate"));
        let name = entry["name"].as_str().expect("a name").to_owned();
        (
            name,
            entry["read"].take(),
            parse::certificate(&Der::from(der)),
        )
    });
    entries.collect()
}

/// What cannot be verified, by either, says nothing.
fn agree(field: &str, ours: &str, theirs: &Value) -> bool {
    let theirs = match theirs {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let says_nothing = |answer: &str| field == "self_signed" && answer == "cannot-tell";
    ours == theirs || says_nothing(ours) || says_nothing(&theirs)
}

fn ours(certificate: &Certificate, field: &str) -> String {
    let extensions = certificate.extensions();
    let value = match field {
        "version" => certificate.version.as_ref().ok().map(ToString::to_string),
        "serial" => certificate.serial.as_ref().ok().map(|serial| hex(serial)),
        "issuer" => certificate
            .issuer
            .as_ref()
            .ok()
            .map(|name| digest(&name.der)),
        "subject" => certificate
            .subject
            .as_ref()
            .ok()
            .map(|name| digest(&name.der)),
        "not_before" => certificate
            .not_before
            .as_ref()
            .ok()
            .map(|time| time.unix().to_string()),
        "not_after" => certificate
            .not_after
            .as_ref()
            .ok()
            .map(|time| time.unix().to_string()),
        "algorithm" => certificate
            .signature_algorithm
            .as_ref()
            .ok()
            .map(|algorithm| algorithm.oid.to_string()),
        "key" => certificate
            .public_key
            .as_ref()
            .ok()
            .map(|key| key.spki_sha256.to_string()),
        "subject_key_id" => certificate.subject_key_id().map(KeyId::to_string),
        "authority_key_id" => extensions
            .and_then(|known| known.authority_key_id.as_ref()?.key_id.as_ref())
            .map(KeyId::to_string),
        "ca" => extensions.map(|known| known.is_ca().to_string()),
        "self_signed" => Some(self_signed(certificate).to_owned()),
        other => panic!("{other} is no field"),
    };
    value.unwrap_or_else(|| "unread".to_owned())
}

fn self_signed(certificate: &Certificate) -> &'static str {
    let Ok(key) = &certificate.public_key else {
        return "cannot-tell";
    };
    match verify_issued(certificate, key) {
        Check::Verifies => "verifies",
        Check::Fails => "fails",
        Check::CannotTell(_) => "cannot-tell",
    }
}

fn digest(der: &[u8]) -> String {
    Der::from(der.to_vec()).sha256().to_string()
}
