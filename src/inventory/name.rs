//! A server by name or by address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::inventory::refusal::{Refusal, quote};
use crate::model::target::Host;

/// The longest name in its written form (RFC 1035 §3.1: 255 octets on the wire).
const MAX_NAME: usize = 253;
/// The longest label (RFC 1035 §3.1).
const MAX_LABEL: usize = 63;

/// The server that a text names: a DNS name, an IPv4 address, or an IPv6 address with or without brackets.
///
/// # Errors
///
/// What is wrong with the text and what would be right.
pub(super) fn host(text: &str) -> Result<Host, Refusal> {
    refuse_user(text)?;
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').unwrap_or(inner);
        return ipv6(inner).map(|address| Host::Address(IpAddr::V6(address).to_canonical()));
    }
    if text.parse::<IpAddr>().is_ok() || text.contains(':') {
        return address(text).map(Host::Address);
    }
    server_name(text).map(Host::Name)
}

/// The address that a text names, of a kind that a server can have. IPv4 written as IPv6 becomes IPv4.
///
/// # Errors
///
/// What is wrong with the text and what would be right.
pub fn address(text: &str) -> Result<IpAddr, Refusal> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let address = match (bare, text.parse::<IpAddr>()) {
        (Some(bare), _) => IpAddr::V6(ipv6(bare)?),
        (None, Ok(address)) => address,
        (None, Err(_)) if text.contains(':') => IpAddr::V6(ipv6(text)?),
        (None, Err(_)) => {
            return Err(
                Refusal::new(format!("{} is not an IP address", quote(text)))
                    .hint("an address is written 192.0.2.11 or 2001:db8::11"),
            );
        }
    };
    connectable(address.to_canonical())
}

/// An address that is no server's is refused: connecting to 0.0.0.0 would reach this machine.
fn connectable(address: IpAddr) -> Result<IpAddr, Refusal> {
    let kind = match address {
        _ if address.is_unspecified() => "means \"any address\"",
        _ if address.is_multicast() => "is a multicast address",
        IpAddr::V4(Ipv4Addr::BROADCAST) => "is the broadcast address",
        _ => return Ok(address),
    };
    Err(Refusal::new(format!("{address} {kind}, no server has it")).hint("name one server"))
}

fn ipv6(text: &str) -> Result<Ipv6Addr, Refusal> {
    if let Some((_, zone)) = text.split_once('%') {
        return Err(Refusal::new(format!(
            "{} has a zone index ({}), which is not supported",
            quote(text),
            quote(zone)
        ))
        .hint("use an address that is not link-local"));
    }
    let address = text.parse::<Ipv6Addr>().map_err(|_| {
        Refusal::new(format!("{} is not an IPv6 address", quote(text)))
            .hint("with a port it is written [2001:db8::1]:443")
    })?;
    connectable(IpAddr::V6(address).to_canonical())?;
    Ok(address)
}

/// A DNS name in the form in which it is sent: lower-case ASCII (IDNA A-labels, UTS #46), no trailing dot.
/// Underscores are allowed.
///
/// # Errors
///
/// What is wrong with the text and what would be right.
pub fn server_name(text: &str) -> Result<String, Refusal> {
    refuse_user(text)?;
    if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(Refusal::new(format!("{} is an address", quote(text)))
            .hint("a DNS name is wanted here"));
    }
    refuse_foreign_characters(text)?;
    let ascii = Uts46::new()
        .to_ascii(
            text.as_bytes(),
            AsciiDenyList::EMPTY,
            Hyphens::Allow,
            DnsLength::Ignore,
        )
        .map_err(|_| {
            Refusal::new(format!(
                "{} is not a valid internationalised name",
                quote(text)
            ))
            .hint("write it as DNS has it, with labels that begin with xn--")
        })?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if name.is_empty() {
        return Err(Refusal::new("the host is missing").hint("a target is HOST or HOST:PORT"));
    }
    if name.len() > MAX_NAME {
        return Err(Refusal::new(format!(
            "{} has {} characters, a DNS name has at most {MAX_NAME}",
            quote(name),
            name.len()
        )));
    }
    name.split('.').try_for_each(|l| label(l, text))?;
    refuse_numbers(name, text)?;
    Ok(name.to_owned())
}

/// A user name is refused before anything else, so that a password that follows it is never repeated.
pub(super) fn refuse_user(text: &str) -> Result<(), Refusal> {
    match text.rsplit_once('@') {
        Some((_, host)) => Err(
            Refusal::new("a user name before `@` has no place in a target")
                .hint(format!("write {} alone", quote(host))),
        ),
        None => Ok(()),
    }
}

/// The mistakes that deserve their own answer.
fn refuse_foreign_characters(text: &str) -> Result<(), Refusal> {
    let refuse = |what: &str, hint: &str| {
        Err(Refusal::new(format!("{} {what}", quote(text))).hint(hint.to_owned()))
    };
    let Some(character) = text
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || "*/\\,;".contains(*c))
    else {
        return Ok(());
    };
    match character {
        '*' => refuse(
            "is a wildcard, which names no server",
            "name each server by itself",
        ),
        '/' => refuse(
            "has a path, which only a URL has",
            "write https://HOST/PATH, or the host alone",
        ),
        '\\' => refuse(
            "is not a host name",
            "for a certificate file write file:PATH",
        ),
        ',' | ';' => refuse(
            "is not one host name",
            "separate targets by spaces; commas stand between ports, as in HOST:443,5061",
        ),
        _ => refuse("contains white space", "give one target at a time"),
    }
}

fn label(label: &str, whole: &str) -> Result<(), Refusal> {
    let refuse = |what: String| {
        Err(Refusal::new(format!(
            "{} is not a host name: {what}",
            quote(whole)
        )))
    };
    if label.is_empty() {
        return refuse("there is nothing before or between its dots".to_owned());
    }
    if label.len() > MAX_LABEL {
        return refuse(format!(
            "{} has {} characters, a part between dots has at most {MAX_LABEL}",
            quote(label),
            label.len()
        ));
    }
    if let Some(odd) = label
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "-_".contains(*c)))
    {
        return refuse(format!("{} does not belong in it", quote(&odd.to_string())));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return refuse(format!("{} begins or ends with a hyphen", quote(label)));
    }
    Ok(())
}

/// What ends in a number is an address or nothing: the system's resolver would take `2130706433` for 127.0.0.1.
fn refuse_numbers(name: &str, text: &str) -> Result<(), Refusal> {
    let last = name.rsplit('.').next().unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let hexadecimal = last
        .strip_prefix("0x")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    if !digits(last) && !hexadecimal {
        return Ok(());
    }
    if digits(name) {
        return Err(
            Refusal::new(format!("{} is a number, not a host", quote(text))).hint(format!(
                "for a port write HOST:{name}; PowerShell needs quotes around commas, as in \"HOST:443,{name}\""
            )),
        );
    }
    Err(
        Refusal::new(format!("{} is not an IPv4 address", quote(text))).hint(
            "an address has four numbers from 0 to 255, without leading zeros; a name does not end in a number",
        ),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> String {
        match host(text) {
            Ok(Host::Name(name)) => name,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn refused(text: &str) -> String {
        host(text).expect_err(text).to_string()
    }

    #[test]
    fn a_name_is_lower_case_ascii_without_its_trailing_dot() {
        assert_eq!(name("LYNC01.Contoso.com."), "lync01.contoso.com");
        assert_eq!(name("lync01"), "lync01");
        assert_eq!(name("_sip.lync_01.contoso.com"), "_sip.lync_01.contoso.com");
        assert_eq!(name("bücher.example"), "xn--bcher-kva.example");
        assert_eq!(name("BÜCHER。example"), "xn--bcher-kva.example");
        assert_eq!(name("1and1.example"), "1and1.example");
    }

    #[test]
    fn addresses_are_addresses_however_they_are_written() {
        let address = |text: &str| match host(text) {
            Ok(Host::Address(address)) => address.to_string(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(address("192.0.2.11"), "192.0.2.11");
        assert_eq!(address("2001:DB8::1"), "2001:db8::1");
        assert_eq!(address("[2001:db8::1]"), "2001:db8::1");
        assert_eq!(address("::ffff:192.0.2.11"), "192.0.2.11");
    }

    #[test]
    fn what_the_resolver_would_take_for_an_address_is_refused() {
        for text in [
            "256.1.1.1",
            "1.2.3",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "127.0.0.0x1",
            "１２７.0.0.1",
            "1.2.3.4.5",
            "0x",
        ] {
            assert!(refused(text).contains("is not an IPv4 address"), "{text}");
        }
        assert!(refused("2130706433").contains("is a number, not a host"));
        assert!(refused("5061").contains("write HOST:5061"));
    }

    #[test]
    fn addresses_of_no_server_are_refused() {
        assert!(refused("0.0.0.0").contains("any address"));
        assert!(refused("[::]").contains("any address"));
        assert!(refused("::ffff:0.0.0.0").contains("any address"));
        assert!(refused("224.0.0.1").contains("multicast"));
        assert!(refused("255.255.255.255").contains("broadcast"));
        assert!(refused("fe80::1%eth0").contains("zone index"));
        assert!(refused("2001:db8::zz").contains("not an IPv6 address"));
    }

    #[test]
    fn each_kind_of_bad_name_has_its_own_answer() {
        assert!(refused("*.contoso.com").contains("wildcard"));
        assert!(refused("a b").contains("white space"));
        assert!(refused("a,b").contains("separate targets by spaces"));
        assert!(refused("host/path").contains("https://HOST/PATH"));
        assert!(refused(r"\\server\share").contains("file:PATH"));
        assert!(refused("a..b").contains("between its dots"));
        assert!(refused(".a").contains("before"));
        assert!(refused("-a.example").contains("hyphen"));
        assert!(refused("a-.example").contains("hyphen"));
        assert!(refused("a+b").contains("does not belong"));
        assert!(refused("xn--a\u{fc}.example").contains("internationalised"));
        assert!(refused(&format!("{}.example", "a".repeat(64))).contains("at most 63"));
        assert!(refused(&["a".repeat(60).as_str(); 5].join(".")).contains("at most 253"));
        assert!(refused("").contains("missing"));
        assert!(refused(".").contains("missing"));
    }

    #[test]
    fn a_password_is_not_repeated() {
        let refusal = refused("admin:secret@lync01");
        let refusal = refusal + &refused("admin@lync01");
        assert!(!refusal.contains("secret@"), "{refusal}");
    }

    #[test]
    fn a_server_name_is_no_address() {
        for text in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]"] {
            let refusal = server_name(text).expect_err(text).to_string();
            assert!(refusal.contains("a DNS name is wanted"), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _ = host(&text);
            let _ = address(&text);
        }

        #[test]
        fn a_host_reads_back_as_itself(text in "[a-zA-Z0-9_üßé.:\\[\\]-]{1,30}") {
            if let Ok(first) = host(&text) {
                prop_assert_eq!(host(&first.to_string()), Ok(first));
            }
        }
    }
}
