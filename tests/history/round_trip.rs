//! An observation comes back as it was, byte for byte.

use proptest::prelude::*;
use sameca::history::History;
use sameca::identify::identify;
use sameca::judge::{Rules, judge};
use sameca::model::bytes::Der;
use sameca::model::codepoint::{CipherSuite, ProtocolVersion};
use sameca::model::observation::{
    Attempt, ClientCertificate, Method, Observation, ObservationSchema, Outcome, Possession, Tls,
    Variant,
};
use sameca::model::target::{Group, Port, Role};
use sameca::model::timestamp::Timestamp;
use sameca::report::ndjson;

const RUN: &str = "01JDTEST000000000000000000";

const FAILURES: [Outcome; 12] = [
    Outcome::NoAddress,
    Outcome::Refused,
    Outcome::Unreachable,
    Outcome::Timeout,
    Outcome::Closed,
    Outcome::Reset,
    Outcome::NotTls,
    Outcome::Alert,
    Outcome::Malformed,
    Outcome::NoCertificate,
    Outcome::LocalError,
    Outcome::NotAttempted,
];

/// Any text, and often one that is there already.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("lync01.contoso.com".to_owned()),
        Just("a\0b\u{202e}\"'; DROP TABLE run; --".to_owned()),
        Just(String::new()),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![Method::Capture, Method::Handshake, Method::File])
}

fn attempt() -> impl Strategy<Value = Attempt> {
    (
        method(),
        prop::sample::select(FAILURES.to_vec()),
        prop::option::of(text()),
        any::<u64>(),
    )
        .prop_map(|(method, outcome, detail, elapsed_ms)| Attempt {
            method,
            outcome,
            detail,
            elapsed_ms,
        })
}

fn tls() -> impl Strategy<Value = Tls> {
    let possession = [
        Possession::Proven,
        Possession::NotShown,
        Possession::Failed,
        Possession::Unchecked,
    ];
    (
        prop::option::of(any::<u16>().prop_map(ProtocolVersion)),
        prop::option::of(any::<u16>().prop_map(CipherSuite)),
        method(),
        prop::option::of(prop::sample::select(possession.to_vec())),
        prop::option::of(text()),
        prop::option::of(any::<bool>()),
        prop::collection::vec(text(), 0..3),
        prop::option::of(any::<u32>()),
        prop::option::of(der()),
    )
        .prop_map(|all| Tls {
            version: all.0,
            cipher_suite: all.1,
            method: all.2,
            possession: all.3,
            possession_detail: all.4,
            client_certificate: ClientCertificate {
                requested: all.5,
                authorities: all.6,
                authorities_size: all.7,
            },
            ocsp_response: all.8,
        })
}

fn der() -> impl Strategy<Value = Der> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Der::from),
        Just(crate::runs::certificate("issuing-1-pc01")),
        Just(crate::runs::certificate("issuing-1")),
    ]
}

prop_compose! {
    fn asked()(
        roles in prop::collection::btree_set(prop::sample::select(Role::ALL.to_vec()), 0..3),
        group in prop::sample::select(Group::ALL.to_vec()),
        pool in prop::option::of(text()),
        required in any::<bool>(),
        one_of_host in any::<bool>(),
        names in prop::collection::vec(text(), 0..3),
        variant in prop::option::of(prop::sample::select(vec![Variant::Rsa, Variant::Ecdsa, Variant::NoSni, Variant::Sample])),
        target in text(),
        host in text(),
        address in prop::option::of(any::<std::net::IpAddr>()),
        port in any::<u16>(),
    ) -> Observation {
        Observation {
            schema: ObservationSchema::V1,
            run: RUN.to_owned(),
            at: crate::runs::time("2026-11-22T20:15:04.120Z"),
            roles, group, pool, required, one_of_host, names, variant,
            count: 1,
            target, host, address,
            port: Port::new(port),
            sni: None,
            outcome: Outcome::Captured,
            detail: None,
            elapsed_ms: 0,
            attempts: Vec::new(),
            tls: None,
            chain: Vec::new(),
        }
    }
}

prop_compose! {
    fn observation()(
        asked in asked(),
        run in prop_oneof![4 => Just(RUN.to_owned()), 1 => text()],
        at in -300_000_000_000_i64..200_000_000_000,
        count in any::<u32>(),
        sni in prop::option::of(text()),
        failure in prop::sample::select(FAILURES.to_vec()),
        detail in prop::option::of(text()),
        elapsed_ms in any::<u64>(),
        attempts in prop::collection::vec(attempt(), 0..3),
        tls in prop::option::of(tls()),
        chain in prop::collection::vec(der(), 0..4),
    ) -> Observation {
        let outcome = if chain.is_empty() { failure } else { Outcome::Captured };
        let at = Timestamp::from_unix(at).expect("a time");
        Observation { run, at, count, sni, outcome, detail, elapsed_ms, attempts, tls, chain, ..asked }
    }
}

fn lines<'o>(seen: impl IntoIterator<Item = &'o Observation>) -> Vec<String> {
    let mut lines: Vec<String> = seen
        .into_iter()
        .map(|seen| {
            let mut line = Vec::new();
            ndjson::line(seen, &mut line).expect("memory takes it");
            String::from_utf8(line).expect("text")
        })
        .collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn observations_come_back_as_they_were(
        runs in prop::collection::vec(prop::collection::vec(observation(), 0..6), 1..3)
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.db");
        let rules = |run: usize| Rules {
            policy: Default::default(),
            judged: Group::ALL.into(),
            require_possession: false,
            expected: Default::default(),
            expires_within_days: 30,
            run: format!("01JDTEST{run:018}"),
            now: crate::runs::time("2026-11-22T20:15:04.120Z"),
            partial: false,
        };
        let mut history = History::open(&path).expect("a new history");
        for (number, seen) in runs.iter().enumerate() {
            let report = judge(&rules(number), seen, &identify(seen, []));
            history.record("check", seen, &report).expect("it is recorded");
        }
        drop(history);
        let history = History::read(&path).expect("a history");
        for (number, seen) in runs.iter().enumerate() {
            let mut back = Vec::new();
            history
                .observations(&rules(number).run, |seen| back.push(seen))
                .expect("a run");
            prop_assert_eq!(lines(seen), lines(&back));
        }
    }
}
