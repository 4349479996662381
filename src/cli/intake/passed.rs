//! The leaves that passed and are not held, in a temporary file: how many there are, and which of them issued others,
//! is known at the end only.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};

use crate::identify::{Early, Passing};
use crate::model::bytes::Sha256;

/// Leaves in a file without a name.
pub(super) struct Passed {
    file: BufWriter<File>,
    count: u64,
    issuers: HashMap<Early, u32>,
    failure: Option<io::Error>,
}

/// What is kept of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The beginning of its fingerprint. Two leaves that share that are counted as one: among a million, one chance in
    /// forty million.
    leaf: u64,
    /// A part of the hash of its subject's name; 0 where it has none.
    pub(super) subject: u32,
    issuer: u32,
    /// The observation that shows it.
    pub(super) number: u32,
}

/// The size of an entry in the file.
const SIZE: usize = 20;

/// The fewest and, of all, the part of leaves that are held at once while they are counted.
const HELD: u64 = 32 * 1024;
const PART: u64 = 32;

impl Passed {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(SIZE * 1024, tempfile::tempfile()?),
            count: 0,
            issuers: HashMap::new(),
            failure: None,
        })
    }

    /// Adds a leaf that an observation shows. That it could not be written is told at the end.
    pub(super) fn add(&mut self, leaf: &Passing, number: u32) {
        let next = u32::try_from(self.issuers.len()).expect("fewer than 2^32 issuers");
        let issuer = *self.issuers.entry(leaf.early).or_insert(next);
        let entry = Entry {
            leaf: beginning(&leaf.digest),
            subject: leaf.subject.map_or(0, |subject| subject.number()),
            issuer,
            number,
        };
        self.count += 1;
        if self.failure.is_none() {
            self.failure = self.file.write_all(&entry.octets()).err();
        }
    }

    /// Whether all of them could be written.
    pub(super) fn is_sound(&mut self) -> bool {
        if self.failure.is_none() {
            self.failure = self.file.flush().err();
        }
        self.failure.is_none()
    }

    /// Hands every entry to `see`.
    pub(super) fn each(&mut self, see: impl FnMut(Entry)) -> io::Result<()> {
        let read = self.read(see);
        read.map_err(|error| io::Error::new(error.kind(), format!("a temporary file: {error}")))
    }

    fn read(&mut self, mut see: impl FnMut(Entry)) -> io::Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.file.flush()?;
        let mut file = self.file.get_ref();
        file.rewind()?;
        let mut file = BufReader::with_capacity(SIZE * 1024, file);
        let mut octets = [0; SIZE];
        for _ in 0..self.count {
            file.read_exact(&mut octets)?;
            see(Entry::of(&octets));
        }
        Ok(())
    }

    /// How many distinct leaves there are by who issued them, without those that are held.
    pub(super) fn count<'l>(
        mut self,
        held: impl Iterator<Item = &'l Sha256>,
    ) -> io::Result<HashMap<Early, u64>> {
        let held: HashSet<u64> = held.map(beginning).collect();
        let mut counts: HashMap<u32, u64> = HashMap::new();
        let parts = self.count.div_ceil(HELD.max(self.count / PART)).max(1);
        for part in 0..parts {
            let mut seen = HashSet::new();
            self.each(|entry| {
                let is_here = entry.leaf % parts == part && !held.contains(&entry.leaf);
                if is_here && seen.insert(entry.leaf) {
                    *counts.entry(entry.issuer).or_default() += 1;
                }
            })?;
        }
        let issuers = self.issuers.into_iter();
        let counts = issuers.filter_map(|(issuer, number)| Some((issuer, *counts.get(&number)?)));
        Ok(counts.collect())
    }
}

impl Entry {
    fn octets(self) -> [u8; SIZE] {
        let mut octets = [0; SIZE];
        octets[..8].copy_from_slice(&self.leaf.to_le_bytes());
        octets[8..12].copy_from_slice(&self.subject.to_le_bytes());
        octets[12..16].copy_from_slice(&self.issuer.to_le_bytes());
        octets[16..].copy_from_slice(&self.number.to_le_bytes());
        octets
    }

    fn of(octets: &[u8; SIZE]) -> Self {
        let (leaf, rest) = octets.split_first_chunk().expect("it has 20");
        let ([subject, issuer, number], _) = rest.as_chunks() else {
            unreachable!("it has three times four more")
        };
        Self {
            leaf: u64::from_le_bytes(*leaf),
            subject: u32::from_le_bytes(*subject),
            issuer: u32::from_le_bytes(*issuer),
            number: u32::from_le_bytes(*number),
        }
    }
}

fn beginning(digest: &Sha256) -> u64 {
    let (beginning, _) = digest
        .0
        .split_first_chunk()
        .expect("a SHA-256 has 32 octets");
    u64::from_be_bytes(*beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back() {
        let entry = Entry {
            leaf: u64::MAX - 1,
            subject: 2,
            issuer: 3,
            number: u32::MAX,
        };
        assert_eq!(Entry::of(&entry.octets()), entry);
    }
}
