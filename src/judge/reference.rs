//! What the leaves of a group are compared with.

use std::collections::BTreeSet;

use crate::judge::pair::{self, Pair, Relation};
use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::{Certificate, Name};
use crate::model::identified::{CaKey, Identified};
use crate::model::issuer::{Basis, Evidence, Standing};
use crate::model::report::Policy;
use crate::x509::name::rfc4514;
use crate::x509::parse;

/// What the user says that every leaf of a group must come from.
#[derive(Clone, Debug)]
pub enum Expected {
    /// From this CA.
    Ca(Box<ReferenceCa>),
    /// From any CA that the platform's trust store reaches.
    Public,
}

/// The CA that every leaf must come from: one name and one key.
#[derive(Clone, Debug)]
pub struct ReferenceCa {
    ca: CaKey,
    name: Name,
    standing: Standing,
    /// Its certificates, to be among the candidates.
    pub certificates: Vec<Der>,
    /// The validity and constraints that make it a questionable reference, in sentences.
    pub remarks: Vec<String>,
}

/// Why certificates name no reference CA.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is no certificate.
    #[error(
        "there is no certificate in it; give the certificate of the one CA that all must come from"
    )]
    Empty,
    /// A certificate lacks what identifies a CA.
    #[error("a certificate in it does not parse: {0}")]
    Unreadable(String),
    /// More than one CA.
    #[error("it holds the certificates of several CAs ({}); give exactly one, the issuing CA", .0.join("; "))]
    Several(Vec<String>),
}

/// Reads the reference CA out of its certificates: several are accepted when name and key are the same.
pub fn reference_ca(certificates: &[Der]) -> Result<ReferenceCa, ReferenceError> {
    let parsed: Vec<Certificate> = certificates.iter().map(parse::certificate).collect();
    let mut keys = BTreeSet::new();
    let mut names = BTreeSet::new();
    for certificate in &parsed {
        let unreadable = |error: &crate::model::certificate::FieldError| {
            ReferenceError::Unreadable(error.to_string())
        };
        let subject = certificate.subject.as_ref().map_err(unreadable)?;
        let key = certificate.public_key.as_ref().map_err(unreadable)?;
        keys.insert(CaKey {
            name: subject.key.clone(),
            key: key.fingerprint,
        });
        names.insert(rfc4514(subject));
    }
    if keys.len() > 1 {
        return Err(ReferenceError::Several(names.into_iter().collect()));
    }
    let (Some(ca), Some(Ok(name))) = (
        keys.pop_first(),
        parsed.first().map(|first| first.subject.clone()),
    ) else {
        return Err(ReferenceError::Empty);
    };
    let standing = Standing {
        issuer: Some(ca.name.clone()),
        basis: Basis::Proven(ca.key),
        failed: BTreeSet::new(),
        key_ids: parsed.iter().flat_map(Certificate::key_ids).collect(),
        issuer_serials: parsed
            .iter()
            .filter_map(Certificate::issuer_serial)
            .collect(),
    };
    let not_a_ca = parsed
        .iter()
        .all(|certificate| certificate.extensions().is_some_and(|known| !known.is_ca()));
    let remark = not_a_ca.then(|| {
        format!(
            "the reference certificate {} is not a CA's certificate",
            rfc4514(&name)
        )
    });
    let remarks = remark.into_iter().collect();
    Ok(ReferenceCa {
        ca,
        name,
        standing,
        certificates: certificates.to_vec(),
        remarks,
    })
}

impl ReferenceCa {
    /// Its name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Its name and key.
    pub fn ca(&self) -> &CaKey {
        &self.ca
    }
}

impl Expected {
    /// Compares a leaf with what is expected of it.
    pub(super) fn compare(
        &self,
        policy: &Policy,
        standing: &Standing,
        identified: &Identified,
    ) -> Pair {
        match self {
            Self::Ca(reference) => {
                pair::compare(policy.same, standing, &reference.standing, identified)
            }
            Self::Public => publicly_trusted(standing, identified),
        }
    }
}

fn publicly_trusted(standing: &Standing, identified: &Identified) -> Pair {
    let facts = standing.issuer.clone().zip(standing.key());
    let facts = facts.and_then(|(name, key)| identified.cas.get(&CaKey { name, key }));
    let roots = facts.map(|facts| &facts.ancestry.roots);
    let on_platform = |certificate: &Sha256| {
        identified
            .certificates
            .get(certificate)
            .is_some_and(|known| known.platform)
    };
    let is_platform_root = |root: &CaKey| {
        identified
            .cas
            .get(root)
            .is_some_and(|facts| facts.certificates.iter().any(on_platform))
    };
    let relation = match roots {
        Some(roots) if roots.iter().any(is_platform_root) => Relation::Agree,
        Some(roots) if !roots.is_empty() => Relation::Differ,
        _ if standing.evidence() == Evidence::SelfSigned => Relation::Differ,
        _ => Relation::Unknown,
    };
    Pair {
        relation,
        strength: standing.evidence(),
        across_generations: false,
    }
}
