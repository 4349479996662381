//! Certificates from the platform's trust store.

use crate::model::bytes::Der;

/// The certificates that the platform trusts as roots, and what went wrong while they were read.
pub fn platform() -> (Vec<Der>, Vec<String>) {
    let result = rustls_native_certs::load_native_certs();
    let certificates = result.certs.iter().map(|der| Der::from(der.as_ref()));
    let warnings = result.errors.iter().map(ToString::to_string);
    (certificates.collect(), warnings.collect())
}
