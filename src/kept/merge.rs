//! Observations of several runs: of each endpoint the newest count.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::BufReader;
use std::num::NonZeroU64;
use std::rc::Rc;

use crate::kept::chains::Chains;
use crate::kept::store::{Lines, Place, ReadSeek, Store};
use crate::kept::{KeptError, read};
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
    state: RandomState,
}

/// A run by its end, then its id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    end: Timestamp,
    id: String,
}

/// What merging has to know of an observation.
struct Entry {
    /// The hash of target and server name: with that of the address it stands for an endpoint.
    name: u64,
    /// The hash of the address; `None` where there is none.
    address: Option<NonZeroU64>,
    /// The number of its run, by place in the list; later by age.
    run: u32,
    /// Its number.
    line: u32,
}

/// What is to be judged, and what only lends its certificates.
pub struct Merged {
    /// For each endpoint, what it showed in its newest run, each once.
    pub newest: Lines,
    /// What older runs showed.
    pub older: Lines,
    /// The id of the last of the runs that are judged; empty when there is none.
    pub run: String,
    store: Rc<Store>,
    uses: Vec<Use>,
    runs: Vec<Run>,
}

/// What an observation is for, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Use(u32);

impl Use {
    const NEWEST: Self = Self(u32::MAX);
    /// The same was said before.
    const NONE: Self = Self(u32::MAX - 1);

    /// It belongs to this older run.
    fn older(run: u32) -> Self {
        Self(run)
    }

    /// The older run that it belongs to.
    fn run(self) -> Option<u32> {
        (self.0 < Self::NONE.0).then_some(self.0)
    }
}

impl Merged {
    /// How many observations there were in all.
    pub fn count(&self) -> usize {
        self.uses.len()
    }

    /// Whether an observation is one of the newest; they are numbered as they were taken in.
    pub fn is_newest(&self, number: usize) -> bool {
        self.uses[number] == Use::NEWEST
    }

    /// The run of an observation of an older one.
    pub fn older_run(&self, number: usize) -> Option<&str> {
        let run = self.uses[number].run()?;
        Some(&self.runs[run as usize].id)
    }

    /// An observation by its number.
    ///
    /// # Errors
    ///
    /// It can no longer be read, or is no longer what it was.
    pub fn read(&self, number: usize) -> Result<Observation, KeptError> {
        self.store.read(number)
    }
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
            self.enter(&observation, Place::new(number, line));
            see(observation);
        })?;
        self.store.add(name, Box::new(file));
        Ok(())
    }

    fn enter(&mut self, seen: &Observation, place: Place) {
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
        // Hashes with keys of this process: nobody can make two endpoints one.
        let hash = |address| self.state.hash_one(address) | 1;
        self.entries.push(Entry {
            name: self.state.hash_one((&seen.target, &seen.sni)),
            address: seen.address.map(hash).and_then(NonZeroU64::new),
            run,
            line: self.store.enter(place),
        });
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
            .sort_unstable_by_key(|entry| (entry.name, entry.address, entry.run, entry.line));
        let mut uses = vec![Use::NONE; self.entries.len()];
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
                let is_past = rival > run;
                for entry in before.iter().chain(now.iter().filter(|_| is_past)) {
                    uses[entry.line as usize] = Use::older(entry.run);
                }
                if is_past {
                    continue;
                }
                for line in self.store.distinct(now.iter().map(|entry| entry.line))? {
                    uses[line as usize] = Use::NEWEST;
                }
                last = last.max(run.map_or("", |run| &runs[run as usize].id));
            }
        }
        let last = last.to_owned();
        drop(self.entries);
        let store = Rc::new(self.store);
        let lines = |wanted: fn(&Use) -> bool| {
            let uses = uses.iter().zip(0..).filter(|(used, _)| wanted(used));
            Lines::some(&store, uses.map(|(_, line)| line).collect())
        };
        Ok(Merged {
            newest: lines(|used| *used == Use::NEWEST),
            older: lines(|used| used.run().is_some()),
            run: last,
            store,
            uses,
            runs,
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
fn newest_run(entries: &[Entry], kind: impl Fn(Option<NonZeroU64>) -> bool) -> Option<u32> {
    let entries = entries.iter().filter(|entry| kind(entry.address));
    entries.map(|entry| entry.run).max()
}
