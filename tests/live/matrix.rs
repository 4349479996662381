//! Every leaf of the PKI matrix, judged by `openssl verify -partial_chain`: which of the certificates at hand issued it?
//! Differences are listed with their reason; one that is listed and does not show fails as well.

use std::collections::BTreeSet;
use std::process::Command;

use sameca::identify::identify;
use sameca::model::certificate::Certificate;
use sameca::model::identified::Identified;
use sameca::x509::parse;

#[expect(
    dead_code,
    reason = "OpenSSL has an opinion on issuers and none on verdicts"
)]
#[path = "../support/pki.rs"]
mod cases;

/// Leaves and certificates of their issuers that OpenSSL does not accept as such, and why they are.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("broken-extension-pc01", "issuing-1", NOT_TRUSTED),
    ("critical-pc01", "issuing-1", NOT_TRUSTED),
    (
        "lying-pc01",
        "issuing-1",
        "OpenSSL believes the key identifier and does not try the key; the signature decides",
    ),
    (
        "names-case-fe04",
        "names",
        "OpenSSL folds the case of ASCII letters only; RFC 5280 section 7.1 wants that of all",
    ),
    ("no-ca-fe01", "no-ca", NOT_TRUSTED),
    ("no-ca-pc01", "no-ca", NOT_TRUSTED),
    (
        "pss-pkcs1-pc01",
        "pss-restricted-key",
        "this certificate restricts the key to PSS; it is the CA's all the same, and another does not",
    ),
    ("self-signed", "self-signed-again", ONE_NAME_AND_KEY),
    ("self-signed-again", "self-signed", ONE_NAME_AND_KEY),
    (
        "serial-padded-pc01",
        "issuing-1",
        "OpenSSL reads no serial number with needless zeros, and so nothing of the certificate",
    ),
];

const NOT_TRUSTED: &str =
    "OpenSSL answers whether the chain may be trusted; who issued the leaf is another question";
const ONE_NAME_AND_KEY: &str =
    "OpenSSL seeks no other issuer of a self-signed certificate; name and key are one CA";

#[test]
fn openssl_finds_the_same_issuers() {
    let mut ours = BTreeSet::new();
    let mut theirs = BTreeSet::new();
    for case in cases::cases() {
        let identified = identify(&case.observations(), case.candidates());
        for (leaf, candidate) in pairs(&case) {
            if issued(&identified, &leaf, &candidate) {
                ours.insert((leaf.clone(), candidate.clone()));
            }
            if openssl_verifies(&leaf, &candidate) {
                theirs.insert((leaf, candidate));
            }
        }
    }
    let only_ours: Vec<_> = ours.difference(&theirs).collect();
    let expected: Vec<_> = DIFFERENCES
        .iter()
        .map(|(leaf, candidate, _)| ((*leaf).to_owned(), (*candidate).to_owned()))
        .collect();
    assert_eq!(only_ours, expected.iter().collect::<Vec<_>>());
    let only_theirs: Vec<_> = theirs.difference(&ours).collect();
    assert!(only_theirs.is_empty(), "{only_theirs:?}");
    let agreed = ours.intersection(&theirs).count();
    assert!(agreed > 40, "only {agreed} issuers were agreed upon");
}

/// Each leaf of a case with each other certificate at hand. A leaf that is trusted for itself proves nothing.
fn pairs(case: &cases::Case) -> BTreeSet<(String, String)> {
    let presented = case.endpoint.iter().flat_map(|endpoint| &endpoint.chain);
    let given = case.ca_files.iter().chain(&case.reference_ca);
    let at_hand: BTreeSet<&String> = presented.chain(given).collect();
    let leaves = case
        .endpoint
        .iter()
        .filter_map(|endpoint| endpoint.chain.first());
    leaves
        .flat_map(|leaf| {
            at_hand
                .iter()
                .map(move |candidate| (leaf.clone(), (*candidate).clone()))
        })
        .filter(|(leaf, candidate)| leaf != candidate)
        .collect()
}

/// Whether we say that this certificate's CA issued the leaf.
fn issued(identified: &Identified, leaf: &str, candidate: &str) -> bool {
    let leaf = cases::certificate(leaf).sha256();
    let candidate: Certificate = parse::certificate(&cases::certificate(candidate));
    let standing = &identified.leaves[&leaf].standing;
    let name = candidate.subject.ok().map(|name| name.key);
    let key = candidate.public_key.ok().map(|key| key.fingerprint);
    standing.key().is_some() && standing.key() == key && standing.issuer == name
}

/// Whether OpenSSL accepts the leaf when it trusts this certificate alone, at any time.
fn openssl_verifies(leaf: &str, candidate: &str) -> bool {
    let output = Command::new("openssl")
        .args(["verify", "-partial_chain", "-no_check_time"])
        .args(["-no-CAfile", "-no-CApath", "-no-CAstore", "-trusted"])
        .arg(cases::certificate_path(candidate))
        .arg(cases::certificate_path(leaf))
        .output()
        .expect("openssl can be started");
    output.status.success()
}
