//! Kept runs of any size: distinct leaves of a few CAs, made quickly and always alike but for their signatures.

#![expect(
    unreachable_pub,
    reason = "every program that uses this has it to itself"
)]

use std::collections::BTreeSet;
use std::io::{self, Write};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use sameca::model::bytes::Der;
use sameca::model::observation::{Observation, ObservationSchema, Outcome};
use sameca::model::target::{Group, Port, Role};
use sameca::model::timestamp::Timestamp;

/// How many CAs there are; the first issues nine leaves of ten.
const CAS: usize = 5;
/// Names in a leaf, so that it has the size that those of an estate have.
const NAMES: usize = 60;

/// A CA that signs.
struct Ca {
    params: CertificateParams,
    key: KeyPair,
    certificate: Der,
}

impl Ca {
    fn new(number: usize) -> Self {
        let names: Vec<_> = (0..NAMES / 3)
            .map(|name| format!("name{name:02}.of.ca.contoso.test"))
            .collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, format!("Issuing CA {number:02}"));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: Der::from(certificate.der().to_vec()),
            params,
            key,
        }
    }

    /// A leaf of about 2.7 KB for a key that all leaves share.
    fn leaf(&self, number: usize, key: &KeyPair) -> Der {
        let names = (0..NAMES).map(|name| format!("name{name:02}.of.host{number:07}.contoso.test"));
        let mut params = CertificateParams::new(names.collect::<Vec<_>>()).expect("names");
        let subject = format!("host{number:07}.contoso.test");
        params.distinguished_name.push(DnType::CommonName, subject);
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(number.to_be_bytes().to_vec().into());
        let issuer = Issuer::from_params(&self.params, &self.key);
        let leaf = params.signed_by(key, &issuer).expect("a certificate");
        Der::from(leaf.der().to_vec())
    }
}

/// Makes observations one after the other.
pub struct Maker {
    cas: Vec<Ca>,
    key: KeyPair,
}

impl Maker {
    pub fn new() -> Self {
        Self {
            cas: (0..CAS).map(Ca::new).collect(),
            key: KeyPair::generate().expect("a key"),
        }
    }

    /// The observation with a number: its own leaf, with the certificate of its CA behind it. One of a hundred was not
    /// captured.
    pub fn observation(&self, number: usize) -> Observation {
        let ca = match number % 10 {
            9 => &self.cas[1 + number / 10 % (CAS - 1)],
            _ => &self.cas[0],
        };
        let failed = number % 100 == 50;
        let host = format!("host{number:07}.contoso.test");
        Observation {
            schema: ObservationSchema::V1,
            run: "01KAPQZ6W0M3T9X4H2N8C5VBJE".to_owned(),
            at: Timestamp::parse("2026-11-22T20:15:04.120Z").expect("a time"),
            roles: BTreeSet::from([Role::Peer]),
            group: Group::Internal,
            pool: None,
            required: !failed,
            one_of_host: false,
            names: vec![host.clone()],
            variant: None,
            count: 1,
            target: format!("{host}:443"),
            address: Some([10, 0, (number >> 8) as u8, number as u8].into()),
            port: Some(Port::HTTPS),
            sni: Some(host.clone()),
            host,
            outcome: if failed {
                Outcome::Timeout
            } else {
                Outcome::Captured
            },
            detail: None,
            elapsed_ms: 14,
            attempts: Vec::new(),
            tls: None,
            chain: if failed {
                Vec::new()
            } else {
                vec![ca.leaf(number, &self.key), ca.certificate.clone()]
            },
        }
    }

    /// Writes a run of this many observations.
    pub fn write(&self, count: usize, out: &mut dyn Write) -> io::Result<()> {
        (0..count)
            .try_for_each(|number| sameca::report::ndjson::line(&self.observation(number), out))
    }
}
