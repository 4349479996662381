//! What the page has to know of every row before it writes the first: of each row a few bytes, of each leaf a line.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::bytes::Sha256;
use crate::model::issuer::Source;
use crate::model::observation::Outcome;
use crate::model::report::{EndpointReport, Proof, Report};
use crate::model::target::{Group, Port, Role};
use crate::model::timestamp::Timestamp;
use crate::report::findings::Findings;
use crate::report::html::shown;
use crate::report::rows;
use crate::report::style::{Mark, Style};

/// Up to so many rows, every port of every server is drawn; of more only those that stand out.
pub(super) const DRAWN: usize = 400;
/// The most ports of one pool that are drawn because they do not agree, or because nothing can be told of them.
const WRONG: usize = 60;
const OPEN: usize = 6;

/// All rows, looked at once.
pub(super) struct Survey {
    /// What each row says at a glance.
    pub(super) marks: Vec<Mark>,
    pub(super) findings: Findings,
    pub(super) not_attempted: usize,
    pub(super) leaves: HashMap<Sha256, LeafSeen>,
    pub(super) pools: BTreeMap<PoolKey, Pool>,
    /// How each CA's issuer was found, by its place in the report.
    pub(super) ancestry: HashMap<usize, Arc<Proof>>,
    /// How many rows of each CA do not agree.
    pub(super) wrong: HashMap<usize, u64>,
    /// Certificates that proofs name and no endpoint has as its leaf.
    pub(super) signers: BTreeMap<Sha256, (String, Source)>,
    places: HashMap<String, usize>,
}

/// A leaf, however many endpoints show it.
pub(super) struct LeafSeen {
    /// The first row that shows it.
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) begin: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    pub(super) ca: Option<usize>,
    pub(super) endpoints: u64,
}

/// What servers have in common: first their group, then their pool, or their role where they are in none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolKey {
    pub(super) group: Group,
    pub(super) kind: Kind,
    pub(super) pool: Option<String>,
}

/// What a set of servers is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Pool,
    Role(Role),
    File,
}

/// The rows of a pool: counted, and drawn as far as they are drawn.
#[derive(Default)]
pub(super) struct Pool {
    pub(super) rows: u64,
    /// By CA, `None` for those without one.
    pub(super) counts: BTreeMap<Option<usize>, Count>,
    pub(super) cells: Vec<Cell>,
    /// How many are drawn that do not agree, and of the others.
    drawn: (usize, usize),
    /// Rows that stand out and are not drawn.
    pub(super) odd_left_out: u64,
}

/// Rows of one CA in a pool.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) rows: u64,
    pub(super) wrong: u64,
}

/// One port of a server.
pub(super) struct Cell {
    pub(super) number: usize,
    pub(super) host: String,
    pub(super) address: Option<IpAddr>,
    pub(super) port: Option<Port>,
    pub(super) ca: Option<usize>,
    pub(super) mark: Mark,
    pub(super) outcome: Outcome,
    pub(super) reason: String,
}

impl Survey {
    pub(super) fn of(report: &dyn Report) -> io::Result<Self> {
        let head = report.head();
        let ids = head.cas.iter().map(|ca| ca.id.clone());
        let mut survey = Self {
            marks: Vec::new(),
            findings: Findings::of_run(&head.findings),
            not_attempted: 0,
            leaves: HashMap::new(),
            pools: BTreeMap::new(),
            ancestry: HashMap::new(),
            wrong: HashMap::new(),
            signers: BTreeMap::new(),
            places: ids.zip(0..).collect(),
        };
        let judged: Vec<Group> = head
            .groups
            .iter()
            .filter(|group| group.judged)
            .map(|group| group.name)
            .collect();
        let all = report.count() <= DRAWN;
        let style = Style::default();
        for (number, row) in report.rows().enumerate() {
            let row = &*row?;
            let mark = rows::mark(row, judged.contains(&row.group));
            survey.marks.push(mark);
            survey.findings.add(&row.target, &row.findings, &style);
            survey.not_attempted += usize::from(row.outcome == Outcome::NotAttempted);
            survey.add(number, row, mark, all);
        }
        Ok(survey)
    }

    /// The place of a row's CA in the report.
    pub(super) fn place(&self, row: &EndpointReport) -> Option<usize> {
        self.places.get(row.ca.as_deref()?).copied()
    }

    /// The place of the CA with this id.
    pub(super) fn place_of(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    fn add(&mut self, number: usize, row: &EndpointReport, mark: Mark, all: bool) {
        let ca = self.place(row);
        if let Some(place) = ca.filter(|_| mark == Mark::Differs) {
            *self.wrong.entry(place).or_default() += 1;
        }
        self.add_leaf(number, row, ca);
        self.add_proof(row, ca);
        let pool = self.pools.entry(PoolKey::of(row)).or_default();
        pool.rows += 1;
        let count = pool.counts.entry(ca).or_default();
        count.rows += 1;
        count.wrong += u64::from(mark == Mark::Differs);
        let wrong = mark == Mark::Differs;
        let odd = wrong || matches!(mark, Mark::Missing | Mark::Unknown);
        let (drawn, most) = match wrong {
            true => (&mut pool.drawn.0, WRONG),
            false => (&mut pool.drawn.1, OPEN),
        };
        let is_drawn = all || odd && *drawn < most;
        *drawn += usize::from(is_drawn);
        if is_drawn {
            pool.cells.push(Cell {
                number,
                host: shown::name(&row.host),
                address: row.address,
                port: row.port,
                ca,
                mark,
                outcome: row.outcome,
                reason: shown::sentence(&row.reason),
            });
        } else if odd {
            pool.odd_left_out += 1;
        }
    }

    fn add_leaf(&mut self, number: usize, row: &EndpointReport, ca: Option<usize>) {
        let Some(digest) = row.chain.first() else {
            return;
        };
        let leaf = row.leaf.as_deref();
        let seen = self.leaves.entry(*digest).or_insert_with(|| LeafSeen {
            row: number,
            name: leaf
                .and_then(|leaf| leaf.subject.as_deref())
                .map_or_else(unreadable, |subject| shown::parted(subject).0),
            begin: leaf.and_then(|leaf| leaf.not_before),
            end: leaf.and_then(|leaf| leaf.not_after),
            ca,
            endpoints: 0,
        });
        seen.endpoints += 1;
    }

    fn add_proof(&mut self, row: &EndpointReport, ca: Option<usize>) {
        let Some(proof) = &row.proof else { return };
        for link in &proof.path {
            self.signers.entry(link.certificate).or_insert_with(|| {
                let name = shown::parted(&link.subject).0;
                (name, link.found.clone())
            });
        }
        let Some(place) = ca else { return };
        let known = self.ancestry.get(&place);
        let better = |known: &Arc<Proof>| {
            (proof.complete, proof.path.len()) > (known.complete, known.path.len())
        };
        if known.is_none_or(better) {
            self.ancestry.insert(place, Arc::clone(proof));
        }
    }
}

impl PoolKey {
    fn of(row: &EndpointReport) -> Self {
        let role = row.roles.first().copied().unwrap_or(Role::Peer);
        let file = row.address.is_none() && row.port.is_none();
        let kind = match &row.pool {
            Some(_) => Kind::Pool,
            None if file && row.target.starts_with("file:") => Kind::File,
            None => Kind::Role(role),
        };
        Self {
            group: row.group,
            kind,
            pool: row.pool.clone(),
        }
    }
}

/// What a certificate is called whose name cannot be read.
pub(super) fn unreadable() -> String {
    "(a certificate that cannot be read)".to_owned()
}
