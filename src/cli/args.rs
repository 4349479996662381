//! The subcommands, as they are typed.

mod discover;
mod forms;
mod history;
mod renewal;
mod shell;
mod sweep;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::options::{
    AddressArgs, CaArgs, ConnectArgs, GroupChoice, OutputArgs, PolicyArgs, SayingArgs, TargetArgs,
};
use crate::cli::values;
use crate::model::target::Port;
pub use discover::DiscoverArgs;
pub(crate) use discover::MAX_DOMAINS;
pub use forms::{FormArgs, FormWord};
pub use history::{HistoryArgs, HistoryCommand, HistoryFormat, KeepArgs, PruneArgs};
pub use renewal::{DiffArgs, DiffFormat, RenewedArgs, RenewedFormat, WantedArgs};
pub use shell::{CompletionsArgs, ManArgs};
pub use sweep::{ScopeArgs, SweepArgs, SweepFormat};
pub use watch::{Listen, WatchArgs, WatchingArgs};

const ABOUT: &str = "\
Do all these TLS servers present certificates from the same CA? An answer, with proof.

  sameca check --front-end lync01.contoso.com --persistent-chat pchat01.contoso.com
  sameca check -f estate.toml --ca-file contoso-ca.cer
  sameca demo";

const EXIT_CODES: &str = "\
Exit codes:
  0    same CA
  1    different CAs, or a check that was asked for failed
  2    wrong usage or configuration, or output that cannot be written
  3    inconclusive: a server was not reached, or the evidence is too weak
  130  interrupted; what was captured so far is written";

const CHECK_EXAMPLES: &str = "\
Examples:
  Before installing Persistent Chat, or after renewing certificates:
    sameca check --front-end lync01.contoso.com --front-end lync02.contoso.com \\
                 --persistent-chat pchat01.contoso.com
  A certificate that is not installed yet, against the running front ends:
    sameca check --front-end lyncpool.contoso.com --persistent-chat file:pchat01.cer
  Any servers, one list, the result kept:
    sameca check -l hosts.txt --format json -o result.json";

const SHOW_EXAMPLES: &str = "\
Examples:
  sameca show lync01.contoso.com:5061
  sameca show https://chat.contoso.com/PersistentChat/MGCWebService.asmx
  sameca show 192.0.2.11:443 --sni lync01.contoso.com --format pem

Exit codes:
  0  captured
  2  wrong usage
  3  not captured";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  sameca explain pchat01.contoso.com:443 --ca-file contoso-ca.cer
  sameca explain result.json

Exit codes:
  0  captured, or the file was read
  2  wrong usage, or a file that cannot be read
  3  not captured";

const JUDGE_EXAMPLES: &str = "\
Examples:
  sameca check -f estate.toml --format ndjson -o run.ndjson
  sameca judge run.ndjson --ca-file contoso-ca.cer
  sameca judge site-a.ndjson site-b.ndjson --same root";

const IMPORT_EXAMPLES: &str = "\
Examples:
  In the Lync Server Management Shell:
    Get-CsTopology -AsXml | Out-File topology.xml
  Then, anywhere:
    sameca import topology.xml -o estate.toml
    sameca estate check estate.toml
    sameca check -f estate.toml
  After a change of the topology:
    sameca import topology.xml -o estate.toml --update
  Objects, given together:
    Get-CsService | ConvertTo-Json | Out-File services.json
    Get-CsComputer | ConvertTo-Json | Out-File computers.json
    sameca import services.json computers.json -o estate.toml

Exit codes:
  0  the estate is written
  2  an export is wrong, or the estate is there already";

const ESTATE_EXAMPLES: &str = "\
Examples:
  sameca estate check estate.toml
  What the file, the topology and DNS say, where they disagree:
    sameca estate check estate.toml topology.xml --resolve-names

Exit codes:
  0  the file is good
  2  the file is wrong; every error is shown with its line";

const DEMO_EXAMPLES: &str = "\
Examples:
  sameca demo                  finds the wrong certificate, exits with 1
  sameca demo --all-same       finds none, exits with 0
  sameca demo --format json";

const SCHEMA_EXAMPLES: &str = "\
Example:
  sameca schema report > report.schema.json

Exit codes:
  0  written
  2  wrong usage, or output that cannot be written";

/// The command line.
#[derive(Clone, Debug, Parser)]
#[command(name = "sameca", version, about = ABOUT, after_help = EXIT_CODES)]
#[command(
    arg_required_else_help = true,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What is to be done.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Do all of these servers present certificates of the same CA?
    #[command(after_help = format!("{CHECK_EXAMPLES}\n\n{EXIT_CODES}"))]
    Check(Box<CheckArgs>),
    /// Show everything about one server's certificates
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Box<ShowArgs>),
    /// Show who issued a certificate, and the proof
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArgs>),
    /// Give the verdict again from kept observations, without the network
    #[command(after_help = format!("{JUDGE_EXAMPLES}\n\n{EXIT_CODES}"))]
    Judge(Box<JudgeArgs>),
    /// Is the new certificate served everywhere after a renewal?
    #[command(after_help = renewal::RENEWED_EXAMPLES)]
    Renewed(Box<RenewedArgs>),
    /// Show what changed between two kept runs
    #[command(after_help = renewal::DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Show what changed when, from a history of runs
    #[command(after_help = history::EXAMPLES)]
    History(Box<HistoryArgs>),
    /// Check again and again; metrics and a status page
    #[command(after_help = watch::WATCH_EXAMPLES)]
    #[command(mut_arg("deny", |arg| arg.hide(true)))]
    Watch(Box<WatchArgs>),
    /// Make an estate file from exports of a Lync topology
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Make an estate file from what DNS says about SIP domains
    #[command(after_help = discover::DISCOVER_EXAMPLES)]
    Discover(DiscoverArgs),
    /// Find the TLS servers of whole networks, one observation a line, and judge them
    #[command(after_help = format!("{}\n\n{EXIT_CODES}", sweep::EXAMPLES), args_override_self = true)]
    #[command(mut_arg("connect_timeout", |arg| arg.help("Time for connecting, as a part of --timeout [default: 3s]")))]
    #[command(mut_arg("retries", |arg| arg.help("Try again this often where an endpoint was silent")))]
    #[command(mut_arg("fetch_issuers", |arg| arg.hide(true)))]
    #[command(mut_arg("output", |arg| arg.help("Write the observations to a file, from which the sweep can be gone on with; .gz and .zst by name")))]
    Sweep(Box<SweepArgs>),
    /// Work on estate files
    #[command(after_help = ESTATE_EXAMPLES)]
    Estate(EstateArgs),
    /// See it work on a small estate inside this process
    #[command(after_help = format!("{DEMO_EXAMPLES}\n\n{EXIT_CODES}"))]
    Demo(DemoArgs),
    /// Print the JSON Schema of a document
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(SchemaArgs),
    /// Print what a shell needs to complete command lines
    #[command(after_help = shell::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page of the program or of a subcommand
    #[command(after_help = shell::MAN_EXAMPLES)]
    Man(ManArgs),
}

/// `sameca check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// The servers.
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
    /// The results.
    #[command(flatten)]
    pub forms: FormArgs,
    /// What is said besides.
    #[command(flatten)]
    pub saying: SayingArgs,
    /// Where the run is kept.
    #[command(flatten)]
    pub keep: KeepArgs,
}

/// `sameca show`.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Server: HOST, HOST:PORT, https://HOST/path, or file:CERTIFICATE. Port 443 unless named
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Its names, addresses and ports.
    #[command(flatten)]
    pub addresses: AddressArgs,
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
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: ShowFormat,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `sameca explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Server (HOST, HOST:PORT, https://HOST/path), or a file: a report, observations or a certificate
    #[arg(value_name = "TARGET|FILE")]
    pub subject: String,
    /// Its names, addresses and ports.
    #[command(flatten)]
    pub addresses: AddressArgs,
    /// The CA certificates.
    #[command(flatten)]
    pub ca: CaArgs,
    /// The connections.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `sameca judge`.
#[derive(Clone, Debug, Args)]
pub struct JudgeArgs {
    /// Observations, as `--format ndjson` writes them; `-` is standard input. Files may be larger than memory
    #[arg(value_name = "OBSERVATIONS", required = true)]
    pub observations: Vec<PathBuf>,
    /// The rule.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// The CA certificates.
    #[command(flatten)]
    pub ca: CaArgs,
    /// The results.
    #[command(flatten)]
    pub forms: FormArgs,
    /// What is said besides.
    #[command(flatten)]
    pub saying: SayingArgs,
}

/// `sameca import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// Exports of one topology: Get-CsTopology -AsXml, .tbxml, Export-CsConfiguration, or objects as CSV or JSON
    #[arg(value_name = "TOPOLOGY", required = true)]
    pub topologies: Vec<PathBuf>,
    /// Replace the estate file if there is one
    #[arg(long)]
    pub force: bool,
    /// Add to the estate file what it lacks, and show the difference; nothing in it is changed or removed
    #[arg(long, requires = "output", conflicts_with = "force")]
    pub update: bool,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `sameca estate`.
#[derive(Clone, Debug, Args)]
pub struct EstateArgs {
    /// What is to be done with the file.
    #[command(subcommand)]
    pub command: EstateCommand,
}

/// What is to be done with an estate file.
#[derive(Clone, Debug, Subcommand)]
pub enum EstateCommand {
    /// Show what would be connected to; contacts no server
    #[command(after_help = ESTATE_EXAMPLES)]
    Check(EstateCheckArgs),
}

/// `sameca estate check`.
#[derive(Clone, Debug, Args)]
pub struct EstateCheckArgs {
    /// Estate file (TOML), or exports of a topology; with both, it is shown where they disagree
    #[arg(value_name = "ESTATE", required = true)]
    pub estates: Vec<PathBuf>,
    /// Port of endpoints that name none (repeat, or separate by commas) [default: those of the role]
    #[arg(short, long = "port", value_name = "PORT", value_delimiter = ',', value_parser = values::port)]
    pub ports: Vec<Port>,
    /// Which servers must agree
    #[arg(long, value_name = "GROUP", default_value = "internal")]
    pub group: GroupChoice,
    /// Ask DNS for every name too, and show what it says beside the estate; still contacts no server
    #[arg(long)]
    pub resolve_names: bool,
    /// The output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `sameca demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Give every server a certificate of the same CA
    #[arg(long)]
    pub all_same: bool,
    /// The results.
    #[command(flatten)]
    pub forms: FormArgs,
    /// What is said besides.
    #[command(flatten)]
    pub saying: SayingArgs,
}

/// `sameca schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// Which document
    #[arg(value_name = "DOCUMENT")]
    pub document: Document,
}

/// A document that this program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// One line of --format ndjson
    Observation,
    /// What --format json writes
    Report,
    /// What `renewed --format json` writes
    Renewal,
    /// What `diff --format json` writes
    Diff,
    /// What `history --format json` writes
    History,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The answer, and a row for each endpoint
    Table,
    /// The report as one JSON document
    Json,
    /// The observations, one JSON document a line; the verdict is then on standard error
    Ndjson,
    /// One HTML file that needs nothing else: the answer, a picture of the estate, and all proofs
    Html,
    /// The certificates as presented
    Pem,
    /// Microsoft's requirement for Persistent Chat file upload/download, as a page for a change request
    Requirement,
    /// That page as one JSON document
    RequirementJson,
    /// A row for each endpoint, for spreadsheets and databases
    Csv,
    /// Test results: a case for each endpoint, for CI servers
    Junit,
    /// For a ticket or a pull request
    Markdown,
    /// One line for monitoring; exits as plugins do: 0 same, 1 same with warnings, 2 different, 3 cannot tell
    Nagios,
    /// Metrics for Prometheus, as a textfile collector reads them
    Prometheus,
}

/// The forms of one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// For reading
    #[value(alias = "table")]
    Text,
    /// The report as one JSON document
    Json,
    /// The certificates as presented
    Pem,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_shortest_check_takes_every_default() {
        let cli = Cli::try_parse_from(["sameca", "check", "lync01"]).expect("a good command line");
        let Command::Check(check) = cli.command else {
            panic!("check was typed");
        };
        assert_eq!(check.targets.targets, ["lync01"]);
        assert_eq!(check.connect.concurrency, 1024);
        assert_eq!(check.connect.timeout.as_secs(), 10);
        assert_eq!(check.forms, FormArgs::default());
    }

    #[test]
    fn wrong_values_are_refused_with_what_would_be_right() {
        for (arguments, hint) in [
            (["-p", "0"], "from 1 to 65535"),
            (["--sni", "192.0.2.1"], "a DNS name is wanted"),
            (["--resolve", "a"], "NAME=ADDRESS"),
            (["--timeout", "0"], "longer than 0"),
            (["--same", "root-ca"], "issuing-ca"),
            (["-c", "0"], "1..=65535"),
            (["--starttls", "xmpp"], "smtp"),
        ] {
            let line = ["sameca", "check", "lync01"].into_iter().chain(arguments);
            let error = Cli::try_parse_from(line).expect_err(hint);
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(hint), "{error}");
        }
    }

    #[test]
    fn help_begins_with_what_it_is_for() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.starts_with("Do all these TLS servers"), "{help}");
        assert!(help.contains("sameca check --front-end"), "{help}");
    }
}
