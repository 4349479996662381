//! The hellos we send: made for every server since 2003, and for reading its certificates only.
//!
//! Offering is not endorsing: no handshake that begins with these is ever finished, and nothing is encrypted.

use super::offer::{DHE_DSS, DHE_RSA, ECDHE_ECDSA, ECDHE_RSA, GROUPS, RSA, SIGNATURE_SCHEMES};
use crate::model::codepoint::{CipherSuite, ProtocolVersion};

/// How modern the hello is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelloVersion {
    /// TLS 1.2, with suites of every age and the extensions without which some servers pick no certificate.
    Tls12,
    /// TLS 1.0, with few suites and no extension but the server name, and the curves when ECDSA is asked for: for servers
    /// that take offence at the other.
    Tls10,
}

/// Which kind of certificate is asked for.
///
/// The suites alone decide it. The signature schemes stay the same, since in TLS 1.2 they also say which signatures the
/// certificates themselves may bear (RFC 5246 §7.4.2): an ECDSA leaf may come from an RSA CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Whatever the server prefers.
    Any,
    /// Only suites that need an RSA key.
    Rsa,
    /// Only suites that need an elliptic-curve key (ECDSA, Ed25519).
    Ecdsa,
}

/// Which key exchange is preferred. Many servers, though not all, follow the client's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuiteOrder {
    /// Ephemeral first: the server signs, and so proves that it holds its key.
    EcdheFirst,
    /// RSA key exchange first: the server signs nothing, which costs it a fraction of the work.
    RsaFirst,
}

/// A ClientHello (RFC 5246 §7.4.1.2).
#[derive(Clone, Copy, Debug)]
pub struct ClientHello<'a> {
    /// How modern it is.
    pub version: HelloVersion,
    /// The name of the server as DNS has it, in ASCII and without the dot at its end (RFC 6066 §3). For an address
    /// literal the caller passes `None`: RFC 6066 forbids it here, and servers break off. An empty name
    /// and one of more than 255 octets cannot exist in DNS, and are not sent.
    pub server_name: Option<&'a str>,
    /// Which kind of certificate is asked for.
    pub authentication: Authentication,
    /// Which key exchange is preferred.
    pub order: SuiteOrder,
    /// The client's random, which is part of what the server signs.
    pub random: [u8; 32],
}

/// No hello is longer, in octets.
const LONGEST: usize = 1024;

const SERVER_NAME: u16 = 0;
const STATUS_REQUEST: u16 = 5;
const SUPPORTED_GROUPS: u16 = 10;
const EC_POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const PADDING: u16 = 21;

impl ClientHello<'_> {
    /// The hello as one TLS record.
    ///
    /// Its handshake message is never of 256 to 511 octets, with which old F5 load balancers hang (RFC 7685 §1).
    pub fn encode(&self) -> Vec<u8> {
        const HANDSHAKE: u8 = 22;
        const CLIENT_HELLO: u8 = 1;
        let mut record = Vec::with_capacity(LONGEST);
        record.push(HANDSHAKE);
        // What every version understands in a first record (RFC 5246 §E.1).
        push_u16(&mut record, ProtocolVersion::TLS10.0);
        push_vector16(&mut record, |message| {
            message.extend([CLIENT_HELLO, 0]);
            push_vector16(message, |body| self.push_body(body));
        });
        record
    }

    fn push_body(&self, body: &mut Vec<u8>) {
        let before = body.len();
        push_u16(body, self.version().0);
        body.extend(self.random);
        body.push(0); // No session to resume.
        push_vector16(body, |list| self.push_suites(list));
        body.extend([1, 0]); // One compression method: none.
        let place = body.len();
        let fixed = place.saturating_sub(before);
        push_vector16(body, |list| {
            let start = list.len();
            self.push_extensions(list);
            pad(list, start, fixed);
        });
        // An empty list is left out with its length.
        if body.ends_with(&[0, 0]) && body.len() == place.saturating_add(2) {
            body.truncate(place);
        }
    }

    fn version(&self) -> ProtocolVersion {
        match self.version {
            HelloVersion::Tls12 => ProtocolVersion::TLS12,
            HelloVersion::Tls10 => ProtocolVersion::TLS10,
        }
    }

    fn push_suites(&self, list: &mut Vec<u8>) {
        let (ephemeral, rsa): (&[&[CipherSuite]], &[CipherSuite]) = match self.authentication {
            Authentication::Any => (&[&ECDHE_ECDSA, &ECDHE_RSA, &DHE_RSA, &DHE_DSS], &RSA),
            Authentication::Rsa => (&[&ECDHE_RSA, &DHE_RSA], &RSA),
            Authentication::Ecdsa => (&[&ECDHE_ECDSA], &[]),
        };
        let mut push = |suite: &CipherSuite| {
            if self.version == HelloVersion::Tls12 || is_of_tls10(*suite) {
                push_u16(list, suite.0);
            }
        };
        let ephemeral = ephemeral.iter().copied().flatten();
        match self.order {
            SuiteOrder::EcdheFirst => ephemeral.chain(rsa).for_each(&mut push),
            SuiteOrder::RsaFirst => rsa.iter().chain(ephemeral).for_each(&mut push),
        }
        // Servers that insist on secure renegotiation accept this even where extensions are refused (RFC 5746 §3.3).
        push_u16(list, CipherSuite::EMPTY_RENEGOTIATION_INFO_SCSV.0);
    }

    fn push_extensions(&self, list: &mut Vec<u8>) {
        if let Some(name) = self
            .server_name
            .filter(|name| (1..=255).contains(&name.len()))
        {
            push_extension(list, SERVER_NAME, |body| {
                push_vector16(body, |names| {
                    names.push(0); // A host name.
                    push_vector16(names, |host| host.extend(name.as_bytes()));
                });
            });
        }
        let is_broad = self.version == HelloVersion::Tls12;
        // Without the curves OpenSSL shows no ECDSA certificate; who has one takes no offence at extensions.
        if is_broad || self.authentication == Authentication::Ecdsa {
            push_curves(list);
        }
        if is_broad {
            // An OCSP response, from any responder, without extensions (RFC 6066 §8).
            push_extension(list, STATUS_REQUEST, |body| {
                body.extend([1, 0, 0, 0, 0]);
            });
            push_extension(list, SIGNATURE_ALGORITHMS, |body| {
                push_vector16(body, |schemes| {
                    SIGNATURE_SCHEMES
                        .iter()
                        .for_each(|scheme| push_u16(schemes, scheme.0));
                });
            });
        }
    }
}

fn push_curves(list: &mut Vec<u8>) {
    push_extension(list, SUPPORTED_GROUPS, |body| {
        push_vector16(body, |groups| {
            GROUPS.iter().for_each(|group| push_u16(groups, *group));
        });
    });
    // Uncompressed points only.
    push_extension(list, EC_POINT_FORMATS, |body| body.extend([1, 0]));
}

/// Whether the suite is in the short list: those with SHA-1 or MD5 that need no version above TLS 1.0, Camellia aside.
fn is_of_tls10(suite: CipherSuite) -> bool {
    suite.name().is_some_and(|name| {
        !name.contains("CAMELLIA") && (name.ends_with("_SHA") || name.ends_with("_MD5"))
    })
}

/// Pads a hello, whose extensions begin at `start` of the buffer and whose message has `before` octets ahead of them, when
/// it would be of 256 to 511 octets.
fn pad(extensions: &mut Vec<u8>, start: usize, before: usize) {
    const HANDSHAKE_HEADER: usize = 4;
    const EXTENSIONS_LENGTH: usize = 2;
    const EXTENSION_HEADER: usize = 4;
    let list = extensions.len().saturating_sub(start);
    let length = [HANDSHAKE_HEADER, before, EXTENSIONS_LENGTH, list]
        .into_iter()
        .fold(0, usize::saturating_add);
    if !(256..512).contains(&length) {
        return;
    }
    let missing = 512_usize
        .saturating_sub(length)
        .saturating_sub(EXTENSION_HEADER)
        .max(1);
    // Some servers refuse a hello that ends with an empty extension.
    push_extension(extensions, PADDING, |body| {
        body.resize(body.len().saturating_add(missing), 0);
    });
}

fn push_u16(list: &mut Vec<u8>, value: u16) {
    list.extend(value.to_be_bytes());
}

fn push_extension(list: &mut Vec<u8>, kind: u16, body: impl FnOnce(&mut Vec<u8>)) {
    push_u16(list, kind);
    push_vector16(list, body);
}

/// Appends what `write` appends, after its length in two octets.
fn push_vector16(list: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let place = list.len();
    push_u16(list, 0);
    let start = list.len();
    write(list);
    let length = u16::try_from(list.len().saturating_sub(start))
        .expect("lists of constants and a name of at most 255 octets are shorter than 2¹⁶");
    let space = list.get_mut(place..start);
    space
        .expect("it was pushed above")
        .copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::codepoint::KeyExchange;
    use crate::wire::reader::{ReadError, Reader};

    /// A hello as a server reads it.
    struct Parsed {
        handshake_length: usize,
        version: u16,
        random: [u8; 32],
        suites: Vec<CipherSuite>,
        extensions: Vec<(u16, Vec<u8>)>,
    }

    impl Parsed {
        fn extension(&self, wanted: u16) -> Option<&[u8]> {
            let found = self.extensions.iter().find(|(kind, _)| *kind == wanted);
            found.map(|(_, body)| body.as_slice())
        }

        fn kinds(&self) -> Vec<u16> {
            self.extensions.iter().map(|(kind, _)| *kind).collect()
        }

        /// The suites without the signalling one, which must be the last.
        fn true_suites(&self) -> &[CipherSuite] {
            let (last, suites) = self.suites.split_last().expect("suites");
            assert_eq!(*last, CipherSuite::EMPTY_RENEGOTIATION_INFO_SCSV);
            suites
        }
    }

    fn parse(record: &[u8]) -> Result<Parsed, ReadError> {
        let mut reader = Reader::new(record);
        assert_eq!(reader.array("the record's type and version")?, [22, 3, 1]);
        let message = reader.vector16("the record")?;
        reader.finish("the record")?;
        let mut reader = Reader::new(message);
        assert_eq!(reader.u8("the message's type")?, 1);
        let body = reader.vector24("the message")?;
        reader.finish("the message")?;
        let mut reader = Reader::new(body);
        let version = reader.u16("the version")?;
        let random = reader.array("the random")?;
        assert!(reader.vector8("the session")?.is_empty());
        let suites = reader.vector16("the suites")?;
        assert_eq!(reader.vector8("the compression methods")?, [0]);
        let mut extensions = Vec::new();
        if !reader.is_empty() {
            let mut list = Reader::new(reader.vector16("the extensions")?);
            while !list.is_empty() {
                let kind = list.u16("an extension's type")?;
                extensions.push((kind, list.vector16("an extension")?.to_vec()));
            }
        }
        reader.finish("the hello")?;
        Ok(Parsed {
            handshake_length: message.len(),
            version,
            random,
            suites: suites
                .chunks(2)
                .map(|pair| CipherSuite(u16::from_be_bytes(pair.try_into().expect("two octets"))))
                .collect(),
            extensions,
        })
    }

    fn hello(version: HelloVersion, server_name: Option<&str>) -> ClientHello<'_> {
        ClientHello {
            version,
            server_name,
            authentication: Authentication::Any,
            order: SuiteOrder::EcdheFirst,
            random: [0x21; 32],
        }
    }

    fn encoded(hello: ClientHello<'_>) -> Parsed {
        parse(&hello.encode()).expect("a hello that parses")
    }

    #[test]
    fn the_broad_hello_offers_what_old_and_new_servers_need() {
        let parsed = encoded(hello(HelloVersion::Tls12, Some("lync.example.com")));
        assert_eq!(parsed.version, 0x0303);
        assert_eq!(parsed.random, [0x21; 32]);
        assert_eq!(parsed.kinds(), [0, 10, 11, 5, 13]);
        assert_eq!(
            parsed.extension(0),
            Some(&b"\0\x13\0\0\x10lync.example.com"[..])
        );
        for suite in [
            0xc02f, 0xc030, 0xc028, 0xc014, 0x009f, 0x0033, 0x009d, 0x0035, 0x000a, 0x0005, 0x0004,
        ] {
            assert!(
                parsed.suites.contains(&CipherSuite(suite)),
                "{}",
                CipherSuite(suite)
            );
        }
        let schemes = parsed.extension(13).expect("signature schemes");
        for scheme in [
            0x0201_u16, 0x0203, 0x0401, 0x0501, 0x0601, 0x0403, 0x0503, 0x0603, 0x0804, 0x0807,
        ] {
            assert!(
                schemes.chunks(2).any(|pair| pair == scheme.to_be_bytes()),
                "{scheme:#06x}"
            );
        }
    }

    #[test]
    fn no_suite_is_offered_twice_or_needs_tls_13_or_no_certificate() {
        let parsed = encoded(hello(HelloVersion::Tls12, None));
        let mut suites = parsed.true_suites().to_vec();
        for suite in &suites {
            let method = suite.key_exchange();
            assert!(
                matches!(
                    method,
                    KeyExchange::Rsa | KeyExchange::Dhe | KeyExchange::Ecdhe
                ),
                "{suite}"
            );
        }
        let offered = suites.len();
        suites.sort_unstable();
        suites.dedup();
        assert_eq!(suites.len(), offered);
    }

    #[test]
    fn the_minimal_hello_has_no_extension_but_the_name() {
        let parsed = encoded(hello(HelloVersion::Tls10, Some("lync.example.com")));
        assert_eq!(parsed.version, 0x0301);
        assert_eq!(parsed.kinds(), [0]);
        let parsed = encoded(hello(HelloVersion::Tls10, None));
        assert!(parsed.extensions.is_empty());
        assert!(parsed.suites.len() < 25, "{} suites", parsed.suites.len());
        assert!(parsed.suites.contains(&CipherSuite::RSA_WITH_RC4_128_MD5));
        assert!(
            !parsed
                .suites
                .contains(&CipherSuite::RSA_WITH_AES_128_CBC_SHA256)
        );
    }

    #[test]
    fn the_minimal_hello_names_curves_when_it_asks_for_ecdsa() {
        let parsed = encoded(ClientHello {
            authentication: Authentication::Ecdsa,
            ..hello(HelloVersion::Tls10, None)
        });
        assert_eq!(parsed.kinds(), [10, 11]);
    }

    #[test]
    fn the_order_decides_which_key_exchange_comes_first() {
        for version in [HelloVersion::Tls12, HelloVersion::Tls10] {
            for (order, first, last) in [
                (SuiteOrder::EcdheFirst, KeyExchange::Ecdhe, KeyExchange::Rsa),
                (SuiteOrder::RsaFirst, KeyExchange::Rsa, KeyExchange::Dhe),
            ] {
                let parsed = encoded(ClientHello {
                    order,
                    ..hello(version, None)
                });
                let suites = parsed.true_suites();
                assert_eq!(
                    suites.first().map(|suite| suite.key_exchange()),
                    Some(first)
                );
                assert_eq!(suites.last().map(|suite| suite.key_exchange()), Some(last));
            }
        }
    }

    #[test]
    fn the_suites_admit_only_the_kind_of_certificate_asked_for() {
        for (authentication, foreign) in [
            (Authentication::Rsa, "ECDSA"),
            (Authentication::Ecdsa, "RSA_"),
        ] {
            for version in [HelloVersion::Tls12, HelloVersion::Tls10] {
                let parsed = encoded(ClientHello {
                    authentication,
                    ..hello(version, None)
                });
                assert!(parsed.true_suites().len() >= 4);
                for suite in parsed.true_suites() {
                    let name = suite.name().expect("a registered suite");
                    assert!(!name.contains(foreign) && !name.contains("DSS"), "{name}");
                }
            }
        }
    }

    #[test]
    fn no_length_is_one_that_old_load_balancers_hang_with() {
        let mut padded = 0;
        for version in [HelloVersion::Tls12, HelloVersion::Tls10] {
            for length in 0..=300 {
                let name = "n".repeat(length);
                let parsed = encoded(hello(version, Some(&name)));
                assert!(
                    !(256..512).contains(&parsed.handshake_length),
                    "name of {length}"
                );
                assert_eq!(parsed.extension(0).is_some(), (1..=255).contains(&length));
                if let Some(padding) = parsed.extension(21) {
                    assert!(!padding.is_empty() && padding.iter().all(|octet| *octet == 0));
                    padded += 1;
                }
            }
        }
        assert!(padded > 200, "{padded} hellos were padded");
    }
}
