//! The candidates: every certificate that might have issued another, by name and key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::bytes::Sha256;
use crate::model::certificate::{Certificate, KeyFingerprint, KeyId, NameKey, PublicKey};
use crate::model::identified::{CaFacts, CaKey, Known};
use crate::model::issuer::Source;

/// The certificates of a run that may have issued another, each parsed once.
#[derive(Default)]
pub(super) struct Pool {
    certificates: HashMap<Sha256, Offered>,
    names: HashMap<NameKey, Named>,
}

/// A certificate, and where it was found as far as that is known yet.
struct Offered {
    certificate: Arc<Certificate>,
    found: Option<Source>,
    platform: bool,
    given: bool,
}

/// What goes by one name.
#[derive(Default)]
struct Named {
    keys: BTreeMap<KeyFingerprint, BTreeSet<Sha256>>,
    /// How often something changed here.
    changes: u32,
}

impl Pool {
    /// Whether a certificate is there.
    pub(super) fn holds(&self, fingerprint: &Sha256) -> bool {
        self.certificates.contains_key(fingerprint)
    }

    /// Adds a certificate. Where it was found is to be noted.
    pub(super) fn add(&mut self, certificate: Certificate) {
        let fingerprint = certificate.sha256;
        if self.holds(&fingerprint) {
            return;
        }
        if let (Ok(subject), Ok(key)) = (&certificate.subject, &certificate.public_key) {
            let named = self.names.entry(subject.key.clone()).or_default();
            let keys = named.keys.entry(key.fingerprint).or_default();
            keys.insert(fingerprint);
            named.changes = named.changes.saturating_add(1);
        }
        let offered = Offered {
            certificate: Arc::new(certificate),
            found: None,
            platform: false,
            given: false,
        };
        self.certificates.insert(fingerprint, offered);
    }

    /// Notes where a certificate was found; of several places, the first in the order of [`Source`] is kept.
    pub(super) fn note(&mut self, fingerprint: &Sha256, source: &Source) {
        if let Some(known) = self.certificates.get_mut(fingerprint) {
            known.platform |= *source == Source::Platform;
            known.given |= matches!(source, Source::File(_));
            if known.found.as_ref().is_none_or(|found| source < found) {
                known.found = Some(source.clone());
            }
        }
    }

    /// How often what goes by the name has changed: as long as this is the same, so is the answer for a leaf.
    pub(super) fn changes(&self, name: Option<&NameKey>) -> u32 {
        let named = name.and_then(|name| self.names.get(name));
        named.map_or(0, |named| named.changes)
    }

    /// Forgets certificates that nobody gave and whose subject is not wanted. They are under no name that is looked for.
    pub(super) fn keep(&mut self, wanted: impl Fn(&NameKey) -> bool) {
        self.certificates.retain(|_, known| {
            let subject = known.certificate.subject.as_ref();
            known.found.is_some() || subject.is_ok_and(|subject| wanted(&subject.key))
        });
    }

    /// Forgets what only observations show that do not count.
    pub(super) fn forget_unfound(&mut self) {
        let (certificates, names) = (&mut self.certificates, &mut self.names);
        certificates.retain(|fingerprint, known| {
            let is_found = known.found.is_some();
            if let (false, Ok(subject), Ok(key)) = (
                is_found,
                &known.certificate.subject,
                &known.certificate.public_key,
            ) && let Some(named) = names.get_mut(&subject.key)
            {
                if let Some(keys) = named.keys.get_mut(&key.fingerprint) {
                    keys.remove(fingerprint);
                    if keys.is_empty() {
                        named.keys.remove(&key.fingerprint);
                    }
                }
                named.changes = named.changes.saturating_add(1);
            }
            is_found
        });
    }

    pub(super) fn certificate(&self, fingerprint: &Sha256) -> Option<&Certificate> {
        self.certificates
            .get(fingerprint)
            .map(|known| known.certificate.as_ref())
    }

    /// Where a certificate was found; `None` as long as that is not known.
    pub(super) fn found(&self, fingerprint: &Sha256) -> Option<&Source> {
        self.certificates.get(fingerprint)?.found.as_ref()
    }

    /// The distinct keys that certificates of this subject name carry, in the order of their fingerprints.
    pub(super) fn keys(&self, name: &NameKey) -> impl Iterator<Item = Candidate<'_>> {
        self.names
            .get(name)
            .into_iter()
            .flat_map(|named| &named.keys)
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
            .names
            .get(&ca.name)
            .and_then(|named| named.keys.get(&ca.key))
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
        let found = self
            .certificates
            .into_iter()
            .filter_map(|(fingerprint, known)| {
                let known = Known {
                    certificate: known.certificate,
                    found: known.found?,
                    platform: known.platform,
                    given: known.given,
                };
                Some((fingerprint, known))
            });
        found.collect()
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
