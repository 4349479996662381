//! What DNS calls an address: names of its reverse zone that lead back to it.
//!
//! Whoever has the reverse zone may write any name into it, and old entries stay there for years. A name counts when its
//! own zone agrees: asked for, it gives the address (RFC 1912 §2.1).

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::answer::{Chain, Data, Failure, Record, Reply, Step};
use super::ask::{Dns, NoDns};
use super::name::Name;
use super::question::Kind;

/// The most names of one address.
const MAX_NAMES: usize = 8;
/// How long one answer may take. Each question is asked twice before it is given up.
const ANSWER: Duration = Duration::from_secs(2);
/// How long all questions about an address may take together.
const ADDRESS: Duration = Duration::from_secs(5);

/// Why it is not known what an address is called. That it has no name is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// No server answered.
    #[error("{0}")]
    Silence(String),
    /// A server answered that it does not tell.
    #[error("{0}")]
    Refusal(String),
}

impl From<Failure> for Untold {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Code(_) => Self::Refusal(failure.to_string()),
            Failure::Timeout(_) | Failure::Broken(_) | Failure::Late => {
                Self::Silence(failure.to_string())
            }
        }
    }
}

/// DNS servers that are asked what addresses are called.
pub struct Reverse(Dns);

impl Reverse {
    /// Asks this server, or those of the system.
    ///
    /// # Errors
    ///
    /// There is no DNS server to ask.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, NoDns> {
        Dns::new(server, ANSWER).map(Self)
    }

    /// The names of an address: such as servers can have, in lower case, sorted, at most 8. One question at a time.
    ///
    /// # Errors
    ///
    /// DNS did not tell, neither a name nor that there is none.
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, Untold> {
        let address = address.to_canonical();
        let deadline = Instant::now() + ADDRESS;
        let question = of_address(address);
        let reply = timeout_at(deadline, self.0.ask(&question, Kind::Ptr)).await;
        let written = match reply.unwrap_or(Reply::Failed(Failure::Timeout(ADDRESS))) {
            Reply::Records { records, .. } => pointers(records),
            Reply::NoSuchName | Reply::NoData => return Ok(Vec::new()),
            Reply::Failed(failure) => return Err(failure.into()),
        };
        let (mut names, mut failure) = (Vec::new(), None);
        for name in written {
            match timeout_at(deadline, self.leads_to(&name, address)).await {
                Ok(Ok(true)) => names.push(name),
                Ok(Ok(false)) => {}
                Ok(Err(failed)) => failure = Some(failed),
                Err(_) => {
                    failure = Some(Failure::Timeout(ADDRESS));
                    break;
                }
            }
        }
        match failure {
            Some(failure) if names.is_empty() => Err(failure.into()),
            _ => Ok(names),
        }
    }

    /// Whether a name has the address, if need be over aliases.
    async fn leads_to(&self, name: &str, address: IpAddr) -> Result<bool, Failure> {
        let kind = match address {
            IpAddr::V4(_) => Kind::A,
            IpAddr::V6(_) => Kind::Aaaa,
        };
        let mut chain = Chain::new(name);
        let mut next = name.to_owned();
        loop {
            let reply = self.0.ask(&next, kind).await;
            match chain.step::<IpAddr>(reply, kind) {
                Step::Done(lookup) => {
                    return match lookup.failure() {
                        Some(failure) => Err(failure.clone()),
                        None => Ok(lookup.values().contains(&address)),
                    };
                }
                Step::Ask(alias) => next = alias,
            }
        }
    }
}

/// Every name that a server can have. Whose record it is does not matter: a reverse zone in parts leads there over
/// aliases that are no servers' names (RFC 2317), and no name counts before its own zone agrees.
fn pointers(records: Vec<Record>) -> Vec<String> {
    let names: BTreeSet<String> = records
        .into_iter()
        .filter_map(|record| match record.data {
            Data::Pointer(Name::Server(name)) => Some(name),
            _ => None,
        })
        .collect();
    names.into_iter().take(MAX_NAMES).collect()
}

/// The name below which an address has its names (RFC 1035 §3.5, RFC 3596 §2.5).
fn of_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let digits: String = address
                .octets()
                .iter()
                .rev()
                .map(|octet| format!("{:x}.{:x}.", octet & 15, octet >> 4))
                .collect();
            format!("{digits}ip6.arpa")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_asked_for_backwards() {
        let of = |text: &str| of_address(text.parse().expect(text));
        assert_eq!(of("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        assert_eq!(
            of("2001:db8::567:89ab"),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }

    #[test]
    fn a_few_names_that_servers_can_have_are_taken_once() {
        let pointer = |labels: &[&str]| Record {
            owner: Name::Odd("\"0/25.2.0.192.in-addr.arpa\"".to_owned()),
            data: Data::Pointer(Name::of_labels(labels.iter().map(|label| label.as_bytes()))),
        };
        let numbered: Vec<String> = (10..30).map(|number| format!("n{number}")).collect();
        let mut records = vec![
            pointer(&["B", "test"]),
            pointer(&["b", "test"]),
            pointer(&["\u{1b}[2J", "test"]),
            pointer(&["a b", "test"]),
            pointer(&["192", "0", "2", "1"]),
            pointer(&[]),
        ];
        records.extend(numbered.iter().map(|label| pointer(&[label, "test"])));
        let names = pointers(records);
        assert_eq!(names.len(), MAX_NAMES);
        assert_eq!(names[..2], ["b.test", "n10.test"]);
    }
}
