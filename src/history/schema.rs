//! The tables, and how a file comes to have them.
//!
//! A version of the schema is never changed; the next one is a further step. What is stored once and referred to:
//!
//! - `endpoint`: a target at an address; `name`: what it may be asked for by;
//! - `ask`: how an endpoint was asked (roles, group, names, …), `answer`: what it answered (outcome, chain, TLS facts);
//! - `chain` and `link`: certificates in the order presented; `certificate`: the bytes;
//! - `ca`: what a CA was known by.
//!
//! An observation is then a row of numbers.

use rusqlite::{Connection, TransactionBehavior};

use crate::history::error::Trouble;

/// `sqlite3` and `file` show it: "same".
const APPLICATION: i64 = 0x7361_6d65;

/// The steps from nothing to the newest version; the version of a file is how many of them it has.
pub(super) const STEPS: &[&str] = &[V1];

const V1: &str = "
CREATE TABLE run(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  series INTEGER NOT NULL,
  command TEXT NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  partial INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  evidence TEXT,
  headline TEXT NOT NULL,
  endpoints INTEGER NOT NULL,
  captured INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cas INTEGER NOT NULL,
  leaves INTEGER NOT NULL,
  changes TEXT
);
CREATE TABLE certificate(
  number INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE,
  subject TEXT,
  not_before INTEGER,
  not_after INTEGER,
  der BLOB NOT NULL
);
CREATE TABLE chain(number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
CREATE TABLE link(
  chain INTEGER NOT NULL,
  position INTEGER NOT NULL,
  certificate INTEGER NOT NULL,
  PRIMARY KEY(chain, position)
) WITHOUT ROWID;
CREATE TABLE ca(
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  spki_sha256 TEXT NOT NULL,
  key_id TEXT NOT NULL,
  UNIQUE(name, spki_sha256, key_id)
);
CREATE TABLE endpoint(
  number INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  address TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER,
  UNIQUE(target, address)
);
CREATE TABLE name(
  text TEXT NOT NULL,
  endpoint INTEGER NOT NULL,
  PRIMARY KEY(text, endpoint)
) WITHOUT ROWID;
CREATE TABLE ask(
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  grouped TEXT NOT NULL,
  facts TEXT NOT NULL
);
CREATE TABLE answer(
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  outcome TEXT NOT NULL,
  chain INTEGER NOT NULL,
  leaf INTEGER,
  facts TEXT NOT NULL
);
CREATE TABLE observation(
  run INTEGER NOT NULL,
  endpoint INTEGER NOT NULL,
  number INTEGER NOT NULL,
  ask INTEGER NOT NULL,
  answer INTEGER NOT NULL,
  at INTEGER NOT NULL,
  elapsed_ms INTEGER NOT NULL,
  count INTEGER NOT NULL,
  times TEXT,
  ca INTEGER,
  evidence TEXT,
  agrees INTEGER,
  PRIMARY KEY(run, endpoint, number)
) WITHOUT ROWID;
CREATE INDEX observation_by_endpoint ON observation(endpoint, run);
";

/// Whether a file has to be brought to the newest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Nothing is in it yet.
    Empty,
    /// It lacks the steps from this one on.
    Older(usize),
    /// It is of the newest version.
    Newest,
}

/// What a file is. Refuses what is no history, and what is of a newer version; writes nothing.
pub(super) fn version(connection: &Connection, steps: &[&str]) -> Result<Version, Trouble> {
    // All of it at one moment: another program may just be making the tables.
    let _moment = match connection.is_autocommit() {
        true => Some(connection.unchecked_transaction()?),
        false => None,
    };
    let number =
        |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (found, known) = (number("user_version")?, steps.len() as i64);
    let application = number("application_id")?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    let is_bare = || connection.query_row(tables, [], |row| row.get::<_, i64>(0));
    if application == 0 && found == 0 && is_bare()? == 0 {
        return Ok(Version::Empty);
    }
    if application != APPLICATION {
        let what = "it is a SQLite file of another program";
        return Err(Trouble::NotAHistory(what.to_owned()));
    }
    match usize::try_from(found) {
        _ if found > known => Err(Trouble::Newer { found, known }),
        Ok(done) if found == known && done > 0 => Ok(Version::Newest),
        Ok(done) if done > 0 => Ok(Version::Older(done)),
        _ => Err(Trouble::Damaged(format!(
            "version {found} of the history never was"
        ))),
    }
}

/// Brings a file to the newest version: all of it or nothing. Several programs may do it at a time.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), Trouble> {
    // Has an effect in an empty file only: pruned pages go back to the file system.
    connection.pragma_update(None, "auto_vacuum", 2)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = match version(&change, steps)? {
        Version::Empty => 0,
        Version::Older(done) => done,
        Version::Newest => return Ok(()),
    };
    for step in &steps[done..] {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "application_id", APPLICATION)?;
    change.pragma_update(None, "user_version", steps.len() as i64)?;
    Ok(change.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history that knows one more version than this program.
    const NEXT: &[&str] = &[V1, "ALTER TABLE run ADD COLUMN note TEXT"];

    fn columns(tables: &Connection) -> i64 {
        let query = "SELECT count(*) FROM pragma_table_info('run')";
        tables
            .query_row(query, [], |row| row.get(0))
            .expect("a table")
    }

    #[test]
    fn an_older_file_is_brought_to_the_newest_version_once() {
        let mut tables = Connection::open_in_memory().expect("memory");
        migrate(&mut tables, STEPS).expect("the first version");
        let before = columns(&tables);
        assert_eq!(version(&tables, NEXT).expect("older"), Version::Older(1));
        migrate(&mut tables, NEXT).expect("the next version");
        migrate(&mut tables, NEXT).expect("nothing is left to do");
        assert_eq!(columns(&tables), before + 1);
        assert_eq!(version(&tables, NEXT).expect("newest"), Version::Newest);
        let newer = version(&tables, STEPS).expect_err("newer than known");
        assert!(matches!(newer, Trouble::Newer { found: 2, known: 1 }));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut tables = Connection::open_in_memory().expect("memory");
        migrate(&mut tables, STEPS).expect("the first version");
        let before = columns(&tables);
        let broken = [V1, NEXT[1], "ALTER TABLE nothing ADD COLUMN note TEXT"];
        migrate(&mut tables, &broken).expect_err("the last step fails");
        assert_eq!(columns(&tables), before);
        assert_eq!(version(&tables, STEPS).expect("as before"), Version::Newest);
    }
}
