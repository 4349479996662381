//! What servers of an estate say first: flights of TLS 1.2 with certificates of one CA, of the usual size. All keys are RSA
//! keys from files, so that verifying a leaf costs what it does in most estates.

#![expect(
    unreachable_pub,
    reason = "every program that uses this has it to itself"
)]

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::flight::{list24, message, record};

/// How many names a leaf has: with its CA's certificate some 4 KB are sent.
const NAMES: usize = 50;

/// How many servers share an estate's few certificates.
const FEW: u8 = 5;

/// `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.
const SUITE: [u8; 2] = [0xc0, 0x2f];

/// What serial numbers begin with; no other bytes of a flight are these.
const SERIAL: [u8; 10] = *b"\x5aserial\xff\x00\xfe";

/// A flight, and where the last six bytes of its leaf's serial number are.
#[derive(Clone, Debug)]
pub struct Flight {
    pub bytes: Vec<u8>,
    pub serial: usize,
}

/// A few flights, each with another leaf of the same CA.
pub fn few() -> Vec<Flight> {
    let ca = ca();
    (0..FEW).map(|number| flight(&ca, number)).collect()
}

/// The first leaf, as its CA signed it, and the certificate of the CA.
pub fn chain() -> [Vec<u8>; 2] {
    let ca = ca();
    [leaf(&ca, 0), ca.der().to_vec()]
}

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let key = KeyPair::from_pem(include_str!("../../testdata/keys/server-rsa-1.pem"));
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, "Contoso Issuing CA 01");
    CertifiedIssuer::self_signed(params, key.expect("a key")).expect("a CA")
}

fn flight(ca: &CertifiedIssuer<'static, KeyPair>, number: u8) -> Flight {
    let chain = [leaf(ca, number), ca.der().to_vec()];
    let messages = [
        message(2, &hello()),
        message(11, &list24(&chain)),
        message(12, &key_exchange()),
        message(14, &[]),
    ];
    let bytes = record(22, 0x0303, &messages.concat());
    let begins = bytes.windows(SERIAL.len()).position(|part| part == SERIAL);
    Flight {
        serial: begins.expect("the leaf is in it") + SERIAL.len(),
        bytes,
    }
}

fn leaf(ca: &CertifiedIssuer<'static, KeyPair>, number: u8) -> Vec<u8> {
    let key = KeyPair::from_pem(include_str!("../../testdata/keys/server-rsa-2.pem"));
    let names = (0..NAMES).map(|name| format!("name{name:02}.of.host{number:02}.contoso.test"));
    let mut params = CertificateParams::new(names.collect::<Vec<_>>()).expect("names");
    let subject = format!("host{number:02}.contoso.test");
    params.distinguished_name.push(DnType::CommonName, subject);
    params.use_authority_key_identifier_extension = true;
    let serial = [SERIAL.as_slice(), &[0, 0, 0, 0, 0, number]].concat();
    params.serial_number = Some(serial.into());
    let leaf = params.signed_by(&key.expect("a key"), ca);
    leaf.expect("a certificate").der().to_vec()
}

fn hello() -> Vec<u8> {
    [&[3, 3], [7; 32].as_slice(), &[0], &SUITE, &[0]].concat()
}

/// Curve X25519, and a signature of the right length that verifies nowhere.
fn key_exchange() -> Vec<u8> {
    let point = [&[3, 0, 29, 32], [9; 32].as_slice()].concat();
    let signature = [&[4, 1, 1, 0], [6; 256].as_slice()].concat();
    [point, signature].concat()
}
