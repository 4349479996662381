//! Kept observations: whatever a file holds, reading it ends in observations or in an error that names a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sameca::kept;

fuzz_target!(|bytes: &[u8]| {
    let mut observations = Vec::new();
    if kept::read("fuzz", bytes, |observation| observations.push(observation)).is_ok() {
        let merged = kept::merge(observations.clone());
        assert!(merged.newest.len() + merged.older.len() <= observations.len());
        assert!(!merged.newest.is_empty());
    }
});
