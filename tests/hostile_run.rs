//! A hostile run: ten thousand certificates of one name, each with a key of its own. It ends within its budget, says so,
//! and takes nothing away from the honest ones.

use std::collections::BTreeSet;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use sameca::identify::identify;
use sameca::judge::judge;
use sameca::model::bytes::Der;
use sameca::model::issuer::Evidence;
use sameca::model::observation::Observation;
use sameca::model::verdict::{Same, Threshold};

#[expect(dead_code, reason = "what cases say is not asked here")]
#[path = "support/pki.rs"]
mod cases;

const CERTIFICATES: usize = 10_000;
/// What `identify` says that it tries of one name.
const TRIED: usize = 32;

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "CA");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA")
}

fn der(certificate: &[u8]) -> Der {
    Der::from(certificate.to_vec())
}

fn shows(template: &Observation, host: &str, chain: Vec<Der>) -> Observation {
    Observation {
        host: host.to_owned(),
        target: format!("{host}:443"),
        names: vec![host.to_owned()],
        chain,
        ..template.clone()
    }
}

#[test]
fn ten_thousand_keys_of_one_name_stay_within_the_budget() {
    let leaf = |of: &CertifiedIssuer<'static, KeyPair>| {
        let params = CertificateParams::new(vec!["a.test".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        der(params.signed_by(&key, of).expect("a leaf").der())
    };
    let case = cases::cases().swap_remove(0);
    let template = case.observations().swap_remove(0);
    let (honest, absent) = (ca(), ca());
    let flood: Vec<Der> = (0..CERTIFICATES).map(|_| der(ca().der())).collect();
    let mut seen = vec![
        shows(&template, "honest", vec![leaf(&honest), der(honest.der())]),
        shows(&template, "without", vec![leaf(&absent)]),
    ];
    seen.extend(
        flood.chunks(200).enumerate().map(|(number, chunk)| {
            shows(&template, &format!("hostile{number:02}"), chunk.to_vec())
        }),
    );
    let identified = identify(&seen, []);
    let known = |seen: &Observation| {
        let leaf = seen.leaf().expect("a leaf").sha256();
        identified.leaves[&leaf].clone()
    };
    assert_eq!(known(&seen[0]).standing.evidence(), Evidence::Proven);
    let without = known(&seen[1]);
    assert_eq!(without.trials.len(), TRIED);
    assert_eq!(without.standing.evidence(), Evidence::Name);
    let report = judge(
        &case.rules(Same::IssuingCa, Threshold::KeyId),
        &seen,
        &identified,
    );
    let row = report.endpoints.iter().find(|row| row.host == "without");
    let findings = &row.expect("its row").findings;
    let finding = findings
        .iter()
        .find(|finding| finding.code == "search-incomplete");
    let message = &finding.expect("the budget is said").message;
    let numbers: BTreeSet<&str> = message.split(|c: char| !c.is_ascii_digit()).collect();
    assert!(
        numbers.contains("32") && numbers.contains("10001"),
        "{message}"
    );
}
