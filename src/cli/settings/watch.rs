//! What is meant by `watch` and its arguments.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::typed::{given, groups, resolution, selection};
use super::{
    CaSources, Connect, Environment, Given, Output, Policy, Source, UsageError, Verbosity,
};
use crate::cli::args::{Listen, WatchArgs};
use crate::resolve;
use crate::watch::Command;

/// `sameca watch`.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// The servers, as given.
    pub given: Given,
    /// The time between the beginnings of two runs.
    pub every: Duration,
    /// Where page and metrics are; absent: nowhere.
    pub listen: Option<SocketAddr>,
    /// The history in which runs are kept; absent: none.
    pub history: Option<PathBuf>,
    /// What is told of changes.
    pub on_change: Option<Command>,
    /// How names become addresses.
    pub resolve: resolve::Settings,
    /// How servers are connected to.
    pub connect: Connect,
    /// The rule.
    pub policy: Policy,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The output; there is no result besides.
    pub output: Output,
}

impl Watch {
    /// What is meant by `sameca watch` and these arguments.
    ///
    /// # Errors
    ///
    /// Options that contradict each other or a watch.
    pub fn new(args: WatchArgs, environment: Environment) -> Result<Self, UsageError> {
        let selection = selection(&args.addresses, groups(args.policy.group));
        let given = given(args.targets, selection)?;
        if given.lists.contains(&Source::Stdin) {
            return Err(UsageError::StdinAgain);
        }
        let policy = Policy::from(args.policy);
        if policy.deny.is_some() {
            return Err(UsageError::NoDenial);
        }
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Debug,
        };
        Ok(Self {
            given,
            every: args.watching.every,
            listen: match args.watching.listen {
                Listen::At(address) => Some(address),
                Listen::Nowhere => None,
            },
            history: args.keep.history,
            on_change: Command::new(args.watching.on_change),
            resolve: resolution(args.addresses),
            connect: args.connect.try_into()?,
            policy,
            ca: args.ca.into(),
            output: Output {
                file: None,
                verbosity,
                color: false,
                color_in_files: false,
                errors: environment.style_of_errors(),
                ascii: environment.ascii,
                width: usize::MAX,
                progress: false,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command as Typed};

    fn watch(arguments: &[&str]) -> Result<Watch, UsageError> {
        let line = ["sameca", "watch"].iter().chain(arguments);
        let cli = Cli::try_parse_from(line).expect("a good command line");
        match cli.command {
            Typed::Watch(args) => Watch::new(*args, Environment::default()),
            other => panic!("watch was typed: {other:?}"),
        }
    }

    #[test]
    fn a_watch_of_an_estate_needs_no_more() {
        let watch = watch(&["-f", "estate.toml"]).expect("meant");
        assert_eq!(watch.every, Duration::from_secs(6 * 3600));
        assert_eq!(watch.listen, "127.0.0.1:9443".parse().ok());
        assert_eq!(watch.on_change, None);
    }

    #[test]
    fn the_command_takes_the_rest() {
        let line = [
            "-f",
            "e.toml",
            "--on-change",
            "tell",
            "--every",
            "-x",
            "now",
        ];
        let meant = watch(&line).expect("meant");
        let words = ["tell", "--every", "-x", "now"].map(Into::into);
        assert_eq!(meant.on_change, Command::new(words.into()));
        assert_eq!(meant.every, Duration::from_secs(6 * 3600));
    }

    #[test]
    fn what_makes_no_sense_again_and_again_is_refused() {
        assert_eq!(watch(&["-l", "-"]).map(drop), Err(UsageError::StdinAgain));
        assert_eq!(
            watch(&["a", "--deny", "warning"]).map(drop),
            Err(UsageError::NoDenial)
        );
    }
}
