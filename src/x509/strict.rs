//! x509-parser, held to the end of what it is given.
//!
//! It passes over octets behind the last field that it knows, inside a structure and after it. Two certificates that
//! differ there would read alike, so here such octets are an error.

use x509_parser::asn1_rs::{Error, FromDer};
use x509_parser::error::X509Error;
use x509_parser::nom;

use crate::x509::der::{DerError, Reader, SEQUENCE, Tlv};

/// Reads a sequence of one to this many elements.
pub(super) fn sequence<'a, T, E>(tlv: Tlv<'a>, elements: usize) -> Result<T, DerError>
where
    T: FromDer<'a, E>,
    X509Error: From<nom::Err<E>>,
{
    at_most(tlv, elements)?;
    value(tlv.whole)
}

/// Refuses what is no sequence, an empty one, and one of more elements.
pub(super) fn at_most(tlv: Tlv<'_>, elements: usize) -> Result<(), DerError> {
    let mut reader = tlv.expect(SEQUENCE)?.reader();
    reader.any()?;
    for _ in 1..elements {
        if !reader.is_empty() {
            reader.any()?;
        }
    }
    reader.finish()
}

/// Reads a value that fills its octets.
pub(super) fn value<'a, T, E>(bytes: &'a [u8]) -> Result<T, DerError>
where
    T: FromDer<'a, E>,
    X509Error: From<nom::Err<E>>,
{
    let (rest, value) = T::from_der(bytes).map_err(refused)?;
    Reader::new(rest).finish()?;
    Ok(value)
}

/// The reason of a refusal, without the layers that it came through.
pub(super) fn refused<E>(error: nom::Err<E>) -> DerError
where
    X509Error: From<nom::Err<E>>,
{
    match X509Error::from(error) {
        X509Error::Der(Error::Incomplete(_)) => DerError::Value("ends inside an element"),
        X509Error::Der(error) => DerError::Refused(error.to_string()),
        error => DerError::Refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

    use super::*;
    use crate::x509::der::{OID, encode, single};

    fn identifier(elements: &[&[u8]]) -> Result<String, String> {
        let bytes = encode(SEQUENCE, &elements.concat());
        let tlv = single(&bytes, SEQUENCE).expect("a sequence");
        sequence::<AlgorithmIdentifier<'_>, _>(tlv, 2)
            .map(|identifier| identifier.oid().to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn octets_that_x509_parser_passes_over_are_refused() {
        let (oid, null) = (encode(OID, b"\x2a\x03"), b"\x05\x00");
        assert_eq!(identifier(&[&oid, null]).as_deref(), Ok("1.2.3"));
        let refused = identifier(&[&oid, null, null]).expect_err("a third element");
        assert_eq!(refused, "extra octets after its end: 2");
        let bytes = encode(SEQUENCE, &[&oid[..], null, null].concat());
        assert!(AlgorithmIdentifier::from_der(&bytes).is_ok(), "needless");
        let behind = [encode(SEQUENCE, &oid), vec![0]].concat();
        assert!(value::<AlgorithmIdentifier<'_>, _>(&behind).is_err());
    }

    #[test]
    fn refusals_are_fragments_of_a_sentence() {
        assert_eq!(identifier(&[]).expect_err("empty"), "missing");
        let cut = identifier(&[b"\x06\x05\x2a"]).expect_err("cut off");
        assert_eq!(cut, "length 5 runs past the end: 1 bytes are left");
        let info = value::<SubjectPublicKeyInfo<'_>, _>(b"\x30\x04\x30\x02\x06\x00");
        let reason = info.expect_err("no key").to_string();
        assert_eq!(reason, "invalid X.509 Subject Public Key Info");
    }
}
