//! L2: identified leaves and a policy → the verdict, a reason for each endpoint, and findings.
//!
//! Pure: no input or output, no clock (`now` is given). It knows no sockets and no output format.

mod advice;
mod cas;
mod findings;
mod group;
mod naming;
mod pair;
mod reason;
mod reference;
mod relate;
mod row;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::bytes::{Der, Sha256};
use crate::model::identified::Identified;
use crate::model::issuer::{Evidence, Identification};
use crate::model::observation::{Method, Observation};
use crate::model::report::{
    EndpointReport, GroupReport, Leaf, Policy, Reference, ReportSchema, RunReport, Summary,
};
use crate::model::target::Group;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Verdict;
use cas::Cas;
use group::Judgement;
use naming::{Names, ShortNames};
pub use reference::{Expected, ReferenceCa, ReferenceError, reference_ca};

/// The rules of a judgement, and what is known of the run.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What counts as the same CA, and on what evidence.
    pub policy: Policy,
    /// The groups that count for the verdict.
    pub judged: BTreeSet<Group>,
    /// Whether possession must be proven.
    pub require_possession: bool,
    /// What a group must come from; absent for groups that are only compared with themselves.
    pub expected: BTreeMap<Group, Expected>,
    /// How many days before its end a certificate is reported as expiring soon.
    pub expires_within_days: i64,
    /// The run that the report is named after.
    pub run: String,
    /// When the verdict is given.
    pub now: Timestamp,
    /// Whether the run was interrupted.
    pub partial: bool,
}

/// One observation with what is known of its leaf.
pub(crate) struct Row<'a> {
    number: usize,
    observation: &'a Observation,
    leaf: Option<Sha256>,
    identification: Option<&'a Identification>,
}

impl<'a> Row<'a> {
    fn new(number: usize, observation: &'a Observation, identified: &'a Identified) -> Self {
        let leaf = observation.leaf().map(Der::sha256);
        let identification = leaf
            .and_then(|leaf| identified.leaves.get(&leaf))
            .map(AsRef::as_ref);
        Self {
            number,
            observation,
            leaf,
            identification,
        }
    }

    fn is_unreadable(&self) -> bool {
        self.identification
            .is_some_and(|known| known.standing.evidence() == Evidence::None)
    }

    fn is_file(&self) -> bool {
        self.observation
            .attempts
            .iter()
            .any(|attempt| attempt.method == Method::File)
    }
}

/// Gives the verdict over the observations of one run.
pub fn judge<'a>(
    rules: &Rules,
    observations: impl IntoIterator<Item = &'a Observation>,
    identified: &'a Identified,
) -> RunReport {
    let mut observations: Vec<&Observation> = observations.into_iter().collect();
    observations.sort_by(|one, other| row::order(one).cmp(&row::order(other)));
    let rows: Vec<Row<'_>> = observations
        .into_iter()
        .enumerate()
        .map(|(number, seen)| Row::new(number, seen, identified))
        .collect();
    Case::new(rules, &rows, identified).report()
}

/// Every certificate presented, in words.
pub fn details<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
    identified: &Identified,
) -> BTreeMap<Sha256, Leaf> {
    let presented = observations
        .into_iter()
        .flat_map(|seen| &seen.chain)
        .map(Der::sha256);
    presented
        .filter_map(|der| Some((der, row::describe(identified.certificate(&der)?))))
        .collect()
}

/// Everything that sentences and findings may look at.
pub(crate) struct Case<'a> {
    rules: &'a Rules,
    rows: &'a [Row<'a>],
    identified: &'a Identified,
    names: Names<'a>,
    short: ShortNames,
    cas: Cas,
    groups: BTreeMap<Group, Judgement>,
}

impl<'a> Case<'a> {
    fn new(rules: &'a Rules, rows: &'a [Row<'a>], identified: &'a Identified) -> Self {
        let names = Names::new(identified);
        let mut shown: BTreeMap<Sha256, u64> = BTreeMap::new();
        rows.iter()
            .filter_map(|row| row.leaf)
            .for_each(|leaf| *shown.entry(leaf).or_default() += 1);
        let cas = Cas::connect(&shown, &rules.policy, identified, &names);
        let expected_names = rules
            .expected
            .values()
            .filter_map(|expected| match expected {
                Expected::Ca(reference) => Some(reference.name()),
                Expected::Public => None,
            });
        let short = ShortNames::new(
            shown
                .keys()
                .filter_map(|leaf| names.issuer(leaf))
                .chain(expected_names),
        );
        let mut by_group: BTreeMap<Group, Vec<&Row<'_>>> = BTreeMap::new();
        rows.iter()
            .for_each(|row| by_group.entry(row.observation.group).or_default().push(row));
        let groups = by_group.into_iter().map(|(group, rows)| {
            (
                group,
                group::judge(rules, rules.expected.get(&group), &rows, identified),
            )
        });
        let groups = groups.collect();
        Self {
            rules,
            rows,
            identified,
            names,
            short,
            cas,
            groups,
        }
    }

    /// The judgements that count.
    fn judged(&self) -> impl Iterator<Item = (Group, &Judgement)> {
        let counts = |(group, _): &(&Group, &Judgement)| self.rules.judged.contains(group);
        self.groups
            .iter()
            .filter(counts)
            .map(|(group, judgement)| (*group, judgement))
    }

    fn verdict(&self) -> Verdict {
        let verdicts = self.judged().map(|(_, judgement)| judgement.verdict);
        verdicts
            .reduce(Verdict::worse)
            .unwrap_or(Verdict::Inconclusive)
    }

    /// The strongest evidence behind *different*, the weakest behind *same*.
    fn evidence(&self, verdict: Verdict) -> Option<Evidence> {
        let of_verdict = self
            .judged()
            .filter(|(_, judgement)| judgement.verdict == verdict);
        let evidence = of_verdict.filter_map(|(_, judgement)| judgement.evidence);
        match verdict {
            Verdict::Same => evidence.reduce(Evidence::weaker),
            Verdict::Different => evidence.max_by_key(|evidence| evidence.strength()),
            Verdict::Inconclusive => None,
        }
    }

    fn reference(&self, group: Group, judgement: &Judgement) -> Option<Reference> {
        let from = judgement.origin?;
        if let Some(Expected::Ca(expected)) = self.rules.expected.get(&group) {
            let user = self.rows.iter().find(|row| {
                row.identification.is_some_and(|known| {
                    cas::ca_key(&known.standing).as_ref() == Some(expected.ca())
                })
            });
            let ca = user
                .and_then(|row| self.cas.of(&row.leaf?))
                .map(|ca| ca.id.clone());
            return Some(Reference {
                ca,
                name: Some(crate::x509::name::rfc4514(expected.name())),
                from,
            });
        }
        let cas = judgement
            .reference_leaves
            .iter()
            .filter_map(|leaf| self.cas.of(leaf));
        let ca = cas.max_by_key(|ca| ca.endpoints);
        Some(Reference {
            ca: ca.map(|ca| ca.id.clone()),
            name: ca.map(|ca| ca.name.clone()),
            from,
        })
    }

    fn report(&self) -> RunReport {
        let verdict = self.verdict();
        let endpoints: Vec<EndpointReport> =
            self.rows.iter().map(|row| row::report(self, row)).collect();
        let groups = self
            .groups
            .iter()
            .map(|(group, judgement)| self.group_report(*group, judgement))
            .collect();
        let captured = self.rows.iter().filter(|row| row.leaf.is_some()).count() as u64;
        let leaves: BTreeSet<_> = self.rows.iter().filter_map(|row| row.leaf).collect();
        let summary = Summary {
            endpoints: endpoints.len() as u64,
            captured,
            failed: endpoints.len() as u64 - captured,
            cas: self.cas.list.len() as u64,
            leaves: leaves.len() as u64,
        };
        let started = self
            .rows
            .iter()
            .map(|row| row.observation.at)
            .min()
            .unwrap_or(self.rules.now);
        RunReport {
            schema: ReportSchema::V1,
            run: self.rules.run.clone(),
            started,
            finished: self.rules.now,
            partial: self.rules.partial,
            verdict,
            evidence: self.evidence(verdict),
            policy: self.rules.policy.clone(),
            reference: self
                .judged()
                .find_map(|(group, judgement)| self.reference(group, judgement)),
            headline: words::headline(self, verdict),
            advice: advice::advice(self, verdict),
            cas: self.cas.list.clone(),
            findings: findings::of_run(self),
            certificates: self.certificates(&endpoints),
            endpoints,
            groups,
            summary,
            details: BTreeMap::new(),
        }
    }

    fn group_report(&self, group: Group, judgement: &Judgement) -> GroupReport {
        GroupReport {
            name: group,
            judged: self.rules.judged.contains(&group),
            verdict: judgement.verdict,
            evidence: judgement.evidence,
            reference: self
                .reference(group, judgement)
                .and_then(|reference| reference.ca),
            reasons: judgement
                .obstacles
                .iter()
                .map(|obstacle| words::obstacle(self, group, obstacle))
                .collect(),
        }
    }

    /// Every certificate that the rows show, and every one that a proof names.
    fn certificates(&self, endpoints: &[EndpointReport]) -> BTreeMap<Sha256, Der> {
        let presented = self
            .rows
            .iter()
            .flat_map(|row| &row.observation.chain)
            .map(|der| (der.sha256(), der.clone()));
        let mut certificates: BTreeMap<Sha256, Der> = presented.collect();
        for proof in endpoints
            .iter()
            .filter_map(|endpoint| endpoint.proof.as_ref())
        {
            let named = proof.path.iter().map(|link| link.certificate);
            for certificate in named.chain(proof.trials.iter().map(|trial| trial.certificate)) {
                if let Some(known) = self.identified.certificate(&certificate) {
                    certificates
                        .entry(certificate)
                        .or_insert_with(|| known.der.clone());
                }
            }
        }
        certificates
    }
}
