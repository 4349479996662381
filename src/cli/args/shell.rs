//! `completions` and `man`, as they are typed: what a package puts beside the program.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  For everybody who uses bash on this machine:
    sameca completions bash -o /usr/share/bash-completion/completions/sameca
  For oneself, in zsh, with a folder of its own in $fpath:
    sameca completions zsh -o ~/.zfunc/_sameca
  In fish:
    sameca completions fish -o ~/.config/fish/completions/sameca.fish
  In PowerShell, for this session:
    sameca completions powershell | Out-String | Invoke-Expression

Exit codes:
  0  written
  2  wrong usage, or output that cannot be written";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  sameca man check | man -l -
  sameca man estate check > sameca-estate-check.1
  sameca man --all /usr/local/share/man/man1

Exit codes:
  0  written
  2  wrong usage, or output that cannot be written";

/// `sameca completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `sameca man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// Subcommand whose page is wanted, as in `check` or `estate check` [default: the program's own page]
    #[arg(value_name = "SUBCOMMAND", conflicts_with = "all")]
    pub subcommand: Vec<String>,
    /// Write every page to this folder, as sameca.1, sameca-check.1 and so on
    #[arg(long, value_name = "FOLDER")]
    pub all: Option<PathBuf>,
}
