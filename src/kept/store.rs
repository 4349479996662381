//! Files of observations, each line read when it is asked for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::kept::{KeptError, Line, parse};
use crate::model::observation::{Observation, Observations};

/// What can be read from any place: a file, or bytes in memory.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// The files, which stay open.
#[derive(Default)]
pub(super) struct Store {
    files: Vec<(String, RefCell<Box<dyn ReadSeek>>)>,
}

/// A line of one of the files. Ordered as the lines were given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    file: u32,
    length: u32,
    offset: u64,
}

impl Store {
    /// The number of the file that is added next.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.files.len()).expect("fewer than 2^32 files")
    }

    pub(super) fn add(&mut self, name: &str, file: Box<dyn ReadSeek>) {
        self.files.push((name.to_owned(), RefCell::new(file)));
    }

    /// Lines of one endpoint and run, each observation once.
    pub(super) fn distinct(
        &self,
        places: impl ExactSizeIterator<Item = Place>,
    ) -> Result<Vec<Place>, KeptError> {
        if places.len() < 2 {
            return Ok(places.collect());
        }
        let mut seen = Vec::new();
        for place in places {
            seen.push((self.read(place)?, place));
        }
        seen.sort();
        seen.dedup_by(|next, kept| next.0 == kept.0);
        Ok(seen.into_iter().map(|(_, place)| place).collect())
    }

    pub(super) fn read(&self, place: Place) -> Result<Observation, KeptError> {
        let (name, file) = &self.files[place.file as usize];
        let mut line = vec![0; place.length as usize];
        let mut file = file.borrow_mut();
        let read = file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| file.read_exact(&mut line));
        match read {
            Ok(()) => parse(&line).map_err(|_| KeptError::Changed { file: name.clone() }),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(KeptError::Changed { file: name.clone() })
            }
            Err(error) => Err(KeptError::Read {
                file: name.clone(),
                error,
            }),
        }
    }
}

impl Place {
    pub(super) fn new(file: u32, line: Line) -> Self {
        Self {
            file,
            length: line.length,
            offset: line.offset,
        }
    }
}

/// Some lines of the files, as observations.
pub struct Lines {
    store: Rc<Store>,
    places: Vec<Place>,
}

impl Lines {
    /// In the order in which they lie, which is the quickest to read.
    pub(super) fn new(store: &Rc<Store>, mut places: Vec<Place>) -> Self {
        places.sort_unstable_by_key(|place| (place.file, place.offset));
        Self {
            store: Rc::clone(store),
            places,
        }
    }
}

impl Observations for Lines {
    fn count(&self) -> usize {
        self.places.len()
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        let place = self.places.get(number);
        let place = place.ok_or_else(|| io::Error::other("there is no line of this number"))?;
        self.store
            .read(*place)
            .map(Cow::Owned)
            .map_err(io::Error::other)
    }
}
