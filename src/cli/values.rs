//! The texts of single options -> values.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::cli::args::Listen;
use crate::discover::Domain;
use crate::inventory::{self, Refusal};
use crate::model::target::Port;
use crate::model::timestamp::Timestamp;
use crate::resolve::Override;
use crate::sweep::Shard;

/// The longest duration that makes sense for one connection.
const LONGEST: Duration = Duration::from_secs(3600);

/// `10`, `10s`, `500ms`, `2m`: more than nothing, at most an hour.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let number: u64 = Some(digits)
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or("a duration is a whole number with or without unit: 10, 10s, 500ms, 2m")?;
    let duration = match unit {
        "" | "s" => Duration::from_secs(number),
        "ms" => Duration::from_millis(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        _ => return Err(format!("the unit `{unit}` is not known; use ms, s or m")),
    };
    if duration.is_zero() || duration > LONGEST {
        return Err("a duration is longer than 0 and at most 60m".to_owned());
    }
    Ok(duration)
}

/// The longest that anybody waits for a renewal.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// As [`duration`], with hours too and up to a day.
pub(crate) fn wait(text: &str) -> Result<Duration, String> {
    let duration = match text.strip_suffix('h').map(str::parse::<u32>) {
        Some(Ok(hours)) => Duration::from_secs(u64::from(hours) * 3600),
        Some(Err(_)) => return Err(format!("`{text}` is no whole number of hours")),
        None => match text.strip_suffix('m').map(str::parse::<u32>) {
            Some(Ok(minutes)) => Duration::from_secs(u64::from(minutes) * 60),
            _ => duration(text).map_err(|why| why.replace("ms, s or m", "ms, s, m or h"))?,
        },
    };
    if duration.is_zero() || duration > LONGEST_WAIT {
        return Err("a wait is longer than 0 and at most 24h".to_owned());
    }
    Ok(duration)
}

/// The longest time between two runs of a watch.
const LONGEST_PERIOD: Duration = Duration::from_secs(31 * 24 * 3600);

/// As [`duration`], with hours and days too, from a second to a month.
pub(crate) fn period(text: &str) -> Result<Duration, String> {
    let form = "a period is a whole number with its unit, from 1s to 31d: 90s, 15m, 6h, 1d";
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err(form.to_owned()),
    };
    let number = Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let seconds = number
        .and_then(|digits| digits.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(unit));
    seconds
        .map(Duration::from_secs)
        .filter(|period| !period.is_zero() && *period <= LONGEST_PERIOD)
        .ok_or_else(|| form.to_owned())
}

/// `127.0.0.1:9443`, `[::1]:9443`, or `none`.
pub(crate) fn listen(text: &str) -> Result<Listen, String> {
    if text == "none" {
        return Ok(Listen::Nowhere);
    }
    let address = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    address
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map(Listen::At)
        .map_err(|_| {
            "an address and a port are wanted, as in 127.0.0.1:9443 or [::1]:9443, or `none`"
                .to_owned()
        })
}

/// `30` or `30d`: days, at most a hundred years.
pub(crate) fn days(text: &str) -> Result<i64, String> {
    let digits = text.strip_suffix('d').unwrap_or(text);
    Some(digits)
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|days| *days <= 36_500)
        .ok_or_else(|| "days are a whole number up to 36500: 30, 30d".to_owned())
}

/// A time (RFC 3339).
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "a time is written as in 2026-11-22T20:15:04Z".to_owned())
}

/// As [`time`], or a day, which means its beginning.
pub(crate) fn day_or_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(&format!("{text}T00:00:00Z"))
        .or_else(|| Timestamp::parse(text))
        .ok_or_else(|| "a time is written as in 2026-11-22, or 2026-11-22T20:15:04Z".to_owned())
}

/// A port number.
pub(crate) fn port(text: &str) -> Result<Port, Refusal> {
    inventory::port(text)
}

/// A name that can be sent as server name.
pub(crate) fn server_name(text: &str) -> Result<String, Refusal> {
    inventory::server_name(text)
}

/// The port of DNS.
const DNS: u16 = 53;

/// A SIP domain. One with other than ASCII characters is shown as DNS would have it.
pub(crate) fn sip_domain(text: &str) -> Result<Domain, String> {
    let name = inventory::server_name(text.trim_end_matches('.')).map_err(|refusal| {
        format!("{refusal}; a SIP domain is what stands after the `@`, as in contoso.com")
    })?;
    if !text.is_ascii() {
        return Err(format!(
            "a SIP domain of Lync has ASCII characters only; if it is one all the same, write it as DNS has it: {name}"
        ));
    }
    Domain::new(&name).map_err(|error| error.to_string())
}

/// `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`.
pub(crate) fn dns_server(text: &str) -> Result<SocketAddr, String> {
    let (address, port) = match text.parse::<SocketAddr>() {
        Ok(socket) => (socket.ip().to_string(), socket.port()),
        Err(_) => (text.to_owned(), DNS),
    };
    let address: IpAddr = inventory::address(&address).map_err(|refusal| {
        format!(
            "{refusal}; a DNS server is given by its address, as in 192.0.2.53 or 192.0.2.53:53"
        )
    })?;
    match port {
        0 => Err("0 is no port; DNS listens on 53".to_owned()),
        _ => Ok(SocketAddr::new(address, port)),
    }
}

/// `3/16`: the third of sixteen parts.
pub(crate) fn shard(text: &str) -> Result<Shard, String> {
    let form = "a part is written I/N with I from 1 to N, as in 3/16";
    let (part, count) = text.split_once('/').ok_or(form)?;
    let [part, count] = [part, count].map(|number| {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u32>().ok().filter(|_| digits)
    });
    part.zip(count)
        .and_then(|(part, count)| Shard::new(u64::from(part).checked_sub(1)?, count.into()))
        .ok_or_else(|| form.to_owned())
}

/// `NAME=ADDRESS`, `NAME:PORT=ADDRESS`, or curl's `NAME:PORT:ADDRESS`; several addresses with commas between.
pub(crate) fn name_override(text: &str) -> Result<Override, String> {
    let form = "write NAME=ADDRESS or NAME:PORT=ADDRESS, as in lync01.contoso.com=192.0.2.11";
    let (name, port, addresses) = match text.split_once('=') {
        Some((subject, addresses)) => match subject.split_once(':') {
            Some((name, port)) => (name, Some(port), addresses),
            None => (subject, None, addresses),
        },
        None => {
            let mut parts = text.splitn(3, ':');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(name), Some(port), Some(addresses)) => (name, Some(port), addresses),
                _ => return Err(form.to_owned()),
            }
        }
    };
    Ok(Override {
        name: inventory::server_name(name).map_err(|refusal| refusal.to_string())?,
        port: port
            .map(inventory::port)
            .transpose()
            .map_err(|refusal| refusal.to_string())?,
        addresses: addresses
            .split(',')
            .map(|address| inventory::address(address).map_err(|refusal| refusal.to_string()))
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("10"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for text in [
            "",
            "s",
            "0",
            "0ms",
            "-1",
            "+1",
            "1.5s",
            "1h",
            "61m",
            "1 s",
            "99999999999999999999",
            "18446744073709551615m",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wait_has_hours_too() {
        assert_eq!(wait("90"), Ok(Duration::from_secs(90)));
        assert_eq!(wait("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(wait("2h"), Ok(Duration::from_secs(7200)));
        for text in [
            "",
            "0",
            "0h",
            "h",
            "25h",
            "1500m",
            "1.5h",
            "99999999999999999999h",
        ] {
            assert!(wait(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_has_days_too() {
        for (text, seconds) in [
            ("1", 1),
            ("90s", 90),
            ("15m", 900),
            ("6h", 21_600),
            ("31d", 2_678_400),
        ] {
            assert_eq!(period(text), Ok(Duration::from_secs(seconds)));
        }
        for text in [
            "",
            "0",
            "0h",
            "32d",
            "745h",
            "500ms",
            "1w",
            "-1h",
            "1.5h",
            "h",
            "99999999999999999999d",
        ] {
            assert!(period(text).is_err(), "{text}");
        }
    }

    #[test]
    fn where_to_listen_is_an_address() {
        let at = |text: &str| text.parse().map(Listen::At).expect("an address");
        assert_eq!(listen("127.0.0.1:9443"), Ok(at("127.0.0.1:9443")));
        assert_eq!(listen("[::1]:0"), Ok(at("[::1]:0")));
        assert_eq!(listen("localhost:80"), Ok(at("127.0.0.1:80")));
        assert_eq!(listen("none"), Ok(Listen::Nowhere));
        for text in [
            "",
            "9443",
            ":9443",
            "127.0.0.1",
            "host:9443",
            "127.0.0.1:65536",
        ] {
            assert!(listen(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_days() {
        assert_eq!(
            (days("30"), days("14d"), days("0")),
            (Ok(30), Ok(14), Ok(0))
        );
        for text in ["", "d", "-1", "1w", "30 d", "36501", "99999999999999999999"] {
            assert!(days(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_is_one_of_so_many() {
        assert_eq!(shard("3/16").map(Shard::parts), Ok((2, 16)));
        assert_eq!(shard("1/1"), Ok(Shard::WHOLE));
        for text in ["0/4", "5/4", "1", "1/", "/4", "+1/4", "a/b", "1/0"] {
            assert!(shard(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_given_its_address() {
        let text = |text: &str| {
            name_override(text).map(|o| (o.name, o.port.map(Port::number), o.addresses))
        };
        let v4 = "192.0.2.11".parse().expect("an address");
        let v6 = "2001:db8::1".parse().expect("an address");
        assert_eq!(
            text("FE.example.=192.0.2.11"),
            Ok(("fe.example".into(), None, vec![v4]))
        );
        assert_eq!(
            text("fe:443=[2001:db8::1],192.0.2.11"),
            Ok(("fe".into(), Some(443), vec![v6, v4]))
        );
        assert_eq!(
            text("fe:443:2001:db8::1"),
            Ok(("fe".into(), Some(443), vec![v6]))
        );
        for bad in [
            "fe",
            "fe:443",
            "fe=",
            "=192.0.2.11",
            "fe=host",
            "fe:0=192.0.2.11",
            "fe=0.0.0.0",
            "192.0.2.1=192.0.2.11",
        ] {
            assert!(text(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_them_panic(text in any::<String>()) {
            let _ = duration(&text);
            let _ = name_override(&text);
        }
    }
}
