//! `history`, as it is typed, and the option that keeps runs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::options::OutputArgs;
use crate::cli::values;
use crate::model::timestamp::Timestamp;

pub(super) const EXAMPLES: &str = "\
Examples:
  Keep every run, by hand or by a timer:
    sameca check -f estate.toml --history contoso.history
  The runs, and what changed in each:
    sameca history --history contoso.history
  What happened on a server, or a whole pool; who came to a CA and who left it:
    sameca history lync01.contoso.com --history contoso.history
    sameca history 'Issuing CA 02' --history contoso.history --since 2026-11-01
  What changed between two of them:
    sameca diff last~1 last --history contoso.history
  Forget what is older than a quarter of a year:
    sameca history prune --keep 90d --history contoso.history

Exit codes:
  0  it is shown
  2  wrong usage, or a history that cannot be read
  3  nothing in the history is called so";

pub(super) const PRUNE_EXAMPLES: &str = "\
Example:
  sameca history prune --keep 90d --history contoso.history

Exit codes:
  0  it is done; also when there was nothing to remove
  2  wrong usage, or a history that cannot be written to";

/// `sameca history`.
#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// Instead of showing it.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Host name, address or pool, with or without :PORT; or a part of a CA's name, or its key's digest or identifier
    ///
    /// None: the runs. A host that is called `prune` is written `prune:443`.
    #[arg(value_name = "HOST|CA")]
    pub subject: Option<String>,
    /// The history, as `check --history FILE` keeps it
    #[arg(
        long,
        value_name = "FILE",
        env = "SAMECA_HISTORY",
        hide_env_values = true,
        global = true
    )]
    pub history: Option<PathBuf>,
    /// Nothing that happened earlier: 2026-11-20, or 2026-11-20T03:00:00Z
    #[arg(long, value_name = "TIME", value_parser = values::day_or_time)]
    pub since: Option<Timestamp>,
    /// Form of the result
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: HistoryFormat,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is done with a history instead of showing it.
#[derive(Clone, Debug, Subcommand)]
pub enum HistoryCommand {
    /// Remove old runs, and the certificates that only they showed
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(PruneArgs),
}

/// `sameca history prune`.
#[derive(Clone, Debug, Args)]
pub struct PruneArgs {
    /// Keep the runs of this many days: 90, 90d
    #[arg(long, value_name = "DAYS", value_parser = values::days)]
    pub keep: i64,
}

/// The forms of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// For reading
    #[value(alias = "table")]
    Text,
    /// What was found as one JSON document
    Json,
}

/// The option of everything that gives a verdict over servers.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct KeepArgs {
    /// Keep the run in this history too, for `sameca history`; the file is made when it is not there
    #[arg(
        long,
        value_name = "FILE",
        env = "SAMECA_HISTORY",
        hide_env_values = true
    )]
    pub history: Option<PathBuf>,
}
