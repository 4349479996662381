//! A summary says the same whether all observations are held or most of them are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::judge::{Case, Rules};
use crate::model::codepoint::{CipherSuite, ProtocolVersion};
use crate::model::observation::{
    ClientCertificate, Method, ObservationSchema, Outcome, Possession, Tls,
};
use crate::model::report::{Report as _, RunReport};
use crate::model::target::{Group, Port, Role};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Same, Threshold};
use crate::report::Style;
use crate::report::summary::{self, Extent};
use crate::x509::parse;

const LEAVES: &[&str] = &[
    "issuing-1-fe01",
    "issuing-1-fe02",
    "issuing-1-pc01",
    "issuing-2-pc01",
    "new-key-pc01",
    "one-tier-fe01",
    "again-no-aki-pc01",
    "no-aki-fe01",
    "by-serial-fe01",
    "names-utf8-fe01",
    "ec-fe01",
    "ec-pc01",
    "ec-no-aki-fe01",
    "lying-pc01",
    "forged-pc01",
    "self-signed",
    "unreadable-pc01",
    "issuing-1",
    "root",
];

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

fn certificate(name: &str) -> Der {
    static READ: OnceLock<BTreeMap<&str, Der>> = OnceLock::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pki/certificates");
    let read = |name: &&'static str| {
        let file = folder.join(format!("{name}.pem"));
        let text = fs::read_to_string(file).expect("it is there");
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        (*name, Der::from(STANDARD.decode(base64).expect("base64")))
    };
    READ.get_or_init(|| LEAVES.iter().chain(CAS).map(read).collect())[name].clone()
}

/// One of many leaves that are alike, but for what signs them: nothing.
fn variant(name: &str, number: u8) -> Der {
    let mut octets = certificate(name).as_bytes().to_vec();
    if let Some(last) = octets.last_mut() {
        *last ^= number;
    }
    Der::from(octets)
}

/// What an address shows.
#[derive(Clone, Debug)]
struct Shown {
    leaf: &'static str,
    variant: u8,
    sent: Vec<&'static str>,
    version: ProtocolVersion,
    possession: Possession,
    outcome: Outcome,
    /// Whether it was seen when the leaf was new.
    is_fresh: bool,
    is_named: bool,
}

fn any_shown() -> impl Strategy<Value = Shown> {
    // Mostly few kinds, so that there are many of each.
    let common = &LEAVES[..3];
    let leaf = prop_oneof![4 => select(common), 1 => select(LEAVES)];
    let sent = prop_oneof![
        6 => Just(vec!["issuing-1"]),
        2 => Just(Vec::new()),
        1 => prop::collection::vec(select(CAS), 0..3),
    ];
    let version =
        prop_oneof![8 => Just(ProtocolVersion(0x0303)), 1 => Just(ProtocolVersion(0x0301))];
    let possession = prop_oneof![8 => Just(Possession::NotShown), 1 => Just(Possession::Failed)];
    let outcome = prop_oneof![8 => Just(Outcome::Captured), 1 => Just(Outcome::NotTls)];
    let variant = prop_oneof![1 => Just(0), 2 => any::<u8>()];
    let is_named = prop_oneof![15 => Just(false), 1 => Just(true)];
    (
        leaf,
        variant,
        sent,
        version,
        possession,
        outcome,
        any::<bool>(),
        is_named,
    )
        .prop_map(
            |(leaf, variant, sent, version, possession, outcome, is_fresh, is_named)| Shown {
                leaf,
                variant,
                sent,
                version,
                possession,
                outcome,
                is_fresh,
                is_named,
            },
        )
}

/// A network, and by what it is judged.
#[derive(Clone, Debug)]
struct Run {
    shown: Vec<Shown>,
    /// The same leaf everywhere, as some networks have it.
    only: Option<&'static str>,
    order: Vec<Index>,
    /// Whether those that send nothing behind their leaves come first.
    is_late: bool,
    /// Whether nobody sends anything behind a leaf.
    is_bare: bool,
    given: Vec<&'static str>,
    policy: (Same, Threshold),
    require_possession: bool,
    now: i64,
    held: usize,
}

fn any_run() -> impl Strategy<Value = Run> {
    let size = prop_oneof![3 => 1..40_usize, 1 => 150..400_usize];
    let shown = size.prop_flat_map(|size| {
        let order = prop::collection::vec(any::<Index>(), size);
        (prop::collection::vec(any_shown(), size), order)
    });
    let only = prop_oneof![
        3 => Just(None),
        2 => select(&["issuing-1-fe01", "no-aki-fe01", "by-serial-fe01"][..]).prop_map(Some),
    ];
    let policy = (
        select(&[Same::IssuingCa, Same::CaName, Same::Root][..]),
        select(&[Threshold::Name, Threshold::KeyId, Threshold::Proven][..]),
    );
    let given = prop::collection::vec(select(CAS), 0..2);
    // Most of the certificates end on 2023-02-14: years later, or about a month.
    let now = prop_oneof![4 => Just(1_500_000_000), 1 => 1_672_000_000..1_675_000_000_i64];
    let held = prop_oneof![Just(0), 0..10_usize];
    let flags = (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
    );
    (shown, only, given, policy, flags, now, held).prop_map(
        |((shown, order), only, given, policy, flags, now, held)| Run {
            shown,
            only,
            order,
            is_late: flags.0,
            is_bare: flags.1,
            given,
            policy,
            require_possession: flags.2,
            now,
            held,
        },
    )
}

impl Run {
    fn observations(&self) -> Vec<Observation> {
        let mut places: Vec<usize> = (0..self.shown.len()).collect();
        for (place, index) in self.order.iter().enumerate() {
            let other = index.index(places.len());
            places.swap(place, other);
        }
        let mut shown: Vec<_> = places.into_iter().zip(self.shown.clone()).collect();
        if self.is_bare {
            shown.iter_mut().for_each(|(_, shown)| shown.sent.clear());
        }
        if self.is_late {
            shown.sort_by_key(|(_, shown)| shown.sent.len());
        }
        let shown = shown.iter();
        shown
            .map(|(place, shown)| self.observation(*place, shown))
            .collect()
    }

    fn observation(&self, place: usize, shown: &Shown) -> Observation {
        let leaf = variant(self.only.unwrap_or(shown.leaf), shown.variant);
        let begin = parse::validity(&leaf).0.map_or(0, |begin| begin.unix());
        let hours = if shown.is_fresh { 1 } else { 1_000 };
        let seconds = i64::try_from(place).expect("small");
        let host = format!("10.0.{}.{}", place / 250, place % 250);
        let address = host.parse().ok();
        let host = match shown.is_named {
            true => format!("host{place}.contoso.com"),
            false => host,
        };
        let is_captured = shown.outcome == Outcome::Captured;
        let sent = shown.sent.iter().map(|name| certificate(name));
        let chain = std::iter::once(leaf).chain(sent).filter(|_| is_captured);
        Observation {
            schema: ObservationSchema::V1,
            run: "run".to_owned(),
            // The last of them was seen first.
            at: Timestamp::from_unix(begin + hours * 3_600 - seconds).expect("a time"),
            roles: [Role::Peer].into(),
            group: Group::Internal,
            pool: None,
            required: shown.is_named,
            one_of_host: false,
            names: Vec::new(),
            variant: None,
            count: 1,
            target: format!("{host}:443"),
            host,
            address,
            port: Port::new(443),
            sni: None,
            outcome: shown.outcome,
            detail: None,
            elapsed_ms: 0,
            attempts: Vec::new(),
            tls: is_captured.then(|| Tls {
                version: Some(shown.version),
                cipher_suite: Some(CipherSuite(0x002f)),
                method: Method::Capture,
                possession: Some(shown.possession),
                possession_detail: None,
                client_certificate: ClientCertificate::default(),
                ocsp_response: None,
            }),
            chain: chain.collect(),
        }
    }

    fn given(&self) -> Vec<(Der, Source)> {
        let given = self.given.iter();
        given
            .map(|name| (certificate(name), Source::File((*name).to_owned())))
            .collect()
    }

    fn told(&self, mut intake: Intake, seen: &Vec<Observation>) -> Told {
        seen.iter().for_each(|observation| intake.see(observation));
        let (identified, briefs) = intake
            .conclude(Origin::Run(seen))
            .expect("memory can be read");
        let rows = briefs.in_order(seen).expect("memory can be read");
        let mut rules = Rules::new("run", Timestamp::from_unix(self.now).expect("a time"));
        (rules.policy.same, rules.policy.evidence) = self.policy;
        rules.require_possession = self.require_possession;
        let case = Case::new(&rules, &rows, seen, &identified);
        let extent = Extent {
            absent: &[],
            known: None,
            top: 10_000,
            expires_within_days: 30,
        };
        let mut page = Vec::new();
        summary::render(&case, extent, &Style::default(), &mut page).expect("memory takes it");
        let page = String::from_utf8(page).expect("text");
        Told::of(page, case.head())
    }
}

/// What is said of a run.
#[derive(Debug, PartialEq)]
struct Told {
    page: String,
    head: RunReport,
    reasons: Vec<Option<String>>,
    findings: BTreeSet<(String, String)>,
}

impl Told {
    /// Of a group only the first of many like reasons is shown by a summary.
    fn of(page: String, head: &RunReport) -> Self {
        let mut head = head.clone();
        let reasons = head.groups.iter_mut().map(|group| {
            let reasons = std::mem::take(&mut group.reasons);
            reasons.into_iter().next()
        });
        let reasons = reasons.collect();
        let told = |finding: Finding| (finding.code, finding.message);
        let findings = std::mem::take(&mut head.findings).into_iter().map(told);
        Self {
            page,
            reasons,
            findings: findings.collect(),
            head,
        }
    }
}

/// A few cases; `PROPTEST_CASES` asks for more.
fn some() -> ProptestConfig {
    let is_asked = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if is_asked {
        ProptestConfig::default().cases
    } else {
        32
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
    fn counting_says_what_holding_says(run in any_run()) {
        let seen = run.observations();
        let held = run.told(Intake::new(run.given()), &seen);
        let day = run.now.div_euclid(86_400) + 37;
        let calm = i32::try_from(day).expect("a day");
        let counting = Intake::counting_beyond(run.held, run.given(), calm).expect("a temporary file");
        let counted = run.told(counting, &seen);
        prop_assert_eq!(held, counted);
    }
}

/// Leaves of one CA for different names, with these keys in turn.
fn leaves(keys: &[rcgen::KeyPair], count: usize) -> Vec<Der> {
    let own = rcgen::KeyPair::generate().expect("a key");
    let mut ca = rcgen::CertificateParams::default();
    ca.distinguished_name.push(rcgen::DnType::CommonName, "Box");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::Issuer::from_params(&ca, &own);
    let certificate = ca.self_signed(&own).expect("a certificate");
    let leaf = |(number, key)| {
        let names = vec![format!("host{number}.contoso.com")];
        let params = rcgen::CertificateParams::new(names).expect("a name");
        let leaf = params.signed_by(key, &issuer).expect("a certificate");
        Der::from(leaf.der().to_vec())
    };
    let leaves = (0..count).zip(keys.iter().cycle()).map(leaf);
    leaves
        .chain([Der::from(certificate.der().to_vec())])
        .collect()
}

/// The finding about a device in between, when most of 40 addresses are counted.
fn inspection(keys: &[rcgen::KeyPair]) -> Option<String> {
    let mut certificates = leaves(keys, 40);
    let ca = certificates.pop().expect("the last");
    let run = Run {
        shown: Vec::new(),
        only: None,
        order: Vec::new(),
        is_late: false,
        is_bare: false,
        given: Vec::new(),
        policy: (Same::IssuingCa, Threshold::KeyId),
        require_possession: false,
        now: 1_500_000_000,
        held: 5,
    };
    let shown = Shown {
        leaf: "issuing-1-fe01",
        variant: 0,
        sent: Vec::new(),
        version: ProtocolVersion(0x0303),
        possession: Possession::NotShown,
        outcome: Outcome::Captured,
        is_fresh: false,
        is_named: false,
    };
    let seen = certificates
        .into_iter()
        .enumerate()
        .map(|(place, leaf)| Observation {
            at: Timestamp::from_unix(run.now).expect("a time"),
            chain: vec![leaf, ca.clone()],
            ..run.observation(place, &shown)
        });
    let seen: Vec<_> = seen.collect();
    let counting = Intake::counting_beyond(run.held, Vec::new(), 0).expect("a temporary file");
    let held = run.told(Intake::new(Vec::new()), &seen);
    let counted = run.told(counting, &seen);
    assert_eq!(held, counted);
    let mut findings = counted.findings.into_iter();
    findings.find_map(|(code, message)| (code == "tls-inspection").then_some(message))
}

#[test]
fn one_key_of_all_is_told_and_another_one_too() {
    let key = || rcgen::KeyPair::generate().expect("a key");
    let told = inspection(&[key()]).expect("a finding");
    assert!(
        told.contains("all 40, for different names, have one key"),
        "{told}"
    );
    assert_eq!(inspection(&[key(), key()]), None);
}
