//! Removing old runs, and what only they referred to.

use rusqlite::Connection;

use crate::history::encode::milliseconds;
use crate::history::error::Trouble;
use crate::history::read;
use crate::model::history::Pruned;
use crate::model::timestamp::Timestamp;

/// What nothing refers to any more, in the order in which it becomes so.
const LEFT_OVER: &[&str] = &[
    "DELETE FROM ask WHERE number NOT IN (SELECT ask FROM observation)",
    "DELETE FROM answer WHERE number NOT IN (SELECT answer FROM observation)",
    "DELETE FROM chain WHERE number NOT IN (SELECT chain FROM answer)",
    "DELETE FROM link WHERE chain NOT IN (SELECT number FROM chain)",
    "DELETE FROM ca WHERE number NOT IN (SELECT ca FROM observation WHERE ca IS NOT NULL)",
    "DELETE FROM endpoint WHERE number NOT IN (SELECT endpoint FROM observation)",
    "DELETE FROM name WHERE endpoint NOT IN (SELECT number FROM endpoint)",
];

/// Removes the runs that were finished before a time.
pub(super) fn prune(tables: &Connection, before: Timestamp) -> Result<Pruned, Trouble> {
    let before = milliseconds(before);
    let observations = tables.execute(
        "DELETE FROM observation WHERE run IN (SELECT number FROM run WHERE finished < ?1)",
        [before],
    )?;
    let runs = tables.execute("DELETE FROM run WHERE finished < ?1", [before])?;
    for left_over in LEFT_OVER {
        tables.execute(left_over, [])?;
    }
    let certificates = tables.execute(
        "DELETE FROM certificate WHERE number NOT IN (SELECT certificate FROM link)",
        [],
    )?;
    Ok(Pruned {
        runs: runs as u64,
        observations: observations as u64,
        certificates: certificates as u64,
        left: read::count(tables)?,
    })
}
