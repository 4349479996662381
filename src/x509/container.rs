//! Certificates out of files: PEM, DER and PKCS #7, as OpenSSL, Windows and AD CS write them.

use std::borrow::Cow;

use crate::model::bytes::Der;
use crate::x509::der::{DerError, Reader};
use crate::x509::pem::{self, Block, PemError};
use crate::x509::pkcs7;
use crate::x509::shape::{Shape, shape};

/// Why a file gives no certificates. Never carries the content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// A private key is in it, or a PKCS #12 file, which usually holds one.
    #[error("holds {0}, which this program must not see: give it certificates only")]
    PrivateKey(&'static str),
    /// Nothing in it is a certificate; what it looks like instead.
    #[error("holds no certificate: it looks like {0}")]
    NoCertificate(&'static str),
    /// It is a text with a broken PEM block.
    #[error("line {line}: {reason}")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// It is DER that breaks off or goes on with something else.
    #[error("byte {offset}: {reason}")]
    Broken {
        /// Counted from 0.
        offset: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl From<PemError> for ContainerError {
    fn from(PemError { line, reason }: PemError) -> Self {
        Self::Malformed { line, reason }
    }
}

/// The certificates of a file, in their order; each as it is there, whether its fields parse or not.
///
/// Read are: PEM with any text around the blocks, also in UTF-16 as Windows writes it; base64 alone; one or more DER
/// certificates; PKCS #7 (`.p7b`) in DER or PEM, also under the label `CERTIFICATE` as AD CS writes it.
///
/// # Errors
///
/// When a private key is anywhere in the file, when the file is broken, and when it holds no certificate.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Der>, ContainerError> {
    if bytes.first() == Some(&0x30) && shape(bytes) != Shape::Other {
        return from_der(bytes);
    }
    let text = text(bytes);
    refuse_private_keys(&text)?;
    let blocks = pem::blocks(&text, is_certificate_label)?;
    let mut certificates = Vec::new();
    for block in &blocks {
        certificates.extend(from_block(block)?);
    }
    if certificates.is_empty() {
        return without_blocks(&text);
    }
    Ok(certificates)
}

/// The text, from UTF-16 if a byte order mark says so. What is not well-formed cannot be in a PEM block, and is
/// replaced.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = rest.as_chunks::<2>();
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// Before anything else is looked at, so that no other error is given for a file that holds a key.
fn refuse_private_keys(text: &str) -> Result<(), ContainerError> {
    let is_key = pem::labels(text).any(|label| label.contains("PRIVATE KEY"));
    if is_key || text.starts_with("PuTTY-User-Key-File-") {
        return Err(ContainerError::PrivateKey("a private key"));
    }
    if pem::labels(text).any(|label| matches!(label, "PKCS12" | "PFX")) {
        return Err(ContainerError::PrivateKey(PFX));
    }
    Ok(())
}

const PFX: &str = "a PKCS #12 (.pfx) structure, usually with a private key";

fn is_certificate_label(label: &str) -> bool {
    matches!(
        label,
        "CERTIFICATE"
            | "X509 CERTIFICATE"
            | "TRUSTED CERTIFICATE"
            | "PKCS7"
            | "CMS"
            | "PKCS #7 SIGNED DATA"
    )
}

/// The certificates of one block. Its content counts more than its label.
fn from_block(block: &Block<'_>) -> Result<Vec<Der>, ContainerError> {
    // OpenSSL's trusted certificates have its trust settings behind the certificate.
    let bytes = match (block.label, Reader::new(&block.bytes).any()) {
        ("TRUSTED CERTIFICATE", Ok(first)) => first.whole,
        _ => &block.bytes,
    };
    from_der(bytes).map_err(|error| match error {
        ContainerError::PrivateKey(_) => error,
        other => ContainerError::Malformed {
            line: block.line,
            reason: format!("the block of this line: {other}"),
        },
    })
}

/// Certificates, one behind the other, or one PKCS #7 structure. White space may follow.
fn from_der(bytes: &[u8]) -> Result<Vec<Der>, ContainerError> {
    let mut certificates = Vec::new();
    let mut rest = bytes;
    while !rest.trim_ascii_start().is_empty() {
        let broken = |error: DerError| ContainerError::Broken {
            offset: bytes.len().saturating_sub(rest.len()),
            reason: error.to_string(),
        };
        if !certificates.is_empty() && shape(rest) == Shape::Other {
            return Err(broken(DerError::Value(
                "no certificate, but more than white space",
            )));
        }
        refuse(shape(rest))?;
        let tlv = Reader::new(rest).any().map_err(broken)?;
        if shape(rest) == Shape::Pkcs7 {
            certificates.extend(pkcs7::certificates(tlv.whole).map_err(broken)?);
        } else {
            certificates.push(Der::from(tlv.whole));
        }
        rest = rest.get(tlv.whole.len()..).unwrap_or_default();
    }
    if certificates.is_empty() {
        return Err(ContainerError::NoCertificate(
            "a PKCS #7 structure without certificates",
        ));
    }
    Ok(certificates)
}

/// Refuses what is neither a certificate nor PKCS #7.
fn refuse(shape: Shape) -> Result<(), ContainerError> {
    Err(match shape {
        Shape::Certificate | Shape::Pkcs7 => return Ok(()),
        Shape::PrivateKey => ContainerError::PrivateKey("a private key"),
        Shape::EncryptedPrivateKey => ContainerError::PrivateKey("an encrypted private key"),
        Shape::Pfx => ContainerError::PrivateKey(PFX),
        Shape::Request => ContainerError::NoCertificate("a certificate signing request"),
        Shape::RevocationList => ContainerError::NoCertificate("a certificate revocation list"),
        Shape::PublicKey => ContainerError::NoCertificate("a public key"),
        Shape::Other => ContainerError::NoCertificate("binary data"),
    })
}

/// A text without certificate blocks: base64 alone, or something else.
fn without_blocks(text: &str) -> Result<Vec<Der>, ContainerError> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if let Some(bytes) = pem::decode(&digits)
        && bytes.first() == Some(&0x30)
    {
        return from_der(&bytes);
    }
    Err(ContainerError::NoCertificate(likeness(text)))
}

/// Whether the character tells that the bytes were no text.
fn is_binary(character: char) -> bool {
    let is_control = character.is_control() && !character.is_ascii_whitespace();
    is_control || character == char::REPLACEMENT_CHARACTER
}

/// What a text without certificates looks like.
fn likeness(text: &str) -> &'static str {
    let start: String = text.trim_start().chars().take(16).collect();
    let start = start.to_ascii_lowercase();
    if text.trim().is_empty() {
        return "an empty file";
    }
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return "an HTML page";
    }
    if text.chars().any(is_binary) {
        return "binary data";
    }
    match pem::labels(text).next() {
        Some(label) if label.contains("CERTIFICATE REQUEST") => "a certificate signing request",
        Some("X509 CRL") => "a certificate revocation list",
        Some(label) if label.contains("PUBLIC KEY") => "a public key",
        Some(_) => "PEM of another kind",
        None => "plain text",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn file(name: &str) -> Vec<u8> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/certs/");
        fs::read(format!("{directory}{name}")).expect("a fixture")
    }

    fn ca() -> Der {
        Der::from(file("ca.der"))
    }

    fn leaf() -> Der {
        Der::from(file("leaf.der"))
    }

    #[test]
    fn one_certificate_is_found_in_every_container() {
        for name in [
            "ca.pem",
            "ca.der",
            "trusted.pem",
            "with-text.pem",
            "utf16.cer",
        ] {
            assert_eq!(certificates(&file(name)), Ok(vec![ca()]), "{name}");
        }
    }

    #[test]
    fn big_endian_utf16_marked_utf8_and_old_labels_are_read() {
        let pem = String::from_utf8(file("ca.pem")).expect("ASCII");
        let utf16: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(pem.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(certificates(&utf16), Ok(vec![ca()]));
        assert_eq!(
            certificates(format!("\u{feff}{pem}").as_bytes()),
            Ok(vec![ca()])
        );
        let old = pem
            .replace("CERTIFICATE", "X509 CERTIFICATE")
            .replace('\n', "\r");
        assert_eq!(certificates(old.as_bytes()), Ok(vec![ca()]));
        let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(certificates(bare.as_bytes()), Ok(vec![ca()]));
    }

    #[test]
    fn pkcs7_gives_its_certificates_under_any_label() {
        for name in ["chain.p7b", "chain-pem.p7b", "adcs.p7b"] {
            let mut found = certificates(&file(name)).expect(name);
            found.sort();
            let mut expected = vec![ca(), leaf()];
            expected.sort();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_bundle_keeps_its_order_whatever_stands_between() {
        let text = b"# caf\xe9: -----not a block-----\r\n\r\n".to_vec();
        let bundle = [
            file("leaf.pem"),
            text.clone(),
            file("crl.pem"),
            file("ca.pem"),
            text,
        ]
        .concat();
        assert_eq!(certificates(&bundle), Ok(vec![leaf(), ca()]));
        assert_eq!(
            certificates(&[file("ca.der"), file("leaf.der")].concat()),
            Ok(vec![ca(), leaf()])
        );
    }

    #[test]
    fn private_keys_are_refused_and_never_repeated() {
        for name in [
            "key-sec1.pem",
            "key-pkcs8.pem",
            "key-pkcs8.der",
            "key-encrypted.der",
            "key-sec1.der",
            "key-pkcs1.der",
            "leaf.pfx",
        ] {
            let bundle = if name.ends_with("pem") {
                [file("ca.pem"), file(name)].concat()
            } else {
                file(name)
            };
            let error = certificates(&bundle).expect_err(name);
            assert!(
                matches!(error, ContainerError::PrivateKey(_)),
                "{name}: {error}"
            );
            let base64 =
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bundle);
            let error = certificates(base64.as_bytes()).expect_err(name);
            assert!(
                !name.ends_with("der") || matches!(error, ContainerError::PrivateKey(_)),
                "{name}: {error}"
            );
        }
        let cut = b"-----BEGIN RSA PRIVATE KEY-----\nMIIB";
        assert!(matches!(
            certificates(cut),
            Err(ContainerError::PrivateKey(_))
        ));
    }

    #[test]
    fn a_file_without_certificates_is_told_by_what_it_looks_like() {
        let looks = |bytes: &[u8]| match certificates(bytes).expect_err("no certificate") {
            ContainerError::NoCertificate(likeness) => likeness,
            other => panic!("{other}"),
        };
        assert_eq!(looks(b""), "an empty file");
        assert_eq!(looks(b"\xef\xbb\xbf \r\n"), "an empty file");
        assert_eq!(looks(b"\n<!DOCTYPE html><html>"), "an HTML page");
        assert_eq!(
            looks(b"the CA's certificate is on the intranet"),
            "plain text"
        );
        assert_eq!(looks(b"\x00\x01\x02"), "binary data");
        assert_eq!(looks(b"\x30\x03\x02\x01\x05"), "binary data");
        assert_eq!(looks(&file("request.pem")), "a certificate signing request");
        assert_eq!(looks(&file("request.der")), "a certificate signing request");
        assert_eq!(looks(&file("crl.pem")), "a certificate revocation list");
        assert_eq!(looks(&file("crl.der")), "a certificate revocation list");
        assert_eq!(looks(&file("public-key.der")), "a public key");
        let empty = b"\x30\x23\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x16\x30\x14\x02\x01\x01\x31\x00\
            \x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x31\x00";
        assert_eq!(looks(empty), "a PKCS #7 structure without certificates");
    }

    #[test]
    fn broken_pem_is_named_by_its_line() {
        let pem = String::from_utf8(file("ca.pem")).expect("ASCII");
        let malformed = |text: &str| match certificates(text.as_bytes()).expect_err("broken") {
            ContainerError::Malformed { line, reason } => (line, reason),
            other => panic!("{other}"),
        };
        let without_end = pem.replace("-----END", "-----");
        assert_eq!(
            malformed(&without_end),
            (1, "a BEGIN line without its END line".to_owned())
        );
        assert_eq!(malformed(&format!("x\n{without_end}{pem}")).0, 2);
        let other_end = pem.replace("-----END CERTIFICATE", "-----END PKCS7");
        assert!(
            malformed(&other_end)
                .1
                .contains("does not match the BEGIN line 1")
        );
        let star = pem.replacen("\nMII", "\n*II", 1);
        assert_eq!(
            malformed(&star),
            (2, "a character that is not base64".to_owned())
        );
        let mut lines: Vec<_> = pem.lines().collect();
        lines.remove(3);
        assert!(malformed(&lines.join("\n")).1.contains("runs past the end"));
    }

    #[test]
    fn a_cut_der_certificate_is_named_by_its_byte() {
        let der = file("ca.der");
        let cut = certificates(&der[..der.len() - 1]);
        assert!(
            matches!(cut, Err(ContainerError::Broken { offset: 0, .. })),
            "{cut:?}"
        );
        let followed = certificates(&[&der[..], b"\x05\x00"].concat());
        assert!(
            matches!(followed, Err(ContainerError::Broken { offset: 491, .. })),
            "{followed:?}"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_mutation_panic(noise in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..400, name in 0_usize..4) {
            let mut bytes = file(["ca.der", "chain.p7b", "utf16.cer", "trusted.pem"][name]);
            let end = (at + noise.len()).min(bytes.len());
            bytes.splice(at.min(end)..end, noise.iter().copied());
            let _ = certificates(&noise);
            let _ = certificates(&bytes);
        }
    }
}
