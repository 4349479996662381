//! L2: observations kept in files, one JSON document a line, back into values.
//!
//! Reads and merges; it knows nothing of how observations are made or judged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};
use std::net::IpAddr;

use serde::Deserialize;

use crate::model::observation::{Observation, Outcome};
use crate::model::timestamp::Timestamp;

/// A line longer than this is no observation; a chain of 200 certificates stays far below it.
const LINE_LIMIT: usize = 16 * 1024 * 1024;

/// Why kept observations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The file could not be read.
    #[error("{file}: {error}")]
    Read {
        /// The file's name.
        file: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{file}:{line}: {reason}")]
    Line {
        /// The file's name.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// There is not one observation in it.
    #[error("{file}: no observations in it; `sameca check --format ndjson -o FILE` writes them")]
    Empty {
        /// The file's name.
        file: String,
    },
}

/// Hands every observation of a file to `take`, in the order of its lines. Empty lines are skipped.
pub fn read(
    file: &str,
    mut input: impl BufRead,
    mut take: impl FnMut(Observation),
) -> Result<(), KeptError> {
    let mut line = Vec::new();
    let mut number = 0;
    let mut found = false;
    loop {
        line.clear();
        // A bound, so that a file without line ends is not taken into memory whole.
        let bounded = (&mut input)
            .take(LINE_LIMIT as u64 + 1)
            .read_until(b'\n', &mut line);
        let length = bounded.map_err(|error| KeptError::Read {
            file: file.to_owned(),
            error,
        })?;
        if length == 0 {
            break;
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let observation = parse(&line).map_err(|reason| KeptError::Line {
            file: file.to_owned(),
            line: number,
            reason,
        })?;
        found = true;
        take(observation);
    }
    if found {
        Ok(())
    } else {
        Err(KeptError::Empty {
            file: file.to_owned(),
        })
    }
}

/// Only the document's name and version.
#[derive(Deserialize)]
struct Header {
    schema: String,
}

fn parse(line: &[u8]) -> Result<Observation, String> {
    if line.len() > LINE_LIMIT {
        return Err(format!(
            "longer than {LINE_LIMIT} bytes: not a line of observations"
        ));
    }
    let observation: Observation =
        serde_json::from_slice(line).map_err(|error| why(line, &error))?;
    match (observation.outcome, observation.chain.is_empty()) {
        (Outcome::Captured, true) => Err("`captured` without a chain".to_owned()),
        (Outcome::Captured, false) | (_, true) => Ok(observation),
        (outcome, false) => Err(format!("a chain with the outcome `{}`", outcome.word())),
    }
}

/// The most telling reason why a line is no observation.
fn why(line: &[u8], error: &serde_json::Error) -> String {
    match serde_json::from_slice::<Header>(line) {
        Ok(header) if header.schema == "sameca.observation/1" => format!("not an observation: {error}"),
        Ok(header) if header.schema.starts_with("sameca.observation/") => {
            format!("`{}` was written by a newer version of sameca; this one reads sameca.observation/1", header.schema)
        }
        Ok(header) if header.schema.starts_with("sameca.report/") => {
            "this is a report; `judge` reads observations, which `--format ndjson` writes".to_owned()
        }
        Ok(header) => format!("unknown document `{}`; sameca.observation/1 is read", header.schema),
        Err(_) if line.first() == Some(&b'{') && line.trim_ascii_end().ends_with(b"{") => {
            "this is a report or another document over several lines; observations are one line each".to_owned()
        }
        Err(_) if error.is_eof() => "the line is torn: it ends in the middle of a document".to_owned(),
        Err(_) => format!("not an observation: {error}"),
    }
}

/// Observations of one or more runs: what is to be judged, and what only lends its certificates.
#[derive(Debug, Default)]
pub struct Merged {
    /// For each endpoint, what it showed in its newest run; sorted, each once.
    pub newest: Vec<Observation>,
    /// What older runs showed.
    pub older: Vec<Observation>,
}

/// Merges runs. Of an endpoint that several runs saw, the newest counts; the same observation twice is one.
///
/// A name that did not resolve has no endpoints: such a row and those of the name's addresses supersede each other.
pub fn merge(observations: impl IntoIterator<Item = Observation>) -> Merged {
    let mut endpoints: BTreeMap<Endpoint, BTreeMap<Run, Vec<Observation>>> = BTreeMap::new();
    let mut ended: BTreeMap<String, Timestamp> = BTreeMap::new();
    let observations: Vec<Observation> = observations.into_iter().collect();
    for seen in &observations {
        let newest = ended.entry(seen.run.clone()).or_insert(seen.at);
        *newest = seen.at.max(*newest);
    }
    for seen in observations {
        let endpoint = (seen.target.clone(), seen.sni.clone(), seen.address);
        let run = (
            ended.get(&seen.run).copied().unwrap_or(seen.at),
            seen.run.clone(),
        );
        endpoints
            .entry(endpoint)
            .or_default()
            .entry(run)
            .or_default()
            .push(seen);
    }
    let newest = newest_by_resolution(&endpoints);
    let mut merged = Merged::default();
    for ((target, sni, address), mut by_run) in endpoints {
        let unresolved = address.is_none();
        let rival = newest.get(&(target, sni, !unresolved));
        let Some((run, rows)) = by_run.pop_last() else {
            continue;
        };
        merged.older.extend(by_run.into_values().flatten());
        if rival.is_some_and(|rival| *rival > run) {
            merged.older.extend(rows);
            continue;
        }
        let mut distinct: Vec<Observation> = Vec::new();
        for seen in rows {
            if !distinct.contains(&seen) {
                distinct.push(seen);
            }
        }
        merged.newest.extend(distinct);
    }
    merged
}

/// What names an endpoint in kept observations: target, server name, address.
type Endpoint = (String, Option<String>, Option<IpAddr>);
/// A run by its end, then its id.
type Run = (Timestamp, String);

/// For each target and server name, the newest run in which the name did not resolve (true) and in which it did.
fn newest_by_resolution(
    endpoints: &BTreeMap<Endpoint, BTreeMap<Run, Vec<Observation>>>,
) -> BTreeMap<(String, Option<String>, bool), Run> {
    let mut newest: BTreeMap<_, Run> = BTreeMap::new();
    for ((target, sni, address), by_run) in endpoints {
        // A certificate file never has an address, and nothing supersedes it but a newer look at it.
        let Some((run, _)) = by_run.last_key_value() else {
            continue;
        };
        let known = newest
            .entry((target.clone(), sni.clone(), address.is_none()))
            .or_insert_with(|| run.clone());
        if run > known {
            known.clone_from(run);
        }
    }
    newest
}

/// The runs that observations belong to.
pub fn runs(observations: &[Observation]) -> BTreeSet<&str> {
    observations.iter().map(|seen| seen.run.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(run: &str, hour: u32, address: Option<&str>) -> Observation {
        let outcome = if address.is_some() {
            "refused"
        } else {
            "no_address"
        };
        let json = serde_json::json!({
            "schema": "sameca.observation/1", "run": run, "at": format!("2026-11-23T{hour:02}:00:00Z"),
            "roles": ["peer"], "group": "internal", "pool": null, "required": true, "names": ["a.test"],
            "variant": null, "count": 1, "target": "a.test:443", "host": "a.test", "address": address, "port": 443,
            "sni": "a.test", "outcome": outcome, "detail": null, "elapsed_ms": 1, "attempts": [], "tls": null, "chain": [],
        });
        parse(json.to_string().as_bytes()).expect("an observation")
    }

    fn newest(observations: Vec<Observation>) -> Vec<(String, Option<IpAddr>)> {
        merge(observations)
            .newest
            .into_iter()
            .map(|seen| (seen.run, seen.address))
            .collect()
    }

    #[test]
    fn of_each_address_the_newest_run_counts() {
        let (old, new) = (
            line("1", 1, Some("192.0.2.1")),
            line("2", 2, Some("192.0.2.1")),
        );
        let only_old = line("1", 1, Some("192.0.2.2"));
        let address = |text: &str| Some(text.parse().expect("an address"));
        let kept = newest(vec![new, old, only_old]);
        assert_eq!(
            kept,
            [
                ("2".to_owned(), address("192.0.2.1")),
                ("1".to_owned(), address("192.0.2.2"))
            ]
        );
    }

    #[test]
    fn a_name_that_resolves_again_is_not_missing_and_the_other_way_round() {
        let (found, lost) = (line("2", 2, Some("192.0.2.1")), line("1", 1, None));
        assert_eq!(newest(vec![found, lost]).len(), 1);
        let (found, lost) = (line("1", 1, Some("192.0.2.1")), line("2", 2, None));
        assert_eq!(newest(vec![found, lost]), [("2".to_owned(), None)]);
    }

    #[test]
    fn the_same_observation_twice_is_one() {
        assert_eq!(
            newest(vec![line("1", 1, None), line("1", 1, None)]).len(),
            1
        );
    }

    #[test]
    fn what_is_no_observation_is_refused_with_its_line() {
        let refused = |text: &str| {
            read("run.ndjson", text.as_bytes(), drop)
                .expect_err("refused")
                .to_string()
        };
        assert!(refused("").contains("no observations"));
        assert!(refused("\n{\"schema\":\"sameca.observation/2\"}").starts_with("run.ndjson:2: "));
        assert!(refused("{\"schema\":\"sameca.obs").contains("torn"));
        assert!(refused("{\n \"schema\": \"sameca.report/1\"").contains("one line each"));
    }
}
