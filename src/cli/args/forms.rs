//! `--format` and `-o` of everything that gives a verdict: as often as wanted, in the order in which they are typed.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use crate::cli::args::Format;

/// `--format` and `-o`, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormArgs {
    /// What was typed.
    pub words: Vec<FormWord>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormWord {
    /// `--format`.
    Format(Format),
    /// `-o`.
    File(PathBuf),
}

/// The two options by themselves: which belongs to which is in their places.
#[derive(Args)]
#[command(next_help_heading = "Output")]
struct Options {
    /// Form of the result; may be repeated, each with its own -o [default: table]
    ///
    /// `--format html -o report.html --format junit -o report.xml` writes both of one run; a format without -o goes to
    /// standard output.
    #[arg(long, value_name = "FORMAT")]
    format: Vec<Format>,

    /// Write the result to a file instead of standard output; belongs to the --format before it
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
}

impl FromArgMatches for FormArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut words = placed(matches, "format", FormWord::Format);
        words.extend(placed(matches, "output", FormWord::File));
        words.sort_by_key(|(place, _)| *place);
        Ok(Self {
            words: words.into_iter().map(|(_, word)| word).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for FormArgs {
    fn augment_args(command: Command) -> Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Options::augment_args_for_update(command)
    }
}

/// The values of an option with their places in the command line.
fn placed<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    option: &str,
    word: impl Fn(T) -> FormWord,
) -> Vec<(usize, FormWord)> {
    let places = matches.indices_of(option).into_iter().flatten();
    let values = matches.get_many::<T>(option).into_iter().flatten();
    places.zip(values.cloned().map(word)).collect()
}
