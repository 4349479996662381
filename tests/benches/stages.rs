//! What the stages cost, without the network: `cargo bench`.
//!
//! Compare within one run: ten times the leaves shall cost at most eleven times as much, and identifying a leaf little
//! more than verifying one signature.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use sameca::model::bytes::Der;
use sameca::model::identified::Identified;
use sameca::model::observation::{Observation, ObservationSchema, Outcome};
use sameca::model::report::{Policy, RunReport};
use sameca::model::target::{Group, Port, Role};
use sameca::model::timestamp::Timestamp;
use sameca::report::{Style, json, table};
use sameca::wire::Limits;
use sameca::wire::flight::FlightReader;
use sameca::{identify, judge, x509};

fn main() {
    divan::main();
}

const CAS: usize = 5;

/// Observations of distinct leaves from a few CAs, each with the certificate of its CA behind it.
fn observations(leaves: usize) -> Vec<Observation> {
    let key = KeyPair::generate().expect("a key");
    let cas: Vec<(CertificateParams, KeyPair, Der)> = (0..CAS).map(ca).collect();
    (0..leaves)
        .map(|number| {
            let (params, ca_key, certificate) = &cas[number % CAS];
            let mut leaf =
                CertificateParams::new(vec![format!("host{number}.test")]).expect("a name");
            leaf.use_authority_key_identifier_extension = true;
            let leaf = leaf
                .signed_by(&key, &Issuer::from_params(params, ca_key))
                .expect("a certificate");
            observation(
                number,
                vec![Der::from(leaf.der().to_vec()), certificate.clone()],
            )
        })
        .collect()
}

fn ca(number: usize) -> (CertificateParams, KeyPair, Der) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, format!("CA {number}"));
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let der = Der::from(certificate.der().to_vec());
    (params, key, der)
}

fn observation(number: usize, chain: Vec<Der>) -> Observation {
    let host = format!("host{number}.test");
    Observation {
        schema: ObservationSchema::V1,
        run: "01J00000000000000000000000".to_owned(),
        at: now(),
        roles: BTreeSet::from([Role::Peer]),
        group: Group::Internal,
        pool: None,
        required: true,
        one_of_host: false,
        names: vec![host.clone()],
        variant: None,
        count: 1,
        target: format!("{host}:443"),
        host,
        address: None,
        port: Port::new(443),
        sni: None,
        outcome: Outcome::Captured,
        detail: None,
        elapsed_ms: 0,
        attempts: Vec::new(),
        tls: None,
        chain,
    }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T00:00:00Z").expect("a time")
}

fn rules() -> judge::Rules {
    judge::Rules {
        policy: Policy::default(),
        judged: BTreeSet::from([Group::Internal]),
        require_possession: false,
        expected: BTreeMap::new(),
        expires_within_days: 30,
        run: "01J00000000000000000000000".to_owned(),
        now: now(),
        partial: false,
    }
}

fn judged(observations: &[Observation], identified: &Identified) -> RunReport {
    judge::judge(&rules(), observations, identified)
}

/// A recorded flight of SChannel: hello, two certificates, key exchange.
#[divan::bench]
fn read_a_flight(bencher: Bencher<'_, '_>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/flights/ndpi/schannel-tls12-c030-teams.microsoft.com.bin");
    let bytes = std::fs::read(path).expect("the flight is there");
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let mut reader = FlightReader::new(Limits::default());
        reader.push(black_box(&bytes)).expect("a good flight");
        reader.into_flight()
    });
}

#[divan::bench]
fn parse_a_certificate(bencher: Bencher<'_, '_>) {
    let seen = observations(1);
    let leaf = &seen[0].chain[0];
    bencher.bench(|| x509::parse::certificate(black_box(leaf)));
}

#[divan::bench]
fn verify_a_signature(bencher: Bencher<'_, '_>) {
    let seen = observations(1);
    let leaf = x509::parse::certificate(&seen[0].chain[0]);
    let ca = x509::parse::certificate(&seen[0].chain[1]);
    let key = ca.public_key.expect("a key");
    bencher.bench(|| x509::signature::verify_issued(black_box(&leaf), &key));
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 3, sample_size = 1)]
fn identify_leaves(bencher: Bencher<'_, '_>, leaves: usize) {
    let seen = observations(leaves);
    bencher
        .counter(ItemsCount::new(leaves))
        .bench(|| identify::identify(black_box(&seen), []));
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 3, sample_size = 1)]
fn judge_leaves(bencher: Bencher<'_, '_>, leaves: usize) {
    let seen = observations(leaves);
    let identified = identify::identify(&seen, []);
    bencher
        .counter(ItemsCount::new(leaves))
        .bench(|| judged(black_box(&seen), &identified));
}

/// Leaves without their CA's certificate, in a run that offers ten thousand others of its name, each with its own key.
#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn identify_leaves_in_a_hostile_run(bencher: Bencher<'_, '_>, leaves: usize) {
    let mut seen = observations(leaves);
    seen.iter_mut().for_each(|one| one.chain.truncate(1));
    let flood: Vec<Der> = (0..10_000).map(|_| ca(0).2).collect();
    let flood = flood.chunks(200).enumerate();
    seen.extend(flood.map(|(number, chunk)| observation(leaves + number, chunk.to_vec())));
    bencher
        .counter(ItemsCount::new(leaves))
        .bench(|| identify::identify(black_box(&seen), []));
}

/// The keys of five CAs, computed from the signatures of their leaves.
#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn recover_the_keys_of_issuers(bencher: Bencher<'_, '_>, leaves: usize) {
    let mut seen = observations(leaves);
    seen.iter_mut().for_each(|one| one.chain.truncate(1));
    bencher
        .counter(ItemsCount::new(leaves))
        .bench(|| identify::identify(black_box(&seen), []));
}

#[divan::bench(args = ["table", "json"], sample_count = 5, sample_size = 1)]
fn render_10_000_endpoints(bencher: Bencher<'_, '_>, format: &str) {
    let seen = observations(10_000);
    let identified = identify::identify(&seen, []);
    let report = judged(&seen, &identified);
    bencher.bench(|| {
        let mut out = Vec::new();
        match format {
            "table" => table::render(&report, &Style::default(), &mut out),
            _ => json::render(&report, &mut out),
        }
        .expect("writing to memory cannot fail");
        out
    });
}
