//! `sweep`, as it is typed.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::KeepArgs;
use crate::cli::options::{AddressArgs, CaArgs, ConnectArgs, OutputArgs, PolicyArgs};
use crate::cli::values;
use crate::sweep::Shard;

pub(super) const EXAMPLES: &str = "\
Examples:
  Every TLS server of some networks, and which CA each comes from:
    sameca sweep 10.20.0.0/16 10.30.0.1-50 -p 443,444,5061 -o sweep.ndjson.zst
  The estate must be there, the rest may be:
    sameca sweep 10.20.0.0/16 -f estate.toml --reference-ca issuing-ca.cer -o sweep.ndjson
  Gently, and going on after Ctrl-C, a reboot or a full disk:
    sameca sweep 10.0.0.0/12 --yes --rate 200 --exclude 10.7.0.0/24 -o sweep.ndjson
    sameca sweep --resume sweep.ndjson";

/// `sameca sweep`.
#[derive(Clone, Debug, Args)]
pub struct SweepArgs {
    /// Where to look.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Names, addresses and ports.
    #[command(flatten)]
    pub addresses: AddressArgs,
    /// Look up in DNS what captured addresses are called: names that lead back to the address
    #[arg(long, help_heading = "Names and addresses")]
    pub resolve_names: bool,
    /// DNS server that --resolve-names asks: ADDRESS or ADDRESS:PORT [default: those of the system]
    #[arg(long, value_name = "SERVER", help_heading = "Names and addresses", value_parser = values::dns_server)]
    pub dns: Option<SocketAddr>,
    /// The rule.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// The CA certificates.
    #[command(flatten)]
    pub ca: CaArgs,
    /// The connections.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// Connections to one address at a time
    #[arg(long, value_name = "N", default_value = "4", help_heading = "Connections", value_parser = clap::value_parser!(u16).range(1..))]
    pub per_host: u16,
    /// Form of the verdict: a summary as a table, or the report as JSON (with -o)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        help_heading = "Output"
    )]
    pub format: SweepFormat,
    /// Name the CAs in the summary that these kept observations do not hold, by their names (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub known: Vec<PathBuf>,
    /// Lines of each list of the summary
    #[arg(long, value_name = "N", default_value = "10", help_heading = "Output")]
    pub top: u32,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Where the run is kept.
    #[command(flatten)]
    pub keep: KeepArgs,
}

/// What `sameca sweep` goes through.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Where to look")]
pub struct ScopeArgs {
    /// Where to look: 10.0.0.0/24, 10.0.0.1-50, 10.0.0.1-10.0.3.9, 2001:db8::/112, an address, or a host name
    ///
    /// Ports may follow, as in 10.0.0.0/24:443,5061; else those of --port, else 443. An IPv6 network has a prefix of
    /// /96 or longer.
    #[arg(value_name = "RANGE", help_heading = None::<&str>, required_unless_present_any = ["list", "estate", "resume"])]
    pub ranges: Vec<String>,
    /// Read ranges and hosts from a list of any length: one a line, `#` comments; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    pub list: Vec<PathBuf>,
    /// Read an estate file (TOML); its servers come first, and must be there
    #[arg(short = 'f', long, value_name = "FILE")]
    pub estate: Vec<PathBuf>,
    /// Leave out these addresses: a range, with ports or for all of them (repeatable)
    #[arg(long, value_name = "RANGE")]
    pub exclude: Vec<String>,
    /// Leave out the ranges of this file, one a line
    #[arg(long, value_name = "FILE")]
    pub exclude_file: Vec<PathBuf>,
    /// Do part I of N of the sweep; the parts are disjoint and complete
    #[arg(long, value_name = "I/N", value_parser = values::shard)]
    pub shard: Option<Shard>,
    /// Do one of N parts, numbered from 0 by JOB_COMPLETION_INDEX, as Kubernetes sets it
    #[arg(long, value_name = "N", conflicts_with = "shard")]
    pub shards: Option<NonZeroU32>,
    /// What decides on the order of addresses [default: random; with parts, one for all of them]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Do not ask before more than a million endpoints are looked for
    #[arg(short, long)]
    pub yes: bool,
    /// Go on with the sweep whose observations are in this file; the arguments are those it was begun with
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub resume: Option<PathBuf>,
}

/// The forms of a sweep's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SweepFormat {
    /// The answer, and what was found in numbers
    Table,
    /// The report as one JSON document
    Json,
}
