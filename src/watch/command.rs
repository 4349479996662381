//! The command that is told of changes: no shell, a document on its input, a limited time.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::time::timeout;

use crate::watch::words;

/// The time that a command has.
const LIMIT: Duration = Duration::from_secs(30);
/// The time for what it said to arrive, when it has ended and something of its own still holds its output.
const DRAIN: Duration = Duration::from_millis(200);
/// How much of what it says is kept for the log.
const KEPT: usize = 2 * 1024;

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    limit: Duration,
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It is not there, or may not be run.
    #[error("`{0}` cannot be started: {1}")]
    Start(String, io::Error),
    /// The system does not tell how it ended.
    #[error("how `{0}` ended is not known: {1}")]
    Lost(String, io::Error),
    /// It took too long.
    #[error("`{0}` did not end within {1} and was killed{2}")]
    Limit(String, String, Said),
    /// It says that it failed.
    #[error("`{0}` failed, {1}{2}")]
    Failed(String, ExitStatus, Said),
}

/// The beginning of what a command said, for the log.
#[derive(Debug, Default)]
pub struct Said(Vec<u8>);

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        match lines.is_empty() {
            true => Ok(()),
            false => write!(f, "; it said: {}", lines.join(" / ")),
        }
    }
}

impl Command {
    /// What is run; `None` without a program.
    pub fn new(words: Vec<OsString>) -> Option<Self> {
        let mut words = words.into_iter();
        Some(Self {
            program: words.next()?,
            arguments: words.collect(),
            limit: LIMIT,
        })
    }

    /// The same with another limit than 30 seconds.
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Runs it with `input` on its standard input and these variables in its environment. When the future is dropped,
    /// it is killed.
    ///
    /// # Errors
    ///
    /// It could not be started, failed, or took too long.
    pub async fn run(&self, input: &[u8], variables: &[(&str, &str)]) -> Result<(), CommandError> {
        let name = || self.program.to_string_lossy().into_owned();
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| CommandError::Start(name(), error))?;
        let group = Group::of(&child);
        let (mut said, mut complained) = (Said::default(), Said::default());
        let ended = self
            .attend(&mut child, input, &mut said, &mut complained)
            .await;
        complained.0.append(&mut said.0);
        match ended {
            Some(Ok(status)) => {
                group.leave();
                match status.success() {
                    true => Ok(()),
                    false => Err(CommandError::Failed(name(), status, complained)),
                }
            }
            Some(Err(error)) => Err(CommandError::Lost(name(), error)),
            None => {
                drop(group);
                let _ = child.kill().await;
                let limit = words::span(self.limit);
                Err(CommandError::Limit(name(), limit, complained))
            }
        }
    }

    /// Feeds it, hears it, and waits for its end; nothing when that does not come in time.
    async fn attend(
        &self,
        child: &mut Child,
        input: &[u8],
        said: &mut Said,
        complained: &mut Said,
    ) -> Option<io::Result<ExitStatus>> {
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let Some(mut stdin) = stdin {
                // Who does not want to know need not read.
                let _ = stdin.write_all(input).await;
            }
        };
        let talk = async { tokio::join!(feed, hear(stdout, said), hear(stderr, complained)) };
        tokio::pin!(talk);
        let end = async {
            tokio::select! {
                status = child.wait() => (status, false),
                _ = &mut talk => (child.wait().await, true),
            }
        };
        let (status, heard) = timeout(self.limit, end).await.ok()?;
        if !heard {
            let _ = timeout(DRAIN, talk).await;
        }
        Some(status)
    }
}

/// Reads to the end and keeps the beginning.
async fn hear(from: Option<impl AsyncRead + Unpin>, said: &mut Said) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let room = KEPT.saturating_sub(said.0.len()).min(read);
        said.0.extend_from_slice(&buffer[..room]);
    }
}

/// The processes that a command started, which are killed with it: those of its group on Unix. Windows has no such group;
/// there only the command itself is killed.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    /// The command has ended by itself: what it left behind is meant to stay.
    #[cfg_attr(not(unix), expect(unused_mut, reason = "nothing to forget there"))]
    fn leave(mut self) {
        #[cfg(unix)]
        {
            self.leader = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // It may have ended just now.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}
