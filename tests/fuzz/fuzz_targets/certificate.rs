//! Any bytes as a certificate: parsed, named, and checked against its own key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sameca::model::bytes::Der;
use sameca::x509::recover::Signed;
use sameca::x509::{name, parse, signature};

fuzz_target!(|bytes: &[u8]| {
    let certificate = parse::certificate(&Der::from(bytes));
    for name in [&certificate.issuer, &certificate.subject].into_iter().flatten() {
        assert!(!name::rfc4514(name).chars().any(char::is_control));
    }
    if let Ok(key) = &certificate.public_key {
        let _ = signature::verify_issued(&certificate, key);
    }
    if let Some(signed) = Signed::of(&certificate) {
        for key in signed.keys() {
            assert!(signed.is_by(&key), "a computed key verifies the signature it comes from");
        }
    }
});
