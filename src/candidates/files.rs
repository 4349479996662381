//! Certificates from files and directories.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::model::bytes::Der;
use crate::x509::container::{self, ContainerError};

/// The largest file that is read, in bytes. A bundle of every public root has less than 1 MiB.
pub const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The names that files of certificates end with; in a directory, others are passed over.
const EXTENSIONS: [&str; 6] = ["pem", "crt", "cer", "der", "p7b", "p7c"];

/// Why certificates could not be read from a path. Names the path, never carries the content.
#[derive(Debug, thiserror::Error)]
pub enum CandidateError {
    /// The operating system refused.
    #[error("`{}`: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The file is larger than [`LARGEST_FILE`].
    #[error("`{}`: larger than {} MiB, which no file of certificates is", path.display(), LARGEST_FILE / (1024 * 1024))]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no certificates that could be used.
    #[error("`{}`: {error}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        error: ContainerError,
    },
    /// No file of the directory has a name that files of certificates have.
    #[error("`{}`: no file in this directory ends in .pem, .crt, .cer, .der, .p7b or .p7c", path.display())]
    EmptyDirectory {
        /// The directory.
        path: PathBuf,
    },
}

/// The certificates of a file, or of the files of a directory in the order of their names.
///
/// Directories inside the directory are not entered.
///
/// # Errors
///
/// The first file that cannot be read or holds no certificate; in a directory, too.
pub fn read(path: &Path) -> Result<Vec<Der>, CandidateError> {
    let metadata = fs::metadata(path).map_err(|error| io_error(path, error))?;
    if !metadata.is_dir() {
        return read_file(path);
    }
    let files = certificate_files(path).map_err(|error| io_error(path, error))?;
    if files.is_empty() {
        return Err(CandidateError::EmptyDirectory { path: path.into() });
    }
    let mut certificates = Vec::new();
    for file in files {
        certificates.extend(read_file(&file)?);
    }
    Ok(certificates)
}

fn io_error(path: &Path, error: io::Error) -> CandidateError {
    CandidateError::Io {
        path: path.into(),
        error,
    }
}

fn certificate_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if has_certificate_extension(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn has_certificate_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Reads no more than is allowed, whatever size the file claims to have.
fn read_file(path: &Path) -> Result<Vec<Der>, CandidateError> {
    let file = fs::File::open(path).map_err(|error| io_error(path, error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| io_error(path, error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST_FILE) {
        return Err(CandidateError::TooLarge { path: path.into() });
    }
    container::certificates(&bytes).map_err(|error| CandidateError::Content {
        path: path.into(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/certs")
    }

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (fixture, name) in files {
            fs::copy(fixtures().join(fixture), directory.path().join(name)).expect("a copy");
        }
        directory
    }

    #[test]
    fn a_file_gives_its_certificates() {
        let found = read(&fixtures().join("chain.p7b")).expect("certificates");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_directory_gives_the_certificates_of_its_files_by_name() {
        let directory = directory(&[
            ("leaf.der", "2.CER"),
            ("ca.pem", "1.crt"),
            ("key-sec1.pem", "server.key"),
            ("README.md", "README"),
        ]);
        fs::create_dir(directory.path().join("3.pem")).expect("a directory");
        let found = read(directory.path()).expect("certificates");
        let expected =
            ["ca.der", "leaf.der"].map(|name| fs::read(fixtures().join(name)).expect("a fixture"));
        assert_eq!(found, expected.map(Der::from));
    }

    #[test]
    fn one_bad_file_of_a_directory_is_named() {
        let directory = directory(&[("ca.pem", "1.crt"), ("key-sec1.pem", "2.pem")]);
        let error = read(directory.path()).expect_err("a private key");
        let text = error.to_string();
        assert!(
            text.contains("2.pem") && text.contains("private key"),
            "{text}"
        );
    }

    #[test]
    fn a_directory_without_certificates_and_a_missing_file_are_errors() {
        let directory = directory(&[("README.md", "README.md")]);
        let empty = read(directory.path());
        assert!(
            matches!(empty, Err(CandidateError::EmptyDirectory { .. })),
            "{empty:?}"
        );
        let missing = read(&directory.path().join("ca.pem"));
        assert!(
            matches!(missing, Err(CandidateError::Io { .. })),
            "{missing:?}"
        );
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read_to_its_end() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("large.pem");
        let file = fs::File::create(&path).expect("a file");
        file.set_len(LARGEST_FILE + 1).expect("a sparse file");
        let error = read(&path);
        assert!(
            matches!(error, Err(CandidateError::TooLarge { .. })),
            "{error:?}"
        );
    }
}
