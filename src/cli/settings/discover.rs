//! What is meant by `sameca discover`.

use std::net::SocketAddr;
use std::time::Duration;

use super::typed::{existing, output};
use super::{Environment, Existing, Output, UsageError};
use crate::cli::args::{DiscoverArgs, MAX_DOMAINS};
use crate::discover::Domain;

/// `sameca discover`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discover {
    /// The SIP domains, each once.
    pub domains: Vec<Domain>,
    /// The DNS server; absent: those of the system.
    pub server: Option<SocketAddr>,
    /// The time for one answer.
    pub limit: Duration,
    /// What becomes of an estate that is there already.
    pub existing: Existing,
    /// The output.
    pub output: Output,
}

impl Discover {
    /// What is meant by these arguments.
    ///
    /// # Errors
    ///
    /// Too many domains, or an update of standard output.
    pub fn new(args: DiscoverArgs, environment: Environment) -> Result<Self, UsageError> {
        let mut domains: Vec<Domain> = Vec::new();
        for domain in args.domains {
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        if domains.len() > MAX_DOMAINS {
            return Err(UsageError::TooManyDomains(domains.len()));
        }
        Ok(Self {
            domains,
            server: args.dns,
            limit: args.timeout,
            existing: existing(args.force, args.update, &args.output)?,
            output: output(args.output, environment),
        })
    }
}
