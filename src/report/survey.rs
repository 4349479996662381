//! What the table has to know of every row before it writes the first, in a few bytes a row.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::io;

use crate::model::observation::Outcome;
use crate::model::report::{EndpointReport, Report};
use crate::model::target::Group;
use crate::report::findings::Findings;
use crate::report::rows::{self, Columns, Measures};
use crate::report::style::{Mark, Style};

/// Where a row is listed inside its group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    /// Under the CA with this place in the report.
    Ca(usize),
    /// Captured, and from no CA of the report.
    Unread,
    /// Not captured.
    Missing,
}

/// The rows of one section.
#[derive(Default)]
pub(super) struct Members {
    /// Number and mark, in order.
    pub(super) rows: Vec<(u32, Mark)>,
    endpoints: Distinct,
    leaves: Distinct,
}

impl Members {
    /// How many endpoints and how many leaves there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.endpoints.0.len(), self.leaves.0.len())
    }

    fn count(&mut self, row: &EndpointReport, state: &RandomState) {
        self.endpoints
            .0
            .push(state.hash_one((&row.target, row.address)));
        let leaf = row.chain.first().map(|leaf| state.hash_one(leaf));
        self.leaves.0.extend(leaf);
    }
}

/// Hashes of different things, to be counted.
#[derive(Default)]
struct Distinct(Vec<u64>);

impl Distinct {
    /// Each once, when all are there.
    fn settle(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
    }
}

/// All rows, looked at once.
pub(super) struct Survey {
    pub(super) columns: Columns,
    pub(super) findings: Findings,
    /// How many rows were not reached before the run was interrupted.
    pub(super) not_attempted: usize,
    sections: BTreeMap<(Group, Section), Members>,
}

impl Survey {
    pub(super) fn of(report: &dyn Report, style: &Style) -> io::Result<Self> {
        let head = report.head();
        let cas: HashMap<&str, usize> = head.cas.iter().map(|ca| ca.id.as_str()).zip(0..).collect();
        let judged: Vec<Group> = head
            .groups
            .iter()
            .filter(|group| group.judged)
            .map(|group| group.name)
            .collect();
        let state = RandomState::new();
        let mut measures = Measures::new(head.finished, head.cas.len());
        let mut findings = Findings::of_run(&head.findings);
        let mut not_attempted = 0;
        let mut sections: BTreeMap<_, Members> = BTreeMap::new();
        for (row, number) in report.rows().zip(0..) {
            let row = row?;
            measures.add(&row, style);
            findings.add(&row.target, &row.findings, style);
            not_attempted += usize::from(row.outcome == Outcome::NotAttempted);
            let members = sections
                .entry((row.group, section(&row, &cas)))
                .or_default();
            let mark = rows::mark(&row, judged.contains(&row.group));
            members.rows.push((number, mark));
            members.count(&row, &state);
        }
        for members in sections.values_mut() {
            members.endpoints.settle();
            members.leaves.settle();
        }
        Ok(Self {
            columns: measures.columns(style),
            findings,
            not_attempted,
            sections,
        })
    }

    /// The rows of a section, when there are any.
    pub(super) fn members(&self, group: Group, section: Section) -> Option<&Members> {
        self.sections.get(&(group, section))
    }
}

fn section(row: &EndpointReport, cas: &HashMap<&str, usize>) -> Section {
    let ca = row.ca.as_ref().and_then(|id| cas.get(id.as_str()));
    match ca {
        Some(place) => Section::Ca(*place),
        None if row.outcome == Outcome::Captured => Section::Unread,
        None => Section::Missing,
    }
}
