//! One run of `sameca check`, and its report.

use std::fmt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What a run ended with.
pub(crate) struct Run {
    /// The document on standard output.
    pub(crate) report: Value,
    output: Output,
}

/// `sameca check` on a front end and a Persistent Chat server by their ports, with the CA certificates of a file and no others.
pub(crate) fn check(front_end: u16, chat: u16, ca: Option<&Path>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
    command.arg("check").stdin(Stdio::null());
    command
        .arg("--front-end")
        .arg(format!("fe.test:{front_end}"));
    command
        .arg("--persistent-chat")
        .arg(format!("pc.test:{chat}"));
    command.args([
        "--resolve",
        "fe.test=127.0.0.1",
        "--resolve",
        "pc.test=127.0.0.1",
    ]);
    command.args(["--no-system-roots", "--format", "json"]);
    if let Some(ca) = ca {
        command.arg("--ca-file").arg(ca);
    }
    let output = command.output().expect("the program can be started");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!(
            "standard output is no report ({error}), {}: {said}",
            output.status
        )
    });
    Run { report, output }
}

impl Run {
    /// The verdict, and the exit code that goes with it.
    pub(crate) fn assert(&self, verdict: &str, code: i32) {
        assert_eq!(self.report["verdict"], verdict, "{self}");
        assert_eq!(self.output.status.code(), Some(code), "{self}");
    }

    /// The one row of a port.
    pub(crate) fn row(&self, port: u16) -> &Value {
        let rows = self.report["endpoints"]
            .as_array()
            .expect("rows are a list");
        let mut rows = rows.iter().filter(|row| row["port"] == port);
        let row = rows
            .next()
            .unwrap_or_else(|| panic!("no row of port {port}: {self}"));
        assert!(rows.next().is_none(), "several rows of port {port}: {self}");
        row
    }

    /// What the server on a port said about itself.
    pub(crate) fn tls(&self, port: u16) -> &Value {
        &self.row(port)["tls"]
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = String::from_utf8_lossy(&self.output.stderr);
        write!(f, "{}\n{:#}\n{said}", self.output.status, self.report)
    }
}
