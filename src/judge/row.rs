//! One row of the report: an endpoint, its leaf in words, and the proof of who issued it.

use std::sync::Arc;

use crate::judge::{Case, Row, cas, findings, reason};
use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::{Certificate, Extensions, Field, KeyId, Name};
use crate::model::identified::RecoveredKey;
use crate::model::issuer::{Evidence, Identification};
use crate::model::observation::Observation;
use crate::model::report::{EndpointReport, Leaf, Link, Proof, Stapled};
use crate::model::timestamp::Timestamp;
use crate::x509::name::rfc4514;
use crate::x509::ocsp;
use crate::x509::parse;
use crate::x509::signature::algorithm_name;

/// The row of one observation.
pub(super) fn report(case: &Case<'_>, row: &Row<'_>) -> EndpointReport {
    let observation = row.observation;
    let agrees = row
        .leaf
        .and_then(|leaf| case.groups.get(&observation.group)?.agrees.get(leaf)?);
    EndpointReport {
        target: observation.target.clone(),
        roles: observation.roles.clone(),
        group: observation.group,
        pool: observation.pool.clone(),
        required: observation.required,
        names: observation.names.clone(),
        host: observation.host.clone(),
        address: observation.address,
        port: observation.port,
        variant: observation.variant,
        count: observation.count,
        outcome: observation.outcome,
        detail: observation.detail.clone(),
        ca: row
            .leaf
            .and_then(|leaf| case.cas.of(leaf))
            .map(|ca| ca.id.clone()),
        evidence: row.identification.map(|known| known.standing.evidence()),
        agrees,
        reason: reason::reason(case, row, agrees),
        leaf: row
            .certificate
            .as_ref()
            .map(|leaf| Arc::new(describe(leaf))),
        tls: observation.tls.clone(),
        attempts: observation.attempts.clone(),
        proof: row
            .identification
            .map(|known| Arc::new(proof(case, row, known))),
        trust: case.trust(&observation.chain),
        ocsp: stapled(row),
        findings: findings::of_row(case, row),
        chain: observation.chain.iter().map(Der::sha256).collect(),
    }
}

/// When the leaf of an observation ends and whose it is, if that is not after `soon`.
pub(super) fn ending(observation: &Observation, soon: i64) -> Option<(Timestamp, String)> {
    let (end, subject) = parse::end_and_subject(observation.leaf()?);
    let end = end.filter(|end| end.unix() <= soon)?;
    Some((end, subject.as_ref().map(rfc4514).unwrap_or_default()))
}

/// What the stapled OCSP response says of the leaf.
pub(super) fn stapled(row: &Row<'_>) -> Option<Stapled> {
    let response = row.observation.tls.as_ref()?.ocsp_response.as_ref()?;
    Some(ocsp::status(response, row.certificate.as_ref()?))
}

/// A certificate in words.
pub(super) fn describe(certificate: &Certificate) -> Leaf {
    let mut errors = Vec::new();
    let name =
        |field: &Field<Name>, errors: &mut Vec<String>| note(field.as_ref().map(rfc4514), errors);
    let subject = name(&certificate.subject, &mut errors);
    let issuer = name(&certificate.issuer, &mut errors);
    note(certificate.serial.as_ref(), &mut errors);
    let not_before = note(certificate.not_before.as_ref().copied(), &mut errors);
    let not_after = note(certificate.not_after.as_ref().copied(), &mut errors);
    let key = note(
        certificate
            .public_key
            .as_ref()
            .map(|key| key.kind.to_string()),
        &mut errors,
    );
    let signature = note(
        certificate.signature_algorithm.as_ref().map(algorithm_name),
        &mut errors,
    );
    let extensions = note(certificate.extensions.as_ref(), &mut errors);
    let broken = extensions
        .into_iter()
        .flat_map(|extensions| &extensions.broken);
    errors.extend(broken.map(|(oid, reason)| format!("extension {oid}: {reason}")));
    let san = extensions
        .into_iter()
        .flat_map(|extensions| &extensions.subject_alt_names);
    Leaf {
        subject,
        san: san.map(ToString::to_string).collect(),
        issuer,
        serial: certificate.serial_hex(),
        not_before,
        not_after,
        sha256: certificate.sha256,
        sha1: certificate.der.sha1(),
        key,
        signature,
        version: certificate.version.as_ref().ok().copied(),
        subject_key_id: certificate.subject_key_id().map(ToString::to_string),
        authority_key_id: claimed_key_id(certificate).map(ToString::to_string),
        ca: extensions.map(Extensions::is_ca),
        extended_key_usage: extensions.and_then(purposes),
        crl_distribution_points: extensions
            .map(|extensions| extensions.has_crl_distribution_points),
        errors,
    }
}

fn purposes(extensions: &Extensions) -> Option<Vec<String>> {
    let purposes = extensions.extended_key_usage.as_ref()?;
    Some(purposes.iter().map(ToString::to_string).collect())
}

/// The key identifier that a certificate claims for its issuer.
fn claimed_key_id(certificate: &Certificate) -> Option<&KeyId> {
    certificate
        .extensions()?
        .authority_key_id
        .as_ref()?
        .key_id
        .as_ref()
}

fn note<T>(
    field: Result<T, &crate::model::certificate::FieldError>,
    errors: &mut Vec<String>,
) -> Option<T> {
    field.map_err(|error| errors.push(error.to_string())).ok()
}

/// How the issuer of a leaf was found.
fn proof(case: &Case<'_>, row: &Row<'_>, known: &Identification) -> Proof {
    let ancestry = cas::ca_key(&known.standing)
        .and_then(|ca| case.identified.cas.get(&ca))
        .map(|facts| &facts.ancestry);
    let itself = row.certificate.as_ref().map(|leaf| leaf.sha256);
    let (path, complete): (&[Sha256], bool) = match (known.standing.evidence(), ancestry) {
        (Evidence::SelfSigned, _) => (itself.as_slice(), true),
        (_, Some(ancestry)) => (&ancestry.path, ancestry.complete),
        (_, None) => (&[], false),
    };
    let claim = row.certificate.as_ref().and_then(claimed_key_id);
    let exhausted = ancestry.is_some_and(|ancestry| ancestry.exhausted);
    let excuse = exhausted.then(|| "the search for roots was ended by its budget".to_owned());
    let recovered = cas::ca_key(&known.standing)
        .and_then(|ca| case.identified.cas.get(&ca)?.recovered.as_ref())
        .map(computed);
    Proof {
        path: path
            .iter()
            .filter_map(|certificate| link(case, certificate))
            .collect(),
        complete,
        trials: known.trials.clone(),
        key_id: claim.map(ToString::to_string),
        note: known.obstacle.clone().or(recovered).or(excuse),
    }
}

/// How a key was computed, in a sentence.
fn computed(key: &RecoveredKey) -> String {
    let confirmed = if key.confirmed {
        ", and the key identifier that they name is this key's"
    } else {
        ""
    };
    format!(
        "no certificate of the CA is at hand; its key (SHA-256 {}) was computed from the signatures of {} certificates, which all verify under it{confirmed}",
        key.spki_sha256, key.leaves
    )
}

fn link(case: &Case<'_>, fingerprint: &Sha256) -> Option<Link> {
    let known = case.identified.certificates.get(fingerprint)?;
    let subject = known
        .certificate
        .subject
        .as_ref()
        .map(rfc4514)
        .unwrap_or_default();
    let key_id = known.certificate.subject_key_id().map(ToString::to_string);
    Some(Link {
        certificate: *fingerprint,
        subject,
        key_id,
        found: known.found.clone(),
    })
}
