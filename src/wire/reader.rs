//! A bounds-checked cursor: a failed read names what was wanted.

/// Why octets are not the structure they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadError {
    /// The octets end too early.
    #[error("{what} needs {wanted} octets where {left} are left")]
    Truncated {
        what: &'static str,
        wanted: usize,
        left: usize,
    },
    /// The octets go on after the end.
    #[error("{what} is followed by {left} octets that belong to nothing")]
    Trailing { what: &'static str, left: usize },
}

/// Reads from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the front of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything is read.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `length` octets.
    pub(super) fn bytes(
        &mut self,
        length: usize,
        what: &'static str,
    ) -> Result<&'a [u8], ReadError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(length) else {
            return Err(ReadError::Truncated {
                what,
                wanted: length,
                left: self.rest.len(),
            });
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// The next `N` octets.
    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], ReadError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(ReadError::Truncated {
                what,
                wanted: N,
                left: self.rest.len(),
            });
        };
        self.rest = rest;
        Ok(*bytes)
    }

    /// One octet.
    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8, ReadError> {
        Ok(u8::from_be_bytes(self.array(what)?))
    }

    /// Two octets, high first.
    pub(super) fn u16(&mut self, what: &'static str) -> Result<u16, ReadError> {
        Ok(u16::from_be_bytes(self.array(what)?))
    }

    /// What a length of one octet announces.
    pub(super) fn vector8(&mut self, what: &'static str) -> Result<&'a [u8], ReadError> {
        let [length] = self.array(what)?;
        self.bytes(usize::from(length), what)
    }

    /// What a length of two octets announces.
    pub(super) fn vector16(&mut self, what: &'static str) -> Result<&'a [u8], ReadError> {
        let length = self.u16(what)?;
        self.bytes(usize::from(length), what)
    }

    /// What a length of three octets announces.
    pub(super) fn vector24(&mut self, what: &'static str) -> Result<&'a [u8], ReadError> {
        let length = u24(self.array(what)?);
        self.bytes(length, what)
    }

    /// Refuses anything after the end of `what`.
    pub(super) fn finish(self, what: &'static str) -> Result<(), ReadError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(ReadError::Trailing { what, left }),
        }
    }
}

/// A number of three octets, high first (RFC 5246 §4.4).
pub(super) fn u24([high, middle, low]: [u8; 3]) -> usize {
    usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_longer_than_its_bytes_is_refused_by_name() {
        let error = Reader::new(&[0, 3, 1, 2])
            .vector16("the list")
            .expect_err("one octet is missing");
        assert_eq!(
            error.to_string(),
            "the list needs 3 octets where 2 are left"
        );
    }

    #[test]
    fn a_refused_read_takes_nothing() {
        let mut reader = Reader::new(&[1, 2]);
        assert!(reader.array::<3>("three").is_err());
        assert!(reader.bytes(3, "three").is_err());
        assert_eq!(reader.rest(), [1, 2]);
    }

    #[test]
    fn numbers_are_read_high_octet_first() {
        let mut reader = Reader::new(&[1, 2, 3, 0, 0, 1, 9]);
        assert_eq!(reader.u8("one"), Ok(1));
        assert_eq!(reader.u16("two"), Ok(0x0203));
        assert_eq!(reader.vector24("three"), Ok(&[9][..]));
        assert!(reader.is_empty());
        assert_eq!(u24([1, 2, 3]), 0x01_02_03);
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let error = Reader::new(&[7])
            .finish("the hello")
            .expect_err("an octet is left");
        assert_eq!(
            error.to_string(),
            "the hello is followed by 1 octets that belong to nothing"
        );
    }
}
