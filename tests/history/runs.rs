//! Runs made up from certificates of the PKI matrix: nothing is signed here.

use std::collections::BTreeSet;
use std::path::Path;

use sameca::history::History;
use sameca::identify::identify;
use sameca::judge::{Rules, judge};
use sameca::model::bytes::Der;
use sameca::model::history::RunRecord;
use sameca::model::observation::{
    Attempt, Method, Observation, ObservationSchema, Outcome, Possession, Tls,
};
use sameca::model::report::{Policy, RunReport};
use sameca::model::target::{Group, Port, Role};
use sameca::model::timestamp::Timestamp;

/// A certificate of `testdata/pki`.
pub(crate) fn certificate(name: &str) -> Der {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pki/certificates");
    let found = sameca::candidates::read(&folder.join(format!("{name}.pem")));
    found.expect("a certificate").remove(0)
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// A run that began at a time, without observations yet.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) partial: bool,
    pub(crate) seen: Vec<Observation>,
}

impl Run {
    /// A run of this day of November 2022; its id sorts as it does.
    pub(crate) fn of(day: u8) -> Self {
        Self::at(&format!("2022-11-{day:02}T03:00:00Z"))
    }

    pub(crate) fn at(at: &str) -> Self {
        let digits: String = at.chars().filter(char::is_ascii_digit).collect();
        Self {
            id: format!("01JD{digits:0<22}"),
            at: time(at),
            partial: false,
            seen: Vec::new(),
        }
    }

    /// With a server that presents a leaf and its issuer.
    pub(crate) fn with(self, host: &str, leaf: &str, issuer: &str) -> Self {
        let chain = vec![certificate(leaf), certificate(issuer)];
        self.showing(host, Outcome::Captured, chain)
    }

    /// With a server that does not answer.
    pub(crate) fn without(self, host: &str, outcome: Outcome) -> Self {
        self.showing(host, outcome, Vec::new())
    }

    fn showing(mut self, host: &str, outcome: Outcome, chain: Vec<Der>) -> Self {
        let mut seen = observation(host, outcome, chain);
        (seen.run, seen.at) = (self.id.clone(), self.at);
        self.seen.push(seen);
        self
    }

    /// The report on it.
    pub(crate) fn judged(&self) -> RunReport {
        let identified = identify(&self.seen, []);
        let rules = Rules {
            policy: Policy::default(),
            judged: BTreeSet::from([Group::Internal]),
            require_possession: false,
            expected: Default::default(),
            expires_within_days: 30,
            run: self.id.clone(),
            now: self.at,
            partial: self.partial,
        };
        judge(&rules, &self.seen, &identified)
    }

    /// Adds it to a history.
    pub(crate) fn record(&self, history: &mut History) -> RunRecord {
        let recorded = history.record("check", &self.seen, &self.judged());
        recorded.expect("it is recorded")
    }
}

pub(crate) fn observation(host: &str, outcome: Outcome, chain: Vec<Der>) -> Observation {
    let captured = outcome == Outcome::Captured;
    Observation {
        schema: ObservationSchema::V1,
        run: "01J".to_owned(),
        at: time("2022-11-01T03:00:00Z"),
        roles: [Role::FrontEnd].into(),
        group: Group::Internal,
        pool: Some("lyncpool.contoso.com".to_owned()),
        required: true,
        one_of_host: false,
        names: vec![host.to_owned()],
        variant: None,
        count: 1,
        target: format!("{host}:443"),
        host: host.to_owned(),
        address: Some("192.0.2.11".parse().expect("an address")),
        port: Port::new(443),
        sni: Some(host.to_owned()),
        outcome,
        detail: (!captured).then(|| "the port is closed".to_owned()),
        elapsed_ms: 14,
        attempts: vec![Attempt {
            method: Method::Capture,
            outcome,
            detail: None,
            elapsed_ms: 14,
        }],
        tls: captured.then(|| Tls {
            version: None,
            cipher_suite: None,
            method: Method::Capture,
            possession: Some(Possession::Proven),
            possession_detail: None,
            client_certificate: Default::default(),
            ocsp_response: None,
        }),
        chain,
    }
}
