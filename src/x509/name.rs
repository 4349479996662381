//! Distinguished names and how they are compared (RFC 5280 §7.1).
//!
//! Two names are equal when they have the same attributes in the same order (inside a relative distinguished name of
//! several attributes: in any order), each with the same type and the same value. Strings are compared without regard
//! to their ASN.1 type, to case, to compatibility forms (NFKC) and to the amount of white space; what is no
//! string is compared octet by octet. Control characters are kept, not dropped as RFC 4518 §2.2 would: a name with a
//! hidden NUL is another name.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::model::certificate::{Field, FieldError, Name, NameKey};
use crate::x509::der::{DerError, OID, Reader, SEQUENCE, SET, Tlv, single};
use crate::x509::name_text::characters;
pub use crate::x509::name_text::rfc4514;
use crate::x509::oid;

/// Reads an encoded `Name`, header included.
///
/// # Errors
///
/// Says what is wrong with the structure. A string that is not well-formed is no error: it is compared by its octets.
pub fn parse(der: &[u8]) -> Field<Name> {
    read(der).map_err(|error| FieldError {
        field: "name",
        reason: error.to_string(),
    })
}

/// An attribute of a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    /// The content octets of the type.
    pub(super) oid: &'a [u8],
    pub(super) value: Tlv<'a>,
}

/// Reads an encoded `Name`, header included.
pub(super) fn read(der: &[u8]) -> Result<Name, DerError> {
    let mut key = Vec::with_capacity(der.len());
    let mut sets = single(der, SEQUENCE)?.reader();
    while !sets.is_empty() {
        push_part(&mut key, &set_key(sets.element(SET)?.reader())?);
    }
    Ok(Name {
        der: der.into(),
        key: NameKey(key.into()),
    })
}

/// The comparable form of one relative distinguished name. Its attributes are sorted, for they are a set.
fn set_key(mut set: Reader<'_>) -> Result<Vec<u8>, DerError> {
    let mut attributes = Vec::with_capacity(1);
    while !set.is_empty() {
        attributes.push(attribute_key(attribute(&mut set)?)?);
    }
    attributes.sort_unstable();
    let mut key = Vec::new();
    for attribute in attributes {
        push_part(&mut key, &attribute);
    }
    Ok(key)
}

fn attribute<'a>(set: &mut Reader<'a>) -> Result<Attribute<'a>, DerError> {
    let mut reader = set.element(SEQUENCE)?.reader();
    let oid = reader.content(OID)?;
    let value = reader.any()?;
    reader.finish()?;
    Ok(Attribute { oid, value })
}

fn attribute_key(attribute: Attribute<'_>) -> Result<Vec<u8>, DerError> {
    oid::check(attribute.oid)?;
    let mut key = Vec::with_capacity(attribute.value.whole.len().saturating_add(8));
    push_part(&mut key, attribute.oid);
    match characters(attribute.value) {
        Some(text) => {
            key.push(1);
            push_prepared(&mut key, &text);
        }
        None => {
            key.push(0);
            key.extend_from_slice(attribute.value.whole);
        }
    }
    Ok(key)
}

/// Appends a part preceded by its length, so that no choice of parts reads as another. The length is in base 128, the
/// highest bit set in all octets but its last.
fn push_part(key: &mut Vec<u8>, part: &[u8]) {
    let mut length = part.len();
    while let high @ 1.. = length >> 7 {
        key.push(0x80 | low_bits(length));
        length = high;
    }
    key.push(low_bits(length));
    key.extend_from_slice(part);
}

fn low_bits(length: usize) -> u8 {
    u8::try_from(length & 0x7f).expect("seven bits fit in an octet")
}

/// Appends the string as it is compared: case folded, composed, white space collapsed and trimmed.
fn push_prepared(key: &mut Vec<u8>, text: &str) {
    let start = key.len();
    if text.is_ascii() {
        push_words(key, text);
        key.iter_mut()
            .skip(start)
            .for_each(|octet| octet.make_ascii_lowercase());
    } else {
        let normalizer = ComposingNormalizerBorrowed::new_nfkc();
        let folded: String = normalizer.normalize(text).chars().flat_map(fold).collect();
        push_words(key, &normalizer.normalize(&folded));
    }
}

fn push_words(key: &mut Vec<u8>, text: &str) {
    let mut separator: &[u8] = b"";
    for word in text.split_whitespace() {
        key.extend_from_slice(separator);
        key.extend_from_slice(word.as_bytes());
        separator = b" ";
    }
}

/// Case folding by way of the capital, so that letters which share one (σ and ς, ß and ss) become one. The dotless i
/// shares its capital with the i, but is another letter.
fn fold(character: char) -> impl Iterator<Item = char> {
    let (capital, itself) = match character {
        'ı' => (None, Some('ı')),
        other => (Some(other.to_uppercase()), None),
    };
    let capital = capital.into_iter().flatten();
    capital.flat_map(char::to_lowercase).chain(itself)
}

/// The relative distinguished names of a `Name` that has been parsed, in their order.
pub(super) fn rdns(der: &[u8]) -> impl Iterator<Item = Vec<Attribute<'_>>> {
    let mut sets = single(der, SEQUENCE).map_or(Reader::new(&[]), Tlv::reader);
    std::iter::from_fn(move || {
        let mut set = sets.element(SET).ok()?.reader();
        Some(std::iter::from_fn(move || attribute(&mut set).ok()).collect())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::der::encode as tlv;

    const CN: &[u8] = b"\x55\x04\x03";
    const O: &[u8] = b"\x55\x04\x0a";
    const UTF8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const T61: u8 = 0x14;
    const IA5: u8 = 0x16;
    const UNIVERSAL: u8 = 0x1c;
    const BMP: u8 = 0x1e;

    fn pair(oid: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(SEQUENCE, &[tlv(OID, oid), tlv(tag, value)].concat())
    }

    /// A name of relative distinguished names, each of attributes.
    fn encoded(sets: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let sets: Vec<_> = sets.iter().map(|set| tlv(SET, &set.concat())).collect();
        tlv(SEQUENCE, &sets.concat())
    }

    fn key_of(sets: &[Vec<Vec<u8>>]) -> NameKey {
        parse(&encoded(sets)).expect("a name").key
    }

    fn common(tag: u8, value: &[u8]) -> NameKey {
        key_of(&[vec![pair(CN, tag, value)]])
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    fn utf32(text: &str) -> Vec<u8> {
        text.chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect()
    }

    #[test]
    fn the_type_of_a_string_does_not_count() {
        let name = common(PRINTABLE, b"Contoso CA");
        for (tag, value) in [
            (UTF8, b"Contoso CA".to_vec()),
            (T61, b"Contoso CA".to_vec()),
            (IA5, b"Contoso CA".to_vec()),
            (BMP, utf16("Contoso CA")),
            (UNIVERSAL, utf32("Contoso CA")),
        ] {
            assert_eq!(common(tag, &value), name, "tag {tag:#x}");
        }
        assert_eq!(common(T61, b"M\xfcller"), common(UTF8, "Müller".as_bytes()));
    }

    #[test]
    fn case_space_and_composition_do_not_count() {
        let same = |left: &str, right: &str| {
            common(UTF8, left.as_bytes()) == common(UTF8, right.as_bytes())
        };
        assert!(same("  Contoso \t CA ", "contoso ca"));
        assert!(same("STRASSE", "straße"));
        assert!(same("ΣΙΣΥΦΟΣ", "σισυφος"));
        assert!(same("e\u{301}", "É"));
        assert!(same("a\u{a0}b", "A B"));
        assert!(!same("contoso ca", "contosoca"));
        assert!(!same("contoso", "contoso\0"));
        assert!(!same("contoso", "con\u{ad}toso"));
        assert!(!same("ı", "i"));
        assert!(
            !same("contoso", "cοntoso"),
            "the second has a Greek omicron"
        );
    }

    #[test]
    fn order_counts_between_sets_and_not_within() {
        let (cn, o) = (pair(CN, UTF8, b"a"), pair(O, UTF8, b"b"));
        let one = key_of(&[vec![cn.clone(), o.clone()]]);
        assert_eq!(one, key_of(&[vec![o.clone(), cn.clone()]]));
        let two = key_of(&[vec![cn.clone()], vec![o.clone()]]);
        assert_ne!(two, key_of(&[vec![o.clone()], vec![cn.clone()]]));
        assert_ne!(one, two);
        assert_ne!(key_of(&[vec![cn.clone()]]), key_of(&[vec![cn.clone(), cn]]));
    }

    #[test]
    fn a_value_that_is_no_text_counts_by_its_octets() {
        assert_ne!(common(OID, b"\x2a\x03"), common(OID, b"\x2a\x04"));
        assert_ne!(common(UTF8, b"\xff"), common(UTF8, b"\xfe"));
        assert_ne!(common(BMP, b"\x00"), common(UTF8, b"\x00"));
        assert_ne!(common(BMP, b"\xd8\x00"), common(BMP, b"\xd8\x01"));
    }

    #[test]
    fn only_the_empty_name_has_the_empty_key() {
        assert!(parse(b"\x30\x00").expect("a name").is_empty());
        assert!(!common(UTF8, b"").is_empty());
        assert!(!key_of(&[vec![]]).is_empty());
    }

    #[test]
    fn broken_structures_are_refused() {
        for bytes in [
            &b""[..],
            b"\x30",
            b"\x31\x00",
            b"\x30\x02\x31\x01",
            b"\x30\x00\x00",
            b"\x30\x02\x30\x00",
        ] {
            assert!(parse(bytes).is_err(), "{bytes:02x?}");
        }
        let extra = tlv(
            SEQUENCE,
            &[tlv(OID, CN), tlv(UTF8, b"a"), tlv(UTF8, b"b")].concat(),
        );
        assert!(parse(&encoded(&[vec![extra]])).is_err());
    }

    #[test]
    fn the_text_is_that_of_rfc_4514() {
        let text = |sets: &[Vec<Vec<u8>>]| rfc4514(&parse(&encoded(sets)).expect("a name"));
        let dc = b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19";
        assert_eq!(
            text(&[
                vec![pair(dc, IA5, b"com")],
                vec![pair(O, UTF8, b"A, \"B\"")],
                vec![pair(CN, UTF8, b" #x "), pair(O, UTF8, b"#")]
            ]),
            r#"CN=\ #x\ +O=\#,O=A\, \"B\",DC=com"#
        );
        assert_eq!(
            text(&[vec![pair(CN, UTF8, "a\0b\u{1b}[2J\u{202e}é".as_bytes())]]),
            r"CN=a\00b\1b[2J\e2\80\aeé"
        );
        assert_eq!(
            text(&[vec![pair(b"\x55\x04\x11", UTF8, b"98052")]]),
            "2.5.4.17=98052"
        );
        assert_eq!(text(&[vec![pair(CN, OID, b"\x2a\x03")]]), "CN=#06022a03");
        assert_eq!(text(&[]), "");
    }

    prop_compose! {
        fn name()(sets in proptest::collection::vec(
            proptest::collection::vec((0_usize..2, 0_usize..7, "[ aA0\u{e9}]{0,4}"), 1..3), 0..3)
        ) -> Vec<Vec<(Vec<u8>, u8, String)>> {
            let tags = [UTF8, PRINTABLE, T61, BMP, UNIVERSAL, IA5, OID];
            sets.into_iter().map(|set| set.into_iter().map(|(oid, tag, text)| {
                ([CN, O][oid].to_vec(), tags[tag], text)
            }).collect()).collect()
        }
    }

    fn bytes_of(name: &[Vec<(Vec<u8>, u8, String)>]) -> Vec<u8> {
        let value = |tag, text: &str| match tag {
            BMP => utf16(text),
            UNIVERSAL => utf32(text),
            UTF8 | OID => text.as_bytes().to_vec(),
            _ => text
                .chars()
                .filter_map(|c| u8::try_from(u32::from(c)).ok())
                .collect(),
        };
        let attribute =
            |(oid, tag, text): &(Vec<u8>, u8, String)| pair(oid, *tag, &value(*tag, text));
        let sets: Vec<_> = name
            .iter()
            .map(|set| set.iter().map(attribute).collect())
            .collect();
        encoded(&sets)
    }

    /// The comparison of RFC 5280 §7.1 written down without any key.
    fn comparable(name: &[Vec<(Vec<u8>, u8, String)>]) -> Vec<Vec<(Vec<u8>, bool, String)>> {
        let value = |(oid, tag, text): &(Vec<u8>, u8, String)| {
            let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
            let text = if *tag == OID {
                text.clone()
            } else {
                words.join(" ")
            };
            (oid.clone(), *tag == OID, text)
        };
        let sorted = |set: &Vec<_>| {
            let mut set: Vec<_> = set.iter().map(value).collect();
            set.sort();
            set
        };
        name.iter().map(sorted).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn keys_are_equal_exactly_when_names_are(left in name(), right in name()) {
            let key = |name: &[_]| parse(&bytes_of(name)).expect("a name").key;
            prop_assert_eq!(key(&left) == key(&right), comparable(&left) == comparable(&right));
        }

        #[test]
        fn another_spelling_is_the_same_name(mut name in name(), tag in 0_usize..4) {
            let before = parse(&bytes_of(&name)).expect("a name").key;
            for (_, old, text) in name.iter_mut().flatten().filter(|(_, tag, _)| *tag != OID) {
                *old = [UTF8, T61, BMP, UNIVERSAL][tag];
                *text = format!(" {} ", text.to_uppercase().replace(' ', "  "));
            }
            for set in &mut name {
                set.reverse();
            }
            prop_assert_eq!(parse(&bytes_of(&name)).expect("a name").key, before);
        }

        #[test]
        fn preparing_twice_changes_nothing(text in "\\PC{0,12}") {
            let prepared = |text: &str| {
                let mut key = Vec::new();
                push_prepared(&mut key, text);
                String::from_utf8(key).expect("text")
            };
            let once = prepared(&text);
            prop_assert_eq!(prepared(&once), once);
        }

        #[test]
        fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(name) = parse(&noise) {
                prop_assert!(!rfc4514(&name).chars().any(char::is_control));
            }
        }
    }
}
