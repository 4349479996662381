//! Who expires when: one bar for each leaf, and a count by month where there are too many.

use std::collections::BTreeMap;

use crate::model::report::RunReport;
use crate::model::timestamp::Timestamp;
use crate::report::html::shown;
use crate::report::html::survey::{LeafSeen, Survey};
use crate::report::text;

/// The most bars.
const BARS: usize = 40;
/// The most months.
const MONTHS: usize = 60;
const DAY: i64 = 86_400;
/// How far back and ahead the scale reaches at most.
const BACK: i64 = 3 * 366 * DAY;
const AHEAD: i64 = 12 * 366 * DAY;

/// The timeline; positions in percent.
#[derive(Default)]
pub(super) struct Timeline {
    pub(super) bars: Vec<Bar>,
    pub(super) ticks: Vec<(String, String)>,
    pub(super) today: String,
    pub(super) day: String,
    pub(super) undated: String,
    pub(super) months: Vec<Month>,
    pub(super) leaves: usize,
}

/// The validity of one leaf.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) letter: String,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) words: String,
    pub(super) bad: bool,
}

/// The leaves that end in one month.
pub(super) struct Month {
    pub(super) name: String,
    pub(super) width: String,
    pub(super) words: String,
    pub(super) bad: bool,
}

impl Timeline {
    pub(super) fn of(report: &RunReport, survey: &Survey) -> Self {
        let now = report.finished;
        let mut leaves: Vec<(Timestamp, &LeafSeen)> = survey
            .leaves
            .values()
            .filter_map(|leaf| Some((leaf.end?, leaf)))
            .collect();
        leaves.sort_by_key(|(end, leaf)| (*end, leaf.row));
        let undated = survey.leaves.len() - leaves.len();
        let months = match leaves.len() > BARS {
            true => months(&leaves, now),
            false => Vec::new(),
        };
        let count = leaves.len();
        leaves.truncate(BARS);
        let scale = Scale::of(&leaves, now);
        Self {
            bars: leaves.iter().map(|leaf| scale.bar(leaf)).collect(),
            ticks: scale.ticks(),
            today: scale.percent(now.unix()),
            day: now.date(),
            undated: match undated {
                0 => String::new(),
                _ => format!(
                    "{} without an end that can be read.",
                    text::count(undated, "certificate")
                ),
            },
            months,
            leaves: count,
        }
    }
}

/// From when to when the picture reaches, in seconds of Unix time.
struct Scale {
    begin: i64,
    end: i64,
    now: Timestamp,
}

impl Scale {
    fn of(leaves: &[(Timestamp, &LeafSeen)], now: Timestamp) -> Self {
        let today = now.unix();
        let begins = leaves.iter().filter_map(|(_, leaf)| leaf.begin);
        let ends = || leaves.iter().map(|(end, _)| end.unix());
        let begin = begins.map(Timestamp::unix).chain(ends()).min();
        let begin = begin.unwrap_or(today).clamp(today - BACK, today - 60 * DAY);
        let end = ends().max().unwrap_or(today);
        let end = end.clamp(today + 120 * DAY, today + AHEAD);
        Self {
            begin,
            end: end + (end - begin) / 30,
            now,
        }
    }

    fn part(&self, at: i64) -> f64 {
        let at = at.clamp(self.begin, self.end);
        (at - self.begin) as f64 * 100.0 / (self.end - self.begin) as f64
    }

    fn percent(&self, at: i64) -> String {
        format!("{:.2}", self.part(at))
    }

    /// The beginnings of years; of quarters where the scale is short.
    fn ticks(&self) -> Vec<(String, String)> {
        let years = (self.end - self.begin) / (365 * DAY);
        let first = Timestamp::from_unix(self.begin).map_or(1970, |time| time.date_time().year());
        let mut ticks = Vec::new();
        for year in first..=first + 16 {
            for month in [1, 4, 7, 10] {
                if month > 1 && years >= 2 {
                    continue;
                }
                let day = format!("{year:04}-{month:02}-01T00:00:00Z");
                let Some(time) = Timestamp::parse(&day) else {
                    continue;
                };
                if (self.begin..self.end).contains(&time.unix()) {
                    let label = match years >= 2 {
                        true => year.to_string(),
                        false => format!("{year}-{month:02}"),
                    };
                    ticks.push((self.percent(time.unix()), label));
                }
            }
        }
        ticks
    }

    fn bar(&self, (end, leaf): &(Timestamp, &LeafSeen)) -> Bar {
        let symbol = leaf.ca.map(shown::symbol);
        let begin = leaf.begin.map_or(self.begin, Timestamp::unix);
        let (from, to) = (self.part(begin.min(end.unix())), self.part(end.unix()));
        let (state, bad) = state(leaf.begin, *end, self.now);
        let endpoints = usize::try_from(leaf.endpoints).unwrap_or(usize::MAX);
        Bar {
            name: leaf.name.clone(),
            class: symbol.as_ref().map_or("none", |symbol| symbol.class),
            letter: symbol.map_or_else(|| "–".to_owned(), |symbol| symbol.letter),
            x: format!("{from:.2}"),
            width: format!("{:.2}", (to - from).max(0.4)),
            words: format!(
                "{}, {state}, {}",
                end.date(),
                text::count(endpoints, "endpoint")
            ),
            bad,
        }
    }
}

/// How the validity stands, and whether that is wrong.
fn state(begin: Option<Timestamp>, end: Timestamp, now: Timestamp) -> (String, bool) {
    let days = |days: i64| text::count(usize::try_from(days).unwrap_or(0), "day");
    match begin {
        _ if end < now => (format!("expired {} ago", days(now.days_since(end))), true),
        Some(begin) if begin > now => (format!("not valid before {}", begin.date()), true),
        _ => (format!("{} left", days(end.days_since(now))), false),
    }
}

fn months(leaves: &[(Timestamp, &LeafSeen)], now: Timestamp) -> Vec<Month> {
    let mut counts: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    for (end, leaf) in leaves {
        let month = end
            .date()
            .rsplit_once('-')
            .map(|(month, _)| month.to_owned());
        let count = counts.entry(month.unwrap_or_default()).or_default();
        count.0 += 1;
        count.1 += leaf.endpoints;
    }
    let most = counts.values().map(|count| count.0).max().unwrap_or(1);
    let this = now.date();
    let rest = counts.len().saturating_sub(MONTHS);
    let mut months: Vec<Month> = counts
        .iter()
        .take(MONTHS)
        .map(|(name, (leaves, endpoints))| Month {
            name: name.clone(),
            width: format!("{:.2}", (*leaves as f64 * 100.0 / most as f64).max(0.4)),
            words: words(*leaves, *endpoints),
            bad: name.as_str() < this.get(..7).unwrap_or_default(),
        })
        .collect();
    if rest > 0 {
        let later = counts.values().skip(MONTHS);
        let (leaves, endpoints) =
            later.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        months.push(Month {
            name: "later".to_owned(),
            width: "0".to_owned(),
            words: words(leaves, endpoints),
            bad: false,
        });
    }
    months
}

fn words(leaves: usize, endpoints: u64) -> String {
    let endpoints = usize::try_from(endpoints).unwrap_or(usize::MAX);
    format!(
        "{}, {}",
        text::count(leaves, "certificate"),
        text::count(endpoints, "endpoint")
    )
}
