//! A certificate's bytes to its fields (RFC 5280 §4.1).
//!
//! Every field is read for itself: one that is broken is an error of its own and hides none of the others. Only when
//! an element's length cannot be believed, what follows it in the same structure is out of reach, and says so.

use std::ops::Range;

use crate::model::bytes::Der;
use crate::model::certificate::{Certificate, Extensions, Field, FieldError, Name, NameKey};
use crate::model::timestamp::Timestamp;
use crate::x509::der::{self, BIT_STRING, DerError, INTEGER, Reader, SEQUENCE, Tlv};
use crate::x509::{algorithm, extensions, name, public_key, validity};

/// Reads a certificate. Never fails: what does not parse is an error of its field.
///
/// Bytes that follow the certificate are an error of `tbs`, since the clients of the estate would refuse it; all other
/// fields are read all the same.
pub fn certificate(der: &Der) -> Certificate {
    let frame = Frame::read(der.as_bytes());
    let body = Body::read(frame.body);
    Certificate {
        der: der.clone(),
        sha256: der.sha256(),
        tbs: frame.tbs,
        version: body.version,
        serial: body.serial,
        signature_algorithm: frame
            .algorithm
            .and_then(read("signatureAlgorithm", algorithm::identifier)),
        signed_algorithm: body
            .algorithm
            .and_then(read("signature", algorithm::identifier)),
        issuer: body.issuer.and_then(read("issuer", distinguished_name)),
        not_before: body.not_before.and_then(read("notBefore", validity::time)),
        not_after: body.not_after.and_then(read("notAfter", validity::time)),
        subject: body.subject.and_then(read("subject", distinguished_name)),
        public_key: body
            .public_key
            .and_then(read("subjectPublicKeyInfo", public_key::parse)),
        extensions: body.extensions,
        signature: frame.signature.and_then(read("signatureValue", signature)),
    }
}

/// The issuer and the subject of a certificate in comparable form, as [`certificate`] reads them, and nothing else.
pub fn names(der: &Der) -> (Option<NameKey>, Option<NameKey>) {
    let mut walk = Walk::new(Frame::read(der.as_bytes()).body);
    let key =
        |name: Field<Tlv<'_>>| Some(name.and_then(read("name", distinguished_name)).ok()?.key);
    let _ = walk.optional("version", der::context(0));
    let _ = walk.element("serialNumber");
    let _ = walk.element("signature");
    let issuer = walk.element("issuer");
    let _ = walk.element("validity");
    (key(issuer), key(walk.element("subject")))
}

/// The issuer of a certificate as it is encoded, header included; whether it is a name is for others to say.
pub fn encoded_issuer(der: &Der) -> Option<&[u8]> {
    let mut walk = Walk::new(Frame::read(der.as_bytes()).body);
    let _ = walk.optional("version", der::context(0));
    let _ = walk.element("serialNumber");
    let _ = walk.element("signature");
    Some(walk.element("issuer").ok()?.whole)
}

/// When a certificate begins and ends, as [`certificate`] reads it, and nothing else.
pub fn validity(der: &Der) -> (Option<Timestamp>, Option<Timestamp>) {
    let mut walk = Walk::new(Frame::read(der.as_bytes()).body);
    let _ = walk.optional("version", der::context(0));
    let _ = walk.element("serialNumber");
    let _ = walk.element("signature");
    let _ = walk.element("issuer");
    let (not_before, not_after) = bounds(walk.element("validity"));
    (
        not_before.and_then(read("notBefore", validity::time)).ok(),
        not_after.and_then(read("notAfter", validity::time)).ok(),
    )
}

/// When a certificate ends and whose it is, as [`certificate`] reads them, and nothing else.
pub fn end_and_subject(der: &Der) -> (Option<Timestamp>, Option<Name>) {
    let mut walk = Walk::new(Frame::read(der.as_bytes()).body);
    let _ = walk.optional("version", der::context(0));
    let _ = walk.element("serialNumber");
    let _ = walk.element("signature");
    let _ = walk.element("issuer");
    let (_, not_after) = bounds(walk.element("validity"));
    let subject = walk.element("subject");
    (
        not_after.and_then(read("notAfter", validity::time)).ok(),
        subject.and_then(read("subject", distinguished_name)).ok(),
    )
}

/// The outermost structure: the signed part, the algorithm and the signature.
struct Frame<'a> {
    /// Where the signed part lies; an error when anything about the frame is wrong.
    tbs: Field<Range<usize>>,
    /// The elements of the signed part, as far as they are there.
    body: Reader<'a>,
    algorithm: Field<Tlv<'a>>,
    signature: Field<Tlv<'a>>,
}

impl<'a> Frame<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut outside = Walk::new(Reader::new(bytes));
        let outer = outside.cut("tbsCertificate");
        let inner = outer
            .as_ref()
            .map_or(Reader::new(&[]), |outer| outer.0.reader());
        let mut walk = Walk::new(inner);
        let tbs = walk.cut("tbsCertificate");
        Self {
            body: tbs.as_ref().map_or(Reader::new(&[]), |tbs| tbs.0.reader()),
            algorithm: walk.element("signatureAlgorithm"),
            signature: walk.element("signatureValue"),
            tbs: range(outer, tbs).and_then(|range| {
                walk.finish("tbsCertificate")?;
                outside.finish("tbsCertificate")?;
                Ok(range)
            }),
        }
    }
}

/// An element, and the length it claims when it is cut off before that.
type Cut<'a> = (Tlv<'a>, Option<usize>);

/// The range of the signed part, when the outer structure and it are whole sequences.
fn range(outer: Field<Cut<'_>>, tbs: Field<Cut<'_>>) -> Field<Range<usize>> {
    let outer = whole(outer?, "certificate")?;
    let tbs = whole(tbs?, "tbsCertificate")?;
    let start = outer.whole.len().saturating_sub(outer.content.len());
    Ok(start..start.saturating_add(tbs.whole.len()))
}

fn whole<'a>((tlv, claimed): Cut<'a>, field: &'static str) -> Field<Tlv<'a>> {
    match claimed {
        Some(claimed) => Err(DerError::PastEnd {
            claimed,
            available: tlv.content.len(),
        }),
        None => tlv.expect(SEQUENCE),
    }
    .map_err(named(field))
}

/// The elements and values of the signed part.
struct Body<'a> {
    version: Field<u8>,
    serial: Field<Box<[u8]>>,
    algorithm: Field<Tlv<'a>>,
    issuer: Field<Tlv<'a>>,
    not_before: Field<Tlv<'a>>,
    not_after: Field<Tlv<'a>>,
    subject: Field<Tlv<'a>>,
    public_key: Field<Tlv<'a>>,
    extensions: Field<Extensions>,
}

impl<'a> Body<'a> {
    fn read(elements: Reader<'a>) -> Self {
        let mut walk = Walk::new(elements);
        let version = walk.optional("version", der::context(0));
        let serial = walk.element("serialNumber");
        let algorithm = walk.element("signature");
        let issuer = walk.element("issuer");
        let validity = walk.element("validity");
        let (not_before, not_after) = bounds(validity);
        let subject = walk.element("subject");
        let public_key = walk.element("subjectPublicKeyInfo");
        let extensions = extension_list(&mut walk);
        Self {
            version: version.and_then(read("version", self::version)),
            serial: serial.and_then(read("serialNumber", self::serial)),
            algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
        }
    }
}

/// The two ends of the validity period.
fn bounds(validity: Field<Tlv<'_>>) -> (Field<Tlv<'_>>, Field<Tlv<'_>>) {
    match validity.and_then(read("validity", |tlv: Tlv<'_>| tlv.expect(SEQUENCE))) {
        Err(error) => (Err(error.clone()), Err(error)),
        Ok(validity) => {
            let mut walk = Walk::new(validity.reader());
            (walk.element("notBefore"), walk.element("notAfter"))
        }
    }
}

/// The extensions, behind the unique identifiers that X.509 version 2 had.
fn extension_list(walk: &mut Walk<'_>) -> Field<Extensions> {
    const FIELD: &str = "extensions";
    for number in [1, 2] {
        walk.optional(FIELD, der::context_primitive(number))?;
        walk.optional(FIELD, der::context(number))?;
    }
    let list = walk.optional(FIELD, der::context(3))?;
    walk.finish(FIELD)?;
    match list {
        None => Ok(Extensions::default()),
        Some(list) => extensions::parse(list).map_err(named(FIELD)),
    }
}

fn version(tlv: Option<Tlv<'_>>) -> Result<u8, DerError> {
    let Some(tlv) = tlv else {
        return Ok(1);
    };
    match der::small(der::single(tlv.content, INTEGER)?.content)? {
        0 => Ok(1),
        1 => Ok(2),
        2 => Ok(3),
        _ => Err(DerError::Value("a version that is none of 0, 1 and 2")),
    }
}

fn serial(tlv: Tlv<'_>) -> Result<Box<[u8]>, DerError> {
    match tlv.expect(INTEGER)?.content {
        [] => Err(DerError::Value("an integer without content")),
        content => Ok(content.into()),
    }
}

fn distinguished_name(tlv: Tlv<'_>) -> Result<Name, DerError> {
    name::read(tlv.whole)
}

fn signature(tlv: Tlv<'_>) -> Result<Box<[u8]>, DerError> {
    der::whole_octets(tlv.expect(BIT_STRING)?.content).map(Box::from)
}

/// A reader of values whose errors carry the field's name.
fn read<I, T>(
    field: &'static str,
    parse: impl Fn(I) -> Result<T, DerError>,
) -> impl Fn(I) -> Field<T> {
    move |input| parse(input).map_err(named(field))
}

fn named(field: &'static str) -> impl Fn(DerError) -> FieldError {
    move |error| FieldError {
        field,
        reason: error.to_string(),
    }
}

/// A walk along the elements of a structure that remembers where it lost its way.
struct Walk<'a> {
    reader: Reader<'a>,
    lost: Option<&'static str>,
}

impl<'a> Walk<'a> {
    fn new(reader: Reader<'a>) -> Self {
        Self { reader, lost: None }
    }

    /// The next element, whatever its tag.
    fn element(&mut self, field: &'static str) -> Field<Tlv<'a>> {
        self.step(field, Reader::any)
    }

    /// The next element as far as it is there.
    fn cut(&mut self, field: &'static str) -> Field<Cut<'a>> {
        self.step(field, Reader::clamped)
    }

    /// The next element, if it has this tag.
    fn optional(&mut self, field: &'static str, tag: u8) -> Field<Option<Tlv<'a>>> {
        self.step(field, |reader| reader.optional(tag))
    }

    /// Refuses further elements.
    fn finish(&mut self, field: &'static str) -> Field<()> {
        self.step(field, |reader| reader.finish())
    }

    fn step<T>(
        &mut self,
        field: &'static str,
        step: impl FnOnce(&mut Reader<'a>) -> Result<T, DerError>,
    ) -> Field<T> {
        if let Some(lost) = self.lost {
            return Err(FieldError {
                field,
                reason: format!("out of reach behind the broken {lost}"),
            });
        }
        step(&mut self.reader).map_err(|error| {
            if error != DerError::Missing {
                self.lost = Some(field);
            }
            named(field)(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::certificate::{AltName, KeyKind};
    use crate::x509::der::{OCTET_STRING, OID, SET, UTC_TIME, context, context_primitive, encode};
    use crate::x509::name::rfc4514;

    /// The parts of a certificate's signed part, each encoded; tests replace some.
    #[derive(Clone)]
    struct Parts {
        version: Vec<u8>,
        serial: Vec<u8>,
        algorithm: Vec<u8>,
        issuer: Vec<u8>,
        validity: Vec<u8>,
        subject: Vec<u8>,
        key: Vec<u8>,
        extensions: Vec<Vec<u8>>,
    }

    impl Parts {
        fn usual() -> Self {
            let sha256_with_rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
            let rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
            let key = [encode(INTEGER, b"\x00\xc5\x01"), encode(INTEGER, b"\x03")].concat();
            let bits = [&[0][..], &encode(SEQUENCE, &key)].concat();
            let info = [encode(SEQUENCE, rsa), encode(BIT_STRING, &bits)].concat();
            Self {
                version: encode(context(0), b"\x02\x01\x02"),
                serial: encode(INTEGER, b"\x07"),
                algorithm: encode(SEQUENCE, sha256_with_rsa),
                issuer: common_name(0x0c, b"CA"),
                validity: validity(b"130214093000Z", b"150214093000Z"),
                subject: common_name(0x0c, b"leaf"),
                key: encode(SEQUENCE, &info),
                extensions: Vec::new(),
            }
        }

        fn der(&self) -> Vec<u8> {
            let mut body = [
                &self.version[..],
                &self.serial,
                &self.algorithm,
                &self.issuer,
                &self.validity,
                &self.subject,
                &self.key,
            ]
            .concat();
            if !self.extensions.is_empty() {
                let list = encode(SEQUENCE, &self.extensions.concat());
                body.extend(encode(context(3), &list));
            }
            let signature = encode(BIT_STRING, &[0, 0xaa, 0xbb]);
            let outside = [encode(SEQUENCE, &body), self.algorithm.clone(), signature].concat();
            encode(SEQUENCE, &outside)
        }

        fn certificate(&self) -> Certificate {
            certificate(&Der::from(self.der()))
        }
    }

    fn common_name(tag: u8, value: &[u8]) -> Vec<u8> {
        let attribute = [encode(OID, b"\x55\x04\x03"), encode(tag, value)].concat();
        encode(SEQUENCE, &encode(SET, &encode(SEQUENCE, &attribute)))
    }

    fn validity(from: &[u8], to: &[u8]) -> Vec<u8> {
        let tag = |text: &[u8]| if text.len() == 13 { UTC_TIME } else { 0x18 };
        encode(
            SEQUENCE,
            &[encode(tag(from), from), encode(tag(to), to)].concat(),
        )
    }

    fn extension(oid: &[u8], critical: &[u8], value: &[u8]) -> Vec<u8> {
        let parts = [
            encode(OID, oid),
            critical.to_vec(),
            encode(OCTET_STRING, value),
        ];
        encode(SEQUENCE, &parts.concat())
    }

    const CRITICAL: &[u8] = b"\x01\x01\xff";
    const KEY_ID: &[u8] = b"\x55\x1d\x23";

    fn problems(certificate: &Certificate) -> Vec<String> {
        fn problem<T>(field: &Field<T>) -> Option<String> {
            field.as_ref().err().map(ToString::to_string)
        }
        [
            problem(&certificate.tbs),
            problem(&certificate.version),
            problem(&certificate.serial),
            problem(&certificate.signature_algorithm),
            problem(&certificate.signed_algorithm),
            problem(&certificate.issuer),
            problem(&certificate.not_before),
            problem(&certificate.not_after),
            problem(&certificate.subject),
            problem(&certificate.public_key),
            problem(&certificate.extensions),
            problem(&certificate.signature),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    #[test]
    fn the_usual_certificate_has_no_problems() {
        let certificate = Parts::usual().certificate();
        assert_eq!(problems(&certificate), [""; 0]);
        assert_eq!(certificate.version, Ok(3));
        assert_eq!(certificate.tbs_bytes().first(), Some(&SEQUENCE));
        let key = certificate.public_key.expect("a key");
        assert_eq!(key.kind.to_string(), "RSA 16");
        assert_eq!(certificate.signature.as_deref(), Ok(&[0xaa, 0xbb][..]));
    }

    #[test]
    fn one_broken_field_hides_no_other() {
        type Spoil = fn(&mut Parts);
        let broken: [(&str, Spoil); 9] = [
            ("version: a version that is none of 0, 1 and 2", |p| {
                p.version = encode(context(0), b"\x02\x01\x07")
            }),
            ("serialNumber: an integer without content", |p| {
                p.serial = encode(INTEGER, b"")
            }),
            ("issuer: tag 0x0c instead of 0x30", |p| {
                p.issuer = encode(0x0c, b"CA")
            }),
            (
                "notBefore: not a point in time such as 130214093000Z",
                |p| p.validity = validity(b"139914093000Z", b"150214093000Z"),
            ),
            ("notAfter: not a point in time such as 130214093000Z", |p| {
                p.validity = validity(b"130214093000Z", b"15021409300xZ")
            }),
            ("subject: ends inside the header of an element", |p| {
                p.subject = encode(SEQUENCE, b"\x31")
            }),
            ("subjectPublicKeyInfo: missing", |p| {
                p.key = encode(SEQUENCE, b"")
            }),
            ("extensions: tag 0x02 instead of 0x30", |p| {
                p.extensions = vec![]
            }),
            ("serialNumber: tag 0x04 instead of 0x02", |p| {
                p.serial = encode(OCTET_STRING, b"\x07")
            }),
        ];
        for (expected, spoil) in broken {
            let mut parts = Parts::usual();
            spoil(&mut parts);
            if expected.starts_with("extensions") {
                parts.key.extend(encode(context(3), b"\x02\x01\x00"));
            }
            assert_eq!(problems(&parts.certificate()), [expected]);
        }
    }

    #[test]
    fn a_length_past_the_end_puts_only_what_follows_out_of_reach() {
        let mut parts = Parts::usual();
        parts.subject = b"\x30\x84\x0f\xff\xff\xff".to_vec();
        let certificate = parts.certificate();
        assert!(certificate.issuer.is_ok() && certificate.not_after.is_ok());
        assert!(certificate.is_judgeable());
        let expected = "subjectPublicKeyInfo: out of reach behind the broken subject";
        assert!(problems(&certificate).contains(&expected.to_owned()));
    }

    #[test]
    fn a_certificate_that_is_cut_off_shows_what_is_there() {
        let der = Parts::usual().der();
        let certificate = certificate(&Der::from(&der[..der.len() - 30]));
        assert_eq!(
            certificate.issuer.as_ref().map(rfc4514).as_deref(),
            Ok("CN=CA")
        );
        assert!(certificate.tbs.is_err() && !certificate.is_judgeable());
    }

    #[test]
    fn bytes_behind_the_certificate_are_an_error_of_the_frame_alone() {
        let der = [Parts::usual().der(), vec![0]].concat();
        let certificate = certificate(&Der::from(der));
        assert_eq!(
            problems(&certificate),
            ["tbsCertificate: extra octets after its end: 1"]
        );
        assert_eq!(certificate.der.as_bytes().last(), Some(&0));
    }

    #[test]
    fn version_one_and_odd_serial_numbers_are_read() {
        for serial in [&[0x80][..], &[0], &[0xff; 30], &[0, 0, 1]] {
            let mut parts = Parts::usual();
            parts.version.clear();
            parts.serial = encode(INTEGER, serial);
            let certificate = parts.certificate();
            assert_eq!(problems(&certificate), [""; 0]);
            assert_eq!(certificate.version, Ok(1));
            assert_eq!(certificate.serial.as_deref(), Ok(serial));
        }
    }

    #[test]
    fn empty_subjects_and_odd_times_are_read() {
        let mut parts = Parts::usual();
        parts.subject = encode(SEQUENCE, b"");
        parts.validity = validity(b"510101000000Z", b"20130214093000Z");
        let certificate = parts.certificate();
        assert_eq!(problems(&certificate), [""; 0]);
        assert!(certificate.subject.as_ref().is_ok_and(Name::is_empty));
        assert_eq!(certificate.not_before.expect("a time").unix(), -599_616_000);
    }

    #[test]
    fn keys_of_odd_kinds_are_told_apart() {
        let kind = |algorithm: &[u8], bits: &[u8]| {
            let string = encode(BIT_STRING, &[&[0], bits].concat());
            let mut parts = Parts::usual();
            parts.key = encode(SEQUENCE, &[encode(SEQUENCE, algorithm), string].concat());
            parts.certificate().public_key.map(|key| key.kind)
        };
        let ec = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
        assert_eq!(
            kind(&[&ec[..], b"\x30\x00"].concat(), b"\x04"),
            Ok(KeyKind::ExplicitEc)
        );
        assert!(kind(ec, b"\x04").is_err());
        assert!(kind(b"\x06\x03\x2b\x65\x70", &[1; 31]).is_err());
        let ml_dsa = kind(b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11", &[1; 9]);
        assert_eq!(ml_dsa, Ok(KeyKind::Other("2.16.840.1.101.3.4.3.17".into())));
    }

    #[test]
    fn the_same_rsa_key_in_two_encodings_has_one_fingerprint() {
        let fingerprint = |modulus: &[u8], algorithm: &[u8]| {
            let key = [encode(INTEGER, modulus), encode(INTEGER, b"\x03")].concat();
            let bits = [&[0][..], &encode(SEQUENCE, &key)].concat();
            let info = [encode(SEQUENCE, algorithm), encode(BIT_STRING, &bits)].concat();
            let mut parts = Parts::usual();
            parts.key = encode(SEQUENCE, &info);
            parts.certificate().public_key.expect("a key").fingerprint
        };
        let rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
        let pss = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
        let usual = Parts::usual()
            .certificate()
            .public_key
            .expect("a key")
            .fingerprint;
        assert_eq!(fingerprint(b"\x00\x00\xc5\x01", rsa), usual);
        assert_eq!(fingerprint(b"\x00\xc5\x01", pss), usual);
        assert_ne!(fingerprint(b"\x00\xc5\x03", rsa), usual);
    }

    #[test]
    fn key_identifiers_are_read_in_both_forms() {
        let authority = |value: &[u8]| {
            let mut parts = Parts::usual();
            parts.extensions = vec![extension(KEY_ID, b"", &encode(SEQUENCE, value))];
            let extensions = parts.certificate().extensions.expect("extensions");
            assert_eq!(extensions.broken, []);
            extensions.authority_key_id.expect("an identifier")
        };
        let by_key = encode(context_primitive(0), &[1, 2]);
        assert_eq!(
            authority(&by_key).key_id.expect("a key").to_string(),
            "0102"
        );
        assert_eq!(authority(&encode(context_primitive(0), &[])).key_id, None);
        let directory = encode(context(4), &common_name(0x13, b"ca"));
        let uri = encode(context_primitive(6), b"http://ca");
        let names = encode(context(1), &[uri, directory].concat());
        let by_serial = [names, encode(context_primitive(2), b"\x80")].concat();
        let found = authority(&by_serial)
            .issuer_serial
            .expect("issuer and serial");
        assert_eq!(
            found.issuer,
            Parts::usual().certificate().issuer.expect("a name").key
        );
        assert_eq!(*found.serial, [0x80]);
    }

    #[test]
    fn extensions_are_read_each_for_itself() {
        let names = [
            encode(context_primitive(2), b"fe01\0.contoso.com"),
            encode(context_primitive(7), &[10, 0, 0, 1]),
            encode(context_primitive(7), &[10, 0]),
            encode(context_primitive(1), b"a@b"),
        ];
        let mut parts = Parts::usual();
        parts.extensions = vec![
            extension(b"\x55\x1d\x11", b"", &encode(SEQUENCE, &names.concat())),
            extension(b"\x55\x1d\x0f", CRITICAL, b"\x03\x02\x01\x86"),
            extension(
                b"\x55\x1d\x13",
                CRITICAL,
                b"\x30\x06\x01\x01\xff\x02\x01\x00",
            ),
            extension(
                b"\x2b\x06\x01\x04\x01\x82\x37\x15\x01",
                b"",
                b"\x02\x03\x01\x00\x02",
            ),
            extension(b"\x2a\x03\x04", CRITICAL, b""),
            extension(b"\x2a\x03\x05", b"", b""),
            extension(b"\x55\x1d\x25", b"", b"\x30\x05\x06\x01\x86"),
            extension(
                KEY_ID,
                b"",
                &encode(SEQUENCE, &encode(context_primitive(0), b"1")),
            ),
            extension(
                KEY_ID,
                b"",
                &encode(SEQUENCE, &encode(context_primitive(0), b"2")),
            ),
            b"\x02\x00".to_vec(),
        ];
        let extensions = parts.certificate().extensions.expect("extensions");
        assert_eq!(
            extensions.subject_alt_names,
            [
                AltName::Dns("fe01\0.contoso.com".into()),
                AltName::Address([10, 0, 0, 1].into()),
                AltName::Other("address:0a00".into()),
                AltName::Other("email:a@b".into()),
            ]
        );
        assert_eq!(extensions.key_usage, Some(0b0110_0001));
        assert!(extensions.is_ca());
        assert_eq!(extensions.ca_version, Some(0x1_0002));
        assert_eq!(extensions.unknown_critical, ["1.2.3.4".into()]);
        assert_eq!(extensions.authority_key_id, None);
        let broken: Vec<_> = extensions.broken.iter().map(|(oid, _)| &**oid).collect();
        assert_eq!(broken, ["unknown", "2.5.29.37", "2.5.29.35", "2.5.29.35"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = problems(&certificate(&Der::from(noise)));
        }

        #[test]
        fn mutated_certificates_never_panic(
            changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..6), cut in any::<u16>(), which in 0_usize..2,
        ) {
            let files = [&include_bytes!("../../testdata/certs/ca.der")[..], include_bytes!("../../testdata/certs/leaf.der")];
            let mut der = files[which].to_vec();
            for (at, value) in changes {
                let at = usize::from(at) % der.len();
                der[at] = value;
            }
            if cut % 4 == 0 {
                der.truncate(usize::from(cut) % der.len());
            }
            let der = Der::from(der);
            let certificate = certificate(&der);
            let key = |name: &Field<Name>| name.as_ref().ok().map(|name| name.key.clone());
            prop_assert_eq!(names(&der), (key(&certificate.issuer), key(&certificate.subject)));
            for name in [&certificate.issuer, &certificate.subject].into_iter().flatten() {
                prop_assert!(!rfc4514(name).chars().any(char::is_control));
            }
            if let Ok(key) = &certificate.public_key {
                let _ = crate::x509::signature::verify_issued(&certificate, key);
            }
        }
    }
}
