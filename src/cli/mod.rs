//! L4: the command line.
//!
//! What was typed ([`args`]) becomes what is meant ([`settings`]) in one pure step; a subcommand's work begins there
//! and ends with an [`exit`] status. One file for each subcommand. The only layer that prints and that knows clap.

pub mod args;
mod check;
mod completions;
mod demo;
mod diff;
mod discover;
mod estate;
mod estate_file;
pub mod exit;
mod explain;
mod given;
mod history;
mod import;
mod intake;
mod judge;
mod keep;
mod man;
mod network;
pub mod options;
mod output;
mod past;
mod plugin;
mod present;
mod progress;
mod renewed;
mod schema;
pub mod settings;
mod show;
mod sweep;
mod values;
mod verdict;
mod watch;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use args::{Cli, Command, EstateCommand};
use exit::Exit;

/// Runs the program on the process's arguments and returns its exit status.
pub fn run() -> ExitCode {
    let plugin = plugin::is_meant(&typed());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if plugin && error.use_stderr() => {
            let _ = error.print();
            return plugin::failed("the command line is wrong");
        }
        Err(error) => error.exit(),
    };
    let environment = settings::Environment::read();
    match dispatch(cli.command, environment) {
        Ok(exit) => exit.into(),
        Err(error) => {
            present::error(&error, &environment.style_of_errors());
            match plugin {
                true => plugin::failed(&format!("{error:#}")),
                false => Exit::Usage.into(),
            }
        }
    }
}

fn dispatch(command: Command, environment: settings::Environment) -> Result<Exit> {
    match command {
        Command::Check(args) => check::run(&settings::Check::new(*args, environment)?),
        Command::Show(args) => show::run(&settings::Show::new(*args, environment)?),
        Command::Explain(args) => explain::run(&settings::Explain::new(*args, environment)?),
        Command::Judge(args) => judge::run(&settings::Judge::new(*args, environment)?),
        Command::Renewed(args) => renewed::run(&settings::Renewed::new(*args, environment)?),
        Command::Diff(args) => diff::run(&settings::Diff::new(args, environment)?),
        Command::History(args) => history::run(&settings::History::new(*args, environment)?),
        Command::Watch(args) => watch::run(&settings::Watch::new(*args, environment)?),
        Command::Import(args) => import::run(&settings::Import::new(args, environment)?),
        Command::Discover(args) => discover::run(&settings::Discover::new(args, environment)?),
        Command::Sweep(args) => sweep::run(*args, &after_subcommand(), environment),
        Command::Estate(args) => match args.command {
            EstateCommand::Check(args) => {
                estate::check(&settings::EstateCheck::new(args, environment))
            }
        },
        Command::Demo(args) => demo::run(&settings::Demo::new(args, environment)?),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// What was typed after the subcommand's name, which comes first.
fn after_subcommand() -> Vec<String> {
    typed().into_iter().skip(2).collect()
}

fn typed() -> Vec<String> {
    let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
    std::env::args_os().map(text).collect()
}
