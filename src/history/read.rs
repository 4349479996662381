//! The tables back into runs and observations.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::history::encode::{self, Passing, milliseconds, timestamp, word};
use crate::history::error::Trouble;
use crate::model::bytes::Der;
use crate::model::history::RunRecord;
use crate::model::observation::Observation;
use crate::model::report::Summary;
use crate::model::timestamp::Timestamp;

/// The columns of a run, as [`raw`] takes them.
pub(super) const RUN: &str = "id, command, started, finished, partial, verdict, evidence, headline,
    endpoints, captured, failed, cas, leaves, changes";

/// A run as it is stored.
pub(super) struct RawRun {
    record: (String, String, i64, i64, bool),
    verdict: (String, Option<String>, String),
    counts: [i64; 5],
    changes: Option<String>,
}

pub(super) fn raw(row: &Row<'_>) -> rusqlite::Result<RawRun> {
    Ok(RawRun {
        record: (
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ),
        verdict: (row.get(5)?, row.get(6)?, row.get(7)?),
        counts: [
            row.get(8)?,
            row.get(9)?,
            row.get(10)?,
            row.get(11)?,
            row.get(12)?,
        ],
        changes: row.get(13)?,
    })
}

impl RawRun {
    pub(super) fn run(self) -> Result<RunRecord, Trouble> {
        let (id, command, started, finished, partial) = self.record;
        let (verdict, evidence, headline) = self.verdict;
        let [endpoints, captured, failed, cas, leaves] = self.counts.map(i64::cast_unsigned);
        let changes = self.changes.as_deref().map(serde_json::from_str);
        Ok(RunRecord {
            id,
            command,
            started: timestamp(started)?,
            finished: timestamp(finished)?,
            partial,
            verdict: word(&verdict)?,
            evidence: evidence.as_deref().map(word).transpose()?,
            headline,
            summary: Summary {
                endpoints,
                captured,
                failed,
                cas,
                leaves,
            },
            changes: changes.transpose().map_err(Trouble::damaged)?,
        })
    }
}

/// The runs that began at a time or later, oldest first.
pub(super) fn runs(
    tables: &Connection,
    since: Option<Timestamp>,
) -> Result<Vec<RunRecord>, Trouble> {
    let query = format!("SELECT {RUN} FROM run WHERE started >= ?1 ORDER BY started, number");
    let mut query = tables.prepare_cached(&query)?;
    let since = since.map_or(i64::MIN, milliseconds);
    let mut runs = Vec::new();
    for raw in query.query_map([since], raw)? {
        runs.push(raw?.run()?);
    }
    Ok(runs)
}

/// How many runs there are.
pub(super) fn count(tables: &Connection) -> Result<u64, Trouble> {
    let count = tables.query_row("SELECT count(*) FROM run", [], |row| row.get(0));
    Ok(count.map(i64::cast_unsigned)?)
}

/// Hands every observation of a run to `visit`, as it was recorded; how many there are.
pub(super) fn observations(
    tables: &Connection,
    run: &str,
    mut visit: impl FnMut(Observation),
) -> Result<u64, Trouble> {
    let number: Option<i64> = tables
        .prepare_cached("SELECT number FROM run WHERE id = ?1")?
        .query_row([run], |row| row.get(0))
        .optional()?;
    let number = number.ok_or_else(|| Trouble::NoRun {
        wanted: run.to_owned(),
        advice: "it was removed meanwhile".to_owned(),
    })?;
    let mut query = tables.prepare_cached(
        "SELECT o.at, o.elapsed_ms, o.count, o.times, k.facts, a.facts, a.chain
         FROM observation o JOIN ask k ON k.number = o.ask JOIN answer a ON a.number = o.answer
         WHERE o.run = ?1 ORDER BY o.endpoint, o.number",
    )?;
    let mut rows = query.query([number])?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        let passing = Passing {
            at: timestamp(row.get(0)?)?,
            elapsed_ms: row.get::<_, i64>(1)?.cast_unsigned(),
            count: row.get(2)?,
            times: row.get(3)?,
        };
        let (ask, answer): (String, String) = (row.get(4)?, row.get(5)?);
        let chain = chain(tables, row.get(6)?)?;
        visit(encode::observation(run, &ask, &answer, &passing, chain)?);
        found += 1;
    }
    Ok(found)
}

fn chain(tables: &Connection, number: i64) -> Result<Vec<Der>, Trouble> {
    let mut query = tables.prepare_cached(
        "SELECT c.der FROM link l JOIN certificate c ON c.number = l.certificate
         WHERE l.chain = ?1 ORDER BY l.position",
    )?;
    let chain = query.query_map(params![number], |row| row.get::<_, Vec<u8>>(0))?;
    Ok(chain
        .map(|der| der.map(Der::from))
        .collect::<Result<_, _>>()?)
}
