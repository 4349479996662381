//! `watch`, as it is typed.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use crate::cli::args::KeepArgs;
use crate::cli::options::{AddressArgs, CaArgs, ConnectArgs, PolicyArgs, TargetArgs};
use crate::cli::values;

pub(super) const WATCH_EXAMPLES: &str = "\
Examples:
  Every six hours, with a page and metrics on http://127.0.0.1:9443/:
    sameca watch -f estate.toml --ca-file contoso-ca.cer --history contoso.history
  With a program that is told of changes, and no page:
    sameca watch -f estate.toml --every 1h --listen none --on-change /usr/local/bin/tell-the-team
  What the page, the metrics and the program show is in docs/watch.md.

Signals:
  SIGTERM, SIGINT (Ctrl-C)  end, also in the middle of a run
  SIGHUP                    read the estate and the CA files again

Exit codes:
  0  told to end
  2  wrong usage or configuration at the start, or an address that cannot be listened on";

/// `sameca watch`.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// The servers.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// How it is watched.
    #[command(flatten)]
    pub watching: WatchingArgs,
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
    /// The history.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// Say nothing but what goes wrong
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Say more about what is being done (repeat for more)
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
}

/// When to look, and whom to show it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The watch")]
pub struct WatchingArgs {
    /// Time between the beginnings of two runs: 90s, 15m, 6h, 1d
    ///
    /// The first run begins at once. A run that lasts longer is not disturbed; the next one begins at the following tick.
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = values::period)]
    pub every: Duration,

    /// Address and port of the status page and the metrics; `none`: neither
    ///
    /// There is no authentication: keep it on loopback, or put a reverse proxy in front.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9443", value_parser = values::listen)]
    pub listen: Listen,

    /// Run this program when the verdict or an endpoint changed; takes the rest of the command line
    ///
    /// It gets the differences as JSON on its standard input, as `sameca diff --format json` writes them. No shell is
    /// involved. After 30 s it is killed.
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    pub on_change: Vec<OsString>,
}

/// Where a watch shows what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// At this address.
    At(SocketAddr),
    /// Nowhere.
    Nowhere,
}
