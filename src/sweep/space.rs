//! The addresses and ports of a sweep as one space: disjoint, counted, each with a number.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::inventory::Range;
use crate::model::target::Port;

/// The most addresses and ports that a space may have: more than anyone lives to see asked.
const MOST: u64 = 1 << 48;

/// More addresses and ports than can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ranges have more than {MOST} addresses and ports; sweep them one after the other")]
pub struct TooLarge;

/// Addresses as numbers, IPv4 where IPv6 maps it; both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    first: u128,
    last: u128,
}

impl Interval {
    fn of(range: Range) -> Self {
        let (first, last) = range.ends();
        Self {
            first: number(first),
            last: number(last),
        }
    }
}

/// Where a run of addresses with the same port begins in the numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    begin: u64,
    port: Port,
    addresses: Interval,
}

/// Pairs of address and port, numbered from 0: each once, however often it was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Space {
    stretches: Vec<Stretch>,
    size: u64,
}

impl Space {
    /// The pairs that `wanted` names and `excluded` does not. An exclusion without a port is for all ports.
    ///
    /// # Errors
    ///
    /// There are too many.
    pub fn new(
        wanted: &[(Range, Port)],
        excluded: &[(Range, Option<Port>)],
    ) -> Result<Self, TooLarge> {
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable_by_key(|(range, port)| (*port, *range));
        let mut space = Self::default();
        for of_port in wanted.chunk_by(|one, next| one.1 == next.1) {
            let port = of_port[0].1;
            let without = excluded
                .iter()
                .filter(|(_, its)| its.is_none_or(|its| its == port));
            let kept = subtract(
                &united(of_port.iter().map(|(range, _)| Interval::of(*range))),
                &united(without.map(|(range, _)| Interval::of(*range))),
            );
            kept.into_iter()
                .try_for_each(|addresses| space.push(port, addresses))?;
        }
        Ok(space)
    }

    fn push(&mut self, port: Port, addresses: Interval) -> Result<(), TooLarge> {
        let count = addresses.last - addresses.first + 1;
        let end = u64::try_from(count)
            .ok()
            .and_then(|count| self.size.checked_add(count));
        let begin = self.size;
        self.size = end.filter(|end| *end <= MOST).ok_or(TooLarge)?;
        self.stretches.push(Stretch {
            begin,
            port,
            addresses,
        });
        Ok(())
    }

    /// How many pairs there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The pair with this number, which is below the size.
    pub fn pair(&self, number: u64) -> SocketAddr {
        debug_assert!(number < self.size, "{number} of {}", self.size);
        let after = self
            .stretches
            .partition_point(|stretch| stretch.begin <= number);
        let stretch = &self.stretches[after - 1];
        let address = stretch.addresses.first + u128::from(number - stretch.begin);
        SocketAddr::new(self::address(address), stretch.port.number())
    }

    /// Whether the pair is one of them.
    pub fn contains(&self, address: IpAddr, port: Port) -> bool {
        let key = (port, number(address));
        let after = self
            .stretches
            .partition_point(|stretch| (stretch.port, stretch.addresses.first) <= key);
        let before = after.checked_sub(1).and_then(|at| self.stretches.get(at));
        before.is_some_and(|stretch| stretch.port == port && stretch.addresses.last >= key.1)
    }
}

/// Sorted, and no two that meet or touch.
fn united(intervals: impl Iterator<Item = Interval>) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = intervals.collect();
    intervals.sort_unstable();
    let mut united: Vec<Interval> = Vec::new();
    for next in intervals {
        match united.last_mut() {
            Some(last) if next.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(next.last);
            }
            _ => united.push(next),
        }
    }
    united
}

/// What is in `from` and not in `without`; both are sorted and disjoint, and so is the result.
fn subtract(from: &[Interval], without: &[Interval]) -> Vec<Interval> {
    let mut kept = Vec::new();
    for interval in from {
        let mut first = Some(interval.first);
        let begin = without.partition_point(|hole| hole.last < interval.first);
        for hole in &without[begin..] {
            let Some(from) = first.filter(|_| hole.first <= interval.last) else {
                break;
            };
            if hole.first > from {
                kept.push(Interval {
                    first: from,
                    last: hole.first - 1,
                });
            }
            first = hole
                .last
                .checked_add(1)
                .filter(|next| *next <= interval.last);
        }
        kept.extend(first.map(|first| Interval { first, ..*interval }));
    }
    kept
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(number: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(number)).to_canonical()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::inventory;

    fn range(text: &str) -> Range {
        inventory::range(text).expect(text).expect(text).0
    }

    fn port(number: u16) -> Port {
        Port::new(number).expect("not zero")
    }

    fn pairs(space: &Space) -> Vec<String> {
        (0..space.size())
            .map(|number| space.pair(number).to_string())
            .collect()
    }

    #[test]
    fn what_is_named_twice_is_one_and_what_is_excluded_none() {
        let wanted = [
            (range("10.0.0.0/30"), port(443)),
            (range("10.0.0.2-5"), port(443)),
            (range("10.0.0.1"), port(444)),
            (range("2001:db8::/127"), port(443)),
        ];
        let excluded = [
            (range("10.0.0.1"), Some(port(443))),
            (range("10.0.0.4-5"), None),
        ];
        let space = Space::new(&wanted, &excluded).expect("few");
        assert_eq!(
            pairs(&space),
            [
                "10.0.0.0:443",
                "10.0.0.2:443",
                "10.0.0.3:443",
                "[2001:db8::]:443",
                "[2001:db8::1]:443",
                "10.0.0.1:444",
            ]
        );
        assert!(space.contains("10.0.0.3".parse().expect("an address"), port(443)));
        assert!(!space.contains("10.0.0.3".parse().expect("an address"), port(444)));
        assert!(!space.contains("10.0.0.4".parse().expect("an address"), port(443)));
    }

    #[test]
    fn all_of_ipv4_is_counted_and_more_than_can_be_is_refused() {
        let all = range("0.0.0.0/0");
        let space = Space::new(&[(all, port(443))], &[]).expect("2^32 fit");
        assert_eq!(space.size(), 1 << 32);
        assert_eq!(space.pair((1 << 32) - 1).to_string(), "255.255.255.255:443");
        let every: Vec<_> = (1..=u16::MAX).map(|number| (all, port(number))).collect();
        assert!(
            Space::new(&every, &[]).is_ok(),
            "all of IPv4 with every port"
        );
        let six = range("2001:db8::/96");
        let more = every
            .iter()
            .map(|(_, port)| (six, *port))
            .chain(every.iter().copied());
        assert_eq!(Space::new(&more.collect::<Vec<_>>(), &[]), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn it_is_the_set_that_was_asked_for(
            wanted in prop::collection::vec((0_u8..60, 0_u8..20, 1_u16..3), 0..6),
            excluded in prop::collection::vec((0_u8..60, 0_u8..9, prop::option::of(1_u16..3)), 0..6),
        ) {
            let span = |first: u8, more: u8| range(&format!("10.0.0.{first}-{}", first + more));
            let mut expected = BTreeSet::new();
            for (first, more, number) in &wanted {
                expected.extend((*first..=first + more).map(|last| (*number, last)));
            }
            for (first, more, number) in &excluded {
                expected.retain(|(its, last)| {
                    !(*first..=first + more).contains(last) || number.is_some_and(|number| number != *its)
                });
            }
            let wanted: Vec<_> = wanted.iter().map(|(f, m, p)| (span(*f, *m), port(*p))).collect();
            let excluded: Vec<_> = excluded.iter().map(|(f, m, p)| (span(*f, *m), p.map(port))).collect();
            let space = Space::new(&wanted, &excluded).expect("few");
            let expected: Vec<_> = expected.iter().map(|(p, last)| format!("10.0.0.{last}:{p}")).collect();
            prop_assert_eq!(pairs(&space), expected);
            for number in 0..space.size() {
                let pair = space.pair(number);
                prop_assert!(space.contains(pair.ip(), port(pair.port())));
            }
        }
    }
}
