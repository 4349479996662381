//! The issuers of leaves whose CA's certificate is not at hand: their keys, computed from the leaves' own signatures.
//!
//! An ECDSA signature verifies under a few keys only, and those can be computed. Only one of them exists at the CA; it
//! is the one that also made the signature of another leaf. Under one name there may be several such keys: then there
//! are several CAs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::bytes::Sha256;
use crate::model::certificate::{Certificate, KeyFingerprint, KeyId, NameKey, PublicKey};
use crate::model::identified::{Ancestry, CaFacts, CaKey, RecoveredKey};
use crate::model::issuer::{Basis, Identification};
use crate::x509::recover::Signed;

/// How many signatures of a run keys are computed from. Each takes a few milliseconds, and two are enough for a CA.
const COMPUTED: usize = 2_048;
/// How many of them may be of one name, so that a hostile name leaves something to the others.
const COMPUTED_FOR_A_NAME: usize = 128;
/// How many keys one name may have. Each is tried on every leaf of that name.
const KEYS_OF_A_NAME: usize = 32;

/// Whether a key may be computed from the signature of a leaf.
pub(super) fn may_tell(leaf: &Certificate) -> bool {
    let is_named = leaf.issuer.as_ref().is_ok_and(|issuer| !issuer.is_empty());
    is_named && Signed::of(leaf).is_some()
}

/// Leaves that no certificate at hand verifies, by the names of their issuers.
#[derive(Default)]
pub(super) struct Recovery {
    unproven: BTreeMap<NameKey, BTreeMap<Sha256, Unproven>>,
}

struct Unproven {
    signed: Signed,
    key_id: Option<KeyId>,
}

/// What was found about one leaf.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The key that made its signature and that of another leaf of the same issuer name.
    pub(super) key: Option<KeyFingerprint>,
    /// Recovered keys of that name that did not make it.
    pub(super) failed: BTreeSet<KeyFingerprint>,
    /// Whether it was left out because the budget was spent.
    pub(super) left_out: bool,
}

/// What was found.
#[derive(Default)]
pub(super) struct Recovered {
    pub(super) leaves: BTreeMap<Sha256, Answer>,
    pub(super) keys: BTreeMap<CaKey, RecoveredKey>,
}

impl Recovery {
    /// Takes in a leaf whose issuer is known by its claims only.
    pub(super) fn add(&mut self, leaf: &Certificate) {
        let (Ok(issuer), Some(signed)) = (&leaf.issuer, Signed::of(leaf)) else {
            return;
        };
        // An empty name is no name: nothing is sought under it.
        if issuer.is_empty() {
            return;
        }
        let claim = leaf
            .extensions()
            .and_then(|known| known.authority_key_id.as_ref()?.key_id.clone());
        let of_name = self.unproven.entry(issuer.key.clone()).or_default();
        of_name.insert(
            leaf.sha256,
            Unproven {
                signed,
                key_id: claim,
            },
        );
    }

    /// Computes the keys and finds out which leaves they issued. Names with few leaves come first, so that a name with
    /// very many cannot take the others' share of the budget.
    pub(super) fn recover(self) -> Recovered {
        let mut names: Vec<_> = self.unproven.into_iter().collect();
        names.sort_by_key(|(_, leaves)| leaves.len());
        let mut recovered = Recovered::default();
        let mut budget = COMPUTED;
        for (name, leaves) in names.iter().filter(|(_, leaves)| leaves.len() > 1) {
            let found = Found::search(leaves, &mut budget);
            found.assign(name, leaves, &mut recovered);
        }
        recovered
    }
}

/// The keys found under one name.
#[derive(Default)]
struct Found {
    keys: BTreeMap<KeyFingerprint, PublicKey>,
    left_out: BTreeSet<Sha256>,
}

impl Found {
    /// Computes the keys of each leaf that no key found so far has issued, until two leaves share one.
    fn search(leaves: &BTreeMap<Sha256, Unproven>, budget: &mut usize) -> Self {
        let mut found = Self::default();
        let mut first: HashMap<KeyFingerprint, &Signed> = HashMap::new();
        let allowed = COMPUTED_FOR_A_NAME.min(*budget);
        let mut computed = 0;
        for (leaf, unproven) in leaves {
            if found.keys.values().any(|key| unproven.signed.is_by(key)) {
                continue;
            }
            if computed == allowed || found.keys.len() == KEYS_OF_A_NAME {
                found.left_out.insert(*leaf);
                continue;
            }
            computed += 1;
            for key in unproven.signed.keys() {
                let other = *first.entry(key.fingerprint).or_insert(&unproven.signed);
                if !other.is_over_the_message_of(&unproven.signed) {
                    found.keys.insert(key.fingerprint, key);
                }
            }
        }
        *budget -= computed;
        found
    }

    /// Gives every leaf the one key that made its signature.
    fn assign(
        &self,
        name: &NameKey,
        leaves: &BTreeMap<Sha256, Unproven>,
        recovered: &mut Recovered,
    ) {
        for (leaf, unproven) in leaves {
            let (by, failed): (Vec<&PublicKey>, Vec<&PublicKey>) = self
                .keys
                .values()
                .partition(|key| unproven.signed.is_by(key));
            let key = unproven.issuer(&by);
            if let Some(key) = key {
                recovered.credit(name, key, unproven);
            }
            let answer = Answer {
                key: key.map(|key| key.fingerprint),
                failed: failed.iter().map(|key| key.fingerprint).collect(),
                left_out: by.is_empty() && self.left_out.contains(leaf),
            };
            recovered.leaves.insert(*leaf, answer);
        }
    }
}

impl Recovered {
    /// Tells an identification what was found about its leaf.
    pub(super) fn tell(&self, known: &mut Identification, answer: &Answer) {
        let standing = &mut known.standing;
        standing.failed.extend(&answer.failed);
        if let (Some(key), Some(name)) = (answer.key, standing.issuer.clone()) {
            standing.basis = Basis::Recovered(key);
            let facts = &self.keys[&CaKey { name, key }];
            standing.key_ids.extend(facts.key_ids.iter().cloned());
        } else if answer.left_out {
            known.obstacle.get_or_insert_with(|| {
                format!(
                    "no certificate of the issuer is at hand, and its key was computed from {COMPUTED_FOR_A_NAME} signatures of that name at most"
                )
            });
        }
    }

    /// What is known of the CAs whose keys were found.
    pub(super) fn cas(self) -> impl Iterator<Item = (CaKey, CaFacts)> {
        self.keys.into_iter().map(|(ca, key)| {
            // Nobody knows what lies above; it may be a root itself, which others name.
            let claimed = key.key_ids.iter().map(|id| (ca.name.clone(), id.clone()));
            let facts = CaFacts {
                ancestry: Ancestry {
                    claimed: claimed.collect(),
                    ..Ancestry::default()
                },
                key_ids: key.key_ids.clone(),
                recovered: Some(key),
                ..CaFacts::default()
            };
            (ca, facts)
        })
    }

    fn credit(&mut self, name: &NameKey, key: &PublicKey, leaf: &Unproven) {
        let ca = CaKey {
            name: name.clone(),
            key: key.fingerprint,
        };
        let facts = self.keys.entry(ca).or_insert_with(|| RecoveredKey {
            spki_sha256: key.spki_sha256,
            key_ids: BTreeSet::from([KeyId(key.bits_sha1.0.into())]),
            leaves: 0,
            confirmed: false,
        });
        facts.leaves += 1;
        facts.confirmed |= leaf.names(key);
        facts.key_ids.extend(leaf.key_id.clone());
    }
}

impl Unproven {
    /// Which of the keys that verify it issued the leaf: the only one, or the only one that it names.
    fn issuer<'k>(&self, by: &[&'k PublicKey]) -> Option<&'k PublicKey> {
        let named: Vec<&PublicKey> = by.iter().copied().filter(|key| self.names(key)).collect();
        match (by, &named[..]) {
            ([only], _) | (_, [only]) => Some(only),
            _ => None,
        }
    }

    /// Whether the key goes by the identifier that the leaf claims (RFC 5280 §4.2.1.2 method 1).
    fn names(&self, key: &PublicKey) -> bool {
        self.key_id
            .as_ref()
            .is_some_and(|claim| claim.0[..] == key.bits_sha1.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use proptest::prelude::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod, KeyPair,
        PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
    };

    use super::*;
    use crate::model::bytes::Der;
    use crate::x509::parse;

    type Ca = CertifiedIssuer<'static, KeyPair>;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn ca(name: &str, algorithm: &'static SignatureAlgorithm) -> Ca {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate_for(algorithm).expect("a key");
        CertifiedIssuer::self_signed(params, key).expect("a CA")
    }

    fn leaf(ca: &Ca, with_key_id: bool) -> Certificate {
        let mut params = params("leaf");
        params.use_authority_key_identifier_extension = with_key_id;
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, ca).expect("a leaf");
        parse::certificate(&Der::from(leaf.der().to_vec()))
    }

    fn key(ca: &Ca) -> KeyFingerprint {
        let certificate = parse::certificate(&Der::from(ca.der().to_vec()));
        certificate.public_key.expect("a key").fingerprint
    }

    fn recover<'l>(leaves: impl IntoIterator<Item = &'l Certificate>) -> Recovered {
        let mut recovery = Recovery::default();
        leaves.into_iter().for_each(|leaf| recovery.add(leaf));
        recovery.recover()
    }

    /// A leaf, the number of its CA, and that CA's key.
    type Issued = (Certificate, usize, KeyFingerprint);

    /// Leaves of several CAs, three of which have one name. Made once: keys take longer than what is tested.
    fn issued() -> &'static [Issued] {
        static ISSUED: OnceLock<Vec<Issued>> = OnceLock::new();
        ISSUED.get_or_init(|| {
            let cas = [
                ca("CA", &PKCS_ECDSA_P256_SHA256),
                ca("CA", &PKCS_ECDSA_P256_SHA256),
                ca("CA", &PKCS_ECDSA_P384_SHA384),
                ca("Other", &PKCS_ECDSA_P256_SHA256),
            ];
            let numbered = cas.iter().enumerate();
            numbered
                .flat_map(|(number, ca)| {
                    (0..4).map(move |leaf_number| (leaf(ca, leaf_number == 0), number, key(ca)))
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn a_key_is_found_exactly_when_two_leaves_of_it_are_there(chosen in prop::collection::vec(any::<bool>(), 16)) {
            let chosen: Vec<&Issued> = issued().iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(one, _)| one).collect();
            let recovered = recover(chosen.iter().map(|(leaf, ..)| leaf));
            let found = |ca: usize| chosen.iter().filter(|(_, other, _)| *other == ca).count() > 1;
            for (leaf, ca, key) in &chosen {
                let answer = recovered.leaves.get(&leaf.sha256);
                prop_assert_eq!(answer.and_then(|answer| answer.key), found(*ca).then_some(*key));
                let others = chosen.iter().filter(|(other, ..)| other.issuer.as_ref().expect("a name").key == leaf.issuer.as_ref().expect("a name").key);
                let others: BTreeSet<_> = others.filter(|(_, number, _)| number != ca && found(*number)).map(|(.., key)| *key).collect();
                prop_assert_eq!(answer.map_or(BTreeSet::new(), |answer| answer.failed.clone()), others);
            }
        }
    }

    #[test]
    fn the_key_identifier_confirms_the_key() {
        let key = KeyPair::generate().expect("a key");
        let mut params = params("CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let other = CertifiedIssuer::self_signed(params.clone(), &key).expect("a CA");
        let certificate = parse::certificate(&Der::from(other.der().to_vec()));
        let method_1 = KeyId(certificate.public_key.expect("a key").bits_sha1.0.into());
        params.key_identifier_method = KeyIdMethod::PreSpecified(method_1.0.to_vec());
        let usual = CertifiedIssuer::self_signed(params, key).expect("a CA");
        let recovered = recover(&[leaf(&usual, false), leaf(&usual, true)]);
        let facts = recovered.keys.values().next().expect("a key");
        assert!(facts.confirmed);
        assert_eq!(facts.key_ids, BTreeSet::from([method_1]));
        let recovered = recover(&[leaf(&usual, false), leaf(&usual, false)]);
        assert!(recovered.keys.values().all(|facts| !facts.confirmed));
    }

    #[test]
    fn two_signatures_over_one_message_are_one() {
        let ca = ca("CA", &PKCS_ECDSA_P256_SHA256);
        let signed = Signed::of(&leaf(&ca, false)).expect("ECDSA");
        let twice = [[1; 32], [2; 32]].map(|leaf| {
            let signed = signed.clone();
            (
                Sha256(leaf),
                Unproven {
                    signed,
                    key_id: None,
                },
            )
        });
        let found = Found::search(&BTreeMap::from(twice), &mut 10);
        assert!(found.keys.is_empty());
    }

    #[test]
    fn a_leaf_under_two_keys_stays_as_it_was_unless_it_names_one() {
        let ca = ca("CA", &PKCS_ECDSA_P256_SHA256);
        let signed = Signed::of(&leaf(&ca, false)).expect("ECDSA");
        let keys: BTreeMap<_, _> = signed
            .keys()
            .into_iter()
            .map(|key| (key.fingerprint, key))
            .collect();
        assert!(keys.len() > 1, "a signature verifies under several keys");
        let named = keys.values().next().expect("a key");
        let named = (named.fingerprint, KeyId(named.bits_sha1.0.into()));
        let found = Found {
            keys,
            left_out: BTreeSet::new(),
        };
        for (key_id, expected) in [(None, None), (Some(named.1), Some(named.0))] {
            let leaves = BTreeMap::from([(
                Sha256([1; 32]),
                Unproven {
                    signed: signed.clone(),
                    key_id,
                },
            )]);
            let mut recovered = Recovered::default();
            found.assign(&NameKey(Box::from(*b"CA")), &leaves, &mut recovered);
            assert_eq!(recovered.leaves[&Sha256([1; 32])].key, expected);
        }
    }

    #[test]
    fn no_key_is_computed_for_other_signatures_and_for_nameless_issuers() {
        let ed25519 = ca("CA", &PKCS_ED25519);
        assert!(
            recover(&[leaf(&ed25519, false), leaf(&ed25519, false)])
                .leaves
                .is_empty()
        );
        let mut nameless = CertificateParams::default();
        nameless.distinguished_name = rcgen::DistinguishedName::new();
        let key = KeyPair::generate().expect("a key");
        let nameless = CertifiedIssuer::self_signed(nameless, key).expect("a CA");
        assert!(
            recover(&[leaf(&nameless, false), leaf(&nameless, false)])
                .leaves
                .is_empty()
        );
    }

    #[test]
    fn a_hostile_name_is_given_up_and_leaves_the_others_their_share() {
        let hostile: Vec<Certificate> = (0..COMPUTED_FOR_A_NAME + 10)
            .map(|_| leaf(&ca("hostile", &PKCS_ECDSA_P256_SHA256), false))
            .collect();
        let good = ca("good", &PKCS_ECDSA_P256_SHA256);
        let good = [leaf(&good, false), leaf(&good, false)];
        let recovered = recover(hostile.iter().chain(&good));
        let left_out = recovered.leaves.values().filter(|answer| answer.left_out);
        assert_eq!(left_out.count(), 10);
        assert_eq!(recovered.keys.len(), 1);
        assert!(
            good.iter()
                .all(|leaf| recovered.leaves[&leaf.sha256].key.is_some())
        );
    }
}
