//! Any bytes as a name: equal encodings have equal keys, and the text is one line of visible characters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sameca::x509::name;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(parsed) = name::parse(bytes) {
        assert!(!name::rfc4514(&parsed).chars().any(char::is_control));
        let again = name::parse(&parsed.der).expect("what has been read once");
        assert_eq!(again.key, parsed.key);
    }
});
