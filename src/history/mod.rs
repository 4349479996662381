//! L2: kept runs on disk, and what changed when.
//!
//! One file (SQLite) holds runs, their observations exactly as they were, how each was judged, and every certificate
//! once. It knows nothing of how observations are made or judged; `now` is an argument.
//!
//! - [`History::open`] begins a history or goes on with one, [`History::read`] only looks at one that is there.
//! - [`History::record`] adds a run: all of it or nothing.
//! - [`History::runs`], [`History::run`], [`History::observations`], [`History::host`], [`History::ca`] answer.
//! - [`History::prune`] forgets.
//!
//! The journal is a rollback journal, not a write-ahead log: the history stays one file, which can be copied when nobody
//! writes and may lie on a network share. A write that is killed is undone by whoever opens the file next. Writers wait
//! for one another, for a limited time.

mod encode;
mod error;
mod look;
mod prune;
mod read;
mod record;
mod schema;
mod select;
mod story;
mod tell;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::model::history::{CaIdentity, EndpointHistory, Pruned, RunRecord};
use crate::model::observation::{Observation, Observations};
use crate::model::report::Report;
use crate::model::timestamp::Timestamp;
pub use error::{HistoryError, Trouble};
use schema::Version;
pub use select::Selector;

/// How long somebody else's write is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Statements that are kept ready.
const STATEMENTS: usize = 64;

/// A history on disk.
#[derive(Debug)]
pub struct History {
    tables: Connection,
    path: PathBuf,
    patience: Duration,
}

impl History {
    /// Opens a history for writing; begins one where there is no file, or an empty one.
    ///
    /// # Errors
    ///
    /// The file is something else, damaged, of a newer version, locked for long, or cannot be written to. It is then left
    /// as it is.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        Self::open_waiting(path, PATIENCE)
    }

    /// As [`History::open`], with the time for which somebody else's write is waited for.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_waiting(path: &Path, patience: Duration) -> Result<Self, HistoryError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut history = Self::connect(path, patience, flags)?;
        let prepared = history.prepare();
        history.told(prepared)?;
        Ok(history)
    }

    /// Opens a history that is there, to look at it.
    ///
    /// # Errors
    ///
    /// There is none, or as for [`History::open`].
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        if let Ok(false) = path.try_exists() {
            return Err(Trouble::Missing.of(path, PATIENCE));
        }
        // Not read-only: what a killed writer left half done must be undone first.
        let history = Self::connect(path, PATIENCE, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = schema::version(&history.tables, schema::STEPS);
        match history.told(version)? {
            Version::Newest => {}
            Version::Empty | Version::Older(_) => return Self::open(path),
        }
        let queries = history.tables.pragma_update(None, "query_only", true);
        history.told(queries.map_err(Trouble::from))?;
        Ok(history)
    }

    fn connect(path: &Path, patience: Duration, flags: OpenFlags) -> Result<Self, HistoryError> {
        let failed = |trouble: Trouble| trouble.of(path, patience);
        place(path).map_err(failed)?;
        // Relative paths get a `./`, so that none is taken for a URI or for SQLite's `:memory:`.
        let plain = Path::new(".").join(path);
        let tables = Connection::open_with_flags(plain, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| failed(unopened(path, error)))?;
        tables.set_prepared_statement_cache_capacity(STATEMENTS);
        tables
            .busy_timeout(patience)
            .and_then(|()| tables.pragma_update(None, "trusted_schema", false))
            .and_then(|()| tables.pragma_update(None, "cell_size_check", true))
            .map_err(|error| failed(error.into()))?;
        Ok(Self {
            tables,
            path: path.to_owned(),
            patience,
        })
    }

    /// Finds out whether it can be written to, and brings it to the newest version.
    fn prepare(&mut self) -> Result<(), Trouble> {
        if schema::version(&self.tables, schema::STEPS)? != Version::Newest {
            return schema::migrate(&mut self.tables, schema::STEPS);
        }
        if self.tables.is_readonly("main")? {
            return Err(Trouble::ReadOnly);
        }
        let trial = self
            .tables
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Touches the file's head, for which the folder must take a journal; undone at once.
        trial.pragma_update(None, "user_version", schema::STEPS.len() as i64)?;
        Ok(trial.rollback()?)
    }

    fn told<T>(&self, result: Result<T, Trouble>) -> Result<T, HistoryError> {
        result.map_err(|trouble| trouble.of(&self.path, self.patience))
    }

    /// Adds a run in one transaction: what was observed, and how the report judged it.
    ///
    /// `command` is the subcommand that looked. The report's head names the run; a run that is kept already is replaced.
    /// Neither the observations nor the report's rows need fit into memory.
    ///
    /// # Errors
    ///
    /// Others write for too long, the disk is full, or the observations cannot be read. Nothing is added then.
    pub fn record(
        &mut self,
        command: &str,
        observations: &dyn Observations,
        report: &dyn Report,
    ) -> Result<RunRecord, HistoryError> {
        let head = report.head();
        let mut run = RunRecord {
            id: head.run.clone(),
            command: command.to_owned(),
            started: head.started,
            finished: head.finished,
            partial: head.partial,
            verdict: head.verdict,
            evidence: head.evidence,
            headline: head.headline.clone(),
            summary: head.summary,
            changes: None,
        };
        self.change(|tables| record::run(tables, &mut run, observations, report))?;
        Ok(run)
    }

    /// Removes the runs that were finished before a time, and what only they referred to.
    ///
    /// # Errors
    ///
    /// As for [`History::record`]; nothing is removed then.
    pub fn prune(&mut self, before: Timestamp) -> Result<Pruned, HistoryError> {
        let pruned = self.change(|tables| prune::prune(tables, before))?;
        let shrunk = self.tables.execute_batch("PRAGMA incremental_vacuum");
        self.told(shrunk.map_err(Trouble::from))?;
        Ok(pruned)
    }

    fn change<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Trouble>,
    ) -> Result<T, HistoryError> {
        let changed = self
            .tables
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Trouble::from)
            .and_then(|change| {
                let done = work(&change)?;
                change.commit()?;
                Ok(done)
            });
        self.told(changed)
    }

    /// The runs that began at a time or later, or all of them, oldest first.
    ///
    /// # Errors
    ///
    /// The history is damaged or locked.
    pub fn runs(&self, since: Option<Timestamp>) -> Result<Vec<RunRecord>, HistoryError> {
        self.told(read::runs(&self.tables, since))
    }

    /// How many runs there are.
    ///
    /// # Errors
    ///
    /// As for [`History::runs`].
    pub fn count(&self) -> Result<u64, HistoryError> {
        self.told(read::count(&self.tables))
    }

    /// The run that is meant.
    ///
    /// # Errors
    ///
    /// There is none, or there are several; or as for [`History::runs`].
    pub fn run(&self, selector: &Selector) -> Result<RunRecord, HistoryError> {
        self.told(selector.find(&self.tables))
    }

    /// Hands every observation of a run to `visit`, one at a time and as it was recorded; how many there are.
    ///
    /// # Errors
    ///
    /// There is no run of this id; or as for [`History::runs`].
    pub fn observations(
        &self,
        run: &str,
        visit: impl FnMut(Observation),
    ) -> Result<u64, HistoryError> {
        self.told(read::observations(&self.tables, run, visit))
    }

    /// What happened on the endpoints that a name, an address or a pool means, with or without a port. None: nothing in
    /// the history is called so.
    ///
    /// # Errors
    ///
    /// As for [`History::runs`].
    pub fn host(&self, name: &str) -> Result<Vec<EndpointHistory>, HistoryError> {
        self.told(tell::host(&self.tables, name))
    }

    /// The CAs that a part of a name, or the beginning of a key's digest or identifier means, and which endpoints came to
    /// them and left.
    ///
    /// # Errors
    ///
    /// As for [`History::runs`].
    pub fn ca(&self, text: &str) -> Result<(Vec<CaIdentity>, Vec<EndpointHistory>), HistoryError> {
        self.told(tell::ca(&self.tables, text))
    }
}

/// Refuses what cannot be a history's place, in words that the library does not have.
fn place(path: &Path) -> Result<(), Trouble> {
    if path.is_dir() {
        return Err(Trouble::Place("it is a directory".to_owned()));
    }
    if path.try_exists().unwrap_or(false) && !path.is_file() {
        return Err(Trouble::Place("it is no regular file".to_owned()));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => Err(Trouble::Place(format!(
            "there is no folder {}",
            folder.display()
        ))),
        None => Ok(()),
    }
}

/// Why a file could not be opened: the library says no more than that.
fn unopened(path: &Path, error: rusqlite::Error) -> Trouble {
    let unopened = error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen);
    match unopened {
        true if path.is_file() => {
            Trouble::Other("it cannot be opened: is it yours to read?".to_owned())
        }
        true => Trouble::Other("it cannot be made: its folder cannot be written to".to_owned()),
        false => error.into(),
    }
}
