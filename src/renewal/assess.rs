//! Observations and what counts as new → the answer.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use crate::judge::{self, Rules};
use crate::model::bytes::{Der, Sha256};
use crate::model::change::{Change, Class, State};
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::model::renewal::{Answer, RenewalReport, RenewalSchema, RenewalSummary, Since};
use crate::model::report::RunReport;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Verdict};
use crate::renewal::baseline::Baseline;
use crate::renewal::class::{self, Compared};
use crate::renewal::leaves::Leaves;
use crate::renewal::matching::{self, Matched, Seen};
use crate::renewal::row::row;
use crate::renewal::{pools, state, words};

/// What counts as a new certificate.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// One that the baseline does not show for the endpoint.
    Baseline(Baseline),
    /// One whose validity begins at this time or later.
    IssuedAfter(Timestamp),
    /// One of these certificates, by their SHA-1 or SHA-256 in lower-case hex.
    Expected(BTreeSet<String>),
}

impl Wanted {
    pub(super) fn baseline(&self) -> Option<&Baseline> {
        match self {
            Self::Baseline(baseline) => Some(baseline),
            Self::IssuedAfter(_) | Self::Expected(_) => None,
        }
    }

    fn since(&self, now: Timestamp) -> Since {
        match self {
            Self::Baseline(baseline) => Since::Baseline {
                runs: baseline.runs(),
                taken: baseline.taken().unwrap_or(now),
            },
            Self::IssuedAfter(at) => Since::IssuedAfter { at: *at },
            Self::Expected(thumbprints) => Since::Expected {
                thumbprints: thumbprints.clone(),
            },
        }
    }
}

/// How much of the baseline's estate was to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it: what is not there any more has vanished.
    Whole,
    /// The hosts that the user named; others are left out.
    Named,
}

/// What is asked of the observations.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// What counts as new.
    pub wanted: &'q Wanted,
    /// How CAs are compared, and what is known of the run.
    pub rules: &'q Rules,
    /// How much of the baseline's estate was to be asked.
    pub scope: Scope,
    /// Certificates of CAs from elsewhere.
    pub candidates: &'q [(Der, Source)],
}

/// Says whether the new certificate is served everywhere.
pub fn assess(question: Question<'_>, seen: &[Observation]) -> RenewalReport {
    let Question { wanted, rules, .. } = question;
    let old = wanted.baseline();
    let before = old.map_or(&[][..], |baseline| &baseline.observations);
    let candidates = question.candidates.iter().cloned();
    let leaves = Leaves::new(seen.iter().chain(before), old.into_iter(), candidates);
    let report = judge::judge(rules, seen, &leaves.identified);
    let (asked, left_out) = in_scope(question, matching::endpoints(before), seen);
    let case = Case {
        question,
        leaves: &leaves,
        known: before.iter().filter_map(leaf_of).collect(),
        judged: by_endpoint(&report),
    };
    let pairs = matching::pair(asked, matching::endpoints(seen));
    let endpoints: Vec<Change> = pairs.iter().filter_map(|pair| case.change(pair)).collect();
    let summary = summary(&endpoints, left_out);
    let answer = answer(&summary, &report, seen, rules);
    RenewalReport {
        schema: RenewalSchema::V1,
        run: rules.run.clone(),
        started: report.started,
        finished: rules.now,
        partial: rules.partial,
        since: wanted.since(rules.now),
        policy: rules.policy.clone(),
        answer,
        headline: words::headline(answer, &endpoints, &summary, &report),
        verdict: report.verdict,
        verdict_headline: report.headline.clone(),
        pools: pools::pools(&endpoints),
        findings: findings(report.findings, &endpoints),
        endpoints,
        summary,
    }
}

fn leaf_of(seen: &Observation) -> Option<Sha256> {
    seen.leaf().map(Der::sha256)
}

/// What of the baseline was to be asked, and the number of endpoints that were not.
fn in_scope<'o>(
    question: Question<'_>,
    before: Vec<Seen<'o>>,
    seen: &[Observation],
) -> (Vec<Seen<'o>>, u64) {
    let services = matching::services(seen);
    let addresses: BTreeSet<_> = seen.iter().map(|seen| (seen.address, seen.port)).collect();
    let is_asked = |old: &Seen<'_>| {
        let (main, port) = (old.main, old.main.port);
        if !question.rules.judged.contains(&main.group) || question.scope == Scope::Whole {
            return question.rules.judged.contains(&main.group);
        }
        services.contains(&(main.host.as_str(), port))
            || main.address.is_some() && addresses.contains(&(main.address, port))
    };
    let (asked, left_out): (Vec<_>, Vec<_>) = before.into_iter().partition(is_asked);
    (asked, left_out.len() as u64)
}

/// What the judgement of the new run says about an endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    /// Whether all of its leaves agree with the reference; absent when that is not known.
    pub(super) agrees: Option<bool>,
    /// Whether its group counts.
    pub(super) counts: bool,
    /// Why it does not agree.
    pub(super) reason: String,
    pub(super) findings: Vec<Finding>,
}

fn by_endpoint(report: &RunReport) -> HashMap<(String, Option<IpAddr>), Judged> {
    let mut judged: HashMap<_, Judged> = HashMap::new();
    for row in &report.endpoints {
        let counts = report
            .groups
            .iter()
            .any(|group| group.name == row.group && group.judged);
        let key = (row.target.clone(), row.address);
        let entry = judged.entry(key).or_insert_with(|| Judged {
            agrees: row.agrees,
            counts,
            reason: row.reason.clone(),
            findings: Vec::new(),
        });
        let worse = match (entry.agrees, row.agrees) {
            (Some(false), _) | (None, Some(true) | None) => false,
            (Some(true), other) => other != Some(true),
            (None, Some(false)) => true,
        };
        if worse {
            (entry.agrees, entry.reason) = (row.agrees, row.reason.clone());
        }
        for finding in &row.findings {
            if !entry.findings.contains(finding) {
                entry.findings.push(finding.clone());
            }
        }
    }
    judged
}

/// Everything that one endpoint's row is made from.
pub(super) struct Case<'c> {
    pub(super) question: Question<'c>,
    pub(super) leaves: &'c Leaves,
    /// The leaves of the baseline.
    known: HashSet<Sha256>,
    judged: HashMap<(String, Option<IpAddr>), Judged>,
}

impl Case<'_> {
    fn change(&self, pair: &Matched<'_>) -> Option<Change> {
        let compared = self.compared(pair);
        let mut change = row(pair, compared, self.leaves)?;
        let judged = pair
            .new
            .as_ref()
            .and_then(|new| self.judged.get(&matching::key(new.main)));
        let judged = judged.cloned().unwrap_or_default();
        state::settle(self, pair, &judged, &mut change);
        change.findings = judged.findings;
        Some(change)
    }

    fn compared(&self, pair: &Matched<'_>) -> Option<Compared> {
        let new = pair.new.as_ref().filter(|new| new.is_captured())?;
        if self.question.wanted.baseline().is_none() {
            return self.against_wish(new);
        }
        if let Some(old) = pair.old.as_ref().filter(|old| old.is_captured()) {
            return class::compare(&self.question.rules.policy, old, new, self.leaves);
        }
        // Not seen here before, but elsewhere: an old certificate all the same.
        let mut leaves = new.leaves.iter().map(|(_, leaf)| leaf);
        Some(match leaves.find(|leaf| self.known.contains(leaf)) {
            Some(leaf) => class::alone(Class::Unchanged, *leaf),
            None => class::alone(Class::New, new.leaves.first()?.1),
        })
    }

    /// The leaf that is not the one wished for, if there is one.
    fn against_wish(&self, new: &Seen<'_>) -> Option<Compared> {
        let each = new.leaves.iter().map(|(_, leaf)| {
            let wished = self.is_wished(leaf);
            let class = if wished {
                Class::Renewed
            } else {
                Class::Unchanged
            };
            class::alone(class, *leaf)
        });
        each.min_by_key(|compared| compared.class)
    }

    fn is_wished(&self, leaf: &Sha256) -> bool {
        let certificate = self.leaves.certificate(leaf);
        match self.question.wanted {
            Wanted::Baseline(_) => false,
            Wanted::IssuedAfter(at) => certificate
                .and_then(|certificate| certificate.not_before.as_ref().ok())
                .is_some_and(|start| start >= at),
            Wanted::Expected(thumbprints) => certificate.is_some_and(|certificate| {
                thumbprints.contains(&certificate.sha256.to_string())
                    || thumbprints.contains(&certificate.der.sha1().to_string())
            }),
        }
    }
}

/// The finding that a device may have answered for the servers, since one CA issued everything just now.
const INSPECTION: &str = "tls-inspection";

/// The findings about the run. After a renewal everything is fresh, and a device would not have the CA's key.
fn findings(mut findings: Vec<Finding>, endpoints: &[Change]) -> Vec<Finding> {
    let renewed = |change: &Change| change.class == Class::Renewed && change.same_ca == Some(true);
    if endpoints.iter().any(renewed) {
        findings.retain(|finding| finding.code != INSPECTION);
    }
    findings
}

fn summary(endpoints: &[Change], left_out: u64) -> RenewalSummary {
    let counted = || endpoints.iter().filter(|change| change.counted);
    let in_state = |state| {
        counted()
            .filter(|change| change.state == Some(state))
            .count() as u64
    };
    RenewalSummary {
        endpoints: counted().count() as u64,
        right: in_state(State::Right),
        wrong: in_state(State::Wrong),
        open: in_state(State::Open),
        left_out,
        classes: classes(endpoints),
    }
}

/// Rows by class.
pub(super) fn classes(endpoints: &[Change]) -> BTreeMap<Class, u64> {
    let mut classes = BTreeMap::new();
    for change in endpoints.iter().filter(|change| change.counted) {
        *classes.entry(change.class).or_default() += 1;
    }
    classes
}

fn answer(
    summary: &RenewalSummary,
    report: &RunReport,
    seen: &[Observation],
    rules: &Rules,
) -> Answer {
    if summary.wrong > 0 || report.verdict == Verdict::Different {
        return Answer::NotRenewed;
    }
    // One endpoint alone has nothing to be compared with but what it showed before.
    let leaves: HashSet<Sha256> = seen.iter().filter_map(leaf_of).collect();
    let alone = summary.endpoints == 1 && leaves.len() == 1 && !rules.require_possession;
    let told = report.verdict == Verdict::Same || alone;
    if summary.open > 0 || summary.endpoints == 0 || !told {
        Answer::Inconclusive
    } else {
        Answer::Renewed
    }
}
