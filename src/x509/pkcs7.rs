//! The certificates of a PKCS #7 file (`.p7b`): `SignedData` without signers (RFC 2315 §9.1, RFC 5652 §5.1).

use crate::model::bytes::Der;
use crate::x509::der::{self, DerError, INTEGER, OID, SEQUENCE, SET};

/// The certificates in the order of the file. Attribute certificates and revocation lists are passed over.
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<Der>, DerError> {
    let mut content_info = der::single(bytes, SEQUENCE)?.reader();
    if content_info.content(OID)? != SIGNED_DATA {
        return Err(DerError::Value("content that is not signed data"));
    }
    let explicit = content_info.element(der::context(0))?;
    content_info.finish()?;
    let mut signed_data = der::single(explicit.content, SEQUENCE)?.reader();
    signed_data.element(INTEGER)?;
    signed_data.element(SET)?;
    signed_data.element(SEQUENCE)?;
    let Some(set) = signed_data.optional(der::context(0))? else {
        return Ok(Vec::new());
    };
    let mut choices = set.reader();
    let mut certificates = Vec::new();
    while !choices.is_empty() {
        let choice = choices.any()?;
        if choice.tag == SEQUENCE {
            certificates.push(Der::from(choice.whole));
        }
    }
    Ok(certificates)
}

/// 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
