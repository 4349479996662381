//! Every rule of the verdict on made-up leaves: what is known of their issuers is given, so that no cryptography is in
//! the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::certificate::{KeyFingerprint, KeyId, NameKey};
use crate::model::identified::{Ancestry, CaFacts, CaKey};
use crate::model::issuer::{Basis, Standing};
use crate::model::observation::{
    Attempt, ClientCertificate, Method, ObservationSchema, Outcome, Possession, Tls,
};
use crate::model::report::ReferenceOrigin;
use crate::model::target::{Port, Role};
use crate::model::verdict::{Same, Severity, Threshold};

/// A made-up run.
#[derive(Clone, Debug, Default)]
struct Run {
    observations: Vec<Observation>,
    identified: Identified,
}

/// How a made-up leaf's issuer is known.
#[derive(Clone, Copy, Debug)]
enum Known {
    Proven(u8),
    Recovered(u8),
    /// Known by name only, and not by this key.
    NotBy(u8),
    KeyId(u8),
    Name,
    Contradicted(u8),
    SelfSigned(u8),
    Unreadable,
}

fn key(byte: u8) -> KeyFingerprint {
    KeyFingerprint(Sha256([byte; 32]))
}

fn key_id(byte: u8) -> KeyId {
    KeyId([byte; 20].as_slice().into())
}

fn standing(issuer: &str, known: Known) -> Standing {
    let (basis, failed, key_ids) = match known {
        Known::Proven(byte) => (Basis::Proven(key(byte)), None, Some(key_id(byte))),
        Known::Recovered(byte) => (Basis::Recovered(key(byte)), None, Some(key_id(byte))),
        Known::NotBy(byte) => (Basis::Name, Some(key(byte)), None),
        Known::KeyId(byte) => (Basis::KeyId, None, Some(key_id(byte))),
        Known::Name => (Basis::Name, None, None),
        Known::Contradicted(byte) => (Basis::Contradicted, Some(key(byte)), Some(key_id(byte))),
        Known::SelfSigned(byte) => (Basis::SelfSigned(key(byte)), None, None),
        Known::Unreadable => (Basis::None, None, None),
    };
    Standing {
        issuer: (!matches!(known, Known::Unreadable)).then(|| NameKey(issuer.as_bytes().into())),
        basis,
        failed: failed.into_iter().collect(),
        key_ids: key_ids.into_iter().collect(),
        issuer_serials: BTreeSet::new(),
    }
}

impl Run {
    /// An endpoint that shows a leaf of the issuer; `certificate` tells leaves of one issuer apart.
    fn shows(
        mut self,
        roles: &[Role],
        target: &str,
        certificate: &str,
        issuer: &str,
        known: Known,
    ) -> Self {
        let der = Der::from(format!("{certificate} of {issuer}").into_bytes());
        let identification = Identification {
            standing: standing(issuer, known),
            issuer: None,
            trials: Vec::new(),
            obstacle: None,
        };
        self.identified
            .leaves
            .insert(der.sha256(), Arc::new(identification));
        let mut observation = failed(roles, target, Outcome::Captured);
        observation.chain = vec![der];
        self.observations.push(observation);
        self
    }

    fn fails(mut self, roles: &[Role], target: &str, outcome: Outcome) -> Self {
        self.observations.push(failed(roles, target, outcome));
        self
    }

    /// Changes the observation added last.
    fn with(mut self, change: impl FnOnce(&mut Observation)) -> Self {
        change(
            self.observations
                .last_mut()
                .expect("an observation was added"),
        );
        self
    }

    /// Says which root a CA leads to.
    fn root(mut self, issuer: &str, key_byte: u8, root: u8) -> Self {
        let ca = |name: &str, byte| CaKey {
            name: NameKey(name.as_bytes().into()),
            key: key(byte),
        };
        let roots = BTreeSet::from([ca("root", root)]);
        let facts = CaFacts {
            ancestry: Ancestry {
                complete: true,
                roots,
                ..Ancestry::default()
            },
            ..CaFacts::default()
        };
        self.identified.cas.insert(ca(issuer, key_byte), facts);
        self
    }

    fn judge(&self) -> RunReport {
        self.judge_by(&rules())
    }

    fn judge_by(&self, rules: &Rules) -> RunReport {
        judge(rules, &self.observations, &self.identified)
    }
}

fn failed(roles: &[Role], target: &str, outcome: Outcome) -> Observation {
    let (host, port) = target.split_once(':').expect("host:port");
    Observation {
        schema: ObservationSchema::V1,
        run: "run".to_owned(),
        at: Timestamp::from_unix(0).expect("a time"),
        roles: roles.iter().copied().collect(),
        group: Group::Internal,
        pool: None,
        required: true,
        one_of_host: false,
        names: vec![host.to_owned()],
        variant: None,
        count: 1,
        target: target.to_owned(),
        host: host.to_owned(),
        address: None,
        port: Port::new(port.parse().expect("a number")),
        sni: None,
        outcome,
        detail: None,
        elapsed_ms: 0,
        attempts: Vec::new(),
        tls: None,
        chain: Vec::new(),
    }
}

fn rules() -> Rules {
    Rules {
        policy: Policy::default(),
        judged: [Group::Internal].into(),
        require_possession: false,
        expected: BTreeMap::new(),
        expires_within_days: 30,
        run: "run".to_owned(),
        now: Timestamp::from_unix(0).expect("a time"),
        partial: false,
    }
}

const FE: &[Role] = &[Role::FrontEnd];
const PC: &[Role] = &[Role::PersistentChat];
const PEER: &[Role] = &[Role::Peer];

fn verdict_of(report: &RunReport) -> (Verdict, Option<Evidence>) {
    (report.verdict, report.evidence)
}

fn row<'r>(report: &'r RunReport, target: &str) -> &'r EndpointReport {
    report
        .endpoints
        .iter()
        .find(|row| row.target == target)
        .expect("every target has a row")
}

#[test]
fn leaves_of_one_proven_ca_are_same() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(PC, "b:443", "2", "ca", Known::Proven(1));
    let report = run.judge();
    assert_eq!(verdict_of(&report), (Verdict::Same, Some(Evidence::Proven)));
    assert_eq!(
        report.reference.as_ref().map(|reference| reference.from),
        Some(ReferenceOrigin::FrontEnds)
    );
    assert_eq!(
        (
            report.cas.len(),
            report.cas[0].endpoints,
            report.cas[0].leaves
        ),
        (1, 2, 2)
    );
    assert!(
        report
            .endpoints
            .iter()
            .all(|row| row.agrees == Some(true) && row.ca.as_deref() == Some("ca-1"))
    );
}

#[test]
fn a_leaf_of_another_ca_is_different_and_named() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1))
        .shows(PC, "c:443", "3", "other", Known::Proven(2));
    let report = run.judge();
    assert_eq!(
        verdict_of(&report),
        (Verdict::Different, Some(Evidence::Proven))
    );
    assert_eq!(row(&report, "c:443").agrees, Some(false));
    assert_eq!(row(&report, "a:443").agrees, Some(true));
    assert!(
        report.headline.starts_with("c:443 is issued by"),
        "{}",
        report.headline
    );
    assert!(
        report.headline.contains("the 2 front ends use"),
        "{}",
        report.headline
    );
}

#[test]
fn one_name_with_two_keys_is_different() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(PC, "b:443", "2", "ca", Known::Proven(2));
    assert_eq!(
        verdict_of(&run.judge()),
        (Verdict::Different, Some(Evidence::Proven))
    );
    let mut by_name = rules();
    by_name.policy.same = Same::CaName;
    let report = run.judge_by(&by_name);
    assert_eq!(verdict_of(&report), (Verdict::Same, Some(Evidence::Proven)));
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.code == "ca-key-generations")
    );
}

#[test]
fn a_required_endpoint_that_was_not_captured_is_inconclusive() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1))
        .fails(PC, "c:443", Outcome::Refused);
    let report = run.judge();
    assert_eq!(verdict_of(&report), (Verdict::Inconclusive, None));
    assert!(
        report.headline.contains("c:443 was not captured (refused)"),
        "{}",
        report.headline
    );
    assert!(row(&report, "c:443").reason.contains("refused"));
}

#[test]
fn a_difference_dominates_what_was_not_captured() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(PC, "b:443", "2", "other", Known::Proven(2))
        .fails(FE, "c:443", Outcome::Timeout);
    assert_eq!(run.judge().verdict, Verdict::Different);
}

#[test]
fn an_optional_endpoint_that_fails_is_a_note() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1))
        .fails(FE, "a:444", Outcome::Refused)
        .with(|seen| seen.required = false);
    assert_eq!(run.judge().verdict, Verdict::Same);
}

fn persistent_chat_host(outcomes: [Option<Outcome>; 2]) -> Run {
    let mut run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1));
    for (port, outcome) in ["443", "5041"].into_iter().zip(outcomes) {
        let target = format!("pc:{port}");
        run = match outcome {
            Some(outcome) => run.fails(PC, &target, outcome),
            None => run.shows(PC, &target, "pc", "ca", Known::Proven(1)),
        };
        run = run.with(|seen| (seen.required, seen.one_of_host) = (false, true));
    }
    run
}

#[test]
fn one_of_a_persistent_chat_hosts_default_ports_must_answer() {
    assert_eq!(
        persistent_chat_host([Some(Outcome::Refused), None])
            .judge()
            .verdict,
        Verdict::Same
    );
    let silent = persistent_chat_host([Some(Outcome::Refused), Some(Outcome::Timeout)]).judge();
    assert_eq!(silent.verdict, Verdict::Inconclusive);
    assert!(
        silent.headline.contains("pc answered on none"),
        "{}",
        silent.headline
    );
}

#[test]
fn the_upload_service_itself_must_have_been_seen() {
    let run = Run::default()
        .shows(FE, "a:5061", "1", "ca", Known::Proven(1))
        .shows(PC, "pc:5041", "2", "ca", Known::Proven(1))
        .with(|seen| (seen.required, seen.one_of_host) = (false, true));
    let report = run.judge();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        report.headline.contains("upload/download"),
        "{}",
        report.headline
    );
    let given = Run::default()
        .shows(FE, "a:5061", "1", "ca", Known::Proven(1))
        .shows(PC, "pc:8443", "2", "ca", Known::Proven(1));
    assert_eq!(
        given.judge().verdict,
        Verdict::Same,
        "a port that the user gave counts"
    );
}

#[test]
fn a_lone_leaf_has_nothing_to_be_compared_with() {
    let report = Run::default()
        .shows(PEER, "a:443", "1", "ca", Known::Proven(1))
        .judge();
    assert_eq!(verdict_of(&report), (Verdict::Inconclusive, None));
    assert!(
        report.headline.contains("nothing to compare with"),
        "{}",
        report.headline
    );
}

#[test]
fn a_reference_is_no_excuse_for_having_seen_nothing() {
    let run = Run::default()
        .fails(FE, "a:443", Outcome::Refused)
        .with(|seen| seen.required = false);
    let mut public = rules();
    public.expected = [(Group::Internal, Expected::Public)].into();
    let report = run.judge_by(&public);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(report.headline, "no certificate was captured");
}

#[test]
fn one_of_a_hosts_ports_must_answer_on_every_address() {
    let at = |last: u8| {
        move |seen: &mut Observation| {
            (seen.required, seen.one_of_host) = (false, true);
            seen.address = Some(std::net::Ipv4Addr::new(192, 0, 2, last).into());
        }
    };
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(PC, "pc:443", "2", "ca", Known::Proven(1))
        .with(at(1))
        .fails(PC, "pc:443", Outcome::Refused)
        .with(at(2));
    let report = run.judge();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        report.headline.contains("pc (192.0.2.2) answered on none"),
        "{}",
        report.headline
    );
}

#[test]
fn key_ids_support_same_unless_more_is_asked_for() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::KeyId(1))
        .shows(PC, "b:443", "2", "ca", Known::KeyId(1));
    let report = run.judge();
    assert_eq!(verdict_of(&report), (Verdict::Same, Some(Evidence::KeyId)));
    assert!(report.advice.expect("an advice").contains("certutil"));
    let mut strict = rules();
    strict.policy.evidence = Threshold::Proven;
    let report = run.judge_by(&strict);
    assert_eq!(verdict_of(&report), (Verdict::Inconclusive, None));
    assert_eq!(report.endpoints[1].agrees, None);
    assert_eq!(report.cas.len(), 1, "the CA is shown as one all the same");
}

#[test]
fn names_support_same_only_when_asked_to() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Name)
        .shows(PC, "b:443", "2", "ca", Known::Name);
    assert_eq!(run.judge().verdict, Verdict::Inconclusive);
    let mut lenient = rules();
    lenient.policy.evidence = Threshold::Name;
    assert_eq!(
        verdict_of(&run.judge_by(&lenient)),
        (Verdict::Same, Some(Evidence::Name))
    );
}

#[test]
fn one_certificate_everywhere_is_same_whatever_is_known_of_it() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Name)
        .shows(PC, "b:443", "1", "ca", Known::Name);
    assert_eq!(
        verdict_of(&run.judge()),
        (Verdict::Same, Some(Evidence::Name))
    );
    let own = Run::default()
        .shows(FE, "a:443", "1", "x", Known::SelfSigned(1))
        .shows(PC, "b:443", "1", "x", Known::SelfSigned(1));
    let report = own.judge();
    assert_eq!(report.verdict, Verdict::Same);
    assert!(report.endpoints.iter().all(|row| {
        row.findings
            .iter()
            .any(|finding| finding.code == "self-signed")
    }));
}

#[test]
fn a_contradicted_leaf_is_never_same() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::KeyId(1))
        .shows(PC, "b:443", "2", "ca", Known::Contradicted(1));
    assert_eq!(run.judge().verdict, Verdict::Inconclusive);
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(PC, "b:443", "2", "ca", Known::Contradicted(1));
    assert_eq!(
        verdict_of(&run.judge()),
        (Verdict::Different, Some(Evidence::Proven))
    );
}

#[test]
fn an_unreadable_leaf_is_inconclusive_and_named() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1))
        .shows(PC, "c:443", "3", "", Known::Unreadable);
    let report = run.judge();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let unreadable = row(&report, "c:443");
    assert_eq!(
        (
            unreadable.evidence,
            unreadable.agrees,
            unreadable.ca.as_ref()
        ),
        (Some(Evidence::None), None, None)
    );
    assert!(
        report.headline.contains("c:443 cannot be read"),
        "{}",
        report.headline
    );
}

#[test]
fn front_ends_that_disagree_are_no_reference_and_there_is_no_majority() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1))
        .shows(FE, "c:443", "3", "other", Known::Proven(2));
    let report = run.judge();
    assert_eq!(
        (report.verdict, report.reference.as_ref()),
        (Verdict::Different, None)
    );
    assert!(report.endpoints.iter().all(|row| row.agrees == Some(false)));
    assert!(
        report.headline.contains("front ends do not agree"),
        "{}",
        report.headline
    );
}

#[test]
fn a_certificate_from_a_file_is_compared_with_served_front_ends() {
    let from_file = |seen: &mut Observation| {
        seen.attempts = vec![Attempt {
            method: Method::File,
            outcome: Outcome::Captured,
            detail: None,
            elapsed_ms: 0,
        }];
    };
    let run = Run::default()
        .shows(FE, "new:443", "1", "other", Known::Proven(2))
        .with(from_file)
        .shows(FE, "a:443", "2", "ca", Known::Proven(1))
        .shows(FE, "b:443", "3", "ca", Known::Proven(1));
    let report = run.judge();
    assert_eq!(report.verdict, Verdict::Different);
    assert_eq!(
        (row(&report, "new:443").agrees, row(&report, "a:443").agrees),
        (Some(false), Some(true))
    );
}

#[test]
fn a_server_without_the_key_blocks_same() {
    let tls = |possession| Tls {
        version: None,
        cipher_suite: None,
        method: Method::Capture,
        possession: Some(possession),
        possession_detail: None,
        client_certificate: ClientCertificate::default(),
        ocsp_response: None,
    };
    let run = |possession| {
        Run::default()
            .shows(FE, "a:443", "1", "ca", Known::Proven(1))
            .with(|seen| seen.tls = Some(tls(Possession::Proven)))
            .shows(FE, "b:443", "2", "ca", Known::Proven(1))
            .with(|seen| seen.tls = Some(tls(possession)))
    };
    assert_eq!(
        run(Possession::Failed).judge().verdict,
        Verdict::Inconclusive
    );
    assert_eq!(run(Possession::NotShown).judge().verdict, Verdict::Same);
    let mut strict = rules();
    strict.require_possession = true;
    assert_eq!(
        run(Possession::NotShown).judge_by(&strict).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(
        run(Possession::Proven).judge_by(&strict).verdict,
        Verdict::Same
    );
}

#[test]
fn only_judged_groups_count() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca", Known::Proven(1))
        .shows(FE, "b:443", "2", "ca", Known::Proven(1))
        .shows(FE, "a:4443", "3", "public", Known::Proven(2))
        .with(|seen| seen.group = Group::External)
        .shows(FE, "b:4443", "4", "public 2", Known::Proven(3))
        .with(|seen| seen.group = Group::External);
    let report = run.judge();
    assert_eq!(report.verdict, Verdict::Same);
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|group| (group.name, group.judged, group.verdict))
        .collect();
    assert_eq!(
        groups,
        [
            (Group::Internal, true, Verdict::Same),
            (Group::External, false, Verdict::Different)
        ]
    );
    let mut all = rules();
    all.judged = Group::ALL.into();
    assert_eq!(run.judge_by(&all).verdict, Verdict::Different);
}

#[test]
fn by_root_issuing_cas_of_one_root_agree() {
    let run = Run::default()
        .shows(FE, "a:443", "1", "ca 1", Known::Proven(1))
        .shows(PC, "b:443", "2", "ca 2", Known::Proven(2))
        .root("ca 1", 1, 9)
        .root("ca 2", 2, 9);
    let mut by_root = rules();
    by_root.policy.same = Same::Root;
    assert_eq!(run.judge().verdict, Verdict::Different);
    assert_eq!(run.judge_by(&by_root).verdict, Verdict::Same);
    assert_eq!(
        run.clone().root("ca 2", 2, 8).judge_by(&by_root).verdict,
        Verdict::Different
    );
    let rootless = Run::default()
        .shows(FE, "a:443", "1", "ca 1", Known::Name)
        .shows(PC, "b:443", "2", "ca 2", Known::Name);
    assert_eq!(
        rootless.judge_by(&by_root).verdict,
        Verdict::Inconclusive,
        "names alone never differ by root"
    );
}

#[test]
fn no_endpoint_at_all_is_inconclusive() {
    assert_eq!(Run::default().judge().verdict, Verdict::Inconclusive);
}

fn any_known() -> impl Strategy<Value = Known> {
    prop_oneof![
        (1..4_u8).prop_map(Known::Proven),
        (1..4_u8).prop_map(Known::Recovered),
        (1..4_u8).prop_map(Known::NotBy),
        (1..4_u8).prop_map(Known::KeyId),
        Just(Known::Name),
        (1..4_u8).prop_map(Known::Contradicted),
        (1..4_u8).prop_map(Known::SelfSigned),
        Just(Known::Unreadable),
    ]
}

/// Endpoints with leaves of a few issuers. What is known of a leaf follows from the leaf, as it does in truth.
fn any_run() -> impl Strategy<Value = Run> {
    let endpoint = (
        0..2_usize,
        0..4_usize,
        prop::sample::select(vec!["ca 1", "ca 2", ""]),
        any_known(),
    );
    prop::collection::vec(endpoint, 0..9).prop_map(|endpoints| {
        endpoints.into_iter().enumerate().fold(
            Run::default(),
            |run, (number, (role, certificate, issuer, known))| {
                let certificate = format!("{certificate} {known:?}");
                run.shows(
                    [FE, PEER][role],
                    &format!("host{number}:443"),
                    &certificate,
                    issuer,
                    known,
                )
            },
        )
    })
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let same = prop::sample::select(vec![Same::IssuingCa, Same::CaName, Same::Root]);
    let evidence = prop::sample::select(vec![
        Threshold::Name,
        Threshold::KeyId,
        Threshold::Recovered,
        Threshold::Proven,
    ]);
    (same, evidence).prop_map(|(same, evidence)| Policy { same, evidence })
}

proptest! {
    #[test]
    fn the_order_of_endpoints_changes_nothing(
        (run, order) in any_run().prop_flat_map(|run| {
            let order = Just(run.observations.clone()).prop_shuffle();
            (Just(run), order)
        }),
        policy in any_policy(),
    ) {
        let rules = Rules { policy, ..rules() };
        let shuffled = Run { observations: order, identified: run.identified.clone() };
        prop_assert_eq!(run.judge_by(&rules), shuffled.judge_by(&rules));
    }

    #[test]
    fn wholesale_comparison_gives_what_comparing_each_with_each_gives(run in any_run(), policy in any_policy()) {
        let rules = Rules { policy: policy.clone(), ..rules() };
        let leaves: BTreeMap<Sha256, &Standing> =
            run.identified.leaves.iter().map(|(leaf, known)| (*leaf, &known.standing)).collect();
        let mut differs = false;
        let mut unknown = false;
        for (left, one) in &leaves {
            unknown |= pair::identical(one).relation == pair::Relation::Unknown;
            for (_, other) in leaves.range((std::ops::Bound::Excluded(left), std::ops::Bound::Unbounded)) {
                let pair = pair::compare(policy.same, one, other, &run.identified);
                let admitted = policy.evidence.admits(pair.strength);
                differs |= pair.relation == pair::Relation::Differ;
                unknown |= pair.relation == pair::Relation::Unknown || (pair.relation == pair::Relation::Agree && !admitted);
            }
        }
        let expected = match (run.observations.len(), differs, unknown) {
            (_, true, _) => Verdict::Different,
            (0 | 1, ..) | (_, _, true) => Verdict::Inconclusive,
            _ => Verdict::Same,
        };
        prop_assert_eq!(run.judge_by(&rules).verdict, expected);
    }

    #[test]
    fn an_endpoint_of_another_ca_never_makes_different_same(run in any_run(), policy in any_policy()) {
        let rules = Rules { policy, ..rules() };
        let before = run.judge_by(&rules).verdict;
        let more = run.clone().shows(PEER, "stranger:443", "x", "stranger", Known::Proven(7)).root("stranger", 7, 77);
        let after = more.judge_by(&rules).verdict;
        prop_assert!(after != Verdict::Same || run.observations.is_empty(), "{before} became {after}");
        prop_assert!(before != Verdict::Different || after == Verdict::Different);
    }

    #[test]
    fn duplicates_change_nothing(run in any_run(), policy in any_policy()) {
        let rules = Rules { policy, ..rules() };
        prop_assume!(run.observations.len() > 1);
        let mut twice = run.clone();
        twice.observations.extend(run.observations.clone());
        prop_assert_eq!(verdict_of(&run.judge_by(&rules)), verdict_of(&twice.judge_by(&rules)));
    }
}

/// The message and severity of a finding about the run.
fn finding(run: &Run, code: &str) -> Option<(Severity, String)> {
    let report = judge(&rules(), &run.observations, &run.identified);
    let found = report.findings.iter().find(|finding| finding.code == code);
    found.map(|finding| (finding.severity, finding.message.clone()))
}

/// A pool of two members, and what its name leads to.
fn pool(behind: &[&str]) -> Run {
    let at = |run: Run, host: &str, address: &str, pool: Option<&str>| {
        run.shows(&[Role::FrontEnd], host, host, "A", Known::Proven(1))
            .with(|seen| {
                seen.address = address.parse().ok();
                seen.pool = pool.map(str::to_owned);
            })
    };
    let run = at(Run::default(), "fe1:443", "192.0.2.1", Some("pool"));
    let run = at(run, "fe2:443", "192.0.2.2", Some("pool"));
    behind
        .iter()
        .fold(run, |run, address| at(run, "pool:443", address, None))
}

#[test]
fn an_address_behind_a_pool_that_no_member_has_is_found() {
    let found = |behind: &[&str]| finding(&pool(behind), "pool-address");
    assert_eq!(found(&["192.0.2.1", "192.0.2.2"]), None);
    assert_eq!(found(&["192.0.2.2"]), None, "a member out of rotation");
    let (severity, message) = found(&["192.0.2.1", "192.0.2.9"]).expect("a stranger");
    assert_eq!(severity, Severity::Warning);
    assert!(
        message.contains("pool leads to 192.0.2.9, which is no member's"),
        "{message}"
    );
    let (severity, message) = found(&["192.0.2.9"]).expect("a balancer");
    assert_eq!(severity, Severity::Notice);
    assert!(message.contains("a load balancer"), "{message}");
}

#[test]
fn a_load_balancer_is_no_evidence_about_the_members_behind_it() {
    let balancer = |run: Run, known: Known| {
        run.shows(&[Role::FrontEnd], "pool:443", "pool", "A", known)
            .with(|seen| seen.address = "192.0.2.9".parse().ok())
    };
    let member = |run: Run, host: &str, address: &str| {
        run.fails(&[Role::FrontEnd], host, Outcome::Timeout)
            .with(|seen| {
                seen.address = address.parse().ok();
                seen.pool = Some("pool".to_owned());
            })
    };
    let run = balancer(
        member(Run::default(), "fe1:443", "192.0.2.1"),
        Known::Proven(1),
    );
    let run = member(run, "fe2:443", "192.0.2.2").shows(
        &[Role::PersistentChat],
        "pc:443",
        "pc",
        "A",
        Known::Proven(1),
    );
    let report = judge(&rules(), &run.observations, &run.identified);
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive,
        "the members were not seen"
    );
    let agrees = |host: &str| {
        let row = report.endpoints.iter().find(|row| row.target == host);
        row.expect("it has a row of its own").agrees
    };
    assert_eq!(agrees("fe1:443"), None);
    assert_eq!(agrees("fe2:443"), None);
    assert_eq!(agrees("pc:443"), Some(true));

    let run = balancer(pool(&[]), Known::Proven(2));
    let report = judge(&rules(), &run.observations, &run.identified);
    assert_eq!(report.verdict, Verdict::Different);
    let wrong: Vec<&str> = report
        .endpoints
        .iter()
        .filter(|row| row.agrees != Some(true))
        .map(|row| row.target.as_str())
        .collect();
    assert!(wrong.contains(&"pool:443"), "{wrong:?}");
}

#[test]
fn a_server_that_is_its_own_pool_has_no_stranger() {
    let run = Run::default()
        .shows(&[Role::FrontEnd], "se:443", "se", "A", Known::Proven(1))
        .with(|seen| {
            seen.address = "192.0.2.1".parse().ok();
            seen.pool = Some("se".to_owned());
        });
    assert_eq!(finding(&run, "pool-address"), None);
}

#[test]
fn names_that_dns_does_not_know_are_found_once() {
    let run = Run::default()
        .fails(&[Role::FrontEnd], "fe1:443", Outcome::NoAddress)
        .fails(&[Role::FrontEnd], "fe1:5061", Outcome::NoAddress)
        .fails(&[Role::FrontEnd], "fe2:443", Outcome::Refused);
    let (severity, message) = finding(&run, "not-in-dns").expect("a lost name");
    assert_eq!(severity, Severity::Warning);
    assert!(
        message.starts_with("DNS gives no address for fe1;"),
        "{message}"
    );
    assert_eq!(finding(&pool(&[]), "not-in-dns"), None);
    let peer = Run::default().fails(PEER, "host:443", Outcome::NoAddress);
    assert_eq!(finding(&peer, "not-in-dns"), None);
}

#[test]
fn addresses_are_in_the_order_of_their_numbers_behind_names() {
    let run = ["10.0.0.10:443", "lync01:443", "10.0.0.9:443", "lync02:443"]
        .into_iter()
        .fold(Run::default(), |run, target| {
            run.fails(PEER, target, Outcome::Refused).with(|seen| {
                seen.address = seen.host.parse().ok();
            })
        });
    let report = run.judge();
    let order: Vec<&str> = report
        .endpoints
        .iter()
        .map(|row| row.host.as_str())
        .collect();
    assert_eq!(order, ["lync01", "lync02", "10.0.0.9", "10.0.0.10"]);
}

#[test]
fn a_flood_of_leaves_that_contradict_their_claim_is_listed_as_one() {
    let flood = |count: u32| {
        let run = Run::default().shows(&[Role::Peer], "a:443", "a", "CA", Known::Proven(1));
        (0..count).fold(run, |run, number| {
            let name = format!("{number}:443");
            run.shows(&[Role::Peer], &name, &name, "CA", Known::Contradicted(2))
        })
    };
    let few = flood(100).judge();
    assert_eq!(few.cas.len(), 101, "each may come from a CA of its own");
    assert!(few.cas.iter().all(|ca| ca.leaves == 1));
    let many = flood(101).judge();
    assert_eq!(many.cas.len(), 2);
    assert_eq!((many.cas[0].leaves, many.cas[0].endpoints), (101, 101));
    assert_eq!(many.cas[0].evidence, Evidence::Contradicted);
    // What is said of each is the same.
    let said = |report: &RunReport| report.endpoints[1].reason.clone();
    assert_eq!(said(&few), said(&many));
    assert_eq!(few.verdict, many.verdict);
}
