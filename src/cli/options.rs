//! Options that several subcommands share, as they are typed.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::values;
use crate::model::target::Port;
use crate::model::timestamp::Timestamp;
use crate::resolve::Override;

/// Which servers are meant.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Servers")]
pub struct TargetArgs {
    /// Server to check: HOST, HOST:PORT, HOST:P1,P2, https://HOST/path, or file:CERTIFICATE
    ///
    /// A name stands for every address behind it. Servers given like this are compared with each other; port 443
    /// unless named. file:pchat01.cer is a certificate that is not installed yet (PEM, DER or .p7b).
    #[arg(value_name = "TARGET", help_heading = None::<&str>)]
    pub targets: Vec<String>,

    /// Lync front end, Standard Edition server or Director (repeat for each)
    ///
    /// Ports 443, 444 and 5061 unless named; with --group external or all also 4443. 444 may be closed.
    /// Example: --front-end lync01.contoso.com --front-end lync02.contoso.com
    #[arg(long, value_name = "TARGET")]
    pub front_end: Vec<String>,

    /// Server of the Persistent Chat file upload/download web service (repeat for each)
    ///
    /// Ports 443, 5041 and 881 unless named; one of them must answer. In Lync 2013 the service runs on the front
    /// ends: name those here too. Example: --persistent-chat pchat01.contoso.com:443
    #[arg(long, value_name = "TARGET")]
    pub persistent_chat: Vec<String>,

    /// Published name: reverse proxy, Office Web Apps (repeat for each)
    ///
    /// Port 443 unless named. Belongs to the external group. Example: --web meet.contoso.com
    #[arg(long, value_name = "TARGET")]
    pub web: Vec<String>,

    /// Read targets from a list: one a line, `#` comments; `-` is standard input
    ///
    /// A role may stand before the target: `front-end lync01.contoso.com:443,5061`.
    #[arg(short, long, value_name = "FILE")]
    pub list: Vec<PathBuf>,

    /// Read an estate file (TOML), or an export of a Lync topology
    ///
    /// It names servers with roles, pools and ports. `sameca estate check FILE` shows what would be connected to,
    /// `sameca import` makes an estate of a topology.
    #[arg(short = 'f', long, value_name = "FILE")]
    pub estate: Vec<PathBuf>,
}

/// How names become addresses and ports.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Names and addresses")]
pub struct AddressArgs {
    /// Port of targets that name none (repeat, or separate by commas) [default: those of the role]
    #[arg(short, long = "port", value_name = "PORT", value_delimiter = ',', value_parser = values::port)]
    pub ports: Vec<Port>,

    /// Server name to send (SNI) where an estate gives none [default: the host's name; none for addresses]
    #[arg(long, value_name = "NAME", value_parser = values::server_name)]
    pub sni: Option<String>,

    /// Use this address for a name instead of asking DNS (repeatable)
    ///
    /// Example: --resolve lync01.contoso.com=192.0.2.11. For one port NAME:PORT=ADDRESS; curl's NAME:PORT:ADDRESS
    /// works too.
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = values::name_override)]
    pub resolve: Vec<Override>,

    /// IPv4 addresses only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// IPv6 addresses only
    #[arg(short = '6', long)]
    pub ipv6: bool,
}

/// How servers are connected to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connections")]
pub struct ConnectArgs {
    /// Connections at a time
    #[arg(short, long, value_name = "N", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub concurrency: u32,

    /// New connections a second [default: no limit]
    #[arg(long, value_name = "N")]
    pub rate: Option<NonZeroU32>,

    /// Time for one endpoint, from connecting to its last byte: 10s, 500ms, 2m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = values::duration)]
    pub timeout: Duration,

    /// Time for connecting, as a part of --timeout [default: no limit of its own]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub connect_timeout: Option<Duration>,

    /// Try again this often where an endpoint did not answer
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub retries: u8,

    /// Complete the TLS handshake where possible, instead of reading the certificates from its clear part
    ///
    /// Needs a server with TLS 1.3, or 1.2 with modern ciphers; Windows Server 2012 R2 and older have neither.
    #[arg(long)]
    pub handshake: bool,

    /// Ask for TLS in the words of this protocol first
    #[arg(long, value_name = "PROTOCOL")]
    pub starttls: Option<StartTls>,

    /// Connect this often to each address, to find load balancers with unequal servers behind them
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub samples: u16,

    /// Ask for RSA and for ECDSA certificates apart: a server may have both
    #[arg(long)]
    pub all_certificates: bool,

    /// Fetch CA certificates that no server sent from the addresses that certificates name (http only)
    ///
    /// Whoever made a certificate chose those addresses; without this option none is contacted. At most 64 are fetched
    /// from, each for at most 10 s and 256 KiB. Only a certificate that really issued the one which names it is used.
    #[arg(long)]
    pub fetch_issuers: bool,
}

/// Protocols that begin without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StartTls {
    /// Mail transfer (RFC 3207)
    Smtp,
    /// Directory (RFC 4511)
    Ldap,
    /// Mailboxes (RFC 3501)
    Imap,
    /// Mailboxes (RFC 2595)
    Pop3,
}

/// Where certificates of CAs come from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "CA certificates")]
pub struct CaArgs {
    /// CA certificates, PEM or DER: they prove who issued a server's certificate (repeatable)
    ///
    /// On the CA, `certutil -ca.cert ca.cer` writes one.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Vec<PathBuf>,

    /// Do not use the CA certificates that this system trusts
    #[arg(long)]
    pub no_system_roots: bool,
}

/// What the answer depends on.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The rule")]
pub struct PolicyArgs {
    /// What counts as the same CA
    #[arg(long, value_name = "RULE", default_value = "issuing-ca")]
    pub same: SameRule,

    /// The weakest evidence that may support the answer "same"
    #[arg(long, value_name = "EVIDENCE", default_value = "key-id")]
    pub evidence: EvidenceLevel,

    /// Which servers must agree
    #[arg(long, value_name = "GROUP", default_value = "internal")]
    pub group: GroupChoice,

    /// Every certificate must come from the CA whose certificate is in this file [default: from that of the front ends]
    #[arg(long, value_name = "FILE")]
    pub reference_ca: Option<PathBuf>,

    /// Every server must show that it holds the private key of its certificate
    ///
    /// Servers that chose RSA key exchange do not show it before the handshake is complete. A sweep
    /// verifies no signature without this.
    #[arg(long)]
    pub require_possession: bool,

    /// Exit with 1 when there is a finding of this severity or above
    #[arg(long, value_name = "SEVERITY")]
    pub deny: Option<Deny>,

    /// Days before its end from which on a certificate counts as expiring soon: 30, 30d
    #[arg(long, value_name = "DAYS", default_value = "30", value_parser = values::days)]
    pub expires_within: i64,

    /// Judge as of this time instead of now, as in 2026-11-22T20:15:04Z
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub now: Option<Timestamp>,
}

/// `--same`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SameRule {
    /// Issued by the same CA with the same key
    IssuingCa,
    /// Issued under the same CA name, also across renewals of its key
    CaName,
    /// Chains end in a common root
    Root,
}

/// `--evidence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EvidenceLevel {
    /// A CA certificate at hand verifies the signature
    Proven,
    /// A key computed from several signatures verifies them
    Recovered,
    /// The certificate names the CA's key
    KeyId,
    /// The certificate names the CA
    Name,
}

/// `--group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupChoice {
    /// Front ends (443, 444, 5061) and Persistent Chat
    Internal,
    /// Port 4443 of the front ends and published names
    External,
    /// Both, each for itself
    All,
}

/// `--deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings and errors
    Warning,
}

/// Where results go, and what is said besides.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Write the result to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// What is said besides.
    #[command(flatten)]
    pub saying: SayingArgs,
}

/// What is said besides the result, and how it looks.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct SayingArgs {
    /// Say nothing besides the result and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more about what is being done (repeat for more)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Colours; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: When,

    /// Nothing but ASCII in tables [default: where the locale knows no more]
    #[arg(long)]
    pub ascii: bool,

    /// Progress on standard error; `auto`: when it is a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: When,
}

/// `--color` and `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where it can be seen
    Auto,
    /// In any case
    Always,
    /// Not at all
    Never,
}
