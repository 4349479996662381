//! The cases of the PKI matrix: `testdata/pki/*.toml`, each a run with what must be said of it.

#![expect(
    unreachable_pub,
    reason = "every test binary has this module to itself"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sameca::judge::{Expected, Rules, reference_ca};
use sameca::model::bytes::Der;
use sameca::model::issuer::{Evidence, Source};
use sameca::model::observation::{Observation, ObservationSchema, Outcome};
use sameca::model::report::Policy;
use sameca::model::target::{Group, Port, Role};
use sameca::model::timestamp::Timestamp;
use sameca::model::verdict::{Same, Threshold, Verdict};
use serde::Deserialize;

/// One file of the matrix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// The file's name without its ending.
    #[serde(skip)]
    pub label: String,
    /// The shape, in a sentence.
    pub title: String,
    /// Certificates given with `--ca-file`, by their names below `certificates/`.
    #[serde(default)]
    pub ca_files: Vec<String>,
    /// Certificates given with `--reference-ca`.
    #[serde(default)]
    pub reference_ca: Vec<String>,
    /// The servers.
    pub endpoint: Vec<Endpoint>,
    /// What must be said, under one policy or several.
    pub judgement: Vec<Judgement>,
}

/// One server and what it presents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    pub name: String,
    pub role: Role,
    /// The certificates in the order presented.
    pub chain: Vec<String>,
    /// How surely the leaf's issuer must be known.
    pub evidence: Evidence,
    /// The codes of the findings about it.
    #[serde(default)]
    pub findings: BTreeSet<String>,
}

/// What must be said under each of some policies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    pub same: Vec<Same>,
    #[serde(default)]
    pub threshold: Threshold,
    pub verdict: Verdict,
    /// Absent when the verdict is inconclusive.
    pub evidence: Option<Evidence>,
    /// The CAs shown, each as the endpoints with its leaves.
    pub cas: BTreeSet<BTreeSet<String>>,
    #[serde(default)]
    pub agree: BTreeSet<String>,
    #[serde(default)]
    pub differ: BTreeSet<String>,
    #[serde(default)]
    pub unknown: BTreeSet<String>,
    /// The codes of the findings about the run.
    #[serde(default)]
    pub findings: BTreeSet<String>,
    /// A fragment of the headline.
    #[serde(default)]
    pub headline: String,
    /// A fragment of an endpoint's reason.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/pki"))
}

/// Every case. Fails on a file that is no case, and when there is none.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(directory()).expect("the matrix") {
        let path = entry.expect("the matrix").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = fs::read_to_string(&path).expect("a case is UTF-8");
            let mut case: Case = toml_edit::de::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            case.label = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            cases.push(case);
        }
    }
    assert!(
        !cases.is_empty(),
        "there is no case in {}",
        directory().display()
    );
    cases.sort_by(|one, other| one.label.cmp(&other.label));
    cases
}

/// The path of a certificate's PEM file.
pub fn certificate_path(name: &str) -> std::path::PathBuf {
    directory()
        .join("certificates")
        .join(name)
        .with_extension("pem")
}

/// The certificate with this name.
pub fn certificate(name: &str) -> Der {
    let path = certificate_path(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    Der::from(
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).expect("base64"),
    )
}

impl Case {
    /// The certificates that are candidates though nobody presents them.
    pub fn candidates(&self) -> Vec<(Der, Source)> {
        let given = self.ca_files.iter().chain(&self.reference_ca);
        given
            .map(|name| (certificate(name), Source::File(format!("{name}.pem"))))
            .collect()
    }

    /// What the servers show.
    pub fn observations(&self) -> Vec<Observation> {
        self.endpoint.iter().map(Endpoint::observation).collect()
    }

    /// The rules of a judgement under one of its policies.
    pub fn rules(&self, same: Same, threshold: Threshold) -> Rules {
        let reference: Vec<Der> = self
            .reference_ca
            .iter()
            .map(|name| certificate(name))
            .collect();
        let expected = (!reference.is_empty()).then(|| {
            let reference = reference_ca(&reference).expect("one reference CA");
            (Group::Internal, Expected::Ca(Box::new(reference)))
        });
        Rules {
            policy: Policy {
                same,
                evidence: threshold,
            },
            judged: BTreeSet::from([Group::Internal]),
            require_possession: false,
            expected: expected.into_iter().collect(),
            expires_within_days: 30,
            run: "run".to_owned(),
            now: noon(),
            partial: false,
        }
    }
}

/// 1 June 2014: the renewals of the matrix have happened.
fn noon() -> Timestamp {
    Timestamp::from_unix(1_401_624_000).expect("a time")
}

impl Endpoint {
    fn observation(&self) -> Observation {
        let host = format!("{}.contoso.local", self.name);
        Observation {
            schema: ObservationSchema::V1,
            run: "run".to_owned(),
            at: noon(),
            roles: BTreeSet::from([self.role]),
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
            port: Some(Port::HTTPS),
            sni: None,
            outcome: Outcome::Captured,
            detail: None,
            elapsed_ms: 0,
            attempts: Vec::new(),
            tls: None,
            chain: self.chain.iter().map(|name| certificate(name)).collect(),
        }
    }
}
