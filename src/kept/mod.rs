//! L2: observations kept in files, one JSON document a line, back into values.
//!
//! Reads and merges; it knows nothing of how observations are made or judged. Files may be larger than memory: of each
//! line it keeps where it lies, and reads it again when it is asked for.

mod chains;
mod merge;
mod places;
mod store;

use std::io::{BufRead, Read as _};

use serde::Deserialize;

use crate::model::observation::{Observation, Outcome};
use chains::Chains;
pub use merge::{Kept, Merged};
pub use places::ReadWriteSeek;
pub use store::{Lines, ReadSeek, Written};

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
    /// What was noted in a temporary file could not be read.
    #[error("a temporary file: {0}")]
    Temporary(std::io::Error),
    /// A line is no longer what it was.
    #[error("{file}: changed while it was read")]
    Changed {
        /// The file's name.
        file: String,
    },
    /// There is not one observation in it.
    #[error("{file}: no observations in it; `sameca check --format ndjson -o FILE` writes them")]
    Empty {
        /// The file's name.
        file: String,
    },
}

/// A line of a file: where it lies, in bytes.
#[derive(Clone, Copy)]
struct Line {
    offset: u64,
    length: u32,
}

/// Hands every observation of a file to `take`, in the order of its lines. Empty lines are skipped.
fn read(
    file: &str,
    mut input: impl BufRead,
    chains: &mut Chains,
    mut take: impl FnMut(Line, Observation),
) -> Result<(), KeptError> {
    let mut line = Vec::new();
    let (mut number, mut offset) = (0, 0);
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
        let place = Line {
            offset,
            length: u32::try_from(length).expect("the bound is smaller"),
        };
        offset += u64::from(place.length);
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let observation = parse(&line, chains).map_err(|reason| KeptError::Line {
            file: file.to_owned(),
            line: number,
            reason,
        })?;
        found = true;
        take(place, observation);
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

fn parse(line: &[u8], chains: &mut Chains) -> Result<Observation, String> {
    if line.len() > LINE_LIMIT {
        return Err(format!(
            "longer than {LINE_LIMIT} bytes: not a line of observations"
        ));
    }
    let observation: Observation = match chains.read(line) {
        Some(observation) => observation,
        None => serde_json::from_slice(line).map_err(|error| why(line, &error))?,
    };
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
            "this is a report; observations are wanted, which `--format ndjson` writes".to_owned()
        }
        Ok(header) => format!("unknown document `{}`; sameca.observation/1 is read", header.schema),
        Err(_) if line.first() == Some(&b'{') && line.trim_ascii_end().ends_with(b"{") => {
            "this is a report or another document over several lines; observations are one line each".to_owned()
        }
        Err(_) if !line.trim_ascii_start().starts_with(b"{") => {
            "not a line of observations, which begins with `{`; `sameca check --format ndjson -o FILE` writes them".to_owned()
        }
        Err(_) if error.is_eof() => "the line is torn: it ends in the middle of a document".to_owned(),
        Err(_) => format!("not an observation: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{self, Cursor};
    use std::net::IpAddr;
    use std::rc::Rc;

    use super::*;
    use crate::model::observation::Observations as _;

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
        parse(json.to_string().as_bytes(), &mut Chains::default()).expect("an observation")
    }

    fn newest(observations: Vec<Observation>) -> Vec<(String, Option<IpAddr>)> {
        let mut kept = Kept::default();
        for seen in &observations {
            let line = serde_json::to_vec(seen).expect("memory takes it");
            kept.add("run.ndjson", Cursor::new(line), drop)
                .expect("an observation");
        }
        let newest = kept.merge().expect("memory can be read").newest;
        let mut newest: Vec<_> = (0..newest.count())
            .map(|number| {
                newest
                    .read(number)
                    .expect("memory can be read")
                    .into_owned()
            })
            .map(|seen| (seen.run, seen.address))
            .collect();
        newest.sort_by_key(|seen| seen.1);
        newest
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

    /// A file that others write to while it is read.
    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Cursor<Vec<u8>>>>);

    impl io::Read for Shared {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.borrow_mut().read(buffer)
        }
    }

    impl io::Seek for Shared {
        fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
            self.0.borrow_mut().seek(to)
        }
    }

    #[test]
    fn a_file_that_changes_is_an_error_that_names_it() {
        let content = serde_json::to_vec(&line("1", 1, None)).expect("memory takes it");
        for changed in [b"{}".repeat(content.len() / 2 + 1), Vec::new()] {
            let file = Shared(Rc::new(RefCell::new(Cursor::new(content.clone()))));
            let mut kept = Kept::default();
            kept.add("run.ndjson", file.clone(), drop)
                .expect("an observation");
            let merged = kept.merge().expect("nothing is read again");
            *file.0.borrow_mut() = Cursor::new(changed);
            let error = merged.newest.read(0).expect_err("it changed");
            assert_eq!(error.to_string(), "run.ndjson: changed while it was read");
        }
    }

    #[test]
    fn what_is_no_observation_is_refused_with_its_line() {
        let refused = |text: &str| {
            read(
                "run.ndjson",
                text.as_bytes(),
                &mut Chains::default(),
                |_, _| {},
            )
            .expect_err("refused")
            .to_string()
        };
        assert!(refused("").contains("no observations"));
        assert!(refused("\n{\"schema\":\"sameca.observation/2\"}").starts_with("run.ndjson:2: "));
        assert!(refused("{\"schema\":\"sameca.obs").contains("torn"));
        assert!(refused("{\n \"schema\": \"sameca.report/1\"").contains("one line each"));
    }
}
