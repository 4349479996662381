//! Rows of observations → what an endpoint showed in a run.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use crate::history::encode::{timestamp, word};
use crate::history::error::Trouble;
use crate::model::bytes::Sha256;
use crate::model::history::{CaIdentity, LeafBrief, Look, Shown};
use crate::model::observation::Outcome;

/// How many leaves and CAs are remembered. A sweep's leaves are mostly shown once.
const REMEMBERED: usize = 20_000;

/// The columns that a look is made of.
const COLUMNS: &str = "o.endpoint, o.run, r.id, o.at, a.outcome, a.leaf, o.ca, o.evidence, o.agrees
    FROM observation o JOIN answer a ON a.number = o.answer JOIN run r ON r.number = o.run";

/// What became of an endpoint in a run.
pub(super) enum Asked {
    /// It was not asked.
    No,
    /// It was to be asked, and the run was interrupted before.
    InVain,
    /// It showed something, if only that it does not answer.
    Showed(Look),
}

/// Makes looks.
pub(super) struct Looks<'t> {
    tables: &'t Connection,
    leaves: HashMap<i64, LeafBrief>,
    cas: HashMap<i64, CaIdentity>,
}

/// One row of an observation.
struct Glance {
    endpoint: i64,
    run: i64,
    id: String,
    at: i64,
    outcome: String,
    leaf: Option<i64>,
    ca: Option<i64>,
    evidence: Option<String>,
    agrees: Option<bool>,
}

impl Glance {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            endpoint: row.get(0)?,
            run: row.get(1)?,
            id: row.get(2)?,
            at: row.get(3)?,
            outcome: row.get(4)?,
            leaf: row.get(5)?,
            ca: row.get(6)?,
            evidence: row.get(7)?,
            agrees: row.get(8)?,
        })
    }
}

impl<'t> Looks<'t> {
    pub(super) fn new(tables: &'t Connection) -> Self {
        Self {
            tables,
            leaves: HashMap::new(),
            cas: HashMap::new(),
        }
    }

    /// Every look at an endpoint, with the number of its run.
    pub(super) fn of_endpoint(&mut self, endpoint: i64) -> Result<Vec<(i64, Look)>, Trouble> {
        let query = format!("SELECT {COLUMNS} WHERE o.endpoint = ?1 ORDER BY o.run");
        self.collect(&query, params![endpoint])
    }

    /// The last look at an endpoint in a run that was recorded before this one.
    pub(super) fn last_before(&mut self, endpoint: i64, run: i64) -> Result<Option<Look>, Trouble> {
        let query = format!(
            "SELECT {COLUMNS} WHERE o.endpoint = ?1 AND o.run =
               (SELECT max(run) FROM observation WHERE endpoint = ?1 AND run < ?2)"
        );
        let looks = self.collect(&query, params![endpoint, run])?;
        Ok(looks.into_iter().next().map(|(_, look)| look))
    }

    /// The last look that captured something, in a run that was recorded before this one.
    pub(super) fn last_captured_before(
        &mut self,
        endpoint: i64,
        run: i64,
    ) -> Result<Option<Look>, Trouble> {
        let query = format!(
            "SELECT {COLUMNS} WHERE o.endpoint = ?1 AND o.run =
               (SELECT max(run) FROM observation JOIN answer ON answer.number = answer
                WHERE endpoint = ?1 AND run < ?2 AND leaf IS NOT NULL)"
        );
        let looks = self.collect(&query, params![endpoint, run])?;
        Ok(looks.into_iter().next().map(|(_, look)| look))
    }

    fn collect(
        &mut self,
        query: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<(i64, Look)>, Trouble> {
        let mut statement = self.tables.prepare_cached(query)?;
        let glances = statement.query_map(parameters, Glance::read)?;
        let glances: Vec<Glance> = glances.collect::<Result<_, _>>()?;
        let mut looks = Vec::new();
        for run in glances.chunk_by(|one, next| one.run == next.run) {
            if let (Some(first), Asked::Showed(look)) = (run.first(), self.look(run)?) {
                looks.push((first.run, look));
            }
        }
        Ok(looks)
    }

    /// Visits every endpoint of two runs, with what it showed in each.
    pub(super) fn of_runs(
        &mut self,
        former: i64,
        run: i64,
        mut visit: impl FnMut(&mut Self, i64, Asked, Asked) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let query = format!("SELECT {COLUMNS} WHERE o.run IN (?1, ?2) ORDER BY o.endpoint");
        let tables = self.tables;
        let mut statement = tables.prepare_cached(&query)?;
        let mut rows = statement.query(params![former, run])?;
        let mut endpoint: Vec<Glance> = Vec::new();
        loop {
            let next = rows.next()?.map(Glance::read).transpose()?;
            let same = |last: &Glance| next.as_ref().is_some_and(|n| n.endpoint == last.endpoint);
            if let Some(last) = endpoint.last().filter(|last| !same(last)) {
                let number = last.endpoint;
                let (before, now): (Vec<_>, Vec<_>) =
                    endpoint.drain(..).partition(|glance| glance.run == former);
                let (before, now) = (self.look(&before)?, self.look(&now)?);
                visit(self, number, before, now)?;
            }
            match next {
                Some(next) => endpoint.push(next),
                None => return Ok(()),
            }
        }
    }

    /// The rows of one endpoint and run as one look: every leaf, and captured when one row was.
    fn look(&mut self, rows: &[Glance]) -> Result<Asked, Trouble> {
        if rows.is_empty() {
            return Ok(Asked::No);
        }
        let mut found: Option<Look> = None;
        for row in rows {
            let outcome: Outcome = word(&row.outcome)?;
            if outcome == Outcome::NotAttempted {
                continue;
            }
            let at = timestamp(row.at)?;
            let look = found.get_or_insert_with(|| Look {
                run: row.id.clone(),
                at,
                outcome,
                leaves: Vec::new(),
            });
            look.at = look.at.min(at);
            if outcome == Outcome::Captured {
                look.outcome = outcome;
                let shown = self.shown(row)?;
                let known = |other: &Shown| other.leaf.sha256 == shown.leaf.sha256;
                if !look.leaves.iter().any(known) {
                    look.leaves.push(shown);
                }
            }
        }
        let Some(mut look) = found else {
            return Ok(Asked::InVain);
        };
        look.leaves.sort_by_key(|shown| shown.leaf.sha256);
        Ok(Asked::Showed(look))
    }

    fn shown(&mut self, row: &Glance) -> Result<Shown, Trouble> {
        let leaf = row
            .leaf
            .ok_or_else(|| Trouble::damaged("`captured` without a chain"))?;
        Ok(Shown {
            leaf: self.leaf(leaf)?,
            ca: row.ca.map(|ca| self.ca(ca)).transpose()?,
            evidence: row.evidence.as_deref().map(word).transpose()?,
            agrees: row.agrees,
        })
    }

    fn leaf(&mut self, number: i64) -> Result<LeafBrief, Trouble> {
        if let Some(leaf) = self.leaves.get(&number) {
            return Ok(leaf.clone());
        }
        let (digest, subject, from, to): (_, _, Option<i64>, Option<i64>) = self
            .tables
            .prepare_cached(
                "SELECT sha256, subject, not_before, not_after FROM certificate WHERE number = ?1",
            )?
            .query_row([number], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        let leaf = LeafBrief {
            sha256: Sha256(digest),
            subject,
            not_before: from.map(timestamp).transpose()?,
            not_after: to.map(timestamp).transpose()?,
        };
        if self.leaves.len() == REMEMBERED {
            self.leaves.clear();
        }
        self.leaves.insert(number, leaf.clone());
        Ok(leaf)
    }

    fn ca(&mut self, number: i64) -> Result<CaIdentity, Trouble> {
        if let Some(ca) = self.cas.get(&number) {
            return Ok(ca.clone());
        }
        let ca = self
            .tables
            .prepare_cached("SELECT name, spki_sha256, key_id FROM ca WHERE number = ?1")?
            .query_row([number], identity)?;
        if self.cas.len() == REMEMBERED {
            self.cas.clear();
        }
        self.cas.insert(number, ca.clone());
        Ok(ca)
    }
}

/// Name, key digest and key identifier of a CA; what was not known is stored as the empty text.
pub(super) fn identity(row: &Row<'_>) -> rusqlite::Result<CaIdentity> {
    let (spki, key_id): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(CaIdentity {
        name: row.get(0)?,
        spki_sha256: Sha256::parse(&spki),
        key_id: (!key_id.is_empty()).then_some(key_id),
    })
}
