//! What happened on the endpoints of a host, or on those that a CA certified.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use rusqlite::{Connection, params};

use crate::history::encode::timestamp;
use crate::history::error::Trouble;
use crate::history::look::{Looks, identity};
use crate::history::story::Story;
use crate::model::history::{CaIdentity, EndpointHistory, Event, EventKind, Look, Shown};
use crate::model::target::Port;
use crate::model::timestamp::Timestamp;

/// The fewest hex digits that are taken for the beginning of a key's digest.
const SHORTEST_KEY: usize = 6;

/// The endpoints that a name, an address or a pool means, with or without a port.
pub(super) fn host(tables: &Connection, text: &str) -> Result<Vec<EndpointHistory>, Trouble> {
    let mut found = BTreeSet::new();
    for (name, port) in meanings(text) {
        let mut query = tables.prepare_cached(
            "SELECT e.number FROM name n JOIN endpoint e ON e.number = n.endpoint
             WHERE n.text = ?1 AND (?2 IS NULL OR e.port = ?2)",
        )?;
        let numbers = query.query_map(params![name, port], |row| row.get::<_, i64>(0))?;
        for number in numbers {
            found.insert(number?);
        }
        if !found.is_empty() {
            break;
        }
    }
    let runs = Runs::read(tables)?;
    let mut looks = Looks::new(tables);
    endpoints(tables, &runs, &mut looks, found, |looked| {
        Some(looked.events())
    })
}

/// What a text may mean: all of it a name, or a name and a port.
fn meanings(text: &str) -> Vec<(String, Option<u16>)> {
    let plain = |name: &str| {
        let name = name.trim_start_matches('[').trim_end_matches(']');
        match name.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => name.trim_end_matches('.').to_lowercase(),
        }
    };
    let mut meanings = vec![(text.to_lowercase(), None), (plain(text), None)];
    if let Some((name, port)) = text.rsplit_once(':')
        && let Ok(port) = port.parse()
    {
        meanings.push((plain(name), Some(port)));
    }
    meanings
}

/// The CAs that a text means, and the endpoints that ever presented a leaf of them.
pub(super) fn ca(
    tables: &Connection,
    text: &str,
) -> Result<(Vec<CaIdentity>, Vec<EndpointHistory>), Trouble> {
    let cas = cas(tables, text)?;
    let wanted: HashSet<i64> = cas.iter().map(|(number, _)| *number).collect();
    let cas: BTreeSet<CaIdentity> = cas.into_iter().map(|(_, ca)| ca).collect();
    if wanted.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut query = tables
        .prepare_cached("SELECT DISTINCT ca, endpoint FROM observation WHERE ca IS NOT NULL")?;
    let mut rows = query.query([])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if wanted.contains(&row.get(0)?) {
            found.insert(row.get(1)?);
        }
    }
    let runs = Runs::read(tables)?;
    let mut looks = Looks::new(tables);
    let told = endpoints(tables, &runs, &mut looks, found, |looked| {
        looked.comings(&cas)
    })?;
    Ok((cas.into_iter().collect(), told))
}

/// By a part of the name, or the beginning of the key's digest or identifier.
fn cas(tables: &Connection, text: &str) -> Result<Vec<(i64, CaIdentity)>, Trouble> {
    let filler = |c: &char| !matches!(c, ':' | ' ' | '\u{200e}');
    let hex: String = text.to_lowercase().chars().filter(filler).collect();
    let is_key = hex.len() >= SHORTEST_KEY && hex.chars().all(|c| c.is_ascii_hexdigit());
    let name = text.to_lowercase();
    let mut query = tables.prepare_cached("SELECT name, spki_sha256, key_id, number FROM ca")?;
    let all = query.query_map([], |row| Ok((row.get(3)?, identity(row)?)))?;
    let all: Vec<(i64, CaIdentity)> = all.collect::<Result<_, _>>()?;
    let is_meant = |ca: &CaIdentity| {
        let spki = ca.spki_sha256.map(|digest| digest.to_string());
        let begins = |key: &Option<String>| key.as_ref().is_some_and(|key| key.starts_with(&hex));
        ca.name.to_lowercase().contains(&name) || is_key && (begins(&spki) || begins(&ca.key_id))
    };
    let meant: Vec<CaIdentity> = all
        .iter()
        .filter(|(_, ca)| is_meant(ca))
        .map(|(_, ca)| ca.clone())
        .collect();
    // A run that did not know the key may have meant it too.
    let may_be = |ca: &CaIdentity| meant.iter().any(|meant| meant.may_be(ca));
    Ok(all.into_iter().filter(|(_, ca)| may_be(ca)).collect())
}

/// The runs in the order of time, and the place of each in it.
struct Runs {
    order: Vec<Run>,
    places: HashMap<i64, usize>,
}

struct Run {
    id: String,
    series: i64,
    started: Timestamp,
    partial: bool,
}

impl Runs {
    fn read(tables: &Connection) -> Result<Self, Trouble> {
        let mut query = tables.prepare_cached(
            "SELECT number, id, series, started, partial FROM run ORDER BY started, number",
        )?;
        let mut rows = query.query([])?;
        let (mut order, mut places) = (Vec::new(), HashMap::new());
        while let Some(row) = rows.next()? {
            places.insert(row.get(0)?, order.len());
            order.push(Run {
                id: row.get(1)?,
                series: row.get(2)?,
                started: timestamp(row.get(3)?)?,
                partial: row.get(4)?,
            });
        }
        Ok(Self { order, places })
    }

    /// The first complete run of an estate between a look and the next one, which should have asked too.
    fn missing(&self, look: usize, next: Option<usize>) -> Option<&Run> {
        let series = self.order.get(look)?.series;
        let between = self.order.get(look + 1..next.unwrap_or(self.order.len()))?;
        between
            .iter()
            .find(|run| run.series == series && !run.partial)
    }
}

/// The looks at one endpoint, in the order of time.
struct Looked<'r> {
    runs: &'r Runs,
    looks: Vec<(usize, Look)>,
}

impl Looked<'_> {
    /// The run that follows on a look and lacks the endpoint.
    fn gone_after(&self, index: usize) -> Option<&Run> {
        let (place, _) = self.looks.get(index)?;
        let next = self.looks.get(index + 1).map(|(place, _)| *place);
        self.runs.missing(*place, next)
    }

    fn events(&self) -> Vec<Event> {
        let mut story = Story::default();
        let mut events = Vec::new();
        for (index, (_, look)) in self.looks.iter().enumerate() {
            events.extend(story.look(look));
            let gone = self.gone_after(index);
            events.extend(gone.map(|run| story.gone(&run.id, run.started)));
        }
        events
    }

    /// When the endpoint came to some CAs, and when it left them; `None` when it never did.
    fn comings(&self, cas: &BTreeSet<CaIdentity>) -> Option<Vec<Event>> {
        let of = |shown: &&Shown| shown.ca.as_ref().is_some_and(|ca| cas.contains(ca));
        let (mut here, mut former): (Option<&Shown>, Option<&Shown>) = (None, None);
        let mut events = Vec::new();
        for (index, (_, look)) in self.looks.iter().enumerate() {
            let now = look.leaves.iter().find(of);
            match (here, now) {
                (None, Some(now)) => {
                    events.push(event(look, EventKind::Came, Some(now), former));
                }
                (Some(left), None) if !look.leaves.is_empty() => {
                    events.push(event(
                        look,
                        EventKind::Left,
                        look.leaves.first(),
                        Some(left),
                    ));
                }
                _ => {}
            }
            if let Some(first) = look.leaves.first() {
                (here, former) = (now, now.or(Some(first)));
            }
            if let (Some(run), Some(left)) = (self.gone_after(index), here) {
                let mut event = event(look, EventKind::Left, None, Some(left));
                (event.at, event.run, event.outcome) = (run.started, run.id.clone(), None);
                events.push(event);
                here = None;
            }
        }
        (!events.is_empty()).then_some(events)
    }
}

fn event(look: &Look, kind: EventKind, now: Option<&Shown>, former: Option<&Shown>) -> Event {
    Event {
        at: look.at,
        run: look.run.clone(),
        kind,
        outcome: Some(look.outcome),
        leaf: now.map(|shown| shown.leaf.clone()),
        ca: now.and_then(|shown| shown.ca.clone()),
        former_leaf: former.map(|shown| shown.leaf.clone()),
        former_ca: former.and_then(|shown| shown.ca.clone()),
    }
}

fn endpoints(
    tables: &Connection,
    runs: &Runs,
    looks: &mut Looks<'_>,
    numbers: BTreeSet<i64>,
    tell: impl Fn(&Looked<'_>) -> Option<Vec<Event>>,
) -> Result<Vec<EndpointHistory>, Trouble> {
    let mut told = Vec::new();
    for number in numbers {
        let mut found = Vec::new();
        for (run, look) in looks.of_endpoint(number)? {
            let place = runs.places.get(&run);
            let place = place.ok_or_else(|| Trouble::damaged("an observation without a run"))?;
            found.push((*place, look));
        }
        found.sort_by_key(|(place, _)| *place);
        let looked = Looked { runs, looks: found };
        let Some((_, last)) = looked.looks.last() else {
            continue;
        };
        let Some(events) = tell(&looked) else {
            continue;
        };
        let gone = looked.gone_after(looked.looks.len() - 1);
        let (target, host, address, port) = name(tables, number)?;
        told.push(EndpointHistory {
            target,
            host,
            address: address.parse().ok(),
            port: port.and_then(Port::new),
            looks: looked.looks.len() as u64,
            last: last.clone(),
            gone: gone.map(|run| run.started),
            events,
        });
    }
    told.sort_by(|one, other| {
        (&one.host, one.port, one.address).cmp(&(&other.host, other.port, other.address))
    });
    Ok(told)
}

/// Target, host, address and port of an endpoint.
fn name(
    tables: &Connection,
    number: i64,
) -> Result<(String, String, String, Option<u16>), Trouble> {
    let query = "SELECT target, host, address, port FROM endpoint WHERE number = ?1";
    let mut query = tables.prepare_cached(query)?;
    Ok(query.query_row([number], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_a_name_or_a_name_and_a_port() {
        let meant = |text| meanings(text).pop().expect("at least one");
        assert_eq!(
            meant("Lync01.contoso.com."),
            ("lync01.contoso.com".to_owned(), None)
        );
        assert_eq!(meant("lync01:443"), ("lync01".to_owned(), Some(443)));
        assert_eq!(
            meant("[2001:DB8:0::1]:443"),
            ("2001:db8::1".to_owned(), Some(443))
        );
        assert_eq!(
            meanings("2001:db8::1")[1],
            ("2001:db8::1".to_owned(), None),
            "an address is first an address"
        );
    }
}
