//! What a verdict looks at in an observation, in few bytes, so that those of a whole network fit into memory.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use crate::judge::alike::Likeness;
use crate::model::bytes::{Der, Sha256};
use crate::model::certificate::KeyFingerprint;
use crate::model::codepoint::{CipherSuite, ProtocolVersion};
use crate::model::identified::{Identified, LeafNumber};
use crate::model::issuer::{Evidence, Identification};
use crate::model::observation::{Method, Observation, Observations, Outcome, Possession, Variant};
use crate::model::report::{Ending, Glance};
use crate::model::target::{Group, Port, Role};
use crate::model::timestamp::Timestamp;
use crate::x509::parse;

/// An observation in brief. The full one is read again where a row is written out.
pub(crate) struct Brief {
    /// Its number among the observations of the run.
    pub(super) source: u32,
    /// Its certificate; a number of [`Identified`](crate::model::identified::Identified).
    pub(super) leaf: Option<LeafNumber>,
    pub(super) group: Group,
    pub(super) required: bool,
    pub(super) one_of_host: bool,
    pub(super) outcome: Outcome,
    pub(super) possession: Option<Possession>,
    pub(super) address: Option<IpAddr>,
    pub(super) port: Option<Port>,
    is_file: bool,
    variant: Option<Variant>,
    roles: u8,
    count: u32,
    /// The place of what it sends behind its leaf.
    sent: u32,
    /// Absent where address and port say all of it.
    named: Option<Box<Named>>,
    /// Milliseconds since 1970.
    at: i64,
    /// The version and the suite that the server chose, where it said anything.
    tls: Option<(Option<ProtocolVersion>, Option<CipherSuite>)>,
    /// The day on which the leaf ends, counted from 1970-01-01; later than any when that is not known.
    ends: i32,
    /// Whether the leaf was made shortly before it was seen.
    pub(super) is_fresh: bool,
    /// How many further observations it stands for, which are alike in all that the verdict looks at.
    more: u32,
}

impl Brief {
    fn new(source: u32, observation: &Observation, sent: u32) -> Self {
        let (begin, end) = observation.leaf().map_or((None, None), parse::validity);
        Self {
            source,
            leaf: None,
            group: observation.group,
            required: observation.required,
            one_of_host: observation.one_of_host,
            outcome: observation.outcome,
            possession: observation.tls.as_ref().and_then(|tls| tls.possession),
            address: observation.address,
            port: observation.port,
            is_file: is_file(observation),
            variant: observation.variant,
            roles: observation.roles.iter().map(|role| bit(*role)).sum(),
            count: observation.count,
            sent,
            named: Named::of(observation).map(Box::new),
            at: observation.at.unix_milliseconds(),
            tls: observation
                .tls
                .as_ref()
                .map(|tls| (tls.version, tls.cipher_suite)),
            ends: end.and_then(day).unwrap_or(i32::MAX),
            is_fresh: begin.is_some_and(|begin| is_fresh(begin, observation.at)),
            more: 0,
        }
    }

    /// Whether nobody named it, and its leaf ends on this day or later: then others may be like it.
    pub(super) fn is_plain(&self, calm: i32) -> bool {
        let is_named =
            self.required || self.one_of_host || self.is_file || self.literal().is_none();
        let is_peer = self.roles == bit(Role::Peer);
        !is_named && is_peer && self.variant.is_none() && self.ends >= calm
    }

    pub(super) fn likeness(&self) -> Likeness {
        Likeness {
            group: self.group,
            outcome: self.outcome,
            possession: self.possession,
            tls: self.tls,
            is_fresh: self.is_fresh,
            sent: self.sent,
        }
    }

    /// Milliseconds since 1970.
    pub(super) fn at(&self) -> i64 {
        self.at
    }

    /// How many observations it stands for.
    pub(super) fn weight(&self) -> u64 {
        1 + u64::from(self.more)
    }

    /// What is counted of it. `ending` is asked for the end and the subject of a leaf that may end before `soon`.
    pub(super) fn glance(
        &self,
        soon: i64,
        ending: impl FnOnce() -> io::Result<Option<(Timestamp, String)>>,
    ) -> io::Result<Glance> {
        let may_end = i64::from(self.ends) <= soon.div_euclid(DAY);
        let ending = if may_end { ending()? } else { None };
        Ok(Glance {
            count: self.weight(),
            outcome: self.outcome,
            tls: self.tls,
            ending: ending.map(|(end, subject)| Ending {
                end,
                subject,
                target: self.target().into_owned(),
            }),
        })
    }

    /// `host:port`, or `file:PATH`.
    pub(super) fn target(&self) -> Cow<'_, str> {
        match &self.named {
            Some(named) => named.target().into(),
            None => self
                .socket()
                .map_or_else(String::new, |at| at.to_string())
                .into(),
        }
    }

    /// The host as named; the path of a file.
    pub(super) fn host(&self) -> Cow<'_, str> {
        match &self.named {
            Some(named) => named.host().into(),
            None => self
                .address
                .map_or_else(String::new, |it| it.to_string())
                .into(),
        }
    }

    /// Address and port.
    fn socket(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address?, self.port?.number()))
    }

    /// Whether the server has this role.
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles & bit(role) != 0
    }

    /// Whether the certificate comes from a file and is not served.
    pub(super) fn is_file(&self) -> bool {
        self.is_file
    }

    /// What is known of its certificate.
    pub(super) fn known<'i>(&self, identified: &'i Identified) -> Option<&'i Identification> {
        self.leaf.map(|leaf| identified.leaves.known(leaf))
    }

    /// Whether its certificate cannot be read.
    pub(super) fn is_unreadable(&self, identified: &Identified) -> bool {
        let known = self.known(identified);
        known.is_some_and(|known| known.standing.evidence() == Evidence::None)
    }

    /// The address, where it was named as such: `10.0.0.9` comes before `10.0.0.10`.
    fn literal(&self) -> Option<IpAddr> {
        let host = match &self.named {
            Some(named) => named.host(),
            None => return self.address,
        };
        let is_digit = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_digit);
        let octets = host.as_bytes();
        // Cheap, for it is called in a sort; a name that looks like an address is sorted elsewhere, and that is all.
        let is_address =
            octets.contains(&b':') || (is_digit(octets.first()) && is_digit(octets.last()));
        self.address.filter(|_| is_address)
    }

    /// By group and role, then names before addresses, then target, then address, then how often the chain was seen.
    pub(super) fn order(&self) -> impl Ord + use<'_> {
        (
            self.group,
            Role::ALL.into_iter().find(|role| self.has(*role)),
            self.literal(),
            self.named.as_ref().map(|named| named.host()),
            self.port,
            self.address,
            self.variant,
            Reverse(self.count),
        )
    }
}

/// How many observations some rows stand for.
pub(super) fn count<'b>(rows: impl IntoIterator<Item = &'b Brief>) -> u64 {
    rows.into_iter().map(Brief::weight).sum()
}

/// A day in seconds.
const DAY: i64 = 86_400;

fn day(time: Timestamp) -> Option<i32> {
    i32::try_from(time.unix().div_euclid(DAY)).ok()
}

/// A certificate younger than this when it was seen is a fresh one, in seconds. Devices that inspect TLS make them when
/// they are asked, and some date them back by minutes; a whole estate is hardly renewed in half a day.
const FRESH: i64 = DAY / 2;

fn is_fresh(begin: Timestamp, seen: Timestamp) -> bool {
    seen.unix().saturating_sub(begin.unix()) < FRESH
}

/// Whether an observation is of a certificate file.
pub(super) fn is_file(observation: &Observation) -> bool {
    let mut attempts = observation.attempts.iter();
    attempts.any(|attempt| attempt.method == Method::File)
}

fn bit(role: Role) -> u8 {
    match role {
        Role::FrontEnd => 1,
        Role::PersistentChat => 2,
        Role::Web => 4,
        Role::Peer => 8,
    }
}

/// Target and host.
struct Named {
    /// The target, and the host where that is no part of it.
    text: Box<str>,
    target: u32,
    host: Range<u32>,
}

impl Named {
    /// `None` where address and port say the same.
    fn of(observation: &Observation) -> Option<Self> {
        let Observation { target, host, .. } = observation;
        if let (Some(address), Some(port)) = (observation.address, observation.port)
            && address.to_string() == *host
            && SocketAddr::new(address, port.number()).to_string() == *target
        {
            return None;
        }
        Some(Self::new(target, host))
    }

    /// Both in one string: the host is mostly a part of the target.
    fn new(target: &str, host: &str) -> Self {
        let place = |place: usize| u32::try_from(place).expect("a line has less than 4 GiB");
        let (text, start) = match target.find(host) {
            Some(start) => (target.into(), start),
            None => (format!("{target}{host}").into(), target.len()),
        };
        Self {
            text,
            target: place(target.len()),
            host: place(start)..place(start + host.len()),
        }
    }

    fn target(&self) -> &str {
        self.text.get(..self.target as usize).unwrap_or_default()
    }

    fn host(&self) -> &str {
        let host = self.host.start as usize..self.host.end as usize;
        self.text.get(host).unwrap_or_default()
    }
}

/// The observations of a run in brief.
#[derive(Default)]
pub struct Briefs {
    pub(super) rows: Vec<Brief>,
    sent: Vec<Arc<[Sha256]>>,
    numbers: HashMap<Arc<[Sha256]>, u32>,
    pub(super) started: Option<Timestamp>,
    /// The pools of those that are members of one and have a name of their own.
    pools: Vec<(u32, Box<str>)>,
    /// The addresses of the members of each pool, under their own names.
    members: BTreeMap<Box<str>, BTreeSet<IpAddr>>,
    unlisted: Unlisted,
}

/// What is known of observations that others stand for.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// For some leaves, how many leaves that no row shows are of the same issuer and as surely.
    pub leaves: HashMap<LeafNumber, u64>,
    /// The key of all those leaves, where that is one.
    pub key: Option<KeyFingerprint>,
    /// When the first of them was made, in milliseconds since 1970.
    pub started: Option<i64>,
}

impl Briefs {
    /// Takes in the next observation. Which of them are judged is said later.
    pub fn add(&mut self, observation: &Observation) {
        let source = u32::try_from(self.rows.len()).expect("fewer than 2^32 observations");
        self.add_some(source, observation, 0);
    }

    /// Takes in an observation by its number, where not all are. It stands for so many more.
    pub fn add_some(&mut self, source: u32, observation: &Observation, more: u32) {
        let brief = self.brief(source, observation);
        let place = u32::try_from(self.rows.len()).expect("fewer than 2^32 observations");
        self.rows.push(Brief { more, ..brief });
        if let Some(pool) = observation
            .pool
            .as_ref()
            .filter(|pool| **pool != observation.host)
        {
            self.pools.push((place, pool.as_str().into()));
        }
    }

    pub(super) fn brief(&mut self, source: u32, observation: &Observation) -> Brief {
        let sent = self.number(observation.chain.iter().skip(1).map(Der::sha256).collect());
        Brief::new(source, observation, sent)
    }

    /// The target of an observation, by its number.
    pub fn target(&self, number: usize) -> Cow<'_, str> {
        self.rows[number].target()
    }

    /// Keeps those that are judged, with their leaves; from then on they are numbered anew, in the same order.
    pub fn judged(
        mut self,
        is_judged: impl Fn(usize) -> bool,
        leaf: impl Fn(usize) -> Option<LeafNumber>,
    ) -> Self {
        self.enter_pools(&is_judged);
        let mut kept = 0;
        self.rows.retain_mut(|row| {
            let number = row.source as usize;
            (row.leaf, row.source) = (leaf(number), kept);
            kept += u32::from(is_judged(number));
            is_judged(number)
        });
        self.begun()
    }

    /// All of them, with their leaves by their place. `unlisted` is known of those that others stand for.
    pub fn all(mut self, leaf: impl Fn(usize) -> Option<LeafNumber>, unlisted: Unlisted) -> Self {
        self.enter_pools(|_| true);
        for (place, row) in self.rows.iter_mut().enumerate() {
            row.leaf = leaf(place);
        }
        self.unlisted = unlisted;
        self.begun()
    }

    fn enter_pools(&mut self, is_judged: impl Fn(usize) -> bool) {
        for (number, pool) in std::mem::take(&mut self.pools) {
            let address = self.rows[number as usize].address;
            if let Some(address) = address.filter(|_| is_judged(number as usize)) {
                self.members.entry(pool).or_default().insert(address);
            }
        }
    }

    fn begun(mut self) -> Self {
        let of_rows = self.rows.iter().map(|row| row.at);
        let started = of_rows.chain(self.unlisted.started).min();
        self.started = started.and_then(Timestamp::from_unix_milliseconds);
        self
    }

    /// How many leaves some leaves stand for.
    pub(super) fn count_leaves(&self, leaves: impl IntoIterator<Item = LeafNumber>) -> u64 {
        let more = |leaf: LeafNumber| self.unlisted.leaves.get(&leaf).copied();
        let weight = |leaf| 1 + more(leaf).unwrap_or_default();
        leaves.into_iter().map(weight).sum()
    }

    /// Whether there are leaves that no row shows.
    pub(super) fn has_unlisted_leaves(&self) -> bool {
        !self.unlisted.leaves.is_empty()
    }

    /// The key of all leaves that no row shows, where that is one.
    pub(super) fn unlisted_key(&self) -> Option<KeyFingerprint> {
        self.unlisted.key
    }

    /// The addresses of the members of each pool, as their own names lead to them.
    pub(super) fn members(&self) -> &BTreeMap<Box<str>, BTreeSet<IpAddr>> {
        &self.members
    }

    fn number(&mut self, sent: Arc<[Sha256]>) -> u32 {
        if let Some(number) = self.numbers.get(&sent) {
            return *number;
        }
        let number = u32::try_from(self.sent.len()).expect("fewer than 2^32 observations");
        self.sent.push(Arc::clone(&sent));
        self.numbers.insert(sent, number);
        number
    }

    /// The fingerprints of what a server sends behind its leaf.
    pub(super) fn sent(&self, row: &Brief) -> &[Sha256] {
        &self.sent[row.sent as usize]
    }

    /// Every distinct list of such fingerprints with a row that has it.
    pub(super) fn sent_by(&self) -> impl Iterator<Item = (&[Sha256], u32)> {
        let mut seen = vec![false; self.sent.len()];
        self.rows.iter().zip(0..).filter_map(move |(row, number)| {
            let first = !std::mem::replace(&mut seen[row.sent as usize], true);
            first.then(|| (self.sent(row), number))
        })
    }

    /// The rows in their order. Where briefs are alike, the leaf settles the rest, and then all else.
    ///
    /// # Errors
    ///
    /// An observation that has to be looked at again cannot be read.
    pub fn in_order(mut self, observations: &dyn Observations) -> io::Result<Rows> {
        self.numbers = HashMap::new();
        self.rows
            .sort_unstable_by(|one, other| one.order().cmp(&other.order()));
        let alike = |one: &Brief, next: &Brief| one.order() == next.order();
        for rows in self.rows.chunk_by_mut(alike).filter(|rows| rows.len() > 1) {
            let mut full = Vec::new();
            for row in rows.iter() {
                let seen = observations.read(row.source as usize)?.into_owned();
                let leaf = seen.leaf().cloned();
                let endpoint = (seen.target.clone(), seen.sni.clone());
                full.push((leaf, seen.at, endpoint, seen, row.source));
            }
            full.sort();
            let places: HashMap<u32, usize> = full.iter().map(|row| row.4).zip(0..).collect();
            rows.sort_by_key(|row| places.get(&row.source).copied());
        }
        Ok(Rows(self))
    }
}

/// The observations of a run in brief, in the order of the report's rows.
pub struct Rows(pub(super) Briefs);

impl Rows {
    /// Whether an endpoint was not reached before its run was interrupted.
    pub fn are_partial(&self) -> bool {
        let mut rows = self.0.rows.iter();
        rows.any(|row| row.outcome == Outcome::NotAttempted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_and_host_are_kept_to_the_letter() {
        for (target, host) in [
            ("a.test:443", "a.test"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("file:new.cer", "new.cer"),
            ("a:443", "another"),
            ("", ""),
        ] {
            let named = Named::new(target, host);
            assert_eq!((named.target(), named.host()), (target, host));
        }
    }

    #[test]
    fn a_brief_is_small() {
        assert!(size_of::<Brief>() <= 80, "{}", size_of::<Brief>());
    }
}
