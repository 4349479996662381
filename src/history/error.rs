//! Why the history cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

/// Why the history cannot be used: which file, and what is the matter with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {trouble}", .path.display())]
pub struct HistoryError {
    /// The history's file.
    pub path: PathBuf,
    /// What is the matter.
    pub trouble: Trouble,
}

/// What is the matter with a history. A closed list.
#[derive(Debug)]
pub enum Trouble {
    /// There is no such file.
    Missing,
    /// A history cannot be made there.
    Place(String),
    /// It is a file of something else.
    NotAHistory(String),
    /// A newer version of this program wrote it.
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// It is damaged.
    Damaged(String),
    /// Others use it, and did not finish in time.
    Locked(Duration),
    /// It, or its folder, cannot be written to.
    ReadOnly,
    /// The disk is full.
    Full,
    /// Something else went wrong.
    Other(String),
    /// No run of it is meant by this.
    NoRun {
        /// What was asked for.
        wanted: String,
        /// What would be right.
        advice: String,
    },
    /// Several runs are meant by this.
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// Some of the ids that begin so.
        ids: Vec<String>,
    },
    /// What was to be recorded can no longer be read.
    Source(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => {
                f.write_str("there is no such history; `sameca check --history FILE` begins one")
            }
            Self::Place(why) => f.write_str(why),
            Self::NotAHistory(why) => write!(f, "no history of sameca: {why}; it is left as it is"),
            Self::Newer { found, known } => write!(
                f,
                "written by a newer sameca (version {found} of the history, this one knows {known}); use that one, or another file"
            ),
            Self::Damaged(why) => write!(
                f,
                "the history is damaged ({why}); it is left as it is: restore a copy, or begin another file"
            ),
            Self::Locked(waited) => write!(
                f,
                "another program is writing to the history, and was not done within {} s; try again",
                waited.as_secs_f32()
            ),
            Self::ReadOnly => f.write_str(
                "the history cannot be written to: the file and its folder must both be writable",
            ),
            Self::Full => f.write_str("the disk is full; nothing was added to the history"),
            Self::Other(what) => f.write_str(what),
            Self::NoRun { wanted, advice } => {
                write!(f, "no run `{wanted}` in the history; {advice}")
            }
            Self::Ambiguous { wanted, ids } => write!(
                f,
                "several runs begin with `{wanted}`: {}; give more of the id",
                ids.join(", ")
            ),
            Self::Source(error) => write!(f, "the run cannot be recorded: {error}"),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                let said = message.unwrap_or_else(|| failure.to_string());
                match failure.code {
                    ErrorCode::NotADatabase => Self::NotAHistory("it is no SQLite file".to_owned()),
                    ErrorCode::DatabaseCorrupt => Self::Damaged(said),
                    // How long was waited is known to whoever opened it.
                    ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                        Self::Locked(Duration::ZERO)
                    }
                    ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
                    ErrorCode::DiskFull => Self::Full,
                    _ => Self::Other(said),
                }
            }
            // A value that is not what this program writes.
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Source(error)
    }
}

impl Trouble {
    /// A stored text that is not what this program writes.
    pub(super) fn damaged(what: impl fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// Names the file, and how long was waited for it.
    pub(super) fn of(self, path: &Path, patience: Duration) -> HistoryError {
        HistoryError {
            path: path.to_owned(),
            trouble: match self {
                Self::Locked(_) => Self::Locked(patience),
                other => other,
            },
        }
    }
}
