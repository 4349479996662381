//! Certificates that are not served yet: read from files, observed like endpoints.

use crate::candidates;
use crate::model::bytes::Der;
use crate::model::certificate::Certificate;
use crate::model::observation::{Attempt, Method, Observation, ObservationSchema, Outcome};
use crate::model::target::FileTarget;
use crate::model::timestamp::Timestamp;
use crate::x509::parse;
use crate::x509::signature::{self, Check};

/// Reads a certificate file. What cannot be read is a `local_error`.
pub(super) fn observe(file: &FileTarget, run: &str, at: Timestamp) -> Observation {
    let (outcome, detail, chain) = match candidates::read(&file.path) {
        Ok(certificates) => (Outcome::Captured, None, leaf_first(certificates)),
        Err(error) => (Outcome::LocalError, Some(error.to_string()), Vec::new()),
    };
    let path = file.path.display().to_string();
    Observation {
        schema: ObservationSchema::V1,
        run: run.to_owned(),
        at,
        roles: file.roles.clone(),
        group: file.group,
        pool: file.pool.clone(),
        required: true,
        one_of_host: false,
        names: Vec::new(),
        variant: None,
        count: 1,
        target: format!("file:{path}"),
        host: path,
        address: None,
        port: None,
        sni: None,
        outcome,
        detail: detail.clone(),
        elapsed_ms: 0,
        attempts: vec![Attempt {
            method: Method::File,
            outcome,
            detail,
            elapsed_ms: 0,
        }],
        tls: None,
        chain,
    }
}

/// A set of certificates has no order (PKCS #7): the leaf is the one that issued none of the others. Where that does not
/// settle it, the first stays first.
fn leaf_first(mut certificates: Vec<Der>) -> Vec<Der> {
    let parsed: Vec<Certificate> = certificates.iter().map(parse::certificate).collect();
    let issued_another = |issuer: &Certificate| {
        parsed
            .iter()
            .any(|other| other.sha256 != issuer.sha256 && has_issued(issuer, other))
    };
    let leaf = parsed
        .iter()
        .position(|certificate| !issued_another(certificate))
        .unwrap_or(0);
    certificates.swap(0, leaf);
    certificates
}

fn has_issued(issuer: &Certificate, other: &Certificate) -> bool {
    let (Ok(subject), Ok(key), Ok(name)) = (&issuer.subject, &issuer.public_key, &other.issuer)
    else {
        return false;
    };
    subject.key == name.key && signature::verify_issued(other, key) != Check::Fails
}
