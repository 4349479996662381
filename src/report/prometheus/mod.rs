//! The report as metrics, for a textfile collector or to be scraped (OpenMetrics text, `docs/watch.md`).

mod gauges;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::observation::Outcome;
use crate::model::report::{Ca, EndpointReport, Report, RunReport};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Severity, Verdict};
pub use gauges::{Gauges, Labels, Value};

/// Digits of a key's digest that a label has.
const DIGITS: usize = 16;

/// Every verdict, each a sample.
const VERDICTS: [Verdict; 3] = [Verdict::Same, Verdict::Inconclusive, Verdict::Different];

/// Writes the metrics.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    gauges(report)?.write(out)
}

/// The metrics, to which more may be added.
///
/// # Errors
///
/// A row of the report cannot be read.
pub fn gauges(report: &dyn Report) -> io::Result<Gauges> {
    let mut rows = Rows::default();
    for row in report.rows() {
        rows.see(&*row?);
    }
    let head = report.head();
    rows.findings(&head.findings);
    let mut gauges = Gauges::default();
    verdicts(head, &mut gauges);
    endpoints(&rows.endpoints, &mut gauges);
    cas(head, &mut gauges);
    gauges.add(
        "findings",
        "Findings by code and severity; none of a code: no sample",
        rows.findings
            .iter()
            .map(|((code, severity), count)| (finding(code, *severity), Value::from(*count))),
    );
    run(head, &mut gauges);
    Ok(gauges)
}

fn verdicts(head: &RunReport, gauges: &mut Gauges) {
    let one = |labels: &Labels, verdict: Verdict| {
        let labels = labels.clone();
        VERDICTS.map(|word| {
            let labels = labels.clone().with("verdict", word.word());
            (labels, Value::from(word == verdict))
        })
    };
    gauges.add(
        "verdict",
        "Whether this is the verdict",
        one(&Labels::new(), head.verdict),
    );
    let judged = head.groups.iter().filter(|group| group.judged);
    gauges.add(
        "group_verdict",
        "Whether this is the verdict of a judged group",
        judged.flat_map(|group| {
            one(
                &Labels::new().with("group", group.name.word()),
                group.verdict,
            )
        }),
    );
}

/// What the rows say, by endpoint and by finding.
#[derive(Default)]
struct Rows {
    endpoints: BTreeMap<Labels, Endpoint>,
    findings: BTreeMap<(String, Severity), u64>,
}

/// What an endpoint showed, over all its rows.
struct Endpoint {
    /// Absent where it was not asked.
    captured: Option<bool>,
    /// Absent where a row does not tell.
    agrees: Option<bool>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Rows {
    fn see(&mut self, row: &EndpointReport) {
        let seen = Endpoint::of(row);
        let labels = labels(row);
        match self.endpoints.remove(&labels) {
            Some(known) => self.endpoints.insert(labels, known.and(seen)),
            None => self.endpoints.insert(labels, seen),
        };
        self.findings(&row.findings);
    }

    fn findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            let key = (finding.code.clone(), finding.severity);
            *self.findings.entry(key).or_default() += 1;
        }
    }
}

impl Endpoint {
    fn of(row: &EndpointReport) -> Self {
        let asked = row.outcome != Outcome::NotAttempted;
        let leaf = row.leaf.as_deref();
        Self {
            captured: asked.then_some(row.outcome == Outcome::Captured),
            agrees: row.agrees,
            from: leaf.and_then(|leaf| leaf.not_before),
            until: leaf.and_then(|leaf| leaf.not_after),
        }
    }

    /// One that shows several certificates agrees when all of them do, and ends with the first of them.
    fn and(self, other: Self) -> Self {
        Self {
            captured: self.captured.max(other.captured),
            agrees: match (self.agrees, other.agrees) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (one, other) => one.and(other),
            },
            from: self.from.max(other.from),
            until: match (self.until, other.until) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }
}

fn labels(row: &EndpointReport) -> Labels {
    let text = |value: Option<String>| value.unwrap_or_default();
    let roles: Vec<&str> = row.roles.iter().map(|role| role.word()).collect();
    Labels::new()
        .with("target", &row.target)
        .with("address", &text(row.address.map(|one| one.to_string())))
        .with("port", &text(row.port.map(|port| port.to_string())))
        .with("role", &roles.join("+"))
        .with("group", row.group.word())
        .with("required", if row.required { "yes" } else { "no" })
}

fn endpoints(endpoints: &BTreeMap<Labels, Endpoint>, gauges: &mut Gauges) {
    let each = |value: fn(&Endpoint) -> Option<Value>| {
        let known = endpoints
            .iter()
            .filter_map(move |(labels, endpoint)| Some((labels.clone(), value(endpoint)?)));
        known.collect::<Vec<_>>()
    };
    gauges.add(
        "endpoint_captured",
        "Whether the endpoint's certificates were captured; not asked: no sample",
        each(|endpoint| endpoint.captured.map(Value::from)),
    );
    gauges.add(
        "endpoint_agrees",
        "Whether the endpoint's certificate is of the CA it should be of; not known: no sample",
        each(|endpoint| endpoint.agrees.map(Value::from)),
    );
    gauges.seconds(
        "endpoint_leaf_not_before_timestamp",
        "When the endpoint's certificate becomes valid",
        each(|endpoint| endpoint.from.map(|time| time.unix().into())),
    );
    gauges.seconds(
        "endpoint_leaf_not_after_timestamp",
        "When the endpoint's certificate expires",
        each(|endpoint| endpoint.until.map(|time| time.unix().into())),
    );
}

fn cas(head: &RunReport, gauges: &mut Gauges) {
    let mut counts: BTreeMap<Labels, (u64, u64)> = BTreeMap::new();
    for ca in &head.cas {
        let count = counts.entry(issuer(ca)).or_default();
        *count = (count.0 + ca.endpoints, count.1 + ca.leaves);
    }
    gauges.one("cas", "CAs seen", Some(head.summary.cas));
    gauges.add(
        "ca_endpoints",
        "Endpoints with a certificate of this CA",
        counts
            .iter()
            .map(|(labels, (endpoints, _))| (labels.clone(), (*endpoints).into())),
    );
    gauges.add(
        "ca_leaves",
        "Certificates of this CA that endpoints present",
        counts
            .iter()
            .map(|(labels, (_, leaves))| (labels.clone(), (*leaves).into())),
    );
}

/// A CA by its name and its key: unlike its id it has these in every run.
fn issuer(ca: &Ca) -> Labels {
    let digest = ca.spki_sha256.map(|digest| digest.to_string());
    let key = digest.or_else(|| ca.key_id.clone()).unwrap_or_default();
    let key: String = key.chars().take(DIGITS).collect();
    Labels::new().with("ca", &ca.name).with("key", &key)
}

fn finding(code: &str, severity: Severity) -> Labels {
    Labels::new()
        .with("code", code)
        .with("severity", severity.word())
}

fn run(head: &RunReport, gauges: &mut Gauges) {
    let state = |word| Labels::new().with("state", word);
    let summary = &head.summary;
    gauges.add(
        "endpoints",
        "Rows of the report by what came of them",
        [
            (state("captured"), summary.captured.into()),
            (state("failed"), summary.failed.into()),
        ],
    );
    let leaves = Some(summary.leaves);
    gauges.one("leaves", "Distinct server certificates seen", leaves);
    let partial = "Whether the run was interrupted";
    gauges.one("run_partial", partial, Some(head.partial));
    let mut time = |name, help, value| gauges.seconds(name, help, [(Labels::new(), value)]);
    let (started, finished) = (head.started, head.finished);
    let began = "When the first endpoint was asked";
    time("run_started_timestamp", began, started.unix().into());
    let ended = "When the verdict was given";
    time("run_finished_timestamp", ended, finished.unix().into());
    let took = (finished.date_time() - started.date_time()).as_seconds_f64();
    if took >= 0.0 {
        time(
            "run_duration",
            "How long the run took",
            Value::Fraction(took),
        );
    }
}
