//! Chromium's set of signatures over data, right and wrong, now BoringSSL's.

use std::collections::BTreeMap;

use sameca::model::bytes::Der;
use sameca::model::certificate::Certificate;
use sameca::x509::parse;
use sameca::x509::signature::{Check, verify};

use crate::{bytes, file};

/// Cases in which we say something else than they want, what we say, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("rsa-pkcs1-sha1-bad-key-der-null", "verifies", KEY_IS_KEY),
    ("rsa-pkcs1-sha1-key-params-absent", "verifies", KEY_IS_KEY),
    (
        "rsa-pkcs1-sha1-using-pss-key-no-params",
        "verifies",
        RESTRICTED,
    ),
    ("rsa-pkcs1-sha256-key-encoded-ber", "verifies", KEY_IS_KEY),
    (
        "rsa-pkcs1-sha256-spki-non-null-params",
        "verifies",
        KEY_IS_KEY,
    ),
    ("rsa-pkcs1-sha256-using-id-ea-rsa", "verifies", KEY_IS_KEY),
    (
        "rsa-pss-sha256-using-pss-key-with-params",
        "verifies",
        "BoringSSL has no keys that are marked for PSS; they are RSA keys",
    ),
];

const KEY_IS_KEY: &str = "a client need not accept so odd a key; the signature is by it all the same, and who signed is the question";
const RESTRICTED: &str = "the key is marked for PSS and signed otherwise; whether it may is another question than whether it did";

#[test]
fn every_signature_is_judged_as_chromium_wants() {
    let cases = file("signed-data.txt");
    let mut found = BTreeMap::new();
    for case in cases.lines() {
        let (label, wanted, ours) = judged(case);
        if (ours == "verifies") != (wanted == "success") {
            found.insert(label, ours);
        }
    }
    let listed: BTreeMap<_, _> = DIFFERENCES
        .iter()
        .map(|(label, ours, _)| ((*label).to_owned(), (*ours).to_owned()))
        .collect();
    assert_eq!(found, listed);
    assert_eq!(cases.lines().count(), 26);
}

/// Label, what they want, and what we say.
fn judged(case: &str) -> (String, String, String) {
    let fields: Vec<&str> = case.split(' ').collect();
    let [label, wanted, key, algorithm, data, signature] = fields[..] else {
        panic!("{case}: six fields are wanted");
    };
    let carrier = carrier(&bytes(key), &bytes(algorithm), &bytes(signature));
    (
        label.to_owned(),
        wanted.to_owned(),
        check(&carrier, &bytes(data)),
    )
}

fn check(carrier: &Certificate, data: &[u8]) -> String {
    let fields = (
        &carrier.public_key,
        &carrier.signature_algorithm,
        &carrier.signature,
    );
    match fields {
        (Ok(key), Ok(algorithm), Ok(signature)) => match verify(key, algorithm, data, signature) {
            Check::Verifies => "verifies".to_owned(),
            Check::Fails => "fails".to_owned(),
            Check::CannotTell(why) => format!("cannot tell: {why}"),
        },
        (key, algorithm, signature) => {
            let error = key
                .as_ref()
                .err()
                .or(algorithm.as_ref().err())
                .or(signature.as_ref().err());
            format!(
                "not read: {}",
                error.expect("one of them was not read").field
            )
        }
    }
}

/// A certificate that carries the key, the algorithm and the signature, so that they are read as in a certificate.
fn carrier(key: &[u8], algorithm: &[u8], signature: &[u8]) -> Certificate {
    let name = tlv(0x30, &[]);
    let time = tlv(0x17, b"140601120000Z");
    let validity = tlv(0x30, &[time.clone(), time].concat());
    let serial = tlv(0x02, &[1]);
    let signed = [&serial, algorithm, &name, &validity, &name, key].concat();
    let whole = [&tlv(0x30, &signed), algorithm, signature].concat();
    parse::certificate(&Der::from(tlv(0x30, &whole)))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    let mut out = vec![tag];
    match content.len() {
        0..128 => out.push(length[1]),
        128..256 => out.extend([0x81, length[1]]),
        _ => out.extend([0x82, length[0], length[1]]),
    }
    out.extend_from_slice(content);
    out
}
