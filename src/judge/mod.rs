//! L2: identified leaves and a policy → the verdict, a reason for each endpoint, and findings.
//!
//! Pure: no input or output, no clock (`now` is given). It knows no sockets and no output format.

mod advice;
mod alike;
mod brief;
mod cas;
mod certificates;
mod compare;
mod findings;
mod group;
mod naming;
mod pair;
mod reason;
mod reference;
mod relate;
mod row;
mod targets;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::Certificate;
use crate::model::identified::{Identified, LeafNumber};
use crate::model::issuer::{Evidence, Identification};
use crate::model::observation::{Observation, Observations};
use crate::model::report::{
    EndpointReport, Glance, GroupReport, Leaf, Policy, Reference, Report, ReportSchema, RunReport,
    Summary, Trust,
};
use crate::model::target::Group;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Verdict;
use crate::x509::parse;
pub use alike::{Alike, Issued};
use brief::Brief;
pub use brief::{Briefs, Rows, Unlisted};
use cas::Cas;
use certificates::Places;
pub use compare::{Comparison, SameCa, compare, in_words};
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

impl Rules {
    /// The rules of a check without options: the same issuing CA for the internal servers.
    pub fn new(run: &str, now: Timestamp) -> Self {
        Self {
            policy: Policy::default(),
            judged: BTreeSet::from([Group::Internal]),
            require_possession: false,
            expected: BTreeMap::new(),
            expires_within_days: 30,
            run: run.to_owned(),
            now,
            partial: false,
        }
    }
}

/// One observation in full, with what is known of its leaf.
pub(crate) struct Row<'a> {
    observation: &'a Observation,
    leaf: Option<LeafNumber>,
    identification: Option<&'a Identification>,
    certificate: Option<Certificate>,
}

impl Row<'_> {
    fn is_file(&self) -> bool {
        brief::is_file(self.observation)
    }
}

/// Gives the verdict over the observations of one run.
pub fn judge<'a>(
    rules: &Rules,
    observations: impl IntoIterator<Item = &'a Observation>,
    identified: &Identified,
) -> RunReport {
    let observations: Vec<&Observation> = observations.into_iter().collect();
    let mut briefs = Briefs::default();
    observations.iter().for_each(|seen| briefs.add(seen));
    let leaf = |number: usize| {
        let leaf = observations[number].leaf()?.sha256();
        identified.leaves.number(&leaf)
    };
    let rows = briefs.judged(|_| true, leaf).in_order(&observations);
    let rows = rows.expect("what is in memory can be read");
    let case = Case::new(rules, &rows, &observations, identified);
    case.complete().expect("what is in memory can be read")
}

/// Every certificate presented, in words.
pub fn details<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
) -> BTreeMap<Sha256, Leaf> {
    let presented = observations.into_iter().flat_map(|seen| &seen.chain);
    presented
        .map(|der| (der.sha256(), row::describe(&parse::certificate(der))))
        .collect()
}

/// Assesses whether a client would trust a chain.
type Assess<'a> = &'a dyn Fn(&[Der]) -> Trust;

/// Everything that sentences and findings may look at: a report whose rows are made when they are asked for.
pub struct Case<'a> {
    rules: &'a Rules,
    rows: &'a [Brief],
    briefs: &'a Briefs,
    observations: &'a dyn Observations,
    identified: &'a Identified,
    trust: Option<Assess<'a>>,
    names: Names<'a>,
    short: ShortNames,
    cas: Cas,
    groups: BTreeMap<Group, Judgement>,
    head: OnceCell<RunReport>,
    places: OnceCell<Places>,
}

impl<'a> Case<'a> {
    /// Gives the verdict over the observations of one run. `rows` are these observations in brief.
    pub fn new(
        rules: &'a Rules,
        rows: &'a Rows,
        observations: &'a dyn Observations,
        identified: &'a Identified,
    ) -> Self {
        let briefs = &rows.0;
        let names = Names::new(identified);
        let cas = Cas::connect(briefs, &rules.policy, identified, &names);
        let expected_names = rules
            .expected
            .values()
            .filter_map(|expected| match expected {
                Expected::Ca(reference) => Some(reference.name()),
                Expected::Public => None,
            });
        let issuers = identified.leaves.identifications();
        let issuers = issuers.filter_map(|known| known.issuer.as_ref());
        let short = ShortNames::new(issuers.chain(expected_names));
        // Rows are in the order of groups.
        let mut before = 0;
        let mut groups = BTreeMap::new();
        for rows in briefs.rows.chunk_by(|one, next| one.group == next.group) {
            let group = rows[0].group;
            let (expected, of_group) = (rules.expected.get(&group), group::Rows { before, rows });
            groups.insert(group, group::judge(rules, expected, of_group, identified));
            before += rows.len();
        }
        Self {
            rules,
            rows: &briefs.rows,
            briefs,
            observations,
            identified,
            trust: None,
            names,
            short,
            cas,
            groups,
            head: OnceCell::new(),
            places: OnceCell::new(),
        }
    }

    /// Also says of each row whether a client would trust its chain.
    pub fn with_trust(self, assess: Assess<'a>) -> Self {
        Self {
            trust: Some(assess),
            ..self
        }
    }

    fn trust(&self, chain: &[Der]) -> Option<Trust> {
        let assess = self.trust.filter(|_| !chain.is_empty())?;
        Some(assess(chain))
    }

    fn places(&self) -> &Places {
        self.places
            .get_or_init(|| Places::new(self.briefs, self.identified))
    }

    /// The fingerprints of what a server sends behind its leaf.
    fn sent(&self, row: &Brief) -> &[Sha256] {
        self.briefs.sent(row)
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
                row.known(self.identified).is_some_and(|known| {
                    cas::ca_key(&known.standing).as_ref() == Some(expected.ca())
                })
            });
            let ca = user
                .and_then(|row| self.cas.of(row.leaf?))
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
            .filter_map(|leaf| self.cas.of(*leaf));
        let ca = cas.max_by_key(|ca| ca.endpoints);
        Some(Reference {
            ca: ca.map(|ca| ca.id.clone()),
            name: ca.map(|ca| ca.name.clone()),
            from,
        })
    }

    /// The report but for its rows and certificates.
    fn summed_up(&self) -> RunReport {
        let verdict = self.verdict();
        let groups = self
            .groups
            .iter()
            .map(|(group, judgement)| self.group_report(*group, judgement))
            .collect();
        let endpoints = brief::count(self.rows);
        let captured = brief::count(self.rows.iter().filter(|row| row.leaf.is_some()));
        let summary = Summary {
            endpoints,
            captured,
            failed: endpoints - captured,
            cas: self.cas.list.len() as u64,
            leaves: self.briefs.count_leaves(self.identified.leaves.numbers()),
        };
        let started = self.briefs.started.unwrap_or(self.rules.now);
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
            certificates: BTreeMap::new(),
            endpoints: Vec::new(),
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
}

impl Report for Case<'_> {
    fn head(&self) -> &RunReport {
        self.head.get_or_init(|| self.summed_up())
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, number: usize) -> io::Result<Cow<'_, EndpointReport>> {
        let brief = self.rows.get(number);
        let brief = brief.ok_or_else(|| io::Error::other("there is no row of this number"))?;
        let observation = self.observations.read(brief.source as usize)?;
        let row = Row {
            observation: &observation,
            leaf: brief.leaf,
            identification: brief.known(self.identified),
            certificate: observation.leaf().map(parse::certificate),
        };
        Ok(Cow::Owned(row::report(self, &row)))
    }

    fn glances(&self, soon: i64, see: &mut dyn FnMut(usize, Glance)) -> io::Result<()> {
        for (number, row) in self.rows.iter().enumerate() {
            let ending = || {
                let observation = self.observations.read(row.source as usize)?;
                Ok(row::ending(&observation, soon))
            };
            see(number, row.glance(soon, ending)?);
        }
        Ok(())
    }

    fn digests(&self) -> Vec<Sha256> {
        self.places().digests(self.identified)
    }

    fn certificate(&self, digest: &Sha256) -> io::Result<Option<Der>> {
        if let Some(known) = self.identified.certificate(digest) {
            return Ok(Some(known.der.clone()));
        }
        let Some(row) = self.places().row(digest, self.identified) else {
            return Ok(None);
        };
        let observation = self.observations.read(self.rows[row].source as usize)?;
        let mut chain = observation.chain.iter();
        Ok(chain.find(|der| der.sha256() == *digest).cloned())
    }
}
