//! What DNS answers, and where a chain of aliases leads.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::name::Name;
use super::question::Kind;

/// How many aliases are followed from one name.
pub(super) const MAX_ALIASES: usize = 8;
/// How many values of one answer are taken; the rest is counted.
pub(super) const MAX_VALUES: usize = 64;

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The records of its answer section, of any names.
    Records {
        /// In the order in which they came.
        records: Vec<Record>,
        /// Whether it says that the last name is none (NXDOMAIN behind an alias).
        no_such_name: bool,
    },
    /// The name is none (NXDOMAIN).
    NoSuchName,
    /// The name has no such records (RFC 2308 §2.2).
    NoData,
    /// There is no answer that says anything of the name.
    Failed(Failure),
}

/// Why nothing is known of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Failure {
    /// The server answered with an error, `SERVFAIL`.
    Code(String),
    /// Nothing came within this time.
    Timeout(Duration),
    /// The server could not be reached, or what came cannot be read.
    Broken(String),
    /// The time over all was used up.
    Late,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => f.write_str(code),
            Self::Timeout(after) => write!(f, "no answer within {after:?}"),
            Self::Broken(what) => f.write_str(what),
            Self::Late => f.write_str("not asked: the time over all was used up"),
        }
    }
}

/// A record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Whose it is.
    pub(super) owner: Name,
    /// What it says.
    pub(super) data: Data,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// A or AAAA.
    Address(IpAddr),
    /// SRV.
    Service(Offer),
    /// CNAME.
    Alias(Name),
    /// PTR.
    Pointer(Name),
}

/// Where a service is offered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Offer {
    /// Lower ones are tried first.
    pub(super) priority: u16,
    /// The server; the root where the service is not offered.
    pub(super) target: Name,
    /// Its port.
    pub(super) port: u16,
}

/// All that is known of one name and kind of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lookup<T> {
    /// The aliases that were followed, in order.
    pub(super) aliases: Vec<String>,
    /// What is at their end.
    pub(super) end: End<T>,
}

/// What is at the end of the aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End<T> {
    /// Each once, sorted; and how many more there were.
    Values(Vec<T>, usize),
    /// The name is none.
    NoSuchName,
    /// The name has no such records.
    NoData,
    /// The aliases lead back to this one of them.
    Loop(String),
    /// There are more aliases than are followed.
    TooDeep,
    /// An alias that no server can have.
    Odd(String),
    /// It is not known.
    Failed(Failure),
}

impl<T> Lookup<T> {
    /// The values; none where there are none or they are not known.
    pub(super) fn values(&self) -> &[T] {
        match &self.end {
            End::Values(values, _) => values,
            _ => &[],
        }
    }

    /// Why it is not known.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match &self.end {
            End::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// A chain of aliases that is being followed.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    start: String,
    aliases: Vec<String>,
}

/// Where a reply leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<T> {
    /// To the end.
    Done(Lookup<T>),
    /// To an alias that this reply says nothing of: it is to be asked for.
    Ask(String),
}

/// What can be at the end of a chain.
pub(super) trait Value: Ord + Clone {
    /// The value in a record, if it is one.
    fn of(data: &Data, kind: Kind) -> Option<Self>;
}

impl Value for IpAddr {
    fn of(data: &Data, kind: Kind) -> Option<Self> {
        match (data, kind) {
            (Data::Address(address @ Self::V4(_)), Kind::A)
            | (Data::Address(address @ Self::V6(_)), Kind::Aaaa) => Some(*address),
            _ => None,
        }
    }
}

impl Value for Offer {
    fn of(data: &Data, kind: Kind) -> Option<Self> {
        match (data, kind) {
            (Data::Service(offer), Kind::Srv) => Some(offer.clone()),
            _ => None,
        }
    }
}

impl Chain {
    /// A chain that begins at a name, in lower case.
    pub(super) fn new(name: &str) -> Self {
        Self {
            start: name.to_owned(),
            aliases: Vec::new(),
        }
    }

    /// The name that is asked for now.
    fn name(&self) -> &str {
        self.aliases.last().unwrap_or(&self.start)
    }

    fn done<T>(&self, end: End<T>) -> Step<T> {
        Step::Done(Lookup {
            aliases: self.aliases.clone(),
            end,
        })
    }

    /// Takes the reply to the question for the present name. Records of names off the chain are not looked at: whoever
    /// answers may say anything of them.
    pub(super) fn step<T: Value>(&mut self, reply: Reply, kind: Kind) -> Step<T> {
        let (records, no_such_name) = match reply {
            Reply::Records {
                records,
                no_such_name,
            } => (records, no_such_name),
            Reply::NoSuchName => return self.done(End::NoSuchName),
            Reply::NoData => return self.done(End::NoData),
            Reply::Failed(failure) => return self.done(End::Failed(failure)),
        };
        let asked = self.aliases.len();
        loop {
            let mut values: Vec<T> = self
                .here(&records)
                .filter_map(|data| T::of(data, kind))
                .collect();
            if !values.is_empty() {
                values.sort_unstable();
                values.dedup();
                let more = values.len().saturating_sub(MAX_VALUES);
                values.truncate(MAX_VALUES);
                return self.done(End::Values(values, more));
            }
            let alias = self.here(&records).find_map(|data| match data {
                Data::Alias(name) => Some(name.clone()),
                _ => None,
            });
            match alias {
                Some(Name::Server(name)) if name == self.start || self.aliases.contains(&name) => {
                    return self.done(End::Loop(name));
                }
                Some(Name::Server(_)) if self.aliases.len() == MAX_ALIASES => {
                    return self.done(End::TooDeep);
                }
                Some(Name::Server(name)) => self.aliases.push(name),
                Some(odd) => return self.done(End::Odd(odd.to_string())),
                None if no_such_name => return self.done(End::NoSuchName),
                None if self.aliases.len() > asked => return Step::Ask(self.name().to_owned()),
                None => return self.done(End::NoData),
            }
        }
    }

    fn here<'r>(&self, records: &'r [Record]) -> impl Iterator<Item = &'r Data> {
        let name = Name::Server(self.name().to_owned());
        records
            .iter()
            .filter(move |record| record.owner == name)
            .map(|record| &record.data)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server(name: &str) -> Name {
        Name::Server(name.to_owned())
    }

    fn alias(owner: &str, to: &str) -> Record {
        Record {
            owner: server(owner),
            data: Data::Alias(server(to)),
        }
    }

    fn address(owner: &str, address: &str) -> Record {
        Record {
            owner: server(owner),
            data: Data::Address(address.parse().expect("an address")),
        }
    }

    fn records(records: &[Record]) -> Reply {
        Reply::Records {
            records: records.to_vec(),
            no_such_name: false,
        }
    }

    fn step(chain: &mut Chain, reply: Reply) -> Step<IpAddr> {
        chain.step(reply, Kind::A)
    }

    fn end(reply: Reply) -> End<IpAddr> {
        match step(&mut Chain::new("a.test"), reply) {
            Step::Done(lookup) => lookup.end,
            Step::Ask(name) => panic!("asks for {name}"),
        }
    }

    #[test]
    fn values_are_those_of_the_name_at_the_end_of_the_chain() {
        let reply = records(&[
            address("b.test", "192.0.2.2"),
            address("b.test", "192.0.2.1"),
            address("b.test", "192.0.2.1"),
            address("other.test", "203.0.113.1"),
            address("b.test", "2001:db8::1"),
            alias("a.test", "b.test"),
        ]);
        let Step::Done(lookup) = step(&mut Chain::new("a.test"), reply) else {
            panic!("it is the end");
        };
        assert_eq!(lookup.aliases, ["b.test"]);
        assert_eq!(
            lookup.end,
            End::Values(
                vec![
                    "192.0.2.1".parse().expect("good"),
                    "192.0.2.2".parse().expect("good")
                ],
                0
            )
        );
    }

    #[test]
    fn an_alias_without_its_records_is_asked_for() {
        let mut chain = Chain::new("a.test");
        assert_eq!(
            step(&mut chain, records(&[alias("a.test", "b.test")])),
            Step::Ask("b.test".to_owned())
        );
        let there = step(&mut chain, Reply::NoSuchName);
        assert_eq!(
            there,
            Step::Done(Lookup {
                aliases: vec!["b.test".to_owned()],
                end: End::NoSuchName
            })
        );
    }

    #[test]
    fn aliases_that_lead_nowhere_end() {
        let around = [alias("a.test", "b.test"), alias("b.test", "a.test")];
        assert_eq!(end(records(&around)), End::Loop("a.test".to_owned()));
        assert_eq!(
            end(records(&[alias("a.test", "a.test")])),
            End::Loop("a.test".to_owned())
        );
        let long: Vec<Record> = (0..20)
            .map(|n| match n {
                0 => alias("a.test", "n1.test"),
                n => alias(&format!("n{n}.test"), &format!("n{}.test", n + 1)),
            })
            .collect();
        assert_eq!(end(records(&long)), End::TooDeep);
        let odd = Record {
            owner: server("a.test"),
            data: Data::Alias(Name::Odd("a b".to_owned())),
        };
        assert_eq!(end(records(&[odd])), End::Odd("\"a b\"".to_owned()));
    }

    #[test]
    fn records_of_other_names_are_no_answer() {
        assert_eq!(
            end(records(&[address("evil.test", "192.0.2.1")])),
            End::NoData
        );
        assert_eq!(
            end(records(&[address("a.test", "2001:db8::1")])),
            End::NoData
        );
    }

    #[test]
    fn a_huge_answer_is_cut_and_counted() {
        let many: Vec<Record> = (0..200)
            .map(|n| address("a.test", &format!("192.0.2.{n}")))
            .collect();
        match end(records(&many)) {
            End::Values(values, more) => {
                assert_eq!((values.len(), more), (MAX_VALUES, 200 - MAX_VALUES))
            }
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn every_chain_ends(links in proptest::collection::vec((0u8..12, 0u8..12), 0..40), replies in 1usize..30) {
            let reply = records(&links.iter().map(|(from, to)| alias(&format!("n{from}.test"), &format!("n{to}.test"))).collect::<Vec<_>>());
            let mut chain = Chain::new("n0.test");
            let mut ended = false;
            for _ in 0..replies.max(MAX_ALIASES + 2) {
                if let Step::Done(lookup) = step(&mut chain, reply.clone()) {
                    prop_assert!(lookup.aliases.len() <= MAX_ALIASES);
                    ended = true;
                    break;
                }
            }
            prop_assert!(ended);
        }
    }
}
