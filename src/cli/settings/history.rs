//! Arguments of `history`, and the runs that others name -> settings.

use std::path::PathBuf;

use super::typed::output;
use super::{Environment, Output, Source, UsageError};
use crate::cli::args::{HistoryArgs, HistoryCommand, HistoryFormat};
use crate::history::Selector;
use crate::model::timestamp::Timestamp;

/// `sameca history`.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Its file.
    pub file: PathBuf,
    /// What is to be done.
    pub task: HistoryTask,
    /// The form of the result.
    pub format: HistoryFormat,
    /// The output.
    pub output: Output,
}

/// What is to be done with a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryTask {
    /// Show it.
    Show {
        /// The host or CA; absent: the runs.
        subject: Option<String>,
        /// Nothing that happened earlier.
        since: Option<Timestamp>,
    },
    /// Remove runs that are older than so many days.
    Prune(i64),
}

/// A run from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// In a file of observations.
    File(Source),
    /// In a history.
    Run {
        /// The history.
        history: PathBuf,
        /// The run.
        run: Selector,
        /// What was typed, which is a file where the history has no such run.
        typed: PathBuf,
    },
}

impl History {
    /// What is meant by `sameca history` and these arguments.
    ///
    /// # Errors
    ///
    /// No history is named, or a subject together with a subcommand.
    pub fn new(args: HistoryArgs, environment: Environment) -> Result<Self, UsageError> {
        let task = match (args.command, args.subject) {
            (Some(HistoryCommand::Prune(prune)), None) => HistoryTask::Prune(prune.keep),
            (Some(HistoryCommand::Prune(_)), Some(subject)) => {
                return Err(UsageError::PruneOfOne(subject));
            }
            (None, subject) => HistoryTask::Show {
                subject,
                since: args.since,
            },
        };
        Ok(Self {
            file: args.history.ok_or(UsageError::NoHistory)?,
            task,
            format: args.format,
            output: output(args.output, environment),
        })
    }
}

impl Past {
    /// A run of the history when one is given and the text can name a run, else a file.
    pub(super) fn new(source: Source, history: Option<&PathBuf>) -> Self {
        let Source::File(typed) = &source else {
            return Self::File(source);
        };
        let run = typed.to_str().and_then(Selector::parse);
        match (history, run) {
            (Some(history), Some(run)) => Self::Run {
                history: history.clone(),
                run,
                typed: typed.clone(),
            },
            _ => Self::File(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn history(arguments: &[&str]) -> Result<History, UsageError> {
        let line = ["sameca", "history"].iter().chain(arguments);
        match Cli::try_parse_from(line)
            .expect("a good command line")
            .command
        {
            Command::History(args) => History::new(*args, Environment::default()),
            other => panic!("history was typed: {other:?}"),
        }
    }

    fn subject(arguments: &[&str]) -> Option<String> {
        match history(arguments).expect("good arguments").task {
            HistoryTask::Show { subject, .. } => subject,
            HistoryTask::Prune(_) => panic!("nothing was to be removed"),
        }
    }

    #[test]
    fn a_host_called_prune_can_be_named() {
        for typed in [
            &["--history", "h", "--", "prune"][..],
            &["prune:443", "--history=h"],
        ] {
            assert!(subject(typed).is_some_and(|subject| subject.starts_with("prune")));
        }
        assert_eq!(subject(&["--history=h"]), None);
    }

    #[test]
    fn pruning_takes_the_history_before_and_after() {
        for typed in [
            &["prune", "--keep=90d", "--history=h"][..],
            &["--history=h", "prune", "--keep=90"],
        ] {
            let settings = history(typed).expect("good arguments");
            assert_eq!(settings.task, HistoryTask::Prune(90));
            assert_eq!(settings.file, PathBuf::from("h"));
        }
        assert_eq!(
            history(&["lync01", "prune", "--keep=90", "--history=h"]),
            Err(UsageError::PruneOfOne("lync01".to_owned()))
        );
    }

    #[test]
    fn a_run_of_a_history_is_named_where_there_is_one() {
        let file = |text: &str| Source::File(text.into());
        let history = PathBuf::from("h");
        assert_eq!(Past::new(file("last"), None), Past::File(file("last")));
        let run = Past::new(file("last"), Some(&history));
        assert!(matches!(run, Past::Run { .. }));
        for text in ["./last", "monday.ndjson"] {
            assert_eq!(
                Past::new(file(text), Some(&history)),
                Past::File(file(text))
            );
        }
        assert_eq!(
            Past::new(Source::Stdin, Some(&history)),
            Past::File(Source::Stdin)
        );
    }
}
