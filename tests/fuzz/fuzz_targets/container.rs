//! Any bytes as a file of certificates: what is found is in DER, and what is refused is not repeated.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sameca::x509::container;

fuzz_target!(|bytes: &[u8]| {
    match container::certificates(bytes) {
        Ok(certificates) => {
            assert!(!certificates.is_empty());
            assert!(certificates.iter().all(|der| der.as_bytes().first() == Some(&0x30)));
        }
        Err(error) => assert!(error.to_string().len() < 300),
    }
});
