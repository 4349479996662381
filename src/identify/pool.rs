//! The candidates: every certificate that might have issued another, by name and key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::{Certificate, KeyFingerprint, KeyId, NameKey, PublicKey};
use crate::model::identified::{CaFacts, CaKey, Known};
use crate::model::issuer::Source;
use crate::x509::parse;

/// The certificates of a run that may have issued another, each parsed once.
#[derive(Default)]
pub(super) struct Pool {
    certificates: HashMap<Sha256, Known>,
    keys: HashMap<NameKey, BTreeMap<KeyFingerprint, BTreeSet<Sha256>>>,
}

impl Pool {
    /// Adds a certificate; of the places where one was found, the first in the order of [`Source`] is kept.
    pub(super) fn add(&mut self, der: &Der, fingerprint: Sha256, source: &Source) {
        let platform = *source == Source::Platform;
        let given = matches!(source, Source::File(_));
        if let Some(known) = self.certificates.get_mut(&fingerprint) {
            known.platform |= platform;
            known.given |= given;
            if *source < known.found {
                known.found = source.clone();
            }
            return;
        }
        let certificate = Arc::new(parse::certificate(der));
        if let (Ok(subject), Ok(key)) = (&certificate.subject, &certificate.public_key) {
            let keys = self.keys.entry(subject.key.clone()).or_default();
            keys.entry(key.fingerprint).or_default().insert(fingerprint);
        }
        self.certificates.insert(
            fingerprint,
            Known {
                certificate,
                found: source.clone(),
                platform,
                given,
            },
        );
    }

    pub(super) fn certificate(&self, fingerprint: &Sha256) -> Option<&Certificate> {
        self.certificates
            .get(fingerprint)
            .map(|known| known.certificate.as_ref())
    }

    pub(super) fn found(&self, fingerprint: &Sha256) -> Option<&Source> {
        self.certificates.get(fingerprint).map(|known| &known.found)
    }

    /// The distinct keys that certificates of this subject name carry, in the order of their fingerprints.
    pub(super) fn keys(&self, name: &NameKey) -> impl Iterator<Item = Candidate<'_>> {
        self.keys
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|(&key, certificates)| {
                let first = self.certificate(certificates.first()?)?;
                let public_key = first.public_key.as_ref().ok()?;
                Some(Candidate {
                    key,
                    public_key,
                    certificates,
                })
            })
    }

    /// The CAs whose certificates the user gave.
    pub(super) fn given(&self) -> impl Iterator<Item = CaKey> + '_ {
        let given = self.certificates.values().filter(|known| known.given);
        given.filter_map(|known| {
            let (subject, key) = (
                known.certificate.subject.as_ref().ok()?,
                known.certificate.public_key.as_ref().ok()?,
            );
            Some(CaKey {
                name: subject.key.clone(),
                key: key.fingerprint,
            })
        })
    }

    /// Whether the user or the platform vouches for a certificate.
    pub(super) fn is_vouched_for(&self, fingerprint: &Sha256) -> bool {
        self.certificates
            .get(fingerprint)
            .is_some_and(|known| known.given || known.platform)
    }

    /// What the certificates of a CA say of it; its ancestry is left empty.
    pub(super) fn facts(&self, ca: &CaKey) -> CaFacts {
        let certificates = self
            .keys
            .get(&ca.name)
            .and_then(|keys| keys.get(&ca.key))
            .cloned()
            .unwrap_or_default();
        let mut facts = CaFacts::default();
        for certificate in certificates
            .iter()
            .filter_map(|fingerprint| self.certificate(fingerprint))
        {
            facts.key_ids.extend(certificate.key_ids());
            facts.issuer_serials.extend(certificate.issuer_serial());
        }
        facts.certificates = certificates;
        facts
    }

    pub(super) fn into_certificates(self) -> HashMap<Sha256, Known> {
        self.certificates
    }
}

/// One key of a name, with the certificates that carry it.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'p> {
    pub(super) key: KeyFingerprint,
    pub(super) public_key: &'p PublicKey,
    pub(super) certificates: &'p BTreeSet<Sha256>,
}

impl Candidate<'_> {
    /// Whether a certificate of this key goes by the key identifier.
    pub(super) fn is_called(&self, key_id: &KeyId, pool: &Pool) -> bool {
        let certificates = self
            .certificates
            .iter()
            .filter_map(|fingerprint| pool.certificate(fingerprint));
        certificates
            .into_iter()
            .any(|certificate| certificate.key_ids().any(|own| own == *key_id))
    }
}
