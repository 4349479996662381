//! Laws of identifying and judging: what must not matter does not, and what is known less surely is never said more
//! surely. Runs are put together at random out of the certificates of the PKI matrix, so that nothing is signed here.
//!
//! A few cases of each are tried; `PROPTEST_CASES=10000` tries as many as that.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sameca::identify::identify;
use sameca::judge::judge;
use sameca::kept::Kept;
use sameca::model::bytes::{Der, Sha256};
use sameca::model::identified::Identified;
use sameca::model::issuer::{Evidence, Source};
use sameca::model::observation::{Observation, Observations as _};
use sameca::model::report::RunReport;
use sameca::model::target::Role;
use sameca::model::verdict::{Same, Threshold, Verdict};
use sameca::report::ndjson;

#[expect(dead_code, reason = "what cases say is not asked here")]
#[path = "support/pki.rs"]
mod cases;

/// Leaves of CAs that are related in every way: siblings, renewed, replaced, unprovable, recovered, lying.
const LEAVES: &[&str] = &[
    "issuing-1-fe01",
    "issuing-1-fe02",
    "issuing-1-pc01",
    "issuing-2-pc01",
    "new-key-pc01",
    "one-tier-fe01",
    "one-tier-pc01",
    "again-no-aki-pc01",
    "no-aki-fe01",
    "by-serial-fe01",
    "names-utf8-fe01",
    "names-bmp-fe02",
    "ec-fe01",
    "ec-pc01",
    "ec-no-aki-fe01",
    "ec-again-no-aki-pc01",
    "lying-pc01",
    "forged-pc01",
    "self-signed",
    "ml-dsa-pc01",
    "unreadable-pc01",
];

/// Certificates of their CAs.
const CAS: &[&str] = &[
    "root",
    "issuing-1",
    "issuing-1-renewed",
    "issuing-1-new-key",
    "issuing-1-by-partner",
    "issuing-2",
    "one-tier",
    "one-tier-again",
    "names",
    "ec",
    "partner-root",
];

/// Certificates that have to do with none of them.
const UNRELATED: &[&str] = &["extra-01", "extra-02", "extra-07", "pss", "v1"];

/// A leaf of a CA that has neither name nor root in common with theirs, and that CA.
const STRANGER: &[&str] = &["box-old-fe01", "box"];

/// An endpoint: whether it is a front end, its leaf, and what it sends behind it.
type Shown = (bool, &'static str, Vec<&'static str>);

/// What the servers show, and what the user gives.
#[derive(Clone, Debug)]
struct Run {
    shown: Vec<Shown>,
    ca_files: Vec<&'static str>,
}

fn any_run() -> impl Strategy<Value = Run> {
    let sent = prop::collection::vec(select(CAS), 0..3);
    let shown = prop::collection::vec((any::<bool>(), select(LEAVES), sent), 1..6);
    let ca_files = prop::collection::vec(select(CAS), 0..3);
    (shown, ca_files).prop_map(|(shown, ca_files)| Run { shown, ca_files })
}

fn any_policy() -> impl Strategy<Value = (Same, Threshold)> {
    (
        select(&[Same::IssuingCa, Same::CaName, Same::Root][..]),
        select(
            &[
                Threshold::Name,
                Threshold::KeyId,
                Threshold::Recovered,
                Threshold::Proven,
            ][..],
        ),
    )
}

fn certificate(name: &str) -> Der {
    static READ: OnceLock<BTreeMap<&str, Der>> = OnceLock::new();
    let all = || LEAVES.iter().chain(CAS).chain(UNRELATED).chain(STRANGER);
    let read = READ.get_or_init(|| {
        all()
            .map(|name| (*name, cases::certificate(name)))
            .collect()
    });
    read[name].clone()
}

/// The case whose first endpoint every observation here is made from.
fn template() -> &'static Observation {
    static TEMPLATE: OnceLock<Observation> = OnceLock::new();
    TEMPLATE.get_or_init(|| case().observations().swap_remove(0))
}

fn case() -> &'static cases::Case {
    static CASE: OnceLock<cases::Case> = OnceLock::new();
    CASE.get_or_init(|| {
        let of_label = |case: &cases::Case| case.label == "two-tier";
        cases::cases().into_iter().find(of_label).expect("two-tier")
    })
}

impl Run {
    fn observations(&self) -> Vec<Observation> {
        let shown = self.shown.iter().enumerate();
        let observation = |(number, (is_front_end, leaf, sent)): (usize, &Shown)| {
            let host = format!("host{number:02}.contoso.local");
            let role = if *is_front_end {
                Role::FrontEnd
            } else {
                Role::Peer
            };
            Observation {
                roles: [role].into(),
                names: vec![host.clone()],
                target: format!("{host}:443"),
                host,
                chain: [*leaf]
                    .iter()
                    .chain(sent)
                    .map(|name| certificate(name))
                    .collect(),
                ..template().clone()
            }
        };
        shown.map(observation).collect()
    }

    fn candidates(&self) -> Vec<(Der, Source)> {
        let files = self.ca_files.iter();
        files
            .map(|name| (certificate(name), Source::File((*name).to_owned())))
            .collect()
    }

    fn identified(&self) -> Identified {
        identify(&self.observations(), self.candidates())
    }

    fn report(&self, policy: (Same, Threshold)) -> RunReport {
        report(&self.observations(), self.candidates(), policy)
    }
}

fn report(
    observations: &[Observation],
    candidates: Vec<(Der, Source)>,
    (same, threshold): (Same, Threshold),
) -> RunReport {
    let identified = identify(observations, candidates);
    judge(&case().rules(same, threshold), observations, &identified)
}

/// All that a report says, but for the order in which chains were presented.
fn said(mut report: RunReport) -> String {
    report
        .endpoints
        .iter_mut()
        .for_each(|row| row.chain.clear());
    serde_json::to_string(&report).expect("a document")
}

/// The answer of a report: the verdict, and what is said of each endpoint.
fn answer(report: &RunReport) -> impl PartialEq + std::fmt::Debug + use<> {
    let rows = report.endpoints.iter();
    let rows = rows.map(|row| (row.target.clone(), row.agrees, row.evidence, row.ca.clone()));
    (report.verdict, report.evidence, rows.collect::<Vec<_>>())
}

/// How surely the issuer of each leaf is known.
fn evidence(
    identified: &Identified,
    leaves: impl IntoIterator<Item = Der>,
) -> BTreeMap<Sha256, Evidence> {
    let leaves = leaves.into_iter().map(|leaf| leaf.sha256());
    leaves
        .map(|leaf| (leaf, identified.leaves[&leaf].standing.evidence()))
        .collect()
}

fn is_proven(evidence: Evidence) -> bool {
    evidence.strength() == Evidence::Proven.strength()
}

/// What runs that were kept apart give together.
fn merged(parts: &[Vec<Observation>]) -> Vec<Observation> {
    let mut kept = Kept::default();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let mut lines = Vec::new();
        part.iter()
            .for_each(|seen| ndjson::line(seen, &mut lines).expect("memory takes it"));
        kept.add("part", Cursor::new(lines), drop).expect("lines");
    }
    let newest = kept.merge().expect("memory can be read again").newest;
    let read = |number| newest.read(number).expect("a line").into_owned();
    (0..newest.count()).map(read).collect()
}

/// In a fraction of the time of proptest's 256, unless more are asked for.
fn some() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if asked {
        ProptestConfig::default().cases
    } else {
        60
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(some())]

    #[test]
    fn order_changes_nothing(
        (run, order) in any_run().prop_flat_map(|run| {
            let shown = (0..run.shown.len()).collect::<Vec<_>>();
            (Just(run), Just(shown).prop_shuffle())
        }),
        turn in any::<Index>(),
        policy in any_policy(),
    ) {
        let observations = run.observations();
        let mut shuffled: Vec<_> = order.iter().map(|place| observations[*place].clone()).collect();
        for sent in shuffled.iter_mut().map(|seen| &mut seen.chain[1..]).filter(|sent| !sent.is_empty()) {
            sent.rotate_left(turn.index(sent.len()));
        }
        let mut candidates = run.candidates();
        candidates.reverse();
        prop_assert_eq!(said(run.report(policy)), said(report(&shuffled, candidates, policy)));
    }

    #[test]
    fn an_unrelated_certificate_changes_no_answer(
        run in any_run(),
        unrelated in select(UNRELATED),
        place in prop::option::of(any::<Index>()),
        policy in any_policy(),
    ) {
        let mut more = run.clone();
        match place {
            Some(place) => place.get_mut(&mut more.shown).2.push(unrelated),
            None => more.ca_files.push(unrelated),
        }
        prop_assert_eq!(answer(&run.report(policy)), answer(&more.report(policy)));
    }

    #[test]
    fn an_endpoint_of_another_ca_makes_same_different_and_never_the_reverse(run in any_run(), policy in any_policy()) {
        let mut more = run.clone();
        more.shown.push((false, STRANGER[0], vec![STRANGER[1]]));
        let (before, after) = (run.report(policy).verdict, more.report(policy).verdict);
        prop_assert_ne!(after, Verdict::Same);
        if before == Verdict::Different || (before == Verdict::Same && policy.0 != Same::Root) {
            prop_assert_eq!(after, Verdict::Different);
        }
    }

    #[test]
    fn less_evidence_never_proves_more(run in any_run(), kept in any::<u32>(), policy in any_policy()) {
        let mut bits = (0..).map(|bit: u32| kept.rotate_left(bit) & 1 == 1);
        let mut keeps = |_: &&str| bits.next().expect("there is no last bit");
        let mut less = run.clone();
        less.ca_files.retain(&mut keeps);
        less.shown.iter_mut().for_each(|(.., sent)| sent.retain(&mut keeps));
        let leaves = || run.shown.iter().map(|(_, leaf, _)| certificate(leaf));
        let before = evidence(&run.identified(), leaves());
        for (leaf, after) in evidence(&less.identified(), leaves()) {
            prop_assert!(!is_proven(after) || is_proven(before[&leaf]), "{:?} became {:?}", before[&leaf], after);
        }
        let (before, after) = (run.report(policy), less.report(policy));
        if after.verdict == Verdict::Same && after.evidence.is_some_and(is_proven) {
            prop_assert_eq!(before.verdict, Verdict::Same);
        }
    }

    #[test]
    fn a_run_in_parts_is_judged_as_the_whole(run in any_run(), parts in prop::collection::vec(0..3_usize, 6), policy in any_policy()) {
        let whole = run.observations();
        let mut apart = vec![Vec::new(); 3];
        for (seen, part) in whole.iter().zip(parts) {
            apart[part].push(Observation { run: format!("part {part}"), ..seen.clone() });
        }
        let together = merged(&apart);
        prop_assert_eq!(said(run.report(policy)), said(report(&together, run.candidates(), policy)));
    }

    #[test]
    fn duplicates_change_nothing(run in any_run(), policy in any_policy()) {
        let mut twice = run.clone();
        twice.ca_files.extend(&run.ca_files);
        twice.shown.iter_mut().for_each(|(.., sent)| sent.extend(sent.clone()));
        let observations = twice.observations();
        let together = merged(&[observations.clone(), observations]);
        prop_assert_eq!(said(run.report(policy)), said(report(&together, twice.candidates(), policy)));
    }
}
