//! Where the observations of a sweep go as soon as they are known, never with a torn line.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::cli::sweep::sidecar::{self, Progress};
use crate::model::observation::Observation;
use crate::report::ndjson;
use crate::sweep::Ledger;

/// How much is compressed at a time, in bytes.
const BLOCK: usize = 256 * 1024;

/// A file or a stream of observations.
pub(super) struct Log {
    to: To,
    line: Vec<u8>,
    name: String,
}

enum To {
    /// A file that can be cut, with its progress beside it.
    File(Blocks, PathBuf),
    /// Standard output, a pipe or a device, and a copy for the verdict, which has no name.
    Stream(Box<dyn Write>, BufWriter<File>),
}

impl Log {
    /// Begins, or goes on behind what belongs to the items that are done.
    pub(super) fn open(path: Option<&Path>, progress: &Progress, goes_on: bool) -> Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Self::stream(Box::new(io::stdout()), "standard output");
        };
        let failed = || format!("cannot write to {}", path.display());
        let name = path.display().to_string();
        let special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
        if special {
            let file = File::options().write(true).open(path);
            return Self::stream(Box::new(file.with_context(failed)?), &name);
        }
        let file = match goes_on {
            true => cut(path, progress.length)?,
            false => fresh(path)?,
        };
        let mut log = Self {
            to: To::File(
                Blocks::new(file, path).with_context(failed)?,
                path.to_owned(),
            ),
            line: Vec::new(),
            name,
        };
        let mut progress = progress.clone();
        log.save(&mut progress)?;
        Ok(log)
    }

    fn stream(out: Box<dyn Write>, name: &str) -> Result<Self> {
        let copy = tempfile::tempfile().context("cannot make a temporary file")?;
        Ok(Self {
            to: To::Stream(out, BufWriter::new(copy)),
            line: Vec::new(),
            name: name.to_owned(),
        })
    }

    /// Takes an observation; the length of its line in bytes, before compression.
    pub(super) fn write(&mut self, observation: &mut Observation) -> io::Result<usize> {
        match &mut self.to {
            To::File(blocks, _) => blocks.write(observation),
            // Kept until the pause between handfuls: whole lines in few writes.
            To::Stream(..) => append(observation, &mut self.line),
        }
    }

    /// Passes what was taken on to a stream, as soon as nothing more is ready.
    pub(super) fn pass_on(&mut self) -> io::Result<()> {
        let To::Stream(out, copy) = &mut self.to else {
            return Ok(());
        };
        if self.line.is_empty() {
            return Ok(());
        }
        copy.write_all(&self.line).map_err(|error| {
            let why = format!("the copy for the verdict, a temporary file: {error}");
            io::Error::new(error.kind(), why)
        })?;
        let written = out.write_all(&self.line).and_then(|()| out.flush());
        self.line.clear();
        written
    }

    /// Shows readers of the file what was taken, without making it last.
    pub(super) fn show(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::File(blocks, _) => blocks.flush(),
            To::Stream(..) => Ok(()),
        }
    }

    /// Makes what was taken so far outlast everything, then says so beside it.
    pub(super) fn save(&mut self, progress: &mut Progress) -> Result<()> {
        let To::File(blocks, path) = &mut self.to else {
            return Ok(());
        };
        let length = blocks.settle();
        progress.length = length.with_context(|| format!("cannot write to {}", self.name))?;
        let beside = || format!("cannot write {}", sidecar::beside(path).display());
        progress.write(path).with_context(beside)
    }

    /// As [`Log::save`], with the items that are done.
    pub(super) fn save_with(&mut self, progress: &mut Progress, ledger: &Ledger) -> Result<()> {
        progress.note(ledger);
        self.save(progress)
    }

    /// Whether the sweep can be gone on with, and from which file.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.to {
            To::File(_, path) => Some(path),
            To::Stream(..) => None,
        }
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The observations, to be read again. The sweep is complete: there is nothing to go on with.
    pub(super) fn finish(self) -> Result<(String, Again)> {
        let beside = self.file().map(sidecar::beside);
        let again = self.again()?;
        if let Some(beside) = beside {
            fs::remove_file(&beside)
                .with_context(|| format!("cannot remove {}", beside.display()))?;
        }
        Ok(again)
    }

    /// The observations so far, to be read again.
    pub(super) fn again(self) -> Result<(String, Again)> {
        let name = self.name;
        match self.to {
            To::File(mut blocks, path) => {
                let failed = || format!("cannot write to {}", path.display());
                blocks.settle().with_context(failed)?;
                drop(blocks);
                Ok((name, Again::Closed(path)))
            }
            To::Stream(_, mut copy) => {
                let failed = || "cannot write a temporary file".to_owned();
                copy.write_all(&self.line).with_context(failed)?;
                let mut file = copy.into_inner().with_context(failed)?;
                file.rewind().with_context(failed)?;
                Ok((name, Again::Open(file)))
            }
        }
    }
}

/// Observations to be read again. A file is opened, and decompressed, when the first of them is asked for: mostly none is.
pub(super) enum Again {
    Closed(PathBuf),
    Open(File),
}

impl Again {
    fn open(&mut self) -> io::Result<&mut File> {
        if let Self::Closed(path) = self {
            *self =
                Self::Open(readable(path).map_err(|error| io::Error::other(format!("{error:#}")))?);
        }
        match self {
            Self::Open(file) => Ok(file),
            Self::Closed(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.open()?.read(buffer)
    }
}

impl Seek for Again {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.open()?.seek(to)
    }
}

/// A new file. One that belongs to a sweep which is not finished stays.
fn fresh(path: &Path) -> Result<File> {
    if fs::exists(sidecar::beside(path)).unwrap_or(false) {
        bail!(
            "{} belongs to a sweep that is not finished; go on with `sameca sweep --resume {}`, or remove {}",
            path.display(),
            path.display(),
            sidecar::beside(path).display()
        );
    }
    File::create(path).with_context(|| format!("cannot write to {}", path.display()))
}

/// The file, without what came after its progress was noted.
fn cut(path: &Path, length: u64) -> Result<File> {
    let failed = || format!("cannot go on with {}", path.display());
    let mut file = File::options()
        .read(true)
        .write(true)
        .open(path)
        .with_context(failed)?;
    let found = file.metadata().with_context(failed)?.len();
    if found < length {
        bail!(
            "{} has {found} bytes, and had {length} when its progress was noted: observations are lost; begin anew",
            path.display()
        );
    }
    file.set_len(length).with_context(failed)?;
    file.seek(io::SeekFrom::End(0)).with_context(failed)?;
    Ok(file)
}

/// A kept file of observations, decompressed when its name says so. It can be read from any place.
pub(in crate::cli) fn readable(path: &Path) -> Result<File> {
    let file = crate::cli::given::open(path)?;
    let failed = || format!("cannot read {}", path.display());
    let mut input: Box<dyn Read> = match Compression::of(path) {
        Compression::None => return Ok(file),
        Compression::Gzip => Box::new(MultiGzDecoder::new(file)),
        Compression::Zstandard => Box::new(zstd::Decoder::new(file).with_context(failed)?),
    };
    let mut plain = tempfile::tempfile().context("cannot make a temporary file")?;
    io::copy(&mut input, &mut plain).with_context(failed)?;
    plain.rewind().with_context(failed)?;
    Ok(plain)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstandard,
}

impl Compression {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstandard,
            _ => Self::None,
        }
    }
}

/// A file written in blocks, each a whole compressed member (RFC 1952 §2.2) or frame (RFC 8878 §3.1) where it is
/// compressed: cut between two of them, it stays readable.
struct Blocks {
    compression: Compression,
    file: File,
    pending: Vec<u8>,
    length: u64,
}

impl Blocks {
    fn new(mut file: File, path: &Path) -> io::Result<Self> {
        Ok(Self {
            compression: Compression::of(path),
            length: file.stream_position()?,
            file,
            pending: Vec::new(),
        })
    }

    fn write(&mut self, observation: &mut Observation) -> io::Result<usize> {
        let length = append(observation, &mut self.pending)?;
        if self.pending.len() >= BLOCK {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let coded = match self.compression {
            Compression::None => None,
            Compression::Gzip => {
                let mut coder = GzEncoder::new(Vec::new(), flate2::Compression::default());
                coder.write_all(&self.pending)?;
                Some(coder.finish()?)
            }
            Compression::Zstandard => Some(zstd::bulk::compress(&self.pending, 0)?),
        };
        let block = coded.as_ref().unwrap_or(&self.pending);
        self.file.write_all(block)?;
        self.length += block.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Brings everything to the disk; the length that it has there.
    fn settle(&mut self) -> io::Result<u64> {
        self.flush()?;
        self.file.sync_data()?;
        Ok(self.length)
    }
}

/// Adds a line to a buffer; its length in bytes.
fn append(observation: &mut Observation, lines: &mut Vec<u8>) -> io::Result<usize> {
    let before = lines.len();
    ndjson::append(observation, lines)?;
    Ok(lines.len() - before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cut_between_two_blocks_is_readable() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"] {
            let path = folder.path().join(name);
            let mut blocks =
                Blocks::new(File::create(&path).expect("creates"), &path).expect("new");
            blocks.pending.extend(b"one\n");
            let length = blocks.settle().expect("writes");
            blocks.pending.extend(b"two\n");
            blocks.settle().expect("writes");
            let file = File::options().write(true).open(&path).expect("opens");
            file.set_len(length + 2).expect("cuts");
            let mut again = Blocks::new(cut(&path, length).expect("cuts"), &path).expect("new");
            again.pending.extend(b"three\n");
            again.settle().expect("writes");
            let mut text = String::new();
            let mut file = readable(&path).expect("opens");
            file.read_to_string(&mut text).expect("reads");
            assert_eq!(text, "one\nthree\n", "{name}");
            assert!(cut(&path, 1000).is_err_and(|error| error.to_string().contains("lost")));
        }
    }
}
