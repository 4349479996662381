//! One CA that nothing here knows issued everything, and it did so just now or for one key: perhaps not the servers
//! answered, but a device on the way that inspects TLS.

use std::collections::BTreeSet;

use crate::judge::brief::Brief;
use crate::judge::{Case, cas};
use crate::model::certificate::{AltName, Certificate, KeyFingerprint, NameKey};
use crate::model::issuer::Basis;
use crate::model::verdict::{Finding, Severity};
use crate::x509::parse;

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let served: Vec<&Brief> = case.rows.iter().filter(|row| is_served(row)).collect();
    let issuer = one_issuer(case, &served)?;
    if is_known(case, issuer) || served.iter().any(|row| is_vouched_for(case, row)) {
        return None;
    }
    let are_fresh = served.iter().all(|row| row.is_fresh);
    let mut leaves = BTreeSet::new();
    let mut keys = Keys::default();
    keys.add_unlisted(case);
    for row in &served {
        // The certificates themselves are read again one by one, mostly no more than two.
        if leaves.insert(row.leaf?) && keys.may_be_one() {
            let seen = case.observations.read(row.source as usize).ok()?;
            keys.add(&parse::certificate(seen.leaf()?));
        }
        if !are_fresh && !keys.may_be_one() {
            return None;
        }
    }
    let count = case.briefs.count_leaves(leaves);
    let signs = signs(count, are_fresh, keys.may_be_one())?;
    let name = case
        .short
        .quoted(&case.names.issuer_of(served.first()?.leaf?));
    let message = format!(
        "every server shows a certificate of {name}, a CA that no --ca-file, reference or trust store here knows, and {signs}: \
         a device that inspects TLS may be answering in their place; check from a machine beside the servers, or give the CA's certificate with --ca-file"
    );
    Some(Finding::new("tls-inspection", Severity::Warning, message))
}

fn is_served(row: &Brief) -> bool {
    row.leaf.is_some() && !row.is_file()
}

/// The issuer's name that all of the rows have, none of them for itself.
fn one_issuer<'c>(case: &'c Case<'_>, rows: &[&Brief]) -> Option<&'c NameKey> {
    let issuer = |row: &&Brief| {
        let standing = &row.known(case.identified)?.standing;
        let is_issued = !matches!(standing.basis, Basis::SelfSigned(_));
        standing.issuer.as_ref().filter(|_| is_issued)
    };
    let first = rows.first().and_then(issuer)?;
    let all = rows.iter().all(|row| issuer(row) == Some(first));
    all.then_some(first)
}

/// Whether the user or the platform has a certificate of that name.
fn is_known(case: &Case<'_>, issuer: &NameKey) -> bool {
    let mut known = case.identified.certificates.values();
    known.any(|known| {
        let subject = known.certificate.subject.as_ref();
        (known.given || known.platform) && subject.is_ok_and(|subject| subject.key == *issuer)
    })
}

/// Whether a CA above the row's leaf is the user's or the platform's.
fn is_vouched_for(case: &Case<'_>, row: &Brief) -> bool {
    let ca = row
        .known(case.identified)
        .and_then(|known| cas::ca_key(&known.standing));
    let Some(facts) = ca.and_then(|ca| case.identified.cas.get(&ca)) else {
        return false;
    };
    let above = facts.ancestry.roots.iter();
    let above = above.filter_map(|root| case.identified.cas.get(root));
    let mut above = above.flat_map(|facts| &facts.certificates);
    above.any(|certificate| {
        let known = case.identified.certificates.get(certificate);
        known.is_some_and(|known| known.given || known.platform)
    })
}

/// The keys of leaves for different names.
#[derive(Default)]
struct Keys {
    keys: BTreeSet<KeyFingerprint>,
    /// The names of every leaf, and whether two leaves share one or one has none.
    names: BTreeSet<Box<str>>,
    share_a_name: bool,
    is_any_keyless: bool,
    /// Whether it is known without a look at each that there are several keys.
    are_several: bool,
}

impl Keys {
    /// Takes in the leaves that no row shows, as far as something is known of them: their names are taken for different.
    fn add_unlisted(&mut self, case: &Case<'_>) {
        let key = case.briefs.unlisted_key();
        self.keys.extend(key);
        self.are_several = key.is_none() && case.briefs.has_unlisted_leaves();
    }

    /// Takes in a leaf that is none of those before.
    fn add(&mut self, leaf: &Certificate) {
        match &leaf.public_key {
            Ok(key) => drop(self.keys.insert(key.fingerprint)),
            Err(_) => self.is_any_keyless = true,
        }
        let own: BTreeSet<Box<str>> = names(leaf).collect();
        self.share_a_name |= own.is_empty() || !own.is_disjoint(&self.names);
        self.names.extend(own);
    }

    /// Whether all of them have one key, as far as was looked.
    fn may_be_one(&self) -> bool {
        let is_one = self.keys.len() < 2 && !self.are_several;
        is_one && !self.is_any_keyless && !self.share_a_name
    }
}

/// What they all show, in words. One certificate alone, however many servers share it, shows nothing.
fn signs(count: u64, are_fresh: bool, have_one_key: bool) -> Option<String> {
    match (are_fresh, have_one_key) {
        _ if count < 2 => None,
        (true, true) => Some(format!(
            "all {count} were made within half a day and have one key"
        )),
        (true, false) => Some(format!("all {count} were made within half a day")),
        (false, true) => Some(format!("all {count}, for different names, have one key")),
        (false, false) => None,
    }
}

fn names(leaf: &Certificate) -> impl Iterator<Item = Box<str>> {
    let names = leaf
        .extensions()
        .into_iter()
        .flat_map(|known| &known.subject_alt_names);
    names.filter_map(|name| match name {
        AltName::Dns(name) => Some(name.to_ascii_lowercase().into()),
        AltName::Address(address) => Some(address.to_string().into()),
        AltName::Other(_) => None,
    })
}
