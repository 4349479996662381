//! The text of names: attribute values to characters, and names to RFC 4514 strings.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::bytes::hex;
use crate::model::certificate::Name;
use crate::x509::der::Tlv;
use crate::x509::name::{Attribute, rdns};
use crate::x509::oid;

const UTF8_STRING: u8 = 0x0c;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const T61_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const VISIBLE_STRING: u8 = 0x1a;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

/// The characters of a string value; `None` when it is no string, or not well-formed.
///
/// Octets above 127 in the one-octet types are read as Latin-1, which is what CAs write into `T61String`.
pub(super) fn characters(value: Tlv<'_>) -> Option<Cow<'_, str>> {
    match value.tag {
        UTF8_STRING => std::str::from_utf8(value.content).ok().map(Cow::from),
        NUMERIC_STRING | PRINTABLE_STRING | T61_STRING | IA5_STRING | VISIBLE_STRING => {
            Some(latin1(value.content))
        }
        BMP_STRING => utf16(value.content).map(Cow::from),
        UNIVERSAL_STRING => utf32(value.content).map(Cow::from),
        _ => None,
    }
}

/// Octets as the first 256 characters.
pub(super) fn latin1(octets: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(octets) {
        Ok(text) if text.is_ascii() => Cow::from(text),
        _ => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}

/// Big-endian UTF-16: `BMPString` has no surrogates by the letter, but CAs write them.
fn utf16(octets: &[u8]) -> Option<String> {
    let (pairs, []) = octets.as_chunks::<2>() else {
        return None;
    };
    char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair)))
        .collect::<Result<_, _>>()
        .ok()
}

fn utf32(octets: &[u8]) -> Option<String> {
    let (words, []) = octets.as_chunks::<4>() else {
        return None;
    };
    words
        .iter()
        .map(|word| char::from_u32(u32::from_be_bytes(*word)))
        .collect()
}

/// The name as an RFC 4514 string, most specific attribute first; empty for the empty name.
///
/// Control characters and others that could disturb a terminal are escaped as `\XX`, so that the string is one line of
/// printable text. Values that are no strings are `#` and hex.
pub fn rfc4514(name: &Name) -> String {
    let mut text = String::new();
    let mut sets: Vec<_> = rdns(&name.der).collect();
    sets.reverse();
    for (index, set) in sets.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        for (index, attribute) in set.into_iter().enumerate() {
            if index > 0 {
                text.push('+');
            }
            push_attribute(&mut text, attribute);
        }
    }
    text
}

fn push_attribute(text: &mut String, attribute: Attribute<'_>) {
    let oid = oid::dotted(attribute.oid).unwrap_or_default();
    let short = short_name(&oid);
    text.push_str(short.unwrap_or(&oid));
    text.push('=');
    match characters(attribute.value) {
        Some(value) => push_escaped(text, &value),
        None => {
            text.push('#');
            text.push_str(&hex(attribute.value.whole));
        }
    }
}

/// The short names of RFC 4514 §3.
fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        _ => return None,
    })
}

/// The escapes of RFC 4514 §2.4, with those of it that are optional for whatever is not plainly visible.
fn push_escaped(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', character]),
            ' ' if index == 0 || index == last => text.push_str("\\ "),
            '#' if index == 0 => text.push_str("\\#"),
            _ if is_disturbing(character) => {
                for octet in character.encode_utf8(&mut [0; 4]).bytes() {
                    write!(text, "\\{octet:02x}").expect("writing to a String cannot fail");
                }
            }
            _ => text.push(character),
        }
    }
}

/// Characters that are not seen or that change how others are shown: controls, other white space than the space,
/// zero-width characters, and marks of direction.
fn is_disturbing(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}
