//! Byte strings as the documents write them: DER in base64, digests in lower-case hex.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Exact bytes as they came from a server or a file, cheap to share; base64 in documents.
#[derive(Clone)]
pub struct Der(Arc<Shared>);

struct Shared {
    bytes: Box<[u8]>,
    /// Computed when it is first asked for: it is what the certificate goes by everywhere.
    sha256: OnceLock<Sha256>,
}

impl Der {
    fn new(bytes: Box<[u8]>) -> Self {
        let sha256 = OnceLock::new();
        Self(Arc::new(Shared { bytes, sha256 }))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Reads base64 as documents have it (RFC 4648 §4, padded).
    ///
    /// # Errors
    ///
    /// The text is something else.
    pub fn from_base64(text: &[u8]) -> Result<Self, base64::DecodeError> {
        STANDARD.decode(text).map(Self::from)
    }

    /// Adds the bytes in base64, as documents have it, to a buffer.
    pub fn append_base64(&self, text: &mut Vec<u8>) {
        let begin = text.len();
        text.resize(begin + self.as_bytes().len().div_ceil(3) * 4, 0);
        STANDARD
            .encode_slice(self.as_bytes(), &mut text[begin..])
            .expect("four characters for each three octets begun");
    }

    /// The SHA-256 of the bytes.
    pub fn sha256(&self) -> Sha256 {
        *self.0.sha256.get_or_init(|| Sha256::of(self.as_bytes()))
    }

    /// The SHA-1 of the bytes: the thumbprint that Windows shows.
    pub fn sha1(&self) -> Sha1 {
        use sha1::Digest as _;
        Sha1(sha1::Sha1::digest(self.as_bytes()).into())
    }
}

impl PartialEq for Der {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Der {}

impl PartialOrd for Der {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Der {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Der {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl From<Vec<u8>> for Der {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes.into())
    }
}

impl From<&[u8]> for Der {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.into())
    }
}

impl fmt::Debug for Der {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Der({} bytes, sha256 {})",
            self.as_bytes().len(),
            self.sha256()
        )
    }
}

impl Serialize for Der {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.as_bytes(), &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Der {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_base64(text.as_bytes())
            .map_err(|error| D::Error::custom(format!("not base64: {error}")))
    }
}

impl JsonSchema for Der {
    fn schema_name() -> Cow<'static, str> {
        "Der".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "contentEncoding": "base64"})
    }
}

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// Reads hex digits of either case; colons and spaces between them are skipped, as Windows prints them.
            pub fn parse(text: &str) -> Option<Self> {
                let mut bytes = [0; $length];
                let mut digits = text.chars().filter(|c| !matches!(c, ':' | ' ' | '\u{200e}'));
                for byte in &mut bytes {
                    let high = digits.next()?.to_digit(16)?;
                    let low = digits.next()?.to_digit(16)?;
                    *byte = u8::try_from(high * 16 + low).ok()?;
                }
                digits.next().is_none().then_some(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(&self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no digest of {} hex digits", $length * 2)))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", $length * 2)})
            }
        }
    };
}

digest! {
    /// A SHA-256 digest.
    Sha256, 32
}
digest! {
    /// A SHA-1 digest: Windows' thumbprint, and the key identifier of RFC 5280 §4.2.1.2 method 1.
    Sha1, 20
}

impl Sha256 {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

/// Bytes as lower-case hex, leading zeros kept.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_survives_the_document() {
        let der = Der::from(vec![0x30, 0x00, 0xff]);
        let json = serde_json::to_string(&der).expect("serialises");
        assert_eq!(json, r#""MAD/""#);
        assert_eq!(serde_json::from_str::<Der>(&json).expect("reads back"), der);
        let mut text = b"\"".to_vec();
        der.append_base64(&mut text);
        assert_eq!(text, b"\"MAD/");
    }

    #[test]
    fn equal_bytes_are_equal_whoever_knows_their_digest() {
        let (one, other) = (Der::from(vec![1, 2]), Der::from(vec![1, 2]));
        assert_eq!(one.sha256(), Sha256::of(&[1, 2]));
        assert_eq!(one, other);
        assert!(one < Der::from(vec![1, 3]));
    }

    #[test]
    fn a_thumbprint_is_read_as_windows_prints_it() {
        let text = "\u{200e}A9 4A 8F E5 CC B1 9B A6 1C 4C 08 73 D3 91 E9 87 98 2F BB D3";
        assert_eq!(
            Sha1::parse(text).expect("a digest").to_string(),
            "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
        );
        assert_eq!(Sha1::parse("a9"), None);
    }
}
