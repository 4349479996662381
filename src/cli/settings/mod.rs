//! What is meant by what was typed: plain values, the same for every way of saying them.
//!
//! Pure but for [`Environment::read`]: no file is opened, and the environment comes in as a value, read once.

mod discover;
mod forms;
mod history;
mod renewal;
mod sweep;
mod typed;
mod watch;

pub use discover::Discover;
pub use forms::Form;
pub use history::{History, HistoryTask, Past};
pub use sweep::{Consent, Naming, Sweep};
pub use watch::Watch;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::args::{DiffFormat, RenewedFormat, ShowFormat};
use crate::cli::options::StartTls;
use crate::inventory::Selection;
use crate::model::report;
use crate::model::target::{Group, Role};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Severity;
use crate::renewal::Pace;
use crate::report::Style;
use crate::resolve;

/// What the environment says, read once at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor 0.
    pub force_color: bool,
    /// `TERM` is `dumb`: the terminal shows text and obeys nothing, neither colours nor a line that is written again.
    pub dumb: bool,
    /// The locale, or what reads from this program, knows nothing beyond ASCII.
    pub ascii: bool,
    /// The columns of the terminal; absent when it does not tell.
    pub width: Option<usize>,
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// `JOB_COMPLETION_INDEX`: which of its parts an indexed job of Kubernetes is, from 0.
    pub job_index: Option<u64>,
}

impl Environment {
    /// Reads the environment of this process: the one place that does.
    pub fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is =
            |name: &str, wanted: &str| std::env::var_os(name).is_some_and(|value| value == wanted);
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok());
        let terminal = console::Term::stdout()
            .size_checked()
            .map(|(_, columns)| usize::from(columns));
        Self {
            no_color: set("NO_COLOR"),
            force_color: set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0"),
            dumb: is("TERM", "dumb") || cfg!(windows) && !takes_colours(),
            ascii: !speaks_utf8(),
            width: columns.or(terminal),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            job_index: std::env::var("JOB_COMPLETION_INDEX")
                .ok()
                .and_then(|index| index.parse().ok()),
        }
    }
}

impl Environment {
    /// How errors look. They come before and instead of settings, so no option has a say.
    pub fn style_of_errors(&self) -> Style {
        let obeys = self.stderr_is_terminal && !self.dumb;
        Style {
            colour: (obeys || self.force_color) && !self.no_color,
            ..Style::default()
        }
    }
}

/// Whether a Windows console obeys colours. Those since Windows 10 do once they are told to, which this does; with
/// `NO_COLOR` they are not told.
fn takes_colours() -> bool {
    console::Term::stdout().features().colors_supported()
}

/// Whether the locale can show characters beyond ASCII. A Windows console is written to in UTF-16 and shows them; what
/// reads from a pipe there, such as PowerShell, takes every byte for one of an old code page. No locale at all, as in
/// containers and services, mostly means that nobody set one.
fn speaks_utf8() -> bool {
    if cfg!(windows) {
        return std::io::stdout().is_terminal();
    }
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Options that do not go together in a way that the definitions cannot say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// `history` without one.
    #[error("which history? name its file with --history, or in SAMECA_HISTORY")]
    NoHistory,
    /// A host or CA together with `prune`.
    #[error("`prune` is for the whole history; leave out `{0}`")]
    PruneOfOne(String),
    /// Standard input can be read only once.
    #[error("`-` (standard input) is given twice; it can be read only once")]
    StdinTwice,
    /// A file that nothing is written to.
    #[error("`-o {0:?}` belongs to no format; write each -o behind its --format")]
    FileWithoutFormat(PathBuf),
    /// Two results in one file.
    #[error("two results would be written to {0:?}; give each format a file of its own")]
    SameFile(PathBuf),
    /// Two results on standard output.
    #[error(
        "two results would go to standard output; give all but one of the formats a file with -o"
    )]
    StandardOutputTwice,
    /// A list is to be read more than once.
    #[error("a watch reads its lists again; standard input can be read only once: give a file")]
    StdinAgain,
    /// A DNS server that nothing would be asked.
    #[error(
        "--dns names the server for --resolve-names, which is not given; add it, or leave out --dns"
    )]
    DnsForNothing,
    /// A watch has no exit code that findings could change.
    #[error(
        "--deny is for the exit code, and a watch has none for its runs; alert on the metric sameca_findings instead"
    )]
    NoDenial,
    /// Waiting would end before the second look.
    #[error(
        "--wait {wait:?} is shorter than --every {every:?}: there would be no second look; wait longer, or look more often"
    )]
    WaitBelowEvery {
        /// The time over all.
        wait: Duration,
        /// The time between looks.
        every: Duration,
    },
    /// Waiting may end before the first look does.
    #[error(
        "--wait {wait:?} is shorter than one round may take (--timeout {timeout:?}); wait longer, or lower --timeout"
    )]
    WaitBelowRound {
        /// The time over all.
        wait: Duration,
        /// The time that one endpoint may take.
        timeout: Duration,
    },
    /// Connecting is a part of the time for an endpoint.
    #[error(
        "--connect-timeout {connect:?} is longer than --timeout {timeout:?}, of which it is a part; raise --timeout, or lower --connect-timeout"
    )]
    ConnectAboveTimeout {
        /// The time for connecting.
        connect: Duration,
        /// The time for all of an endpoint.
        timeout: Duration,
    },
    /// What is expected is neither a thumbprint nor a name that could be a file's.
    #[error("`{0}` looks like a thumbprint and has {1} hex digits; a SHA-1 has 40, a SHA-256 64")]
    Thumbprint(String, usize),
    /// There is no file to update.
    #[error("--update needs a file; give it with -o")]
    UpdateOfStdout,
    /// More SIP domains than one estate has.
    #[error("{0} domains are too many for one run; give at most 16")]
    TooManyDomains(usize),
    /// `--shards` without knowing which of them.
    #[error(
        "--shards {0}: which of them is not known; JOB_COMPLETION_INDEX is to be a number below {0}, or use --shard I/{0}"
    )]
    NoPart(u64),
    /// Every leaf of a network may name another place.
    #[error(
        "--fetch-issuers is not for sweeps, whose certificates name places all over; fetch with `sameca check`"
    )]
    NoFetching,
    /// The report and the observations cannot both go to standard output.
    #[error(
        "--format json takes standard output, and so do the observations; write those to a file with -o"
    )]
    TwoResults,
}

/// `sameca check`.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The servers, as given.
    pub given: Given,
    /// How names become addresses.
    pub resolve: resolve::Settings,
    /// How servers are connected to.
    pub connect: Connect,
    /// The rule.
    pub policy: Policy,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The results.
    pub forms: Vec<Form>,
    /// The output.
    pub output: Output,
    /// The history that the run is kept in.
    pub history: Option<PathBuf>,
}

/// `sameca renewed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewed {
    /// What counts as new.
    pub wanted: Wanted,
    /// How long to wait for it; absent: one look.
    pub pace: Option<Pace>,
    /// The servers, as given; none: those of the baseline.
    pub given: Given,
    /// How names become addresses.
    pub resolve: resolve::Settings,
    /// How servers are connected to.
    pub connect: Connect,
    /// The rule.
    pub policy: Policy,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The form of the result.
    pub format: RenewedFormat,
    /// The output.
    pub output: Output,
    /// The history that the run is kept in.
    pub history: Option<PathBuf>,
}

/// What counts as a new certificate, as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One that this run does not show.
    Since(Past),
    /// One that is valid from this time on or later.
    IssuedAfter(Timestamp),
    /// One of these.
    Expect(Vec<Expect>),
}

/// A certificate that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Its SHA-1 or SHA-256 in lower-case hex.
    Thumbprint(String),
    /// The file that it is in.
    File(PathBuf),
}

/// `sameca diff`.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// The older run.
    pub old: Past,
    /// The newer run.
    pub new: Past,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The form of the result.
    pub format: DiffFormat,
    /// The output.
    pub output: Output,
}

/// `sameca show`.
#[derive(Clone, Debug, PartialEq)]
pub struct Show {
    /// The one server, as given.
    pub given: Given,
    /// How its name becomes addresses.
    pub resolve: resolve::Settings,
    /// How it is connected to.
    pub connect: Connect,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The form of the result.
    pub format: ShowFormat,
    /// The output.
    pub output: Output,
}

/// `sameca explain`.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    /// A target, or the path of a file.
    pub subject: String,
    /// What the options say about ports and server name, when it is a target.
    pub selection: Selection,
    /// How its name becomes addresses.
    pub resolve: resolve::Settings,
    /// How it is connected to.
    pub connect: Connect,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The output.
    pub output: Output,
}

/// `sameca judge`.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// The kept observations.
    pub observations: Vec<Source>,
    /// The rule.
    pub policy: Policy,
    /// Where certificates of CAs come from.
    pub ca: CaSources,
    /// The results.
    pub forms: Vec<Form>,
    /// The output.
    pub output: Output,
}

/// `sameca estate check`.
#[derive(Clone, Debug, PartialEq)]
pub struct EstateCheck {
    /// The estates, as given.
    pub given: Given,
    /// How names become addresses; absent: they are not asked for.
    pub resolve: Option<resolve::Settings>,
    /// The output.
    pub output: Output,
}

/// `sameca import`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The exports.
    pub topologies: Vec<PathBuf>,
    /// What becomes of an estate that is there already.
    pub existing: Existing,
    /// The output.
    pub output: Output,
}

/// What becomes of an estate file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Kept,
    /// It is replaced (`--force`).
    Replaced,
    /// What it lacks is added (`--update`).
    Updated,
}

/// `sameca demo`.
#[derive(Clone, Debug, PartialEq)]
pub struct Demo {
    /// Which estate is shown.
    pub estate: DemoEstate,
    /// The results.
    pub forms: Vec<Form>,
    /// The output.
    pub output: Output,
}

/// The estates of the demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoEstate {
    /// One server has a certificate of another CA.
    OneWrong,
    /// All certificates are of one CA.
    AllSame,
}

/// The servers as the user gave them; files are still to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// What the options say for all of them.
    pub selection: Selection,
    /// Targets with their roles: front ends, Persistent Chat, published names, others.
    pub targets: Vec<(Role, String)>,
    /// Lists.
    pub lists: Vec<Source>,
    /// Estate files.
    pub estates: Vec<PathBuf>,
}

/// Where a text is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input (`-`).
    Stdin,
    /// A file.
    File(PathBuf),
}

/// How servers are connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// Connections at a time.
    pub concurrency: usize,
    /// New connections a second; absent: no limit.
    pub rate: Option<NonZeroU32>,
    /// The time for one endpoint, over all its connections.
    pub timeout: Duration,
    /// The time for connecting, within `timeout`; absent: no limit of its own.
    pub connect_timeout: Option<Duration>,
    /// How often an endpoint that did not answer is tried again.
    pub retries: u32,
    /// Whether the handshake is completed where possible.
    pub handshake: bool,
    /// The protocol in whose words TLS is asked for; absent: TLS from the first byte.
    pub starttls: Option<StartTls>,
    /// How often each address is connected to.
    pub samples: u32,
    /// Whether RSA and ECDSA certificates are asked for apart.
    pub all_certificates: bool,
    /// Whether issuers' certificates are fetched from the addresses that certificates name.
    pub fetch_issuers: bool,
}

/// What the answer depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What counts as the same CA, and on what evidence.
    pub rules: report::Policy,
    /// The groups that are judged; never empty.
    pub groups: BTreeSet<Group>,
    /// The file with the CA that everything must come from; absent: the CA of the front ends.
    pub reference_ca: Option<PathBuf>,
    /// Whether every server must show that it holds its private key.
    pub require_possession: bool,
    /// The severity from which a finding makes the check fail; absent: none does.
    pub deny: Option<Severity>,
    /// How many days before its end a certificate is reported as expiring soon.
    pub expires_within_days: i64,
    /// The time as of which is judged; absent: the time at which the run ends.
    pub now: Option<Timestamp>,
}

impl Default for Policy {
    /// What commands without a rule of their own judge by.
    fn default() -> Self {
        Self {
            rules: report::Policy::default(),
            groups: BTreeSet::from(Group::ALL),
            reference_ca: None,
            require_possession: false,
            deny: None,
            expires_within_days: 30,
            now: None,
        }
    }
}

/// Where certificates of CAs come from, besides the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaSources {
    /// Files given by the user.
    pub files: Vec<PathBuf>,
    /// Whether the platform's trust store is read.
    pub system_roots: bool,
}

/// Where results go, and what is said besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The file that is written; absent: standard output.
    pub file: Option<PathBuf>,
    /// How much is said on standard error.
    pub verbosity: Verbosity,
    /// Whether the result is coloured on standard output, or in the one file that there is.
    pub color: bool,
    /// Whether it is coloured in a file.
    pub color_in_files: bool,
    /// How errors look.
    pub errors: Style,
    /// Whether the result keeps to ASCII.
    pub ascii: bool,
    /// Columns that the result may take.
    pub width: usize,
    /// Whether progress is shown on standard error.
    pub progress: bool,
}

impl Output {
    /// Columns where there is no terminal to tell.
    pub const USUAL_WIDTH: usize = 100;
}

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What an administrator should know.
    Normal,
    /// What is being done (`-v`).
    Verbose,
    /// Each connection (`-vv` and more).
    Debug,
}
