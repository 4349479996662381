//! Observations of several runs: of each endpoint the newest count.

use std::collections::HashMap;
use std::io::BufReader;
use std::net::IpAddr;
use std::rc::Rc;

use crate::kept::chains::Chains;
use crate::kept::store::{Lines, Place, ReadSeek, Store};
use crate::kept::{KeptError, read};
use crate::model::bytes::Sha256;
use crate::model::observation::Observation;
use crate::model::timestamp::Timestamp;

/// What is read at a time, in bytes.
const READ: usize = 64 * 1024;

/// Kept observations of one or more runs, in files.
#[derive(Default)]
pub struct Kept {
    store: Store,
    entries: Vec<Entry>,
    runs: Vec<Run>,
    numbers: HashMap<String, u32>,
}

/// A run by its end, then its id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    end: Timestamp,
    id: String,
}

/// What merging has to know of an observation.
struct Entry {
    /// The digest of target and server name: with the address it names an endpoint.
    name: [u8; 16],
    address: Option<IpAddr>,
    /// The number of its run, by place in the list; later by age.
    run: u32,
    place: Place,
}

/// What is to be judged, and what only lends its certificates.
pub struct Merged {
    /// For each endpoint, what it showed in its newest run, each once.
    pub newest: Lines,
    /// What older runs showed.
    pub older: Lines,
    /// The id of the last of the runs that are judged; empty when there is none.
    pub run: String,
}

impl Kept {
    /// Adds a file, and hands each of its observations to `see`. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line of it is no observation, or there is none.
    pub fn add(
        &mut self,
        name: &str,
        mut file: impl ReadSeek + 'static,
        mut see: impl FnMut(Observation),
    ) -> Result<(), KeptError> {
        let number = self.store.next();
        let mut chains = Chains::default();
        let input = BufReader::with_capacity(READ, &mut file);
        read(name, input, &mut chains, |line, observation| {
            let entry = self.entry(&observation, Place::new(number, line));
            self.entries.push(entry);
            see(observation);
        })?;
        self.store.add(name, Box::new(file));
        Ok(())
    }

    fn entry(&mut self, seen: &Observation, place: Place) -> Entry {
        let run = match self.numbers.get(&seen.run) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.runs.len()).expect("fewer than 2^32 runs");
                self.numbers.insert(seen.run.clone(), number);
                self.runs.push(Run {
                    end: seen.at,
                    id: seen.run.clone(),
                });
                number
            }
        };
        let end = &mut self.runs[run as usize].end;
        *end = seen.at.max(*end);
        Entry {
            name: name(seen),
            address: seen.address,
            run,
            place,
        }
    }

    /// Merges the runs. Of an endpoint that several runs saw, the newest counts; the same observation twice is one.
    ///
    /// A name that did not resolve has no endpoints: such a row and those of the name's addresses supersede each other.
    ///
    /// # Errors
    ///
    /// An observation that has to be looked at again cannot be read.
    pub fn merge(mut self) -> Result<Merged, KeptError> {
        let runs = self.by_age();
        self.entries
            .sort_unstable_by_key(|entry| (entry.name, entry.address, entry.run, entry.place));
        let (mut newest, mut older) = (Vec::new(), Vec::new());
        let mut last = "";
        for entries in self.entries.chunk_by(|one, next| one.name == next.name) {
            let resolved = newest_run(entries, |address| address.is_some());
            let unresolved = newest_run(entries, |address| address.is_none());
            for endpoint in entries.chunk_by(|one, next| one.address == next.address) {
                // A certificate file never has an address, and nothing supersedes it but a newer look at it.
                let rival = match endpoint.first().and_then(|entry| entry.address) {
                    Some(_) => unresolved,
                    None => resolved,
                };
                let run = newest_run(endpoint, |_| true);
                let begin = endpoint.partition_point(|entry| Some(entry.run) < run);
                let (before, now) = endpoint.split_at(begin);
                older.extend(before.iter().map(|entry| entry.place));
                if rival > run {
                    older.extend(now.iter().map(|entry| entry.place));
                    continue;
                }
                newest.extend(self.store.distinct(now.iter().map(|entry| entry.place))?);
                last = last.max(run.map_or("", |run| &runs[run as usize].id));
            }
        }
        drop(self.entries);
        let store = Rc::new(self.store);
        Ok(Merged {
            newest: Lines::new(&store, newest),
            older: Lines::new(&store, older),
            run: last.to_owned(),
        })
    }

    /// The runs by age; entries are numbered anew.
    fn by_age(&mut self) -> Vec<Run> {
        let mut runs: Vec<(Run, u32)> = std::mem::take(&mut self.runs)
            .into_iter()
            .zip(0..)
            .collect();
        runs.sort();
        let ages: HashMap<u32, u32> = runs.iter().map(|run| run.1).zip(0..).collect();
        for entry in &mut self.entries {
            entry.run = ages[&entry.run];
        }
        runs.into_iter().map(|(run, _)| run).collect()
    }
}

/// The newest run among entries of one name whose address is of a kind.
fn newest_run(entries: &[Entry], kind: impl Fn(Option<IpAddr>) -> bool) -> Option<u32> {
    let entries = entries.iter().filter(|entry| kind(entry.address));
    entries.map(|entry| entry.run).max()
}

/// The digest of what names a target: both texts, told apart by the length of the first.
fn name(seen: &Observation) -> [u8; 16] {
    let sni = seen
        .sni
        .as_ref()
        .map_or_else(|| "-".to_owned(), |sni| format!("+{sni}"));
    let text = format!("{} {}{sni}", seen.target.len(), seen.target);
    let Sha256(digest) = Sha256::of(text.as_bytes());
    *digest.first_chunk().expect("a digest has 32 octets")
}
