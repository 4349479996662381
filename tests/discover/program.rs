//! The program as a user meets it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One run: its status, what it wrote and what it said.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) estate: String,
    pub(crate) said: String,
}

/// Asks this server about these domains, a time limit that no answer on loopback needs.
pub(crate) fn discover(server: SocketAddr, arguments: &[&str]) -> Run {
    sameca(&[&["discover", "--dns", &server.to_string()][..], arguments].concat())
}

pub(crate) fn sameca(arguments: &[&str]) -> Run {
    let output = program(arguments);
    Run {
        code: output.status.code().expect("it ended by itself"),
        estate: String::from_utf8(output.stdout).expect("an estate is UTF-8"),
        said: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

impl Run {
    /// The tables of the estate without comments, each in a line.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        let plain = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
        let lines: Vec<&str> = self.estate.lines().filter(plain).collect();
        let text = lines
            .iter()
            .map(|line| line.split("    #").next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join(" ");
        text.split("[[endpoint]] ")
            .skip(1)
            .map(|part| part.trim().to_owned())
            .collect()
    }
}

/// A folder, and a file in it that is not there yet.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("estate.toml");
    (folder, path)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}
