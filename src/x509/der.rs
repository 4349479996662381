//! A cursor over DER (X.690): bounds-checked, and every failure says what was wanted and where it ended.
//!
//! Lengths in long form need not be minimal: Windows and OpenSSL read such certificates, so an estate may hold them.

/// Why an element could not be read: a lower-case fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DerError {
    #[error("missing")]
    Missing,
    #[error("ends inside the header of an element")]
    HeaderCut,
    #[error("length {claimed} runs past the end: {available} bytes are left")]
    PastEnd { claimed: usize, available: usize },
    #[error("indefinite length, which DER forbids")]
    Indefinite,
    #[error("length in {0} octets, more than 4")]
    LengthOfLength(u8),
    #[error("tag of more than one octet")]
    LongTag,
    #[error("tag 0x{found:02x} instead of 0x{wanted:02x}")]
    Tag { wanted: u8, found: u8 },
    #[error("extra octets after its end: {0}")]
    Trailing(usize),
    #[error("{0}")]
    Value(&'static str),
    /// In the words of the parser of another project.
    #[error("{0}")]
    Refused(String),
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of a context-specific element, constructed.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The tag of a context-specific element, primitive.
pub(super) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// One element: tag, content, and the whole with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// This element, if it has the tag.
    pub(super) fn expect(self, wanted: u8) -> Result<Self, DerError> {
        if self.tag == wanted {
            Ok(self)
        } else {
            Err(DerError::Tag {
                wanted,
                found: self.tag,
            })
        }
    }

    /// A cursor over the content.
    pub(super) fn reader(self) -> Reader<'a> {
        Reader::new(self.content)
    }
}

/// A cursor over a run of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element, when there is one.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever its tag.
    pub(super) fn any(&mut self) -> Result<Tlv<'a>, DerError> {
        let (tlv, claimed) = self.clamped()?;
        match claimed {
            None => Ok(tlv),
            Some(claimed) => Err(DerError::PastEnd {
                claimed,
                available: tlv.content.len(),
            }),
        }
    }

    /// The next element, cut to what is there when its length runs past the end; then also the length it claims.
    pub(super) fn clamped(&mut self) -> Result<(Tlv<'a>, Option<usize>), DerError> {
        let start = self.rest;
        let (&tag, rest) = start.split_first().ok_or(DerError::Missing)?;
        if tag & 0x1f == 0x1f {
            return Err(DerError::LongTag);
        }
        let (length, rest) = length(rest)?;
        let (content, rest, claimed) = match rest.split_at_checked(length) {
            Some((content, rest)) => (content, rest, None),
            None => (rest, &[][..], Some(length)),
        };
        self.rest = rest;
        let whole = start
            .get(..start.len().saturating_sub(rest.len()))
            .unwrap_or(start);
        Ok((
            Tlv {
                tag,
                content,
                whole,
            },
            claimed,
        ))
    }

    /// The next element, which must have this tag. One with another tag is consumed all the same.
    pub(super) fn element(&mut self, tag: u8) -> Result<Tlv<'a>, DerError> {
        self.any()?.expect(tag)
    }

    /// The next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, DerError> {
        if self.peek() == Some(tag) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn content(&mut self, tag: u8) -> Result<&'a [u8], DerError> {
        Ok(self.element(tag)?.content)
    }

    /// Refuses bytes after the last element.
    pub(super) fn finish(&self) -> Result<(), DerError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DerError::Trailing(count)),
        }
    }
}

/// Reads a definite length; the rest starts with the content.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), DerError> {
    let (&first, rest) = bytes.split_first().ok_or(DerError::HeaderCut)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = first & 0x7f;
    match count {
        0 => return Err(DerError::Indefinite),
        1..=4 => {}
        _ => return Err(DerError::LengthOfLength(count)),
    }
    let (octets, rest) = rest
        .split_at_checked(usize::from(count))
        .ok_or(DerError::HeaderCut)?;
    let length = octets
        .iter()
        .fold(0_u32, |length, octet| (length << 8) | u32::from(*octet));
    let length = usize::try_from(length).map_err(|_| DerError::LengthOfLength(count))?;
    Ok((length, rest))
}

/// The only element of the bytes, which must have this tag and end where they end.
pub(super) fn single(bytes: &[u8], tag: u8) -> Result<Tlv<'_>, DerError> {
    let mut reader = Reader::new(bytes);
    let tlv = reader.element(tag)?;
    reader.finish()?;
    Ok(tlv)
}

/// The octets of a bit string that fills them.
pub(super) fn whole_octets(content: &[u8]) -> Result<&[u8], DerError> {
    match content.split_first() {
        None => Err(DerError::Value("a bit string without its first octet")),
        Some((0, octets)) => Ok(octets),
        Some(_) => Err(DerError::Value(
            "a bit string that does not fill its octets",
        )),
    }
}

/// A non-negative integer as big-endian octets without leading zeros; empty for zero.
pub(super) fn unsigned(content: &[u8]) -> Result<&[u8], DerError> {
    match content.first() {
        None => Err(DerError::Value("an integer without content")),
        Some(first) if first & 0x80 != 0 => Err(DerError::Value("a negative integer")),
        Some(_) => Ok(without_leading_zeros(content)),
    }
}

/// A non-negative integer of at most 32 bits.
pub(super) fn small(content: &[u8]) -> Result<u32, DerError> {
    let octets = unsigned(content)?;
    if octets.len() > 4 {
        return Err(DerError::Value("an integer of more than 32 bits"));
    }
    Ok(octets
        .iter()
        .fold(0, |value, octet| (value << 8) | u32::from(*octet)))
}

/// The octets from the first that is not zero.
pub(super) fn without_leading_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

/// An element with this tag and content, for tests.
#[cfg(test)]
pub(super) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a length of 32 bits");
    let octets = length.to_be_bytes();
    let header = match octets {
        [0, 0, 0, short] if short < 0x80 => vec![tag, short],
        [0, 0, high, low] => vec![tag, 0x82, high, low],
        [a, b, c, d] => vec![tag, 0x84, a, b, c, d],
    };
    [header, content.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_past_the_end_is_named() {
        assert_eq!(
            Reader::new(&[0x30, 0x05, 1, 2]).any(),
            Err(DerError::PastEnd {
                claimed: 5,
                available: 2
            })
        );
    }

    #[test]
    fn a_long_length_need_not_be_minimal() {
        let bytes = [0x04, 0x84, 0, 0, 0, 1, 0xaa];
        let tlv = single(&bytes, OCTET_STRING).expect("an octet string");
        assert_eq!(tlv.content, [0xaa]);
        assert_eq!(tlv.whole, bytes);
    }

    #[test]
    fn indefinite_huge_and_cut_lengths_are_refused() {
        let error = |bytes: &[u8]| Reader::new(bytes).any().expect_err("refused");
        assert_eq!(error(&[0x30, 0x80, 0, 0]), DerError::Indefinite);
        assert_eq!(
            error(&[0x30, 0x85, 0, 0, 0, 0, 0]),
            DerError::LengthOfLength(5)
        );
        assert_eq!(error(&[0x30, 0x82, 1]), DerError::HeaderCut);
        assert_eq!(error(&[0x30]), DerError::HeaderCut);
        assert_eq!(error(&[]), DerError::Missing);
        assert_eq!(error(&[0x1f, 0x81, 0x00, 0x00]), DerError::LongTag);
        assert!(matches!(
            error(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
            DerError::PastEnd { .. }
        ));
    }

    #[test]
    fn integers_lose_their_zeros_but_not_their_sign() {
        assert_eq!(unsigned(&[0, 0, 0x80]), Ok(&[0x80][..]));
        assert_eq!(unsigned(&[0]), Ok(&[][..]));
        assert!(unsigned(&[0x80]).is_err());
        assert!(unsigned(&[]).is_err());
        assert_eq!(small(&[0, 0xff, 0xff, 0xff, 0xff]), Ok(u32::MAX));
        assert!(small(&[1, 0, 0, 0, 0]).is_err());
    }
}
