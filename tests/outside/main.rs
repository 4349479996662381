//! Judged from outside: certificates, names and signatures that other projects made, and what those projects say of
//! them (`testdata/outside`). Where we say something else, a list gives the reason; an entry of such a list that does
//! not show fails as well.

mod certificates;
mod names;
mod pkits;
mod signed_data;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file of `testdata/outside`.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/outside")
        .join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn bytes(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).expect("base64")
}
