//! `renewed` and `diff`, as they are typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};

use crate::cli::args::KeepArgs;
use crate::cli::options::{AddressArgs, CaArgs, ConnectArgs, OutputArgs, PolicyArgs, TargetArgs};
use crate::cli::values;
use crate::model::timestamp::Timestamp;

pub(super) const RENEWED_EXAMPLES: &str = "\
Examples:
  Before the renewal, keep what is served; afterwards, compare:
    sameca check -f estate.toml --format ndjson -o before.ndjson
    sameca renewed --since before.ndjson
  While the services restart, for a quarter of an hour at most:
    sameca renewed --since before.ndjson --wait 15m --every 30s
  Without a baseline, by the thumbprint that Windows shows:
    sameca renewed --front-end lync01.contoso.com --expect 'A9 09 50 2D D8 2A E4 14 33 E6 F8 38 86 B0 0D 42 77 A3 2A 7B'
  A planned change of the CA:
    sameca renewed --since before.ndjson --reference-ca new-issuing-ca.cer

Exit codes:
  0    every endpoint presents a new certificate: of the same CA, valid now, with its names
  1    one does not, or a check that was asked for failed
  2    wrong usage or configuration, or output that cannot be written
  3    inconclusive: a server was not reached, or the evidence is too weak
  130  interrupted; what was captured so far is written";

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  sameca diff monday.ndjson tuesday.ndjson
  sameca diff before.ndjson after.ndjson --format json
  sameca diff last~1 last --history contoso.history
  sameca diff 2026-11-20T03:00 after.ndjson --history contoso.history

Exit codes:
  0  every endpoint presents the same certificate in both
  1  something changed
  2  wrong usage, or a file that cannot be read";

/// `sameca renewed`.
#[derive(Clone, Debug, Args)]
pub struct RenewedArgs {
    /// What is new.
    #[command(flatten)]
    pub wanted: WantedArgs,
    /// The servers; none: those of the baseline.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// Their names, addresses and ports.
    #[command(flatten)]
    pub addresses: AddressArgs,
    /// The rule.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// The CA certificates.
    #[command(flatten)]
    pub ca: CaArgs,
    /// The connections.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// Form of the result
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        help_heading = "Output"
    )]
    pub format: RenewedFormat,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Where the run is kept, and where `--since` may find one.
    #[command(flatten)]
    pub keep: KeepArgs,
}

/// What counts as new, and how long to wait for it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The renewal")]
#[command(group(ArgGroup::new("wanted").required(true).args(["since", "issued_after", "expect"])))]
#[group(skip)]
pub struct WantedArgs {
    /// Compare with this run, kept by `check --format ndjson -o FILE` before the renewal, or in --history
    ///
    /// Without targets, its endpoints are asked again at the addresses they had. With --history, BASELINE may be `last`,
    /// `last~1`, a time (2026-11-20, 2026-11-20T03:00: the last run not after it), or the beginning of a run's id.
    #[arg(long, value_name = "BASELINE")]
    pub since: Option<PathBuf>,

    /// Without a baseline: certificates valid from this time on are new, as in 2026-11-22T20:15:04Z
    ///
    /// CAs date certificates back, AD CS by ten minutes: give a time well before the renewal.
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub issued_after: Option<Timestamp>,

    /// Without a baseline: this certificate is new (repeatable)
    ///
    /// A thumbprint as Windows shows it (SHA-1, with or without spaces or colons), a SHA-256, or a certificate file.
    #[arg(long, value_name = "THUMBPRINT|CERTIFICATE")]
    pub expect: Vec<String>,

    /// Look again at what is not right yet, for this long at most: 90s, 15m, 2h
    #[arg(long, value_name = "TIME", value_parser = values::wait)]
    pub wait: Option<Duration>,

    /// Time between two looks [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = values::wait, requires = "wait")]
    pub every: Option<Duration>,
}

/// The forms of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RenewedFormat {
    /// The answer, and a row for each endpoint
    Table,
    /// The answer as one JSON document
    Json,
    /// The observations, one JSON document a line: the next baseline; the answer is then on standard error
    Ndjson,
}

/// `sameca diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The older run: observations, as `--format ndjson` writes them, or a run of --history
    ///
    /// With --history: `last`, `last~1`, a time (2026-11-20, 2026-11-20T03:00: the last run not after it), or the
    /// beginning of a run's id. A file that is called so is written `./last`.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The newer run, as OLD
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// The history in which OLD and NEW may name runs
    #[arg(
        long,
        value_name = "FILE",
        env = "SAMECA_HISTORY",
        hide_env_values = true
    )]
    pub history: Option<PathBuf>,
    /// The CA certificates.
    #[command(flatten)]
    pub ca: CaArgs,
    /// Form of the result
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        help_heading = "Output"
    )]
    pub format: DiffFormat,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The forms of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// What changed, and a row for each endpoint that did
    Table,
    /// The diff as one JSON document
    Json,
}
