//! `sameca discover`, as it is typed.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use crate::cli::options::OutputArgs;
use crate::cli::values;
use crate::discover::Domain;

/// How many domains are asked about in one run.
pub(crate) const MAX_DOMAINS: usize = 16;

pub(super) const DISCOVER_EXAMPLES: &str = "\
Asks for the records that Lync's clients ask for (SRV _sipinternaltls._tcp, _sipinternal._tcp,
_sip._tls, _sipfederationtls._tcp; lyncdiscoverinternal, lyncdiscover, sipinternal, sip, sipexternal,
meet, dialin, admin, ucupdates-r2), and connects to no server but that of DNS. No record tells of
Persistent Chat servers: add those by hand, or import the topology.

Examples:
  On a computer of the internal network:
    sameca discover contoso.com -o estate.toml
    sameca check -f estate.toml
  Several SIP domains, a certain DNS server:
    sameca discover contoso.com fabrikam.com --dns 192.0.2.53 -o estate.toml
  What is new since then:
    sameca discover contoso.com -o estate.toml --update

Exit codes:
  0    the estate is written
  2    wrong usage, or the estate is there already or cannot be written
  3    nothing was found, or DNS did not answer; nothing is written
  130  interrupted; nothing is written";

/// `sameca discover`.
#[derive(Clone, Debug, Args)]
pub struct DiscoverArgs {
    /// SIP domains: what stands after the `@` in the users' addresses; at most 16
    #[arg(value_name = "DOMAIN", required = true, value_parser = values::sip_domain)]
    pub domains: Vec<Domain>,
    /// DNS server to ask: ADDRESS or ADDRESS:PORT [default: those of the system]
    #[arg(long, value_name = "SERVER", value_parser = values::dns_server)]
    pub dns: Option<SocketAddr>,
    /// Time for one answer; a question without one is asked twice. Everything together may take a minute
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = values::duration)]
    pub timeout: Duration,
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
