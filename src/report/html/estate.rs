//! The picture of the servers: by group and pool, a server a line, a port a cell. Where there are too many to be drawn,
//! a pool is a bar of its CAs, and only what stands out is drawn.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::observation::Outcome;
use crate::model::report::RunReport;
use crate::model::target::Role;
use crate::report::html::shown;
use crate::report::html::survey::{Cell, Kind, Pool, PoolKey, Survey};
use crate::report::style::Mark;
use crate::report::text;

/// The most pools that are drawn.
const POOLS: usize = 120;

/// The picture.
pub(super) struct Estate {
    pub(super) groups: Vec<GroupView>,
    /// What is not drawn.
    pub(super) more: Option<String>,
}

/// The pools of a group.
pub(super) struct GroupView {
    pub(super) title: String,
    pub(super) pools: Vec<PoolView>,
}

/// A pool: its servers, or its shares where there are too many.
pub(super) struct PoolView {
    pub(super) name: String,
    pub(super) facts: String,
    pub(super) shares: Vec<Share>,
    pub(super) servers: Vec<Server>,
    pub(super) more: Option<String>,
}

/// The part of a pool that one CA has; positions in percent.
pub(super) struct Share {
    pub(super) class: &'static str,
    pub(super) letter: String,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) words: String,
    pub(super) wrong: bool,
}

/// A server and its ports.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) address: String,
    pub(super) cells: Vec<CellView>,
    pub(super) notes: Vec<Note>,
}

/// A port.
pub(super) struct CellView {
    pub(super) number: usize,
    pub(super) class: String,
    pub(super) port: String,
    pub(super) letter: String,
    /// What the colours say, in words.
    pub(super) words: String,
}

/// Why ports stand out.
pub(super) struct Note {
    pub(super) bad: bool,
    pub(super) text: String,
}

impl Estate {
    pub(super) fn of(report: &RunReport, survey: &Survey) -> Self {
        let aggregated = survey.marks.len() > super::survey::DRAWN;
        let mut keys: Vec<&PoolKey> = survey.pools.keys().collect();
        let left_out = keys.len().saturating_sub(POOLS);
        if left_out > 0 {
            // Pools in which something stands out come before larger ones.
            let rank = |key: &&PoolKey| {
                let pool = &survey.pools[*key];
                (pool.cells.is_empty(), std::cmp::Reverse(pool.rows))
            };
            keys.sort_by_key(rank);
            keys.truncate(POOLS);
            keys.sort();
        }
        let mut groups: Vec<GroupView> = Vec::new();
        let mut last = None;
        for key in keys {
            if last.replace(key.group) != Some(key.group) {
                groups.push(GroupView {
                    title: title(report, key),
                    pools: Vec::new(),
                });
            }
            let view = pool(key, &survey.pools[key], aggregated, report);
            if let Some(group) = groups.last_mut() {
                group.pools.push(view);
            }
        }
        let more = (left_out > 0).then(|| format!("and {}", text::count(left_out, "more pool")));
        Self { groups, more }
    }
}

fn title(report: &RunReport, key: &PoolKey) -> String {
    let group = report.groups.iter().find(|group| group.name == key.group);
    let name = match key.group.word() {
        "internal" => "Internal servers",
        _ => "External servers",
    };
    match group {
        Some(group) if group.judged => format!("{name}: {}", group.verdict),
        _ => format!("{name}, not judged"),
    }
}

fn pool(key: &PoolKey, pool: &Pool, aggregated: bool, report: &RunReport) -> PoolView {
    let rows = usize::try_from(pool.rows).unwrap_or(usize::MAX);
    let what = match key.kind {
        Kind::Pool => "pool, ",
        _ => "",
    };
    let left_out = usize::try_from(pool.odd_left_out).unwrap_or(usize::MAX);
    PoolView {
        name: named(key),
        facts: format!("{what}{}", text::count(rows, "endpoint")),
        shares: if aggregated {
            shares(pool, report)
        } else {
            Vec::new()
        },
        servers: servers(&pool.cells),
        more: (left_out > 0).then(|| {
            format!(
                "and {} that do not agree or were not captured, in the table below",
                text::count(left_out, "more endpoint")
            )
        }),
    }
}

fn named(key: &PoolKey) -> String {
    match (&key.pool, key.kind) {
        (Some(pool), _) => shown::name(pool),
        (None, Kind::Role(Role::FrontEnd)) => "Front ends".to_owned(),
        (None, Kind::Role(Role::PersistentChat)) => "Persistent Chat".to_owned(),
        (None, Kind::Role(Role::Web)) => "Published names".to_owned(),
        (None, Kind::Role(Role::Peer) | Kind::Pool) => "Servers".to_owned(),
        (None, Kind::File) => "Certificates not installed yet".to_owned(),
    }
}

fn shares(pool: &Pool, report: &RunReport) -> Vec<Share> {
    let mut counts: Vec<_> = pool.counts.iter().collect();
    counts.sort_by_key(|(place, count)| (place.is_none(), std::cmp::Reverse(count.rows)));
    let percent = |rows: u64| rows as f64 * 100.0 / pool.rows.max(1) as f64;
    let mut done = 0;
    let view = |(place, count): (&Option<usize>, &super::survey::Count)| {
        let symbol = place.map(shown::symbol);
        let name = place.and_then(|place| report.cas.get(place));
        let name = name.map_or_else(
            || "without a CA: not captured or not readable".to_owned(),
            |ca| shown::parted(&ca.name).0,
        );
        let wrong = match count.wrong {
            0 => String::new(),
            wrong => format!(" (✗ {wrong} do not agree)"),
        };
        let begin = percent(done);
        done += count.rows;
        Share {
            class: symbol.as_ref().map_or("none", |symbol| symbol.class),
            letter: symbol.map_or_else(|| "–".to_owned(), |symbol| symbol.letter),
            x: format!("{begin:.2}"),
            // What is there is seen, however small its part.
            width: format!("{:.2}", percent(count.rows).max(0.3)),
            words: format!("{} {name}{wrong}", count.rows),
            wrong: count.wrong > 0,
        }
    };
    counts.into_iter().take(12).map(view).collect()
}

/// Cells by server, in the order in which servers come first.
fn servers(cells: &[Cell]) -> Vec<Server> {
    let mut places: HashMap<(&str, Option<IpAddr>), usize> = HashMap::new();
    let mut servers: Vec<Server> = Vec::new();
    for cell in cells {
        let place = *places.entry((&cell.host, cell.address)).or_insert_with(|| {
            let address = cell.address.map(|address| address.to_string());
            servers.push(Server {
                host: cell.host.clone(),
                address: address
                    .filter(|address| *address != cell.host)
                    .unwrap_or_default(),
                cells: Vec::new(),
                notes: Vec::new(),
            });
            servers.len() - 1
        });
        servers[place].take(cell);
    }
    servers
}

impl Server {
    fn take(&mut self, cell: &Cell) {
        self.cells.push(view(cell));
        let bad = cell.mark == Mark::Differs;
        if bad || matches!(cell.mark, Mark::Missing | Mark::Unknown) {
            let port = cell
                .port
                .map_or_else(String::new, |port| format!("{port}: "));
            let sign = if bad { "✗ " } else { "" };
            let text = format!("{sign}{port}{}", cell.reason);
            self.notes.push(Note { bad, text });
        }
    }
}

fn view(cell: &Cell) -> CellView {
    let symbol = cell.ca.map(shown::symbol);
    let captured = cell.outcome == Outcome::Captured;
    let state = match cell.mark {
        Mark::Differs => " wrong",
        Mark::Missing => " missing",
        Mark::Unknown => " open",
        Mark::Agrees | Mark::Note => "",
    };
    let mut letter = match &symbol {
        Some(symbol) => symbol.letter.clone(),
        None if captured => "?".to_owned(),
        None if cell.mark == Mark::Missing => {
            format!("! {}", cell.outcome.word().replace('_', " "))
        }
        None => format!("– {}", cell.outcome.word().replace('_', " ")),
    };
    match cell.mark {
        Mark::Differs => letter.insert_str(0, "✗ "),
        Mark::Unknown if symbol.is_some() => letter.push('?'),
        _ => {}
    }
    CellView {
        number: cell.number,
        class: format!("{}{state}", symbol.map_or("none", |symbol| symbol.class)),
        port: cell
            .port
            .map_or_else(|| "file".to_owned(), |port| port.to_string()),
        letter,
        words: cell.reason.clone(),
    }
}
