//! Looking again at what is not right yet, until it is or the time is over.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::change::{Change, Class, State};
use crate::model::observation::{Observation, Outcome};
use crate::model::renewal::{Answer, RenewalReport};
use crate::model::target::{Group, Inventory};
use crate::renewal::baseline;
use crate::renewal::matching::{Key, key};
use crate::sweep::Observed;

/// How long and how often to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time from one round's end to the next one's start, on average.
    pub every: Duration,
    /// The time over all.
    pub wait: Duration,
}

/// What waiting needs from outside: connections, judgement, and somebody to watch.
pub trait Rounds {
    /// Asks these endpoints, each once.
    fn look(&mut self, inventory: &Inventory) -> impl Future<Output = Observed>;

    /// Says how far the renewal is.
    fn assess(&mut self, seen: &[Observation], partial: bool) -> RenewalReport;

    /// Lets time pass; `false` when the user interrupted.
    fn pause(&mut self, report: &RenewalReport, pause: Duration) -> impl Future<Output = bool>;

    /// A number from 0 to 1, another one each time: rounds of several watchers shall not fall together.
    fn jitter(&mut self) -> f64;
}

/// Looks, and looks again at what is not right yet. Returns what every endpoint showed last, and the answer.
pub async fn until_right(
    inventory: &Inventory,
    pace: Option<Pace>,
    rounds: &mut impl Rounds,
) -> (Vec<Observation>, RenewalReport) {
    let end = pace.map(|pace| (pace.every, Instant::now() + pace.wait));
    let Observed {
        observations: mut seen,
        mut partial,
    } = rounds.look(inventory).await;
    loop {
        let report = rounds.assess(&seen, partial);
        let rest = unfinished(&report, &seen);
        let Some((every, end)) = end.filter(|_| !partial && !rest.targets.is_empty()) else {
            return (seen, report);
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return (seen, report);
        }
        let pause = every.mul_f64(0.9 + 0.2 * rounds.jitter()).min(left);
        if rounds.pause(&report, pause).await {
            let observed = rounds.look(&rest).await;
            partial = observed.partial;
            merge(&mut seen, observed.observations);
        } else {
            partial = true;
        }
    }
}

/// The endpoints that are not as they should be, at the addresses where they were seen.
fn unfinished(report: &RenewalReport, seen: &[Observation]) -> Inventory {
    let is_open = |change: &&Change| {
        matches!(change.state, Some(State::Wrong | State::Open)) && change.class != Class::Vanished
    };
    let open = report.endpoints.iter().filter(is_open);
    let open: HashSet<(&str, Option<IpAddr>)> = open
        .flat_map(|change| [change.address, None].map(|address| (change.target.as_str(), address)))
        .collect();
    // Where every row is right and the whole is not, what is silent is all that may still change.
    let silent = |seen: &Observation| {
        open.is_empty() && report.answer != Answer::Renewed && seen.outcome != Outcome::Captured
    };
    let rest = seen
        .iter()
        .filter(|seen| silent(seen) || open.contains(&(seen.target.as_str(), seen.address)));
    baseline::inventory(rest, &Group::ALL.into())
}

/// Puts what was seen now in place of what was seen of the same endpoints before.
fn merge(seen: &mut Vec<Observation>, now: Vec<Observation>) {
    let mut rows: BTreeMap<Key, Vec<Observation>> = BTreeMap::new();
    for row in now
        .into_iter()
        .filter(|row| row.outcome != Outcome::NotAttempted)
    {
        rows.entry(key(&row)).or_default().push(row);
    }
    let targets: HashSet<String> = rows.keys().map(|(target, _)| target.clone()).collect();
    let resolved = |old: &Observation| old.address.is_none() && targets.contains(&old.target);
    let mut names: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    seen.retain(|old| {
        let replaced = rows.contains_key(&key(old));
        if replaced {
            names.insert(key(old), old.names.clone());
        }
        !replaced && !resolved(old)
    });
    for mut row in rows.into_values().flatten() {
        // Asked alone, it lost the other names that led to it.
        if let Some(names) = names.get(&key(&row)) {
            row.names.clone_from(names);
        }
        seen.push(row);
    }
}
