//! NIST's Public Key Interoperability Test Suite: every chain of it, each certificate with the one before it.

use std::collections::{BTreeMap, BTreeSet};

use sameca::model::bytes::Der;
use sameca::model::certificate::Certificate;
use sameca::x509::parse;
use sameca::x509::signature::{Check, verify_issued};

use crate::{bytes, file};

/// Certificates of which we cannot tell who signed them, and why.
const CANNOT_TELL: &[(&str, &str)] = &[
    ("BadSignedCACert", UNUSED_BITS),
    ("DSAParametersInheritedCACert", DSA),
    ("InvalidDSASignatureTest6EE", DSA),
    ("ValidDSAParameterInheritanceTest5EE", DSA),
    ("ValidDSASignaturesTest4EE", DSA),
];

const UNUSED_BITS: &str = "its signature is a bit string with unused bits, which none is; OpenSSL ignores them and says that it fails";
const DSA: &str = "DSA is not verified here; nothing is said either way";

/// Certificates whose issuer is not the subject of the one before them, and why PKITS has them.
const OTHER_NAME: &[(&str, &str)] = &[
    ("GoodCACert", NO_PATH),
    ("InvalidIDPwithindirectCRLTest26EE", NO_PATH),
    ("InvalidNameChainingOrderTest2EE", WRONG_NAME),
    ("InvalidNameChainingTest1EE", WRONG_NAME),
    ("InvalidcRLIssuerTest27EE", NO_PATH),
    ("SeparateCertificateandCRLKeysCA2CRLSigningCert", NO_PATH),
    ("SeparateCertificateandCRLKeysCRLSigningCert", NO_PATH),
    ("ValidIDPwithindirectCRLTest24EE", NO_PATH),
    ("ValidIDPwithindirectCRLTest25EE", NO_PATH),
    ("ValidcRLIssuerTest28EE", NO_PATH),
    ("ValidcRLIssuerTest29EE", NO_PATH),
    ("ValidcRLIssuerTest30EE", NO_PATH),
    ("indirectCRLCA1Cert", NO_PATH),
    ("indirectCRLCA6Cert", NO_PATH),
];

const NO_PATH: &str = "a test of revocation lists, whose certificates do not stand in a row";
const WRONG_NAME: &str = "PKITS wants this refused: the names are different";

/// Certificates whose issuer is that subject, encoded otherwise (PKITS 4.3.3 to 4.3.11), or not read by the other
/// parser (DSA).
const ENCODED_OTHERWISE: &[&str] = &[
    "DSAParametersInheritedCACert",
    "ValidDSAParameterInheritanceTest5EE",
    "ValidNameChainingCapitalizationTest5EE",
    "ValidNameChainingWhitespaceTest3EE",
    "ValidNameChainingWhitespaceTest4EE",
    "ValidRolloverfromPrintableStringtoUTF8StringTest10EE",
    "ValidUTF8StringCaseInsensitiveMatchTest11EE",
];

#[test]
fn every_chain_is_signed_as_openssl_says() {
    let (certificates, chains) = (file("pkits-certificates.txt"), file("pkits-chains.txt"));
    let certificates = parsed(&certificates);
    let mut links = 0;
    let mut unsupported = BTreeSet::new();
    for link in chains.lines().flat_map(links_of) {
        links += 1;
        let (issuer, subject) = (&certificates[link.issuer], &certificates[link.subject]);
        let ours = check(subject, issuer);
        if ours == "cannot-tell" {
            unsupported.insert(link.subject);
        } else {
            assert_eq!(ours, link.signed, "{} under {}", link.subject, link.issuer);
        }
    }
    assert_eq!(links, 587);
    assert_eq!(Vec::from_iter(unsupported), labels(CANNOT_TELL));
}

fn labels<'l>(list: &[(&'l str, &str)]) -> Vec<&'l str> {
    list.iter().map(|(label, _)| *label).collect()
}

#[test]
fn names_are_chained_as_pkits_wants() {
    let (certificates, chains) = (file("pkits-certificates.txt"), file("pkits-chains.txt"));
    let certificates = parsed(&certificates);
    let mut other = BTreeSet::new();
    let mut encoded_otherwise = BTreeSet::new();
    for link in chains.lines().flat_map(links_of) {
        let issuer = certificates[link.issuer].subject.as_ref().expect("a name");
        let named = certificates[link.subject].issuer.as_ref().expect("a name");
        let is_same = issuer.key == named.key;
        assert!(is_same || !link.has_same_octets, "{}", link.subject);
        if !is_same {
            other.insert(link.subject);
        } else if !link.has_same_octets {
            encoded_otherwise.insert(link.subject);
        }
    }
    assert_eq!(Vec::from_iter(other), labels(OTHER_NAME));
    assert_eq!(Vec::from_iter(encoded_otherwise), ENCODED_OTHERWISE);
}

#[test]
fn every_certificate_but_two_can_be_judged() {
    let certificates = file("pkits-certificates.txt");
    let parsed = parsed(&certificates);
    assert_eq!(parsed.len(), 405);
    let unread: Vec<_> = parsed
        .iter()
        .filter(|(_, certificate)| !certificate.is_judgeable())
        .map(|(name, _)| *name)
        .collect();
    let tampered = ["BadSignedCACert", "InvalidDSASignatureTest6EE"];
    assert_eq!(unread, tampered, "{UNUSED_BITS}");
}

/// A certificate and the one before it in a chain.
struct Link<'l> {
    issuer: &'l str,
    subject: &'l str,
    /// OpenSSL's answer.
    signed: &'l str,
    /// Whether the issuer's name is there octet by octet.
    has_same_octets: bool,
}

fn links_of(chain: &str) -> Vec<Link<'_>> {
    let mut words = chain.split(' ').skip(1);
    let mut issuer = words.next().expect("a trust anchor");
    let mut links = Vec::new();
    for word in words {
        let fields: Vec<&str> = word.split(':').collect();
        let [subject, signed, name] = fields[..] else {
            panic!("{word}: three fields are wanted");
        };
        links.push(Link {
            issuer,
            subject,
            signed,
            has_same_octets: name == "same",
        });
        issuer = subject;
    }
    links
}

fn parsed(lines: &str) -> BTreeMap<&str, Certificate> {
    let lines = lines.lines().map(|line| line.split_once(' '));
    lines
        .map(|line| line.expect("a name and a certificate"))
        .map(|(name, der)| (name, parse::certificate(&Der::from(bytes(der)))))
        .collect()
}

fn check(certificate: &Certificate, issuer: &Certificate) -> &'static str {
    let Ok(key) = &issuer.public_key else {
        return "cannot-tell";
    };
    match verify_issued(certificate, key) {
        Check::Verifies => "verifies",
        Check::Fails => "fails",
        Check::CannotTell(_) => "cannot-tell",
    }
}
