//! Bytes of an export -> text. Windows PowerShell writes UTF-16LE, Topology Builder UTF-8; both with and without a mark.

use std::borrow::Cow;

use super::refusal::{Place, TopologyError};

/// The text of an export. A file in UTF-16 without a byte order mark is known by the zero bytes of its ASCII.
pub(super) fn decode<'b>(place: &Place, bytes: &'b [u8]) -> Result<Cow<'b, str>, TopologyError> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(place, rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(place, rest, u16::from_be_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(utf8(place, rest)?),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => {
            Cow::Owned(utf16(place, bytes, u16::from_le_bytes)?)
        }
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => {
            Cow::Owned(utf16(place, bytes, u16::from_be_bytes)?)
        }
        rest => Cow::Borrowed(utf8(place, rest)?),
    };
    if text.contains('\0') {
        return Err(place.refuse("this is not a text file", "it holds zero bytes"));
    }
    Ok(text)
}

fn utf8<'b>(place: &Place, bytes: &'b [u8]) -> Result<&'b str, TopologyError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let odd = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        place.refuse(
            format!(
                "the byte 0x{odd:02x} at offset {} is not UTF-8",
                error.valid_up_to()
            ),
            "export it with `Out-File -Encoding UTF8`, or as Windows PowerShell does unasked (UTF-16)",
        )
    })
}

fn utf16(place: &Place, bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<String, TopologyError> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> =
        char::decode_utf16(units.iter().map(|unit| read(*unit))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(place.refuse(
            "the file ends, or breaks off, within a character of UTF-16",
            "it was cut off or changed on its way; export it again",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(write).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let place = Place::file("t.xml");
        let text = "<Topology Name=\"Zürich 😀\"/>";
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            units(text, u16::to_le_bytes),
            units(&marked, u16::to_le_bytes),
            units(text, u16::to_be_bytes),
            units(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&place, &bytes).expect("a text"), text, "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_text_is_refused() {
        let place = Place::file("t.xml");
        for (bytes, why) in [
            (&b"<a>\xfc</a>"[..], "offset 3 is not UTF-8"),
            (b"\xff\xfe<\0a", "cut off"),
            (b"\xff\xfe<\0\x00\xd8a\0", "cut off"),
            (b"ab\0c", "not a text file"),
        ] {
            let error = decode(&place, bytes).expect_err("must be refused");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
