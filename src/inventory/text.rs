//! Bytes of a file -> text. Windows tools write UTF-16 as readily as UTF-8.

use std::borrow::Cow;

use crate::inventory::refusal::Refusal;

/// The largest file that is read as an inventory, in bytes: far above any estate, far below the memory.
const MAX_FILE: usize = 16 << 20;

/// A refusal, and the line it is about (from 1) when it is about one.
pub(super) type Refused = (Option<u32>, Refusal);

/// The text of a file: UTF-8 with or without byte order mark, or UTF-16 with one.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refused> {
    if bytes.len() > MAX_FILE {
        let what = format!(
            "the file has {} bytes, at most {MAX_FILE} are read",
            bytes.len()
        );
        return Err((None, Refusal::new(what).hint("is it the right file?")));
    }
    let text = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Err((
                None,
                Refusal::new("the file is UTF-32").hint("save it as UTF-8"),
            ));
        }
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(utf8(rest)?),
        rest => Cow::Borrowed(utf8(rest)?),
    };
    if text.contains('\0') {
        return Err((None, not_text(bytes)));
    }
    Ok(text)
}

fn utf8(bytes: &[u8]) -> Result<&str, Refused> {
    if bytes.contains(&0) {
        return Err((None, not_text(bytes)));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let odd = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        let refusal = Refusal::new(format!("the byte 0x{odd:02x} is not UTF-8"))
            .hint("save the file as UTF-8 or as \"Unicode\" (UTF-16)");
        (Some(line_after(before)), refusal)
    })
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<String, Refused> {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for character in char::decode_utf16(units.iter().map(|unit| read(*unit))) {
        text.push(character.map_err(|error| {
            let refusal = Refusal::new(format!(
                "0x{:04x} is half a character of UTF-16",
                error.unpaired_surrogate()
            ))
            .hint("save the file again, as UTF-8");
            (Some(line_after(text.as_bytes())), refusal)
        })?);
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        let refusal = Refusal::new("the file ends within a character of UTF-16")
            .hint("it was cut off; write it again");
        Err((Some(line_after(text.as_bytes())), refusal))
    }
}

fn not_text(bytes: &[u8]) -> Refusal {
    let refusal = Refusal::new("this is not a text file");
    let (pairs, _) = bytes.as_chunks::<2>();
    let zeros = pairs.iter().filter(|pair| pair.contains(&0)).count();
    if !pairs.is_empty() && zeros * 2 > pairs.len() {
        return refusal.hint("if it is UTF-16, its byte order mark is missing: save it as UTF-8");
    }
    refusal.hint("it holds zero bytes")
}

/// The number of the line that follows this text.
fn line_after(text: &[u8]) -> u32 {
    let breaks = text.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(write)
            .collect()
    }

    fn refused(bytes: &[u8]) -> (Option<u32>, String) {
        let (line, refusal) = decode(bytes).expect_err("must be refused");
        (line, refusal.to_string())
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "# Zürich 😀\r\nlync01\r\n";
        assert_eq!(decode(text.as_bytes()).expect("UTF-8"), text);
        let with_mark = format!("\u{feff}{text}");
        assert_eq!(decode(with_mark.as_bytes()).expect("UTF-8, mark"), text);
        assert_eq!(decode(&utf16(text, u16::to_le_bytes)).expect("LE"), text);
        assert_eq!(decode(&utf16(text, u16::to_be_bytes)).expect("BE"), text);
        assert_eq!(decode(b"").expect("empty"), "");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(refused(b"\x30\x82\x00\x01").1.contains("not a text file"));
        assert!(
            refused(b"l\0y\0n\0c\0")
                .1
                .contains("byte order mark is missing")
        );
        assert!(refused(b"\xff\xfe\0\0a\0\0\0").1.contains("UTF-32"));
        assert!(
            refused(&utf16("a\0b", u16::to_le_bytes))
                .1
                .contains("not a text file")
        );
    }

    #[test]
    fn broken_text_is_refused_with_its_line() {
        assert_eq!(refused(b"a\nM\xfcnchen").0, Some(2));
        assert!(refused(b"a\nM\xfcnchen").1.contains("0xfc is not UTF-8"));
        let mut torn = utf16("a\nb", u16::to_le_bytes);
        torn.push(b'c');
        assert_eq!(refused(&torn).0, Some(2));
        assert_eq!(refused(b"\xff\xfea\0\x00\xd8b\0").0, Some(1));
    }
}
