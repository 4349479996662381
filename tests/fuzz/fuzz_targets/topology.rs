//! Any bytes as an export of a topology: errors with something to say, or an estate that can be used, and to which the
//! same topology has nothing to add.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sameca::inventory::{Builder, Selection};
use sameca::topology::{self, Source};

fuzz_target!(|bytes: &[u8]| {
    let source = Source {
        name: "topology",
        bytes,
    };
    match topology::import(&[source]) {
        Ok(import) => {
            let estate = import.estate();
            let mut builder = Builder::new(Selection::default());
            builder.estate(Path::new("estate.toml"), estate.as_bytes());
            builder.finish().expect("an estate");
            let update = import.update(&estate).expect("TOML");
            assert_eq!(update.text, estate);
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| !error.what.is_empty()));
        }
    }
});
