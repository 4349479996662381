//! Where results go: standard output, or a file that is either written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::cli::args::Format;
use crate::cli::settings::Form;
use crate::kept::KeptError;

/// Where each result goes; found writable before any work is done.
pub(super) struct Destinations(Vec<(Format, Destination)>);

impl Destinations {
    /// Opens the destination of each result.
    pub(super) fn open(forms: &[Form]) -> Result<Self> {
        let open = |form: &Form| Ok((form.format, Destination::open(form.file.as_deref())?));
        forms.iter().map(open).collect::<Result<_>>().map(Self)
    }

    /// Whether a person sees this form of the result on standard output.
    pub(super) fn show(&self, wanted: Format) -> bool {
        let mut results = self.0.iter();
        results.any(|(format, destination)| *format == wanted && destination.is_standard())
    }

    /// Whether the result is wanted in this form.
    pub(super) fn hold(&self, wanted: Format) -> bool {
        self.0.iter().any(|(format, _)| *format == wanted)
    }

    /// Writes each result. One that cannot be written keeps none of the others from it; `tell` hears of all but the last.
    pub(super) fn write(
        self,
        tell: impl Fn(&anyhow::Error),
        mut render: impl FnMut(Format, Place, &mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let mut failures = Vec::new();
        for (format, destination) in self.0 {
            let place = match destination.is_standard() {
                true => Place::Standard,
                false => Place::File,
            };
            let written = destination.write(|out| render(format, place, out));
            failures.extend(written.err());
        }
        let Some(last) = failures.pop() else {
            return Ok(());
        };
        failures.iter().for_each(tell);
        Err(last)
    }
}

/// What kind of place a result goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard output.
    Standard,
    /// A file.
    File,
}

/// A destination that was found writable before any work is done.
pub(super) enum Destination {
    /// Standard output.
    Standard,
    /// A file that does not exist yet or is replaced as a whole.
    Replaced(NamedTempFile, PathBuf),
    /// A pipe or a device: written as it comes.
    Special(File, PathBuf),
}

impl Destination {
    /// Opens the destination; `None` and `-` mean standard output.
    pub(super) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Standard);
        };
        let failed = || format!("cannot write to {}", path.display());
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                bail!("cannot write to {}: it is a directory", path.display())
            }
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options()
                    .write(true)
                    .open(path)
                    .with_context(failed)?;
                Ok(Self::Special(file, path.to_owned()))
            }
            Ok(metadata) if metadata.permissions().readonly() => {
                bail!("cannot write to {}: it is read-only", path.display())
            }
            _ => {
                let file = temporary(path).with_context(failed)?;
                Ok(Self::Replaced(file, path.to_owned()))
            }
        }
    }

    /// Whether results go to standard output.
    pub(super) fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    /// Writes everything and brings it to its place. A reader that went away (`| head`) is no error.
    pub(super) fn write(self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        match self {
            Self::Standard => {
                let mut out = BufWriter::new(io::stdout().lock());
                match render(&mut out).and_then(|()| out.flush()) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    result => result.map_err(|error| named(error, "standard output")),
                }
            }
            Self::Special(file, path) => {
                let mut out = BufWriter::new(file);
                match render(&mut out).and_then(|()| out.flush()) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    result => result.map_err(|error| named(error, &path.display().to_string())),
                }
            }
            Self::Replaced(file, path) => {
                let failed = || format!("cannot write to {}", path.display());
                let mut out = BufWriter::new(file);
                render(&mut out)
                    .and_then(|()| out.flush())
                    .map_err(|error| named(error, &path.display().to_string()))?;
                let file = out
                    .into_inner()
                    .map_err(io::IntoInnerError::into_error)
                    .with_context(failed)?;
                file.as_file().sync_all().with_context(failed)?;
                file.persist(&path)
                    .map_err(|error| error.error)
                    .with_context(failed)?;
                Ok(())
            }
        }
    }
}

/// What kept the results from being written: observations that can no longer be read, or the destination.
fn named(error: io::Error, destination: &str) -> anyhow::Error {
    match error.downcast::<KeptError>() {
        Ok(unread) => unread.into(),
        Err(error) => anyhow::Error::new(error).context(format!("cannot write to {destination}")),
    }
}

/// A file beside the destination, with the permissions that the destination has or would get.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sameca-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    builder
        .tempfile_in(folder)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::other(format!("there is no folder {}", folder.display()))
            }
            // The library's error names the temporary file, which means nothing to a user.
            kind => io::Error::from(kind),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        fs::write(&path, "old").expect("writes");
        let failing = Destination::open(Some(&path)).expect("opens");
        failing
            .write(|out| {
                out.write_all(b"half")?;
                Err(io::Error::other("disk full"))
            })
            .expect_err("the error is passed on");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "old");
        Destination::open(Some(&path))
            .expect("opens")
            .write(|out| out.write_all(b"new"))
            .expect("writes");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "new");
        assert_eq!(
            fs::read_dir(folder.path()).expect("lists").count(),
            1,
            "a temporary file was left behind"
        );
    }

    #[test]
    fn what_cannot_be_written_is_found_out_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(
            Destination::open(Some(folder.path())).is_err(),
            "a directory"
        );
        assert!(
            Destination::open(Some(&folder.path().join("missing/report.json"))).is_err(),
            "a folder that does not exist"
        );
    }
}
