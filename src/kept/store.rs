//! Files of observations, each line read when it is asked for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::kept::chains::Chains;
use crate::kept::places::{Places, ReadWriteSeek};
use crate::kept::{KeptError, Line, parse, read};
use crate::model::observation::{Observation, Observations};

/// What can be read from any place: a file, or bytes in memory.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// The files, which stay open.
#[derive(Default)]
pub(super) struct Store {
    /// Where each line lies, by its number.
    places: Places,
    files: Vec<(String, RefCell<Window>)>,
    chains: RefCell<Chains>,
}

/// What is read at once where lines are asked for in their order, in bytes.
const AHEAD: usize = 64 * 1024;

/// A file, and the part of it that was read last.
struct Window {
    file: Box<dyn ReadSeek>,
    begin: u64,
    bytes: Vec<u8>,
    /// The end of the line that was asked for last.
    last: u64,
}

impl Window {
    /// The bytes of a line. More than them are read only when they follow on those asked for before.
    fn line(&mut self, place: Place) -> io::Result<&[u8]> {
        let length = place.length as usize;
        let follows = place.offset == std::mem::replace(&mut self.last, place.end());
        if self.held(place).is_none() {
            let wanted = if follows { length.max(AHEAD) } else { length };
            self.bytes.clear();
            self.begin = place.offset;
            self.file.seek(SeekFrom::Start(place.offset))?;
            let more = &mut (&mut self.file).take(wanted as u64);
            more.read_to_end(&mut self.bytes)?;
        }
        let held = self.held(place);
        let at = held.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(&self.bytes[at..at + length])
    }

    /// Where the line begins in what is held.
    fn held(&self, place: Place) -> Option<usize> {
        let at = usize::try_from(place.offset.checked_sub(self.begin)?).ok()?;
        (self.bytes.len().checked_sub(at)? >= place.length as usize).then_some(at)
    }
}

/// A line of one of the files.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) length: u32,
    pub(super) offset: u64,
}

impl Store {
    /// The number of the file that is added next.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.files.len()).expect("fewer than 2^32 files")
    }

    pub(super) fn add(&mut self, name: &str, file: Box<dyn ReadSeek>) {
        let window = Window {
            file,
            begin: 0,
            bytes: Vec::new(),
            last: 0,
        };
        self.files.push((name.to_owned(), RefCell::new(window)));
    }

    /// Takes in a line; its number.
    pub(super) fn enter(&mut self, place: Place) -> u32 {
        let number = u32::try_from(self.places.count()).expect("fewer than 2^32 observations");
        self.places.push(place);
        number
    }

    /// Lines of one endpoint and run, each observation once.
    pub(super) fn distinct(
        &self,
        lines: impl ExactSizeIterator<Item = u32>,
    ) -> Result<Vec<u32>, KeptError> {
        if lines.len() < 2 {
            return Ok(lines.collect());
        }
        let mut seen = Vec::new();
        for line in lines {
            seen.push((self.read(line as usize)?, line));
        }
        seen.sort();
        seen.dedup_by(|next, kept| next.0 == kept.0);
        Ok(seen.into_iter().map(|(_, line)| line).collect())
    }

    pub(super) fn read(&self, line: usize) -> Result<Observation, KeptError> {
        let place = self.places.get(line).map_err(KeptError::Temporary)?;
        let (name, file) = &self.files[place.file as usize];
        let mut file = file.borrow_mut();
        match file.line(place) {
            Ok(line) => parse(line, &mut self.chains.borrow_mut())
                .map_err(|_| KeptError::Changed { file: name.clone() }),
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

    /// Where the next line begins.
    fn end(self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

/// Some lines of the files, as observations.
pub struct Lines {
    store: Rc<Store>,
    /// Their numbers; `None`: all.
    numbers: Option<Vec<u32>>,
}

impl Lines {
    /// In the order in which they lie, which is the quickest to read.
    pub(super) fn some(store: &Rc<Store>, numbers: Vec<u32>) -> Self {
        Self {
            store: Rc::clone(store),
            numbers: Some(numbers),
        }
    }
}

impl Observations for Lines {
    fn count(&self) -> usize {
        let numbers = self.numbers.as_ref();
        numbers.map_or(self.store.places.count(), Vec::len)
    }

    fn read(&self, number: usize) -> io::Result<Cow<'_, Observation>> {
        let line = match &self.numbers {
            Some(numbers) => numbers.get(number).map(|line| *line as usize),
            None => Some(number).filter(|number| *number < self.store.places.count()),
        };
        let line = line.ok_or_else(|| io::Error::other("there is no line of this number"))?;
        let seen = self.store.read(line);
        seen.map(Cow::Owned).map_err(io::Error::other)
    }
}

/// The lines of a file that is being written.
#[derive(Default)]
pub struct Written {
    store: Store,
    end: u64,
}

impl Written {
    /// Where most lines lie is noted in a file, which is empty, and not in memory.
    pub fn noted_in(file: impl ReadWriteSeek + 'static) -> Self {
        let store = Store {
            places: Places::noted_in(Box::new(file)),
            ..Store::default()
        };
        Self { store, end: 0 }
    }

    /// The lines of a file that is there already. Each observation is handed to `see`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line of it is no observation, or there is none.
    pub fn read(
        &mut self,
        name: &str,
        file: impl Read,
        mut see: impl FnMut(Observation),
    ) -> Result<(), KeptError> {
        let input = BufReader::with_capacity(AHEAD, file);
        read(name, input, &mut Chains::default(), |line, observation| {
            self.store.enter(Place::new(0, line));
            see(observation);
        })
    }

    /// Whether all that was to be noted was.
    pub fn is_sound(&self) -> bool {
        self.store.places.is_sound()
    }

    /// The next line, by its length in bytes.
    pub fn line(&mut self, length: usize) {
        let line = Line {
            offset: self.end,
            length: u32::try_from(length).expect("a line has less than 4 GiB"),
        };
        self.end += u64::from(line.length);
        self.store.enter(Place::new(0, line));
    }

    /// The lines, to be read from the file.
    pub fn lines(mut self, name: &str, file: impl ReadSeek + 'static) -> Lines {
        self.store.add(name, Box::new(file));
        Lines {
            store: Rc::new(self.store),
            numbers: None,
        }
    }
}
