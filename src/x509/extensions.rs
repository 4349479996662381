//! Certificate extensions (RFC 5280 §4.2). One whose value does not parse is noted and hides none of the others.

use x509_parser::extensions::{
    AuthorityInfoAccess, BasicConstraints as ParsedConstraints, CRLDistributionPoints,
    KeyIdentifier, KeyUsage, X509Extension, X509ExtensionParser,
};
use x509_parser::nom::Parser as _;

use crate::model::certificate::{
    AuthorityKeyId, BasicConstraints, Extensions, IssuerSerial, KeyId,
};
use crate::x509::alt_name::{self, GENERAL_NAME_DIRECTORY};
use crate::x509::der::{self, DerError, INTEGER, OID, Reader, SEQUENCE, Tlv};
use crate::x509::{name, oid, strict};

/// Reads the extensions from their `[3]` element.
pub(super) fn parse(list: Tlv<'_>) -> Result<Extensions, DerError> {
    let mut elements = der::single(list.content, SEQUENCE)?.reader();
    let mut found = Vec::new();
    let mut extensions = Extensions::default();
    while !elements.is_empty() {
        match extension(elements.any()?) {
            Ok(extension) => found.push(extension),
            Err(error) => extensions
                .broken
                .push(("unknown".into(), error.to_string())),
        }
    }
    let repeated = repeated(&found);
    for extension in &found {
        read(&mut extensions, extension, &repeated);
    }
    Ok(extensions)
}

/// The frame of one extension; its value is read later.
fn extension(tlv: Tlv<'_>) -> Result<X509Extension<'_>, DerError> {
    strict::at_most(tlv, 3)?;
    let mut frame = X509ExtensionParser::new().with_deep_parse_extensions(false);
    let (_, extension) = frame.parse(tlv.whole).map_err(strict::refused)?;
    Ok(extension)
}

/// The extensions that occur more than once, sorted.
fn repeated<'a>(found: &'a [X509Extension<'_>]) -> Vec<&'a [u8]> {
    let mut oids: Vec<_> = found.iter().map(|found| found.oid.as_bytes()).collect();
    oids.sort_unstable();
    oids.chunk_by(|left, right| left == right)
        .filter_map(|run| match run {
            [oid, _, ..] => Some(*oid),
            _ => None,
        })
        .collect()
}

/// Reads one extension. Of one that occurs twice (RFC 5280 §4.2 forbids it) none is believed.
fn read(extensions: &mut Extensions, extension: &X509Extension<'_>, repeated: &[&[u8]]) {
    let oid = extension.oid.as_bytes();
    let read = if repeated.binary_search(&oid).is_ok() {
        Err(DerError::Value("occurs more than once"))
    } else {
        value(extensions, oid, extension)
    };
    if let Err(error) = read {
        let oid = oid::dotted(oid).unwrap_or_else(|_| "unknown".into());
        extensions.broken.push((oid, error.to_string()));
    }
}

fn value(
    extensions: &mut Extensions,
    oid: &[u8],
    extension: &X509Extension<'_>,
) -> Result<(), DerError> {
    let value = extension.value;
    match oid {
        b"\x55\x1d\x0e" => extensions.subject_key_id = subject_key_id(value)?,
        b"\x55\x1d\x0f" => {
            extensions.key_usage = Some(strict::value::<KeyUsage, _>(value)?.flags);
        }
        b"\x55\x1d\x11" => extensions.subject_alt_names = alt_name::list(value)?,
        b"\x55\x1d\x13" => extensions.basic_constraints = Some(basic_constraints(value)?),
        b"\x55\x1d\x1f" => {
            extensions.has_crl_distribution_points = true;
            strict::value::<CRLDistributionPoints<'_>, _>(value)?;
        }
        b"\x55\x1d\x23" => extensions.authority_key_id = Some(authority_key_id(value)?),
        b"\x55\x1d\x25" => extensions.extended_key_usage = Some(purposes(value)?),
        b"\x2b\x06\x01\x05\x05\x07\x01\x01" => extensions.ca_issuers = ca_issuers(value)?,
        b"\x2b\x06\x01\x04\x01\x82\x37\x15\x01" => {
            extensions.ca_version = Some(der::small(der::single(value, INTEGER)?.content)?);
        }
        other if extension.critical && !UNDERSTOOD.contains(&other) => {
            extensions.unknown_critical.push(oid::dotted(other)?);
        }
        _ => {}
    }
    Ok(())
}

/// Extensions that are known though nothing is read of them: alternative issuer names, name constraints, policies,
/// their mappings and constraints, `inhibitAnyPolicy`, freshest CRL, subject information access, TLS feature, and
/// Microsoft's template, application policies and previous CA hash.
const UNDERSTOOD: &[&[u8]] = &[
    b"\x55\x1d\x12",
    b"\x55\x1d\x1e",
    b"\x55\x1d\x20",
    b"\x55\x1d\x21",
    b"\x55\x1d\x24",
    b"\x55\x1d\x36",
    b"\x55\x1d\x2e",
    b"\x2b\x06\x01\x05\x05\x07\x01\x0b",
    b"\x2b\x06\x01\x05\x05\x07\x01\x18",
    b"\x2b\x06\x01\x04\x01\x82\x37\x14\x02",
    b"\x2b\x06\x01\x04\x01\x82\x37\x15\x02",
    b"\x2b\x06\x01\x04\x01\x82\x37\x15\x07",
    b"\x2b\x06\x01\x04\x01\x82\x37\x15\x0a",
];

fn subject_key_id(value: &[u8]) -> Result<Option<KeyId>, DerError> {
    Ok(key_id(strict::value::<KeyIdentifier<'_>, _>(value)?.0))
}

/// An empty identifier names nothing.
fn key_id(octets: &[u8]) -> Option<KeyId> {
    (!octets.is_empty()).then(|| KeyId(octets.into()))
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, DerError> {
    let constraints: ParsedConstraints = strict::value(value)?;
    Ok(BasicConstraints {
        ca: constraints.ca,
        path_length: constraints.path_len_constraint,
    })
}

/// Read by hand, since identity hangs on it: x509-parser drops without a word a serial number with needless zeros, the
/// names behind a broken one, and all fields that stand in another order.
fn authority_key_id(value: &[u8]) -> Result<AuthorityKeyId, DerError> {
    let mut reader = der::single(value, SEQUENCE)?.reader();
    let identifier = reader.optional(der::context_primitive(0))?;
    let issuer = reader.optional(der::context(1))?;
    let serial = reader.optional(der::context_primitive(2))?;
    reader.finish()?;
    let issuer_serial = match (issuer, serial) {
        (Some(issuer), Some(serial)) => issuer_serial(issuer.reader(), serial.content)?,
        _ => None,
    };
    Ok(AuthorityKeyId {
        key_id: identifier.and_then(|identifier| key_id(identifier.content)),
        issuer_serial,
    })
}

/// The first directory name among the issuer's names, with the serial number.
fn issuer_serial(mut names: Reader<'_>, serial: &[u8]) -> Result<Option<IssuerSerial>, DerError> {
    while !names.is_empty() {
        let general = names.any()?;
        if general.tag == GENERAL_NAME_DIRECTORY && !serial.is_empty() {
            return Ok(Some(IssuerSerial {
                issuer: name::read(general.content)?.key,
                serial: serial.into(),
            }));
        }
    }
    Ok(None)
}

/// Read by hand: x509-parser turns the known purposes into flags, and their order is lost.
fn purposes(value: &[u8]) -> Result<Vec<Box<str>>, DerError> {
    let mut reader = der::single(value, SEQUENCE)?.reader();
    let mut purposes = Vec::new();
    while !reader.is_empty() {
        purposes.push(oid::dotted(reader.content(OID)?)?);
    }
    Ok(purposes)
}

/// The locations with the method `id-ad-caIssuers`.
fn ca_issuers(value: &[u8]) -> Result<Vec<Box<str>>, DerError> {
    let access: AuthorityInfoAccess<'_> = strict::value(value)?;
    Ok(access
        .iter()
        .filter(|entry| entry.access_method.as_bytes() == b"\x2b\x06\x01\x05\x05\x07\x30\x02")
        .filter_map(|entry| alt_name::uri(&entry.access_location))
        .map(Box::from)
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use x509_parser::asn1_rs::FromDer as _;
    use x509_parser::extensions::AuthorityKeyIdentifier;

    use super::*;
    use crate::x509::der::{BIT_STRING, OCTET_STRING, context, context_primitive, encode};

    /// The identifiers whose values are read.
    const READ: &[&[u8]] = &[
        b"\x55\x1d\x0e",
        b"\x55\x1d\x0f",
        b"\x55\x1d\x11",
        b"\x55\x1d\x13",
        b"\x55\x1d\x1f",
        b"\x55\x1d\x23",
        b"\x55\x1d\x25",
        b"\x2b\x06\x01\x05\x05\x07\x01\x01",
        b"\x2b\x06\x01\x04\x01\x82\x37\x15\x01",
    ];

    fn read_all(extensions: &[(&[u8], &[u8])]) -> Extensions {
        let list: Vec<u8> = extensions
            .iter()
            .flat_map(|(oid, value)| {
                let parts = [encode(OID, oid), encode(OCTET_STRING, value)].concat();
                encode(SEQUENCE, &parts)
            })
            .collect();
        let element = encode(context(3), &encode(SEQUENCE, &list));
        let tlv = der::single(&element, context(3)).expect("an element");
        parse(tlv).expect("a list")
    }

    #[test]
    fn octets_behind_a_value_are_an_error() {
        let usage = [encode(BIT_STRING, b"\x01\x86"), vec![0]].concat();
        let extensions = read_all(&[(b"\x55\x1d\x0f", &usage)]);
        assert_eq!(extensions.key_usage, None);
        let reason = "extra octets after its end: 1".to_owned();
        assert_eq!(extensions.broken, [("2.5.29.15".into(), reason)]);
    }

    #[test]
    fn a_broken_value_hides_no_other() {
        for broken in READ {
            let values: Vec<_> = READ
                .iter()
                .map(|oid| {
                    (
                        *oid,
                        if oid == broken {
                            &b"\x30\x05"[..]
                        } else {
                            sound(oid)
                        },
                    )
                })
                .collect();
            let extensions = read_all(&values);
            assert_eq!(extensions.broken.len(), 1, "{broken:?}");
            let found = [
                extensions.subject_key_id.is_some(),
                extensions.key_usage.is_some(),
                !extensions.subject_alt_names.is_empty(),
                extensions.basic_constraints.is_some(),
                extensions.has_crl_distribution_points,
                extensions.authority_key_id.is_some(),
                extensions.extended_key_usage.is_some(),
                !extensions.ca_issuers.is_empty(),
                extensions.ca_version.is_some(),
            ];
            let absent = found.iter().filter(|found| !**found).count();
            let present_all_the_same = usize::from(*broken != b"\x55\x1d\x1f");
            assert_eq!(absent, present_all_the_same, "{broken:?}: {found:?}");
        }
    }

    fn sound(oid: &[u8]) -> &'static [u8] {
        match oid {
            b"\x55\x1d\x0e" => b"\x04\x01\x07",
            b"\x55\x1d\x0f" => b"\x03\x02\x01\x86",
            b"\x55\x1d\x11" => b"\x30\x04\x82\x02fe",
            b"\x55\x1d\x13" => b"\x30\x00",
            b"\x55\x1d\x1f" => b"\x30\x08\x30\x06\xa0\x04\xa0\x02\x86\x00",
            b"\x55\x1d\x23" => b"\x30\x03\x80\x01\x07",
            b"\x55\x1d\x25" => b"\x30\x03\x06\x01\x2a",
            b"\x2b\x06\x01\x05\x05\x07\x01\x01" => {
                b"\x30\x0f\x30\x0d\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x01h"
            }
            _ => b"\x02\x01\x01",
        }
    }

    /// Why authority key identifiers are read by hand: a reason that no longer holds fails here.
    #[test]
    fn fields_of_the_authority_that_x509_parser_drops_are_read_or_refused() {
        let by_key = encode(context_primitive(0), &[7]);
        let names = encode(context(1), &encode(context(4), &encode(SEQUENCE, b"")));
        let serial = encode(context_primitive(2), &[0, 1]);
        let padded = encode(SEQUENCE, &[&names[..], &serial].concat());
        let theirs = AuthorityKeyIdentifier::from_der(&padded).expect("an identifier");
        assert_eq!(theirs.1.authority_cert_serial, None);
        let ours = authority_key_id(&padded).expect("an identifier");
        assert_eq!(*ours.issuer_serial.expect("both").serial, [0, 1]);
        let reordered = encode(SEQUENCE, &[names, by_key].concat());
        let theirs = AuthorityKeyIdentifier::from_der(&reordered).expect("an identifier");
        assert_eq!(theirs.1.key_identifier, None);
        assert!(authority_key_id(&reordered).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn hostile_values_never_panic(
            which in 0..READ.len(), noise in proptest::collection::vec(any::<u8>(), 0..40),
            changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        ) {
            let mut value = sound(READ[which]).to_vec();
            for (at, octet) in changes {
                let at = at % value.len();
                value[at] = octet;
            }
            read_all(&[(READ[which], &value)]);
            read_all(&[(READ[which], &noise)]);
        }
    }
}
