//! Where lines lie: in memory, or, when there are many, in a file.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::kept::store::Place;

/// What can be read and written at any place.
pub trait ReadWriteSeek: Read + Write + Seek {}

impl<T: Read + Write + Seek> ReadWriteSeek for T {}

/// Where lines lie, by their numbers.
#[derive(Default)]
pub(super) struct Places {
    held: Vec<Place>,
    notes: Option<RefCell<Notes>>,
}

/// How many places are held before more are noted in the file.
const HELD: usize = 8_192;

/// How many places are written, or read, at once.
const BLOCK: usize = 4_096;

/// The size of a place in the file.
const SIZE: usize = 16;

impl Places {
    /// Beyond the first some thousands they are noted in the file, which is empty.
    pub(super) fn noted_in(file: Box<dyn ReadWriteSeek>) -> Self {
        Self {
            held: Vec::new(),
            notes: Some(RefCell::new(Notes {
                file,
                written: 0,
                pending: Vec::new(),
                block: (0, Vec::new()),
                failure: None,
            })),
        }
    }

    pub(super) fn count(&self) -> usize {
        let noted = self
            .notes
            .as_ref()
            .map_or(0, |notes| notes.borrow().count());
        self.held.len() + noted
    }

    /// Takes in the next. That it could not be noted is told when it is asked for.
    pub(super) fn push(&mut self, place: Place) {
        match &mut self.notes {
            Some(notes) if self.held.len() == HELD => notes.get_mut().push(place),
            _ => self.held.push(place),
        }
    }

    /// The place of a line that there is.
    pub(super) fn get(&self, line: usize) -> io::Result<Place> {
        match &self.notes {
            Some(notes) if line >= HELD => notes.borrow_mut().get(line - HELD),
            _ => Ok(self.held[line]),
        }
    }

    /// Whether all that was to be noted was.
    pub(super) fn is_sound(&self) -> bool {
        let notes = self.notes.as_ref();
        notes.is_none_or(|notes| notes.borrow().failure.is_none())
    }
}

/// Places in a file.
struct Notes {
    file: Box<dyn ReadWriteSeek>,
    /// How many are written.
    written: usize,
    pending: Vec<Place>,
    /// Those read last, with the number of the first.
    block: (usize, Vec<Place>),
    failure: Option<io::ErrorKind>,
}

impl Notes {
    fn count(&self) -> usize {
        self.written + self.pending.len()
    }

    fn push(&mut self, place: Place) {
        self.pending.push(place);
        if self.pending.len() < BLOCK {
            return;
        }
        if self.failure.is_none() {
            let octets: Vec<u8> = self
                .pending
                .iter()
                .flat_map(|place| octets(*place))
                .collect();
            self.failure = self.file.write_all(&octets).err().map(|error| error.kind());
        }
        self.written += self.pending.len();
        self.pending.clear();
    }

    fn get(&mut self, number: usize) -> io::Result<Place> {
        if let Some(failure) = self.failure {
            return Err(failure.into());
        }
        if let Some(place) = number.checked_sub(self.written) {
            return Ok(self.pending[place]);
        }
        let begin = number / BLOCK * BLOCK;
        if self.block.0 != begin || self.block.1.is_empty() {
            let mut octets = vec![0; BLOCK * SIZE];
            self.file.seek(SeekFrom::Start((begin * SIZE) as u64))?;
            self.file.read_exact(&mut octets)?;
            self.block = (begin, octets.as_chunks().0.iter().map(place).collect());
        }
        Ok(self.block.1[number - begin])
    }
}

fn octets(place: Place) -> [u8; SIZE] {
    let mut octets = [0; SIZE];
    octets[..4].copy_from_slice(&place.file.to_le_bytes());
    octets[4..8].copy_from_slice(&place.length.to_le_bytes());
    octets[8..].copy_from_slice(&place.offset.to_le_bytes());
    octets
}

fn place(octets: &[u8; SIZE]) -> Place {
    let [f0, f1, f2, f3, l0, l1, l2, l3, offset @ ..] = *octets;
    Place {
        file: u32::from_le_bytes([f0, f1, f2, f3]),
        length: u32::from_le_bytes([l0, l1, l2, l3]),
        offset: u64::from_le_bytes(offset),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn nth(number: usize) -> Place {
        Place {
            file: 0,
            length: u32::try_from(number).expect("small") % 7,
            offset: number as u64 * 5,
        }
    }

    #[test]
    fn places_come_back_from_memory_and_from_the_file() {
        let count = HELD + 2 * BLOCK + 10;
        let mut places = Places::noted_in(Box::new(Cursor::new(Vec::new())));
        (0..count).for_each(|number| places.push(nth(number)));
        assert_eq!(places.count(), count);
        for number in (0..count).chain([HELD, count - 1, 0, HELD + BLOCK]) {
            let found = places.get(number).expect("memory can be read");
            assert_eq!(octets(found), octets(nth(number)), "{number}");
        }
    }

    #[test]
    fn a_file_that_takes_nothing_is_told() {
        let mut places = Places::noted_in(Box::new(Cursor::new([0; 100])));
        (0..HELD + BLOCK).for_each(|number| places.push(nth(number)));
        assert!(!places.is_sound());
        places.get(0).expect("it is in memory");
        places
            .get(HELD)
            .map(octets)
            .expect_err("it was not written");
    }
}
