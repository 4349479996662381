//! L1: the bytes of certificates and keys to values, and whether a key made a signature.
//!
//! Knows no socket, no file and no clock. Everything here takes hostile bytes: nothing panics, nothing indexes, and no
//! length that the bytes claim is believed before it is checked against what is there.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        reason = "a test that panics is a test that fails"
    )
)]

mod algorithm;
mod alt_name;
pub mod container;
mod der;
mod ecdsa;
mod extensions;
pub mod name;
mod name_text;
pub mod ocsp;
mod oid;
pub mod parse;
mod pem;
mod pkcs7;
mod pss;
mod public_key;
pub mod recover;
mod rsa;
mod shape;
pub mod signature;
mod strict;
mod validity;
