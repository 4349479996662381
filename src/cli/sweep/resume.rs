//! Going on with a sweep: the arguments are those it was begun with, and what is typed besides must agree with them.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::cli::args::{Cli, Command, SweepArgs};
use crate::cli::sweep::sidecar::Progress;

/// Options that may differ: they change how the sweep is done, judged and shown, not what is swept.
const FREE: &[&str] = &[
    "ascii",
    "color",
    "concurrency",
    "connect_timeout",
    "deny",
    "dns",
    "evidence",
    "format",
    "known",
    "no_system_roots",
    "now",
    "per_host",
    "progress",
    "quiet",
    "rate",
    "reference_ca",
    "resolve_names",
    "retries",
    "same",
    "timeout",
    "top",
    "verbose",
    "yes",
];

/// The arguments with which a sweep goes on, and how far it is.
pub(super) fn read(observations: &Path, typed: &[String]) -> Result<(SweepArgs, Progress)> {
    let progress = Progress::read(observations)?;
    let arguments = merged(&progress.arguments, typed)?;
    let cli = Cli::from_arg_matches(&matches(&arguments)?)?;
    let Command::Sweep(mut args) = cli.command else {
        bail!(
            "the arguments kept beside {} are not of a sweep",
            observations.display()
        );
    };
    args.output.output = Some(observations.to_owned());
    Ok((*args, progress))
}

fn matches(arguments: &[String]) -> Result<ArgMatches> {
    let line = ["sameca", "sweep"].into_iter().map(str::to_owned);
    Ok(Cli::command().try_get_matches_from(line.chain(arguments.iter().cloned()))?)
}

/// The arguments of the beginning, with what is typed now in the place of those that may differ.
fn merged(begun: &[String], typed: &[String]) -> Result<Vec<String>> {
    let (before, now) = (matches(begun)?, matches(typed)?);
    let command = Cli::command();
    let sweep = command.find_subcommand("sweep").expect("it is one of them");
    let (mut arguments, mut differences) = (begun.to_vec(), Vec::new());
    for arg in sweep.get_arguments() {
        let id = arg.get_id().as_str();
        let values = given(&now, id);
        if values.is_empty() || ["output", "resume"].contains(&id) {
            continue;
        }
        let earlier = given(&before, id);
        if FREE.contains(&id) {
            arguments.extend(again(arg, &values));
        } else if earlier != values {
            differences.push(difference(arg, &earlier, &values));
        }
    }
    match differences.is_empty() {
        true => Ok(arguments),
        false => bail!(
            "the sweep was begun with other arguments ({}); leave them out to go on with it",
            differences.join("; ")
        ),
    }
}

/// What was typed for an argument.
fn given(matches: &ArgMatches, id: &str) -> Vec<String> {
    let Some(sweep) = matches.subcommand_matches("sweep") else {
        return Vec::new();
    };
    if sweep.value_source(id) != Some(ValueSource::CommandLine) {
        return Vec::new();
    }
    let text = |value: &std::ffi::OsStr| OsString::from(value).to_string_lossy().into_owned();
    sweep.get_raw(id).into_iter().flatten().map(text).collect()
}

fn again(arg: &Arg, values: &[String]) -> Vec<String> {
    let name = arg.get_long().expect("what may differ has a long name");
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::Count => vec![format!("--{name}")],
        _ => values
            .iter()
            .map(|value| format!("--{name}={value}"))
            .collect(),
    }
}

fn difference(arg: &Arg, before: &[String], now: &[String]) -> String {
    let name = arg
        .get_long()
        .map_or_else(|| "the ranges".to_owned(), |long| format!("--{long}"));
    let before = match before.is_empty() {
        true => "not given".to_owned(),
        false => format!("`{}`", before.join(" ")),
    };
    format!("{name}: {before} before, `{}` now", now.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_not_typed_again_is_as_it_was() {
        let begun = words("10.0.0.0/24 -p 443,444 --rate 50 -o f");
        let typed = words("--resume f");
        assert_eq!(merged(&begun, &typed).expect("agrees"), begun);
        let typed = words("--resume f 10.0.0.0/24 --port 443 --port 444 --rate 9 -q");
        let merged = merged(&begun, &typed).expect("agrees");
        assert_eq!(
            merged[begun.len()..],
            ["--rate=9", "--quiet"].map(str::to_owned)
        );
        let cli = Cli::from_arg_matches(&matches(&merged).expect("valid")).expect("valid");
        let Command::Sweep(args) = cli.command else {
            panic!("a sweep");
        };
        assert_eq!(args.connect.rate.map(u32::from), Some(9));
    }

    #[test]
    fn what_would_sweep_something_else_is_refused_by_name() {
        let begun = words("10.0.0.0/24 -p 443");
        for (typed, part) in [
            (
                "--resume f 10.0.0.0/25",
                "the ranges: `10.0.0.0/24` before, `10.0.0.0/25` now",
            ),
            ("--resume f -p 444", "--port: `443` before, `444` now"),
            ("--resume f --seed 7", "--seed: not given before, `7` now"),
        ] {
            let error = merged(&begun, &words(typed)).expect_err(typed).to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn every_option_that_may_differ_exists() {
        let command = Cli::command();
        let sweep = command.find_subcommand("sweep").expect("it is one of them");
        for id in FREE {
            assert!(
                sweep
                    .get_arguments()
                    .any(|arg| arg.get_id() == id && arg.get_long().is_some()),
                "{id}"
            );
        }
    }
}
