//! Alternative names (RFC 5280 §4.2.1.6).

use std::net::IpAddr;

use x509_parser::asn1_rs::{Oid, Tag};
use x509_parser::extensions::GeneralName;

use crate::model::bytes::hex;
use crate::model::certificate::AltName;
use crate::x509::der::{self, DerError, SEQUENCE, Tlv};
use crate::x509::name_text::latin1;
use crate::x509::{name, oid, strict};

/// The tag of a directory name; its content is the encoded `Name`.
pub(super) const GENERAL_NAME_DIRECTORY: u8 = der::context(4);

/// Reads `GeneralNames`. One that is broken is written as its octets and hides none of the others; that is why the
/// list is walked here and x509-parser reads the single names.
pub(super) fn list(value: &[u8]) -> Result<Vec<AltName>, DerError> {
    let mut reader = der::single(value, SEQUENCE)?.reader();
    let mut names = Vec::new();
    while !reader.is_empty() {
        let tlv = reader.any()?;
        names.push(general_name(tlv).unwrap_or_else(|_| octets(tlv)));
    }
    Ok(names)
}

/// The tag of a host name.
const GENERAL_NAME_DNS: u8 = der::context_primitive(2);

fn general_name(tlv: Tlv<'_>) -> Result<AltName, DerError> {
    // Most names are host names in ASCII, and some certificates have hundreds: those are read at once.
    if let (GENERAL_NAME_DNS, Ok(text)) = (tlv.tag, std::str::from_utf8(tlv.content))
        && text.is_ascii()
    {
        return Ok(AltName::Dns(text.into()));
    }
    let name: GeneralName<'_> = strict::value(tlv.whole)?;
    let other = |text: String| Ok(AltName::Other(text.into()));
    match &name {
        GeneralName::DNSName(text) => Ok(AltName::Dns((*text).into())),
        GeneralName::Invalid(Tag(2), text) => Ok(AltName::Dns(latin1(text).into())),
        GeneralName::IPAddress(octets) => Ok(address(octets)),
        GeneralName::RFC822Name(text) => other(format!("email:{text}")),
        GeneralName::Invalid(Tag(1), text) => other(format!("email:{}", latin1(text))),
        GeneralName::DirectoryName(_) | GeneralName::Invalid(Tag(4), _) => {
            let directory = name::rfc4514(&name::read(tlv.content)?);
            other(format!("directory:{directory}"))
        }
        GeneralName::RegisteredID(id) => {
            other(format!("registered-id:{}", oid::dotted(id.as_bytes())?))
        }
        GeneralName::OtherName(kind, value) => other(other_name(kind, value)?),
        name => Ok(uri(name).map_or_else(
            || octets(tlv),
            |text| AltName::Other(format!("uri:{text}").into()),
        )),
    }
}

/// The text of a uniform resource identifier. By the letter it is ASCII; some CAs write UTF-8, and what is neither is
/// read as Latin-1, as host names and mail addresses are.
pub(super) fn uri(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(text) => Some((*text).to_owned()),
        GeneralName::Invalid(Tag(6), text) => Some(latin1(text).into_owned()),
        _ => None,
    }
}

fn octets(tlv: Tlv<'_>) -> AltName {
    AltName::Other(format!("tag-0x{:02x}:{}", tlv.tag, hex(tlv.content)).into())
}

fn address(octets: &[u8]) -> AltName {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(octets).map(IpAddr::from);
    match v4.or(v6) {
        Ok(address) => AltName::Address(address),
        Err(_) => AltName::Other(format!("address:{}", hex(octets)).into()),
    }
}

/// A name of a kind of its own; the user principal name of Active Directory is written out.
fn other_name(kind: &Oid<'_>, value: &[u8]) -> Result<String, DerError> {
    let value = der::single(value, der::context(0))?.content;
    if kind.as_bytes() == b"\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03" {
        let principal = der::Reader::new(value).any()?.content;
        let text = std::str::from_utf8(principal).map_or_else(|_| latin1(principal), Into::into);
        return Ok(format!("upn:{text}"));
    }
    Ok(format!(
        "other-{}:{}",
        oid::dotted(kind.as_bytes())?,
        hex(value)
    ))
}
