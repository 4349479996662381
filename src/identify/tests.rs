//! The shapes of PKIs that decide whether an issuer is found, with real signatures.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair,
};

use std::collections::BTreeMap;

use super::*;
use crate::model::bytes::Sha256;
use crate::model::identified::CaKey;
use crate::model::issuer::{Basis, Evidence, Identification};
use crate::model::observation::{ObservationSchema, Outcome};
use crate::model::report::Trusted;
use crate::model::target::{Group, Role};
use crate::model::timestamp::Timestamp;

/// A CA that signs, and one of its certificates.
struct Ca {
    key: KeyPair,
    params: CertificateParams,
    certificate: Der,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Ca {
    fn root(name: &str) -> Self {
        Self::root_with(ca_params(name), KeyPair::generate().expect("a key"))
    }

    fn root_with(params: CertificateParams, key: KeyPair) -> Self {
        let certificate = Der::from(
            params
                .self_signed(&key)
                .expect("a certificate")
                .der()
                .to_vec(),
        );
        Self {
            key,
            params,
            certificate,
        }
    }

    fn subordinate(&self, name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = ca_params(name);
        let certificate = self.certify(&params, &key);
        Self {
            key,
            params,
            certificate,
        }
    }

    /// A certificate of this CA for another's name and key.
    fn certify(&self, params: &CertificateParams, key: &KeyPair) -> Der {
        let mut params = params.clone();
        params.use_authority_key_identifier_extension = true;
        self.sign(&params, key)
    }

    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Der {
        let issuer = Issuer::from_params(&self.params, &self.key);
        Der::from(
            params
                .signed_by(key, &issuer)
                .expect("a certificate")
                .der()
                .to_vec(),
        )
    }

    fn leaf(&self, name: &str) -> Der {
        self.certify(&params(name), &KeyPair::generate().expect("a key"))
    }

    fn leaf_without_key_id(&self, name: &str) -> Der {
        self.sign(&params(name), &KeyPair::generate().expect("a key"))
    }
}

fn shows(target: &str, chain: &[&Der]) -> Observation {
    Observation {
        schema: ObservationSchema::V1,
        run: "run".to_owned(),
        at: Timestamp::from_unix(0).expect("a time"),
        roles: [Role::Peer].into(),
        group: Group::Internal,
        pool: None,
        required: true,
        one_of_host: false,
        names: Vec::new(),
        variant: None,
        count: 1,
        target: target.to_owned(),
        host: target.to_owned(),
        address: None,
        port: None,
        sni: None,
        outcome: Outcome::Captured,
        detail: None,
        elapsed_ms: 0,
        attempts: Vec::new(),
        tls: None,
        chain: chain.iter().map(|der| (*der).clone()).collect(),
    }
}

fn alone(chain: &[&Der], candidates: &[&Der]) -> Identification {
    let seen = shows("a:443", chain);
    let candidates = candidates
        .iter()
        .map(|der| ((*der).clone(), Source::File("ca.pem".to_owned())));
    let identified = identify([&seen], candidates);
    identified.leaves[&chain[0].sha256()].clone()
}

fn evidence(chain: &[&Der], candidates: &[&Der]) -> Evidence {
    alone(chain, candidates).standing.evidence()
}

#[test]
fn the_certificate_that_verifies_the_leaf_proves_its_issuer_wherever_it_was_found() {
    let issuing = Ca::root("root").subordinate("issuing");
    let leaf = issuing.leaf("a");
    assert_eq!(
        evidence(&[&leaf, &issuing.certificate], &[]),
        Evidence::Proven
    );
    assert_eq!(
        evidence(&[&leaf], &[&issuing.certificate]),
        Evidence::Proven
    );
    assert_eq!(evidence(&[&leaf], &[]), Evidence::KeyId);
}

#[test]
fn an_intermediate_that_one_server_sends_identifies_the_leaf_of_its_neighbour() {
    let issuing = Ca::root("root").subordinate("issuing");
    let (one, other) = (issuing.leaf("a"), issuing.leaf("b"));
    let seen = [
        shows("a:443", &[&one, &issuing.certificate]),
        shows("b:443", &[&other]),
    ];
    let identified = identify(&seen, []);
    let known = &identified.leaves[&other.sha256()];
    assert_eq!(known.standing.evidence(), Evidence::Proven);
    assert_eq!(known.trials[0].found, Source::Presented("a:443".to_owned()));
}

#[test]
fn without_a_key_identifier_only_the_name_is_left() {
    let leaf = Ca::root("root").leaf_without_key_id("a");
    assert_eq!(evidence(&[&leaf], &[]), Evidence::Name);
}

#[test]
fn a_leaf_that_names_a_key_which_did_not_sign_it_is_contradicted() {
    let mut impostor = ca_params("root");
    impostor.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    let mut genuine = ca_params("root");
    genuine.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    let genuine = Ca::root_with(genuine, KeyPair::generate().expect("a key"));
    let impostor = Ca::root_with(impostor, KeyPair::generate().expect("a key"));
    let leaf = impostor.leaf("a");
    assert_eq!(
        evidence(&[&leaf], &[&genuine.certificate]),
        Evidence::Contradicted
    );
    assert_eq!(
        evidence(&[&leaf], &[&genuine.certificate, &impostor.certificate]),
        Evidence::Proven
    );
}

#[test]
fn another_key_of_the_name_is_known_not_to_have_signed() {
    let (one, other) = (Ca::root("root"), Ca::root("root"));
    let known = alone(&[&one.leaf("a")], &[&other.certificate]);
    assert_eq!(known.standing.evidence(), Evidence::KeyId);
    assert_eq!(known.standing.failed.len(), 1);
    let nameless_key = alone(&[&one.leaf_without_key_id("a")], &[&other.certificate]);
    assert_eq!(nameless_key.standing.evidence(), Evidence::Name);
    assert_eq!(nameless_key.standing.failed.len(), 1);
}

#[test]
fn a_key_identifier_that_points_elsewhere_loses_against_a_signature() {
    let mut params = ca_params("root");
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![1; 20]);
    let key = KeyPair::generate().expect("a key");
    let liar = Ca::root_with(params.clone(), key);
    let leaf = liar.leaf("a");
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![2; 20]);
    let honest = Der::from(
        params
            .self_signed(&liar.key)
            .expect("a certificate")
            .der()
            .to_vec(),
    );
    assert_eq!(evidence(&[&leaf], &[&honest]), Evidence::Proven);
}

#[test]
fn a_self_signed_leaf_is_its_own_ca() {
    let lone = Ca::root("lone");
    let known = alone(&[&lone.certificate], &[]);
    assert_eq!(known.standing.evidence(), Evidence::SelfSigned);
    let issued = alone(&[&lone.leaf("a"), &lone.certificate], &[]);
    assert_eq!(issued.standing.key(), known.standing.key());
}

#[test]
fn a_renewal_with_the_same_key_is_one_ca() {
    let ca = Ca::root("root");
    let mut renewed = ca.params.clone();
    renewed.not_after = rcgen::date_time_ymd(2050, 1, 1);
    let renewed = Der::from(
        renewed
            .self_signed(&ca.key)
            .expect("a certificate")
            .der()
            .to_vec(),
    );
    let (one, other) = (ca.leaf("a"), ca.leaf("b"));
    let seen = [
        shows("a:443", &[&one, &ca.certificate]),
        shows("b:443", &[&other, &renewed]),
    ];
    let identified = identify(&seen, []);
    let key = |leaf: &Der| identified.leaves[&leaf.sha256()].standing.key();
    assert_eq!(key(&one), key(&other));
    let facts = identified.cas.values().next().expect("a CA");
    assert_eq!(
        (
            identified.cas.len(),
            facts.certificates.len(),
            facts.ancestry.roots.len()
        ),
        (1, 2, 1)
    );
}

fn ancestry_of(leaf: &Der, identified: &Identified) -> (Vec<Sha256>, bool, usize) {
    let standing = &identified.leaves[&leaf.sha256()].standing;
    let ca = CaKey {
        name: standing.issuer.clone().expect("a name"),
        key: standing.key().expect("a key"),
    };
    let ancestry = &identified.cas[&ca].ancestry;
    (
        ancestry.path.clone(),
        ancestry.complete,
        ancestry.roots.len(),
    )
}

#[test]
fn paths_lead_to_every_root() {
    let (old, new) = (Ca::root("old root"), Ca::root("new root"));
    let issuing = new.subordinate("issuing");
    let leaf = issuing.leaf("a");
    let cross = old.certify(&new.params, &new.key);
    let chain = [&leaf, &issuing.certificate, &cross];
    let without_roots = identify([&shows("a:443", &chain)], []);
    assert_eq!(
        ancestry_of(&leaf, &without_roots),
        (vec![issuing.certificate.sha256(), cross.sha256()], false, 0)
    );
    let given = [&new.certificate, &old.certificate].map(|der| (der.clone(), Source::Platform));
    let with_roots = identify([&shows("a:443", &chain)], given);
    assert_eq!(
        ancestry_of(&leaf, &with_roots),
        (
            vec![issuing.certificate.sha256(), new.certificate.sha256()],
            true,
            2
        )
    );
}

#[test]
fn cross_signatures_in_a_circle_end() {
    let (one, other) = (Ca::root("one"), Ca::root("other"));
    let circle = [
        one.certify(&other.params, &other.key),
        other.certify(&one.params, &one.key),
    ];
    let leaf = one.leaf("a");
    let identified = identify([&shows("a:443", &[&leaf, &circle[0], &circle[1]])], []);
    let (_, complete, roots) = ancestry_of(&leaf, &identified);
    assert_eq!((complete, roots), (false, 0));
}

#[test]
fn a_signer_that_is_no_ca_is_still_the_signer() {
    let root = Ca::root("root");
    let server = KeyPair::generate().expect("a key");
    let middle = Ca {
        certificate: root.certify(&params("server"), &server),
        key: server,
        params: params("server"),
    };
    assert_eq!(
        evidence(&[&middle.leaf("a"), &middle.certificate], &[]),
        Evidence::Proven
    );
}

#[test]
fn bytes_that_are_no_certificate_are_unreadable_and_disturb_nobody() {
    let ca = Ca::root("root");
    let leaf = ca.leaf("a");
    let garbage = Der::from(b"not a certificate".to_vec());
    let seen = [
        shows("a:443", &[&garbage, &garbage]),
        shows("b:443", &[&leaf, &garbage, &ca.certificate]),
    ];
    let identified = identify(&seen, []);
    assert_eq!(
        identified.leaves[&garbage.sha256()].standing.basis,
        Basis::None
    );
    assert_eq!(
        identified.leaves[&leaf.sha256()].standing.evidence(),
        Evidence::Proven
    );
}

#[test]
fn a_thousand_keys_of_one_name_are_not_all_tried() {
    let genuine = Ca::root("root");
    let leaf = genuine.leaf("a");
    let decoys: Vec<Ca> = (0..100).map(|_| Ca::root("root")).collect();
    let mut candidates: Vec<&Der> = decoys.iter().map(|decoy| &decoy.certificate).collect();
    let without = alone(&[&leaf], &candidates);
    assert!(without.trials.len() < 100 && without.obstacle.is_some());
    assert_eq!(without.standing.evidence(), Evidence::KeyId);
    candidates.push(&genuine.certificate);
    assert_eq!(
        evidence(&[&leaf], &candidates),
        Evidence::Proven,
        "the key that the leaf names is tried first"
    );
}

#[test]
fn only_what_may_have_issued_another_is_held() {
    let root = Ca::root("root");
    let server = KeyPair::generate().expect("a key");
    // A leaf at one endpoint, no CA's certificate, and the signer of the leaf at another.
    let signer = Ca {
        certificate: root.certify(&params("server"), &server),
        key: server,
        params: params("server"),
    };
    let leaf = signer.leaf("a");
    let stranger = Ca::root("other").leaf("stranger");
    let seen = [
        shows("a:443", &[&leaf]),
        shows("b:443", &[&signer.certificate, &stranger]),
        shows("c:443", &[&root.leaf("c"), &root.certificate]),
    ];
    let identified = identify(&seen, []);
    let known = &identified.leaves[&leaf.sha256()];
    assert_eq!(known.standing.evidence(), Evidence::Proven);
    let mut held: Vec<_> = identified.certificates.keys().copied().collect();
    held.sort();
    let mut expected = [signer.certificate.sha256(), root.certificate.sha256()];
    expected.sort();
    assert_eq!(held, expected);
}

#[test]
fn leaves_of_one_ca_share_what_is_known_of_them() {
    let ca = Ca::root("root");
    let leaves: Vec<Der> = (0..20)
        .map(|number| ca.leaf(&format!("{number}")))
        .collect();
    let mut seen: Vec<_> = leaves.iter().map(|leaf| shows("a:443", &[leaf])).collect();
    seen.push(shows("b:443", &[&leaves[0], &ca.certificate]));
    let identified = identify(&seen, []);
    assert_eq!(identified.leaves.len(), 20);
    assert_eq!(identified.leaves.identifications().count(), 1);
}

fn trust_of(chain: &[&Der], roots: &[&Der], now: &str) -> (Trusted, String) {
    let seen = shows("a:443", chain);
    let roots = roots
        .iter()
        .map(|der| ((*der).clone(), Source::File("ca.pem".to_owned())));
    let identified = identify([&seen], roots);
    let now = Timestamp::parse(now).expect("a time");
    let trust = Roots::new(&identified, now).assess(&seen.chain);
    (trust.trusted, trust.reason)
}

#[test]
fn trust_is_a_question_apart_from_who_issued() {
    let root = Ca::root("root");
    let issuing = root.subordinate("issuing");
    let mut params = params("a");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    let leaf = issuing.certify(&params, &KeyPair::generate().expect("a key"));
    let now = "2026-06-01T00:00:00Z";
    let chain = [&leaf, &issuing.certificate];
    assert_eq!(trust_of(&chain, &[&root.certificate], now).0, Trusted::Yes);
    assert_eq!(
        trust_of(&chain, &[&Ca::root("other").certificate], now).0,
        Trusted::No
    );
    assert_eq!(trust_of(&chain, &[], now).0, Trusted::CannotTell);
    let (late, reason) = trust_of(&chain, &[&root.certificate], "2028-01-01T00:00:00Z");
    assert_eq!(
        (late, reason.contains("expired")),
        (Trusted::No, true),
        "{reason}"
    );
    let (incomplete, _) = trust_of(&[&leaf], &[&root.certificate], now);
    assert_eq!(
        incomplete,
        Trusted::No,
        "a client has only what the server sends"
    );
}

#[test]
fn strangers_cannot_crowd_out_the_ca_that_the_server_itself_sends() {
    let mut params = ca_params("root");
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    let genuine = Ca::root_with(params.clone(), KeyPair::generate().expect("a key"));
    let leaf = genuine.leaf("a");
    let impostors: Vec<Ca> = (0..70)
        .map(|_| Ca::root_with(params.clone(), KeyPair::generate().expect("a key")))
        .collect();
    let strangers: Vec<&Der> = impostors.iter().map(|ca| &ca.certificate).collect();
    let seen = [
        shows("a:443", &[&leaf, &genuine.certificate]),
        shows("hostile:443", &strangers),
    ];
    let identified = identify(&seen, []);
    assert_eq!(
        identified.leaves[&leaf.sha256()].standing.evidence(),
        Evidence::Proven
    );
    let alone = [shows("a:443", &[&leaf]), shows("hostile:443", &strangers)];
    let identified = identify(&alone, []);
    assert_eq!(
        identified.leaves[&leaf.sha256()].standing.evidence(),
        Evidence::KeyId,
        "keys are left untried"
    );
}

#[test]
fn a_root_that_copies_a_key_identifier_is_another_root() {
    use crate::model::report::Policy;
    use crate::model::verdict::{Same, Verdict};
    let mut params = ca_params("root");
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    let root = || Ca::root_with(params.clone(), KeyPair::generate().expect("a key"));
    let (one, other) = (root(), root());
    let (left, right) = (one.subordinate("left"), other.subordinate("right"));
    let (a, b) = (left.leaf("a"), right.leaf("b"));
    let whole = shows("a:443", &[&a, &left.certificate, &one.certificate]);
    let rootless = shows("a:443", &[&a, &left.certificate]);
    let stranger = shows("b:443", &[&b, &right.certificate, &other.certificate]);
    let verdict = |seen: &Observation| {
        let seen = [seen.clone(), stranger.clone()];
        let rules = crate::judge::Rules {
            policy: Policy {
                same: Same::Root,
                ..Policy::default()
            },
            judged: [Group::Internal].into(),
            require_possession: false,
            expected: BTreeMap::new(),
            expires_within_days: 30,
            run: "run".to_owned(),
            now: Timestamp::from_unix(0).expect("a time"),
            partial: false,
        };
        crate::judge::judge(&rules, &seen, &identify(&seen, [])).verdict
    };
    assert_eq!(verdict(&whole), Verdict::Different);
    assert_eq!(verdict(&rootless), Verdict::Inconclusive);
}

/// A run that counts what is read again.
struct Counting<'a> {
    run: InMemory<'a>,
    reads: std::cell::Cell<usize>,
}

impl Entered for Counting<'_> {
    fn count(&self) -> usize {
        self.run.count()
    }

    fn shown(&self, number: usize) -> Option<Shown> {
        self.run.shown(number)
    }

    fn part(&self, number: usize) -> Part<'_> {
        self.run.part(number)
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        self.reads.set(self.reads.get() + 1);
        self.run.read(number)
    }
}

/// The evidence for each observation in turn, and how many were read again.
fn taken_in(observations: &[Observation], given: &[&Der]) -> (Vec<Evidence>, usize) {
    let given = given
        .iter()
        .map(|der| ((*der).clone(), Source::File("ca.cer".to_owned())));
    let mut register = Register::new(given);
    let enter = |seen| (seen, register.enter(seen));
    let counting = Counting {
        run: InMemory(observations.iter().map(enter).collect()),
        reads: 0.into(),
    };
    let conclusion = register.conclude(&counting).expect("memory can be read");
    let evidence = |number| {
        let leaf = conclusion.leaf(counting.shown(number)?)?;
        Some(conclusion.identified.leaves.known(leaf).standing.evidence())
    };
    let evidence = (0..counting.count()).filter_map(evidence).collect();
    (evidence, counting.reads.get())
}

#[test]
fn what_is_known_at_once_is_not_read_again() {
    let ca = Ca::root("CA");
    let leaves: Vec<Der> = ["a", "b", "c"].map(|name| ca.leaf(name)).into();
    let chains: Vec<Observation> = leaves
        .iter()
        .map(|leaf| shows("a:443", &[leaf, &ca.certificate]))
        .collect();
    assert_eq!(taken_in(&chains, &[]), (vec![Evidence::Proven; 3], 0));
    let alone: Vec<Observation> = leaves.iter().map(|leaf| shows("a:443", &[leaf])).collect();
    assert_eq!(
        taken_in(&alone, &[&ca.certificate]),
        (vec![Evidence::Proven; 3], 0)
    );
}

#[test]
fn many_keys_of_one_name_are_left_for_the_end() {
    let cas: Vec<Ca> = (0..9).map(|_| Ca::root("CA")).collect();
    let certificates: Vec<&Der> = cas.iter().map(|ca| &ca.certificate).collect();
    let run = [shows("a:443", &[&cas[8].leaf("a")])];
    assert_eq!(taken_in(&run, &certificates), (vec![Evidence::Proven], 1));
    assert_eq!(
        taken_in(&run, &certificates[1..]),
        (vec![Evidence::Proven], 0)
    );
}

#[test]
fn a_certificate_that_comes_later_is_still_tried_on_earlier_leaves() {
    let ca = Ca::root("CA");
    let leaf = ca.leaf("a");
    let stranger = Ca::root("other");
    // Behind another leaf, as a leaf of its own, and once more for a leaf whose issuer it is not.
    let behind = [
        shows("a:443", &[&leaf]),
        shows(
            "b:443",
            &[&stranger.leaf("b"), &ca.certificate, &stranger.certificate],
        ),
    ];
    assert_eq!(taken_in(&behind, &[]), (vec![Evidence::Proven; 2], 1));
    let intermediate = ca.subordinate("sub");
    let as_leaf = [
        shows("a:443", &[&intermediate.leaf("a")]),
        shows("b:443", &[&intermediate.certificate, &ca.certificate]),
    ];
    let (evidence, reads) = taken_in(&as_leaf, &[]);
    assert_eq!(evidence, [Evidence::Proven; 2]);
    assert_eq!(reads, 2, "the candidate, and the leaf that it issued");
}

#[test]
fn more_candidates_than_are_kept_at_once_are_found_all_the_same() {
    let ca = Ca::root("CA");
    let mut padded = ca_params("sub");
    // A key identifier of its own makes the certificate large.
    padded.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 60_000]);
    let large: Vec<Der> = (0..80)
        .map(|_| ca.sign(&padded, &KeyPair::generate().expect("a key")))
        .collect();
    let last = Ca::root("last");
    let mut run: Vec<Observation> = large
        .iter()
        .map(|der| shows("a:443", &[&ca.leaf("a"), &ca.certificate, der]))
        .collect();
    run.push(shows("b:443", &[&last.leaf("b"), &last.certificate]));
    let (evidence, reads) = taken_in(&run, &[]);
    assert_eq!(evidence, [Evidence::Proven; 81]);
    assert!((2..30).contains(&reads), "{reads}");
}
