//! The text of one target: `HOST`, `HOST:P1,P2`, `[IPV6]:PORT`, `https://HOST/path`, `file:PATH`.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use crate::inventory::name;
use crate::inventory::refusal::{Refusal, quote};
use crate::model::target::{Host, Port};

/// The longest text that is looked at; longer ones are no targets.
const MAX_TEXT: usize = 4096;

/// What a target's text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A server, and the ports that were named; none: those of its role.
    Server(Host, Vec<Port>),
    /// A certificate in a file.
    File(PathBuf),
}

/// Reads one target.
pub(crate) fn parse(text: &str) -> Result<Named, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::new("the target is empty").hint("a target is HOST or HOST:PORT"));
    }
    if text.len() > MAX_TEXT {
        return Err(Refusal::new(format!(
            "{} has {} bytes, a target has at most {MAX_TEXT}",
            quote(text),
            text.len()
        )));
    }
    if let Some(path) = text.strip_prefix("file:") {
        return file(path);
    }
    let (host, ports) = match text.split_once("://") {
        Some((scheme, rest)) => url(scheme, rest, text)?,
        None => server(text)?,
    };
    Ok(Named::Server(host, ports))
}

fn file(path: &str) -> Result<Named, Refusal> {
    if path.is_empty() {
        return Err(Refusal::new("`file:` names no file").hint("write file:PATH"));
    }
    if path.contains('\0') {
        return Err(Refusal::new(format!("{} is not a path", quote(path))));
    }
    Ok(Named::File(PathBuf::from(path)))
}

fn url(scheme: &str, rest: &str, text: &str) -> Result<(Host, Vec<Port>), Refusal> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    name::refuse_user(authority)?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => {}
        "http" => {
            return Err(
                Refusal::new(format!("{}: plain http has no certificate", quote(text)))
                    .hint("write https:// or HOST:PORT"),
            );
        }
        _ => {
            return Err(
                Refusal::new(format!("the scheme {} is not known", quote(scheme)))
                    .hint("write HOST:PORT, as in lync01.contoso.com:5061"),
            );
        }
    }
    let (host, mut ports) = server(authority)?;
    if ports.len() > 1 {
        return Err(
            Refusal::new(format!("{} has more than one port", quote(text)))
                .hint("write HOST:P1,P2 without https://"),
        );
    }
    if ports.is_empty() {
        ports.push(Port::HTTPS);
    }
    Ok((host, ports))
}

fn server(text: &str) -> Result<(Host, Vec<Port>), Refusal> {
    name::refuse_user(text)?;
    refuse_ranges(text)?;
    let (host, port_list) = split(text)?;
    if port_list.is_some() && host.is_empty() {
        return Err(Refusal::new(format!("{} has no host", quote(text)))
            .hint("a target is HOST or HOST:PORT"));
    }
    // The host first: in `C:\certs\a.cer` it is not the port that is wrong.
    if text.contains('\\') {
        name::server_name(text)?;
    }
    let host = name::host(host)?;
    let ports = port_list.map_or(Ok(Vec::new()), |list| ports(list, text))?;
    Ok((host, ports))
}

/// The host, and what follows its colon.
fn split(text: &str) -> Result<(&str, Option<&str>), Refusal> {
    if text.starts_with('[') {
        let Some(end) = text.find(']') else {
            return Err(Refusal::new(format!("{} has no `]`", quote(text)))
                .hint("an IPv6 address with a port is written [2001:db8::1]:443"));
        };
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(list) => Ok((host, Some(list))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(Refusal::new(format!(
                "{} follows the `]` in {}",
                quote(rest),
                quote(text)
            ))
            .hint("write [2001:db8::1]:443")),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() || text.matches(':').count() > 1 {
        return Ok((text, None));
    }
    Ok(match text.split_once(':') {
        Some((host, list)) => (host, Some(list)),
        None => (text, None),
    })
}

/// The ports of a list with commas; `text` is what is refused.
pub(super) fn ports(list: &str, text: &str) -> Result<Vec<Port>, Refusal> {
    if list.is_empty() {
        return Err(Refusal::new(format!("{} names no port", quote(text)))
            .hint("leave out the colon, or write HOST:443"));
    }
    let mut ports = Vec::new();
    for word in list.split(',') {
        let port = port(word).map_err(|refusal| Refusal {
            what: format!("{}: {}", quote(text), refusal.what),
            ..refusal
        })?;
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    Ok(ports)
}

/// A port number.
///
/// # Errors
///
/// What is wrong with the text and what would be right.
pub fn port(text: &str) -> Result<Port, Refusal> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let range = text
        .split_once('-')
        .is_some_and(|(a, b)| a.parse::<u16>().is_ok() && b.parse::<u16>().is_ok());
    let refusal = Refusal::new(format!("{} is not a port", quote(text)));
    if range {
        return Err(refusal.hint("name each port: 443,5061"));
    }
    text.parse()
        .ok()
        .filter(|_| digits)
        .and_then(Port::new)
        .ok_or_else(|| refusal.hint("a port is a number from 1 to 65535"))
}

/// Whole networks are another subcommand's work.
fn refuse_ranges(text: &str) -> Result<(), Refusal> {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    let network = text.split_once('/').is_some_and(|(address, _)| {
        is_address(address.trim_start_matches('[').trim_end_matches(']'))
    });
    let range = text.split_once('-').is_some_and(|(first, last)| {
        is_address(first) && last.starts_with(|c: char| c.is_ascii_digit())
    });
    if network || range {
        return Err(
            Refusal::new(format!("{} is a range of addresses", quote(text)))
                .hint("`sameca sweep` takes ranges; here name each server"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server_of(text: &str) -> (String, Vec<u16>) {
        match parse(text) {
            Ok(Named::Server(host, ports)) => (
                host.to_string(),
                ports.into_iter().map(Port::number).collect(),
            ),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn refused(text: &str) -> String {
        parse(text).expect_err(text).to_string()
    }

    #[test]
    fn a_host_may_have_ports() {
        assert_eq!(server_of("lync01"), ("lync01".into(), vec![]));
        assert_eq!(server_of(" lync01:443\r"), ("lync01".into(), vec![443]));
        assert_eq!(
            server_of("lync01:443,5061,443"),
            ("lync01".into(), vec![443, 5061])
        );
        assert_eq!(server_of("192.0.2.1:444"), ("192.0.2.1".into(), vec![444]));
        assert_eq!(server_of("lync01.:443"), ("lync01".into(), vec![443]));
    }

    #[test]
    fn an_ipv6_address_has_a_port_only_after_brackets() {
        assert_eq!(
            server_of("[2001:db8::1]:443"),
            ("2001:db8::1".into(), vec![443])
        );
        assert_eq!(server_of("[2001:db8::1]"), ("2001:db8::1".into(), vec![]));
        assert_eq!(
            server_of("2001:db8::1:443"),
            ("2001:db8::1:443".into(), vec![])
        );
        assert!(refused("[2001:db8::1]443").contains("follows the `]`"));
        assert!(refused("[2001:db8::1").contains("has no `]`"));
        assert!(refused("[192.0.2.1]:443").contains("not an IPv6 address"));
        assert!(refused("a:b:443").contains("not an IPv6 address"));
    }

    #[test]
    fn a_url_names_its_host_and_port() {
        assert_eq!(
            server_of("HTTPS://Chat.Contoso.com/PersistentChat/MGCWebService.asmx?wsdl#x"),
            ("chat.contoso.com".into(), vec![443])
        );
        assert_eq!(
            server_of("https://[2001:db8::1]:8443/"),
            ("2001:db8::1".into(), vec![8443])
        );
        assert!(refused("http://lync01/").contains("plain http has no certificate"));
        assert!(refused("sips://lync01").contains("the scheme `sips` is not known"));
        assert!(refused("https://lync01:443,444/").contains("more than one port"));
        assert!(refused("https:///path").contains("missing"));
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        let refusal = refused("https://admin:secret@lync01/");
        assert!(refusal.contains("write `lync01` alone"), "{refusal}");
        assert!(!refusal.contains("secret"), "{refusal}");
    }

    #[test]
    fn a_file_is_kept_as_written() {
        assert_eq!(
            parse("file:C:\\My certs\\a.cer"),
            Ok(Named::File("C:\\My certs\\a.cer".into()))
        );
        assert!(refused("file:").contains("names no file"));
        assert!(refused("C:\\certs\\a.cer").contains("file:PATH"));
    }

    #[test]
    fn bad_ports_are_refused_with_the_value() {
        assert!(refused("host:").contains("names no port"));
        assert!(refused(":443").contains("has no host"));
        for text in [
            "0",
            "70000",
            "https",
            "+443",
            "443,",
            "4 43",
            "99999999999999",
        ] {
            assert!(
                refused(&format!("host:{text}")).contains("is not a port"),
                "{text}"
            );
        }
        assert!(refused("host:443-445").contains("name each port"));
    }

    #[test]
    fn ranges_are_left_to_the_sweep() {
        for text in [
            "10.0.0.0/24",
            "10.0.0.0/24:443",
            "2001:db8::/32",
            "10.0.0.1-50",
            "10.0.0.1-10.0.0.50",
        ] {
            assert!(refused(text).contains("sameca sweep"), "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused() {
        assert!(refused("").contains("empty"));
        assert!(refused(" \t").contains("empty"));
        assert!(refused(&"a".repeat(5000)).contains("at most 4096"));
        assert!(refused("256.1.1.1").contains("not an IPv4 address"));
        assert!(refused("256.1.1.1:443").contains("not an IPv4 address"));
        assert!(refused("user@host").contains("user name"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn nothing_near_a_target_makes_it_panic(text in "(https?://|file:)?[\\[a-f0-9:.%@/,\\]é-]{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_written_reads_back(host in "[a-zA-Z][a-zA-Z0-9-]{0,20}(\\.[a-z]{1,9}){0,3}|[0-9.]{7,15}|[0-9a-f:]{3,20}", port in 1_u16..) {
            if let Ok(Named::Server(host, _)) = parse(&host) {
                let label = match &host {
                    Host::Address(IpAddr::V6(address)) => format!("[{address}]:{port}"),
                    other => format!("{other}:{port}"),
                };
                let port = Port::new(port).expect("ports are drawn from 1");
                prop_assert_eq!(parse(&label), Ok(Named::Server(host, vec![port])));
            }
        }
    }
}
