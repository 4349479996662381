//! Ranges of addresses: `10.0.0.0/24`, `10.0.0.1-50`, `10.0.0.1-10.0.3.9`, `2001:db8::/112`; each with ports or without.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::inventory::refusal::{Refusal, quote};
use crate::inventory::target;
use crate::model::target::Port;

/// The fewest bits of prefix that an IPv6 network may have: more addresses than all of IPv4 cannot be asked.
const SHORTEST_PREFIX_V6: u8 = 96;

/// The addresses from `first` to `last`, both of them included and of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    first: IpAddr,
    last: IpAddr,
}

impl Range {
    /// One address.
    pub fn one(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self {
            first: address,
            last: address,
        }
    }

    /// The first address and the last.
    pub fn ends(self) -> (IpAddr, IpAddr) {
        (self.first, self.last)
    }

    fn new(first: IpAddr, last: IpAddr, text: &str) -> Result<Self, Refusal> {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        if first.is_ipv4() != last.is_ipv4() {
            return Err(
                Refusal::new(format!("{} begins and ends in two families", quote(text)))
                    .hint("a range has two IPv4 or two IPv6 addresses"),
            );
        }
        if first > last {
            return Err(
                Refusal::new(format!("{} ends before it begins", quote(text)))
                    .hint(format!("write {last}-{first}")),
            );
        }
        if number(last) - number(first) > u128::from(u32::MAX) {
            return Err(Refusal::new(format!(
                "{} has more addresses than all of IPv4",
                quote(text)
            ))
            .hint(format!(
                "an IPv6 range has a prefix of /{SHORTEST_PREFIX_V6} or longer"
            )));
        }
        Ok(Self { first, last })
    }
}

/// An address as a number, IPv4 where IPv6 maps it (RFC 4291 §2.5.5.2).
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The range and its ports that a text names; `None` when it names something else, which may be one server.
///
/// # Errors
///
/// What is wrong with the range and what would be right.
pub fn range(text: &str) -> Result<Option<(Range, Vec<Port>)>, Refusal> {
    let Some((addresses, ports)) = split(text) else {
        return Ok(None);
    };
    let range = match (addresses.split_once('/'), addresses.split_once('-')) {
        (Some((address, prefix)), _) => match address.parse() {
            Ok(address) => network(address, prefix, text)?,
            Err(_) => return Ok(None),
        },
        (None, Some((first, last))) => match first.parse() {
            Ok(first) => span(first, last, text)?,
            Err(_) => return Ok(None),
        },
        (None, None) => match addresses.parse::<IpAddr>() {
            Ok(_) => Range::one(crate::inventory::address(addresses)?),
            Err(_) => return Ok(None),
        },
    };
    let ports = ports.map_or(Ok(Vec::new()), |list| target::ports(list, text))?;
    Ok(Some((range, ports)))
}

/// The addresses, without brackets, and what follows the colon of the ports.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('[') {
        let (inner, rest) = inner.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(ports) => Some((inner, Some(ports))),
            None => rest.is_empty().then_some((inner, None)),
        };
    }
    if text.matches(':').count() > 1 {
        return Some((text, None));
    }
    match text.split_once(':') {
        Some((addresses, ports)) => Some((addresses, Some(ports))),
        None => Some((text, None)),
    }
}

fn network(address: IpAddr, prefix: &str, text: &str) -> Result<Range, Refusal> {
    let longest: u8 = if address.is_ipv4() { 32 } else { 128 };
    let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let bits: u8 = prefix
        .parse()
        .ok()
        .filter(|bits| digits && *bits <= longest)
        .ok_or_else(|| {
            Refusal::new(format!("{} has no prefix length", quote(text))).hint(format!(
                "after the `/` a number from 0 to {longest} is wanted"
            ))
        })?;
    let (first, last) = match address {
        IpAddr::V4(address) => {
            let hosts = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
            let bits = address.to_bits();
            let ends = [bits & !hosts, bits | hosts].map(Ipv4Addr::from_bits);
            (IpAddr::V4(ends[0]), IpAddr::V4(ends[1]))
        }
        IpAddr::V6(address) => {
            let hosts = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
            let bits = address.to_bits();
            let ends = [bits & !hosts, bits | hosts].map(Ipv6Addr::from_bits);
            (IpAddr::V6(ends[0]), IpAddr::V6(ends[1]))
        }
    };
    Range::new(first, last, text)
}

fn span(first: IpAddr, last: &str, text: &str) -> Result<Range, Refusal> {
    let whole = last.parse::<IpAddr>().ok();
    let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let last = match (whole, first) {
        (Some(last), _) => last,
        (None, IpAddr::V4(first)) if digits => {
            let [a, b, c, _] = first.octets();
            let octet = last.parse::<u8>().map_err(|_| {
                Refusal::new(format!("{} ends with {}", quote(text), quote(last)))
                    .hint("after the `-` a number from 0 to 255 or an address is wanted")
            })?;
            IpAddr::V4(Ipv4Addr::new(a, b, c, octet))
        }
        _ => {
            return Err(Refusal::new(format!(
                "{} ends with {}, which is no address",
                quote(text),
                quote(last)
            ))
            .hint("a range is written 10.0.0.1-50, 10.0.0.1-10.0.3.9 or 10.0.0.0/22"));
        }
    };
    Range::new(first, last, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(text: &str) -> (String, String, Vec<u16>) {
        let (range, ports) = range(text).expect(text).expect(text);
        let (first, last) = range.ends();
        let ports = ports.into_iter().map(Port::number).collect();
        (first.to_string(), last.to_string(), ports)
    }

    fn is(text: &str, first: &str, last: &str, ports: &[u16]) {
        assert_eq!(ends(text), (first.into(), last.into(), ports.to_vec()));
    }

    #[test]
    fn ranges_are_written_in_the_usual_ways() {
        is("10.0.0.0/24", "10.0.0.0", "10.0.0.255", &[]);
        is(
            "10.0.0.77/24:443,444",
            "10.0.0.0",
            "10.0.0.255",
            &[443, 444],
        );
        is("10.0.0.1-50", "10.0.0.1", "10.0.0.50", &[]);
        is("10.0.0.1-10.0.3.9:5061", "10.0.0.1", "10.0.3.9", &[5061]);
        is("10.0.0.7", "10.0.0.7", "10.0.0.7", &[]);
        is("0.0.0.0/0", "0.0.0.0", "255.255.255.255", &[]);
        is("10.0.0.1/32", "10.0.0.1", "10.0.0.1", &[]);
        is("2001:db8::/112", "2001:db8::", "2001:db8::ffff", &[]);
        is(
            "[2001:db8::1-2001:db8::9]:443",
            "2001:db8::1",
            "2001:db8::9",
            &[443],
        );
        is("2001:db8::1", "2001:db8::1", "2001:db8::1", &[]);
        is("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1", &[]);
    }

    #[test]
    fn what_is_no_range_is_left_to_others() {
        for text in [
            "lync01",
            "lync01:443",
            "lync-01.contoso.com",
            "https://10.0.0.1/x",
            "",
        ] {
            assert_eq!(range(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_wrong_range_is_refused_with_what_would_be_right() {
        for (text, part) in [
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("10.0.0.50-1", "ends before it begins"),
            ("10.0.0.1-256", "0 to 255"),
            ("10.0.0.1-x", "no address"),
            ("10.0.0.1-2001:db8::1", "two families"),
            ("2001:db8::/64", "/96"),
            ("10.0.0.0/24:0", "port"),
            ("0.0.0.0", "no server has it"),
        ] {
            let refusal = range(text).expect_err(text).to_string();
            assert!(refusal.contains(part), "{text}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[0-9a-f.:/\\-\\[\\],]{0,40}") {
            let _ = range(&text);
            let _ = range(&near);
        }
    }
}
