//! What is meant by `sweep` and its arguments.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::typed::{groups, output, resolution, selection, sources, with_role};
use super::{CaSources, Connect, Environment, Given, Output, Policy, UsageError};
use crate::cli::args::{SweepArgs, SweepFormat};
use crate::model::target::Role;
use crate::resolve;
use crate::sweep::Shard;

/// The time for connecting: most addresses of a network are silent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// `sameca sweep`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Ranges and hosts, lists and estates, as given.
    pub given: Given,
    /// Ranges that are left out.
    pub exclude: Vec<String>,
    /// Files of such ranges.
    pub exclude_files: Vec<PathBuf>,
    /// The part that is done.
    pub shard: Shard,
    /// What decides on the order; absent: a random number.
    pub seed: Option<u64>,
    /// Whether a large sweep is meant.
    pub consent: Consent,
    /// How names become addresses.
    pub resolve: resolve::Settings,
    /// Who is asked what captured addresses are called.
    pub naming: Naming,
    /// How servers are connected to.
    pub connect: Connect,
    /// Connections to one address at a time.
    pub per_host: usize,
    /// The rule.
    pub policy: Policy,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The form of the verdict.
    pub format: SweepFormat,
    /// Kept observations whose CAs are not new.
    pub known: Vec<PathBuf>,
    /// How many lines each list of the summary has.
    pub top: usize,
    /// The output; the file is that of the observations.
    pub output: Output,
    /// The history that the run is kept in.
    pub history: Option<PathBuf>,
}

/// Who is asked what captured addresses are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Nobody.
    Nobody,
    /// The DNS servers of the system.
    System,
    /// This DNS server.
    Server(SocketAddr),
}

/// Whether a large sweep is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The user said so.
    Given,
    /// He can be asked.
    Asked,
    /// Nobody is there to be asked.
    Absent,
}

impl Sweep {
    /// What is meant by `sameca sweep` and these arguments.
    ///
    /// # Errors
    ///
    /// Options that contradict each other or the environment.
    pub fn new(args: SweepArgs, environment: Environment) -> Result<Self, UsageError> {
        let selection = selection(&args.addresses, groups(args.policy.group));
        let connect = Connect::try_from(args.connect)?;
        let output = output(args.output, environment);
        if connect.fetch_issuers {
            return Err(UsageError::NoFetching);
        }
        if args.format == SweepFormat::Json && output.file.is_none() {
            return Err(UsageError::TwoResults);
        }
        let naming = naming(args.resolve_names, args.dns)?;
        let can_ask = environment.stdin_is_terminal && environment.stderr_is_terminal;
        Ok(Self {
            shard: shard(args.scope.shard, args.scope.shards, environment)?,
            given: Given {
                selection,
                targets: with_role(Role::Peer, args.scope.ranges).collect(),
                lists: sources(args.scope.list)?,
                estates: args.scope.estate,
            },
            exclude: args.scope.exclude,
            exclude_files: args.scope.exclude_file,
            seed: args.scope.seed,
            consent: match (args.scope.yes, can_ask) {
                (true, _) => Consent::Given,
                (false, true) => Consent::Asked,
                (false, false) => Consent::Absent,
            },
            resolve: resolution(args.addresses),
            naming,
            connect: Connect {
                connect_timeout: connect
                    .connect_timeout
                    .or(Some(CONNECT_TIMEOUT.min(connect.timeout))),
                ..connect
            },
            per_host: args.per_host.into(),
            policy: args.policy.into(),
            ca: args.ca.into(),
            format: args.format,
            known: args.known,
            top: usize::try_from(args.top).unwrap_or(usize::MAX),
            output,
            history: args.keep.history,
        })
    }
}

fn naming(wanted: bool, server: Option<SocketAddr>) -> Result<Naming, UsageError> {
    match (wanted, server) {
        (true, Some(server)) => Ok(Naming::Server(server)),
        (true, None) => Ok(Naming::System),
        (false, None) => Ok(Naming::Nobody),
        (false, Some(_)) => Err(UsageError::DnsForNothing),
    }
}

fn shard(
    typed: Option<Shard>,
    count: Option<NonZeroU32>,
    environment: Environment,
) -> Result<Shard, UsageError> {
    let Some(count) = count.map(|count| u64::from(count.get())) else {
        return Ok(typed.unwrap_or(Shard::WHOLE));
    };
    let index = environment.job_index;
    index
        .and_then(|index| Shard::new(index, count))
        .ok_or(UsageError::NoPart(count))
}
