//! Code points of the TLS registries: open newtypes, so that a value nobody has named yet survives to the report.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! codepoint {
    ($(#[$doc:meta])* $name:ident($repr:ty, $digits:literal) { $($(#[$variant_doc:meta])* $constant:ident = $value:literal => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $repr);

        impl $name {
            $($(#[$variant_doc])* #[doc = concat!("`", $text, "`.")] pub const $constant: Self = Self($value);)*

            /// The registered name, when this program knows it.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }

            /// Reads what `Display` writes: a registered name, or the value in hex.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self($value)),)*
                    _ => <$repr>::from_str_radix(text.strip_prefix("0x")?, 16).ok().map(Self),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!("0x{:0", $digits, "x}"), self.0),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is neither a registered name nor a hex value")))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "description": "the registered name, or the value in hex"})
            }
        }
    };
}

mod cipher_suite;

pub use cipher_suite::{CipherSuite, KeyExchange};

codepoint! {
    /// A protocol version (RFC 8446 §4.1.2).
    ProtocolVersion(u16, "4") {
        /// SSL 3.0 (RFC 6101).
        SSL3 = 0x0300 => "SSLv3",
        /// TLS 1.0 (RFC 2246).
        TLS10 = 0x0301 => "TLSv1.0",
        /// TLS 1.1 (RFC 4346).
        TLS11 = 0x0302 => "TLSv1.1",
        /// TLS 1.2 (RFC 5246).
        TLS12 = 0x0303 => "TLSv1.2",
        /// TLS 1.3 (RFC 8446).
        TLS13 = 0x0304 => "TLSv1.3",
    }
}

codepoint! {
    /// An alert description (RFC 8446 §6).
    Alert(u8, "2") {
        /// An orderly end.
        CLOSE_NOTIFY = 0 => "close_notify",
        /// A message out of turn.
        UNEXPECTED_MESSAGE = 10 => "unexpected_message",
        /// A record that does not authenticate.
        BAD_RECORD_MAC = 20 => "bad_record_mac",
        /// No acceptable set of parameters.
        HANDSHAKE_FAILURE = 40 => "handshake_failure",
        /// SSL 3.0 only: no certificate.
        NO_CERTIFICATE = 41 => "no_certificate",
        /// A corrupt certificate.
        BAD_CERTIFICATE = 42 => "bad_certificate",
        /// An unsupported type of certificate.
        UNSUPPORTED_CERTIFICATE = 43 => "unsupported_certificate",
        /// A revoked certificate.
        CERTIFICATE_REVOKED = 44 => "certificate_revoked",
        /// An expired certificate.
        CERTIFICATE_EXPIRED = 45 => "certificate_expired",
        /// Another problem with the certificate.
        CERTIFICATE_UNKNOWN = 46 => "certificate_unknown",
        /// A field out of range.
        ILLEGAL_PARAMETER = 47 => "illegal_parameter",
        /// An unknown CA.
        UNKNOWN_CA = 48 => "unknown_ca",
        /// Access denied.
        ACCESS_DENIED = 49 => "access_denied",
        /// A message that does not parse.
        DECODE_ERROR = 50 => "decode_error",
        /// A failed cryptographic operation.
        DECRYPT_ERROR = 51 => "decrypt_error",
        /// A version that is not supported.
        PROTOCOL_VERSION = 70 => "protocol_version",
        /// The server wants stronger parameters.
        INSUFFICIENT_SECURITY = 71 => "insufficient_security",
        /// An error inside the server.
        INTERNAL_ERROR = 80 => "internal_error",
        /// A version fallback was refused (RFC 7507).
        INAPPROPRIATE_FALLBACK = 86 => "inappropriate_fallback",
        /// The user cancelled.
        USER_CANCELED = 90 => "user_canceled",
        /// No renegotiation.
        NO_RENEGOTIATION = 100 => "no_renegotiation",
        /// A mandatory extension is missing.
        MISSING_EXTENSION = 109 => "missing_extension",
        /// An extension that was not offered.
        UNSUPPORTED_EXTENSION = 110 => "unsupported_extension",
        /// No server of that name (RFC 6066 §3).
        UNRECOGNIZED_NAME = 112 => "unrecognized_name",
        /// A bad stapled OCSP response.
        BAD_CERTIFICATE_STATUS_RESPONSE = 113 => "bad_certificate_status_response",
        /// An unknown pre-shared key.
        UNKNOWN_PSK_IDENTITY = 115 => "unknown_psk_identity",
        /// A client certificate is required.
        CERTIFICATE_REQUIRED = 116 => "certificate_required",
        /// No common application protocol (RFC 7301).
        NO_APPLICATION_PROTOCOL = 120 => "no_application_protocol",
    }
}

codepoint! {
    /// A signature scheme (RFC 8446 §4.2.3); for TLS 1.2 the pair of hash and signature algorithm (RFC 5246 §7.4.1.4.1).
    SignatureScheme(u16, "4") {
        /// MD5 with RSA, PKCS #1 v1.5.
        RSA_PKCS1_MD5 = 0x0101 => "rsa_pkcs1_md5",
        /// SHA-1 with RSA, PKCS #1 v1.5.
        RSA_PKCS1_SHA1 = 0x0201 => "rsa_pkcs1_sha1",
        /// SHA-1 with DSA.
        DSA_SHA1 = 0x0202 => "dsa_sha1",
        /// SHA-1 with ECDSA.
        ECDSA_SHA1 = 0x0203 => "ecdsa_sha1",
        /// SHA-224 with RSA, PKCS #1 v1.5.
        RSA_PKCS1_SHA224 = 0x0301 => "rsa_pkcs1_sha224",
        /// SHA-224 with ECDSA.
        ECDSA_SHA224 = 0x0303 => "ecdsa_sha224",
        /// SHA-256 with RSA, PKCS #1 v1.5.
        RSA_PKCS1_SHA256 = 0x0401 => "rsa_pkcs1_sha256",
        /// SHA-256 with DSA.
        DSA_SHA256 = 0x0402 => "dsa_sha256",
        /// SHA-256 with ECDSA; P-256 in TLS 1.3.
        ECDSA_SECP256R1_SHA256 = 0x0403 => "ecdsa_secp256r1_sha256",
        /// SHA-384 with RSA, PKCS #1 v1.5.
        RSA_PKCS1_SHA384 = 0x0501 => "rsa_pkcs1_sha384",
        /// SHA-384 with ECDSA; P-384 in TLS 1.3.
        ECDSA_SECP384R1_SHA384 = 0x0503 => "ecdsa_secp384r1_sha384",
        /// SHA-512 with RSA, PKCS #1 v1.5.
        RSA_PKCS1_SHA512 = 0x0601 => "rsa_pkcs1_sha512",
        /// SHA-512 with ECDSA; P-521 in TLS 1.3.
        ECDSA_SECP521R1_SHA512 = 0x0603 => "ecdsa_secp521r1_sha512",
        /// RSASSA-PSS with SHA-256, key marked rsaEncryption.
        RSA_PSS_RSAE_SHA256 = 0x0804 => "rsa_pss_rsae_sha256",
        /// RSASSA-PSS with SHA-384, key marked rsaEncryption.
        RSA_PSS_RSAE_SHA384 = 0x0805 => "rsa_pss_rsae_sha384",
        /// RSASSA-PSS with SHA-512, key marked rsaEncryption.
        RSA_PSS_RSAE_SHA512 = 0x0806 => "rsa_pss_rsae_sha512",
        /// Ed25519.
        ED25519 = 0x0807 => "ed25519",
        /// Ed448.
        ED448 = 0x0808 => "ed448",
        /// RSASSA-PSS with SHA-256, key marked RSASSA-PSS.
        RSA_PSS_PSS_SHA256 = 0x0809 => "rsa_pss_pss_sha256",
        /// RSASSA-PSS with SHA-384, key marked RSASSA-PSS.
        RSA_PSS_PSS_SHA384 = 0x080a => "rsa_pss_pss_sha384",
        /// RSASSA-PSS with SHA-512, key marked RSASSA-PSS.
        RSA_PSS_PSS_SHA512 = 0x080b => "rsa_pss_pss_sha512",
    }
}
