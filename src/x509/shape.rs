//! What a DER structure is, told by its outer elements.

use crate::x509::der::{BIT_STRING, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, Tlv, context};

/// The structures that files next to certificates hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// RFC 5280 §4.1; its fields may still be broken.
    Certificate,
    /// `ContentInfo` of PKCS #7 (RFC 2315 §7).
    Pkcs7,
    /// PKCS #8, PKCS #1 or RFC 5915.
    PrivateKey,
    /// PKCS #8 `EncryptedPrivateKeyInfo`.
    EncryptedPrivateKey,
    /// PKCS #12 (RFC 7292), which usually holds a private key.
    Pfx,
    /// PKCS #10 (RFC 2986).
    Request,
    /// RFC 5280 §5.1.
    RevocationList,
    /// `SubjectPublicKeyInfo`, or a PKCS #1 public key.
    PublicKey,
    /// None of these.
    Other,
}

/// The tags of the first elements of a structure, and the first two elements themselves.
struct Outline<'a> {
    tags: [Option<u8>; 3],
    first: Option<Tlv<'a>>,
    second: Option<Tlv<'a>>,
}

impl<'a> Outline<'a> {
    /// Of a structure that is cut off, as much as is there.
    fn of(mut reader: Reader<'a>) -> Self {
        let mut next = || reader.clamped().ok().map(|(tlv, _)| tlv);
        let (first, second, third) = (next(), next(), next());
        Self {
            tags: [first, second, third].map(|element| element.map(|element| element.tag)),
            first,
            second,
        }
    }

    fn inside(element: Option<Tlv<'a>>) -> Self {
        Self::of(element.map_or(Reader::new(&[]), Tlv::reader))
    }
}

/// What the structure is; it may be cut off.
pub(super) fn shape(bytes: &[u8]) -> Shape {
    let Ok((outer, _)) = Reader::new(bytes).clamped() else {
        return Shape::Other;
    };
    if outer.tag != SEQUENCE {
        return Shape::Other;
    }
    let outline = Outline::of(outer.reader());
    match outline.tags {
        [Some(OID), ..] => Shape::Pkcs7,
        [Some(INTEGER), Some(INTEGER), Some(INTEGER)] => Shape::PrivateKey,
        [Some(INTEGER), Some(INTEGER), None] => Shape::PublicKey,
        [Some(INTEGER), Some(OCTET_STRING), _] => Shape::PrivateKey,
        [Some(INTEGER), Some(SEQUENCE), Some(OCTET_STRING)] => Shape::PrivateKey,
        [Some(INTEGER), Some(SEQUENCE), _] => Shape::Pfx,
        [Some(SEQUENCE), Some(OCTET_STRING), None] => Shape::EncryptedPrivateKey,
        [Some(SEQUENCE), Some(BIT_STRING), None] => Shape::PublicKey,
        [Some(SEQUENCE), ..] => signed(&Outline::inside(outline.first)),
        _ => Shape::Other,
    }
}

/// What a signed structure is. A certificate has a version or a serial number before the algorithm; a request has a
/// name there, and a revocation list may have a version but goes on with a name and a time.
fn signed(body: &Outline<'_>) -> Shape {
    let starts_with_oid =
        |element: Option<Tlv<'_>>| Outline::inside(element).tags.first() == Some(&Some(OID));
    match body.tags {
        [Some(version), ..] if version == context(0) => Shape::Certificate,
        [Some(INTEGER), Some(SEQUENCE), Some(SEQUENCE)] if starts_with_oid(body.second) => {
            Shape::Certificate
        }
        [Some(INTEGER), Some(SEQUENCE), _] => Shape::Request,
        [Some(SEQUENCE), Some(SEQUENCE), _] if starts_with_oid(body.first) => Shape::RevocationList,
        _ => Shape::Other,
    }
}
