//! L2: what the user typed or wrote into files -> [`Inventory`], or everything that is wrong with it.
//!
//! Pure: no file is opened here and no name is resolved; whoever reads a file hands in its bytes.
//! Errors are collected, so that one run shows all of them.
//!
//! | source | how |
//! |---|---|
//! | the command line | [`Builder::command_line`]: a role and a target |
//! | a list (`-l`) | [`Builder::list`]: one target a line |
//! | an estate (`-f`) | [`Builder::estate`]: TOML |

mod entry;
mod estate;
mod list;
mod merge;
mod name;
mod ports;
mod range;
mod refusal;
mod sweep;
mod target;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

pub use self::name::{address, server_name};
pub use self::range::{Range, range};
pub use self::refusal::{InventoryError, Refusal};
pub use self::sweep::{Swept, swept, swept_line, target_in_range};
pub use self::target::port;

use self::entry::{Entry, Subject};
use self::estate::Estate;
use self::refusal::Place;
use crate::model::target::{Expectation, Group, Inventory, Port, Role};

/// The source name of errors in arguments.
pub const COMMAND_LINE: &str = "command line";

/// The most errors that are returned; more help nobody.
const MAX_ERRORS: usize = 100;

/// What the options say that holds for every target. What a target says itself is stronger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The groups whose default ports are looked at (`--group`).
    pub groups: BTreeSet<Group>,
    /// The ports of targets that name none (`--port`); empty: those of the role.
    pub ports: Vec<Port>,
    /// The server name of targets that name none (`--sni`); absent: the host's name.
    pub sni: Option<String>,
}

impl Default for Selection {
    /// The internal group, the ports of the roles, the names of the hosts.
    fn default() -> Self {
        Self {
            groups: BTreeSet::from([Group::Internal]),
            ports: Vec::new(),
            sni: None,
        }
    }
}

/// Collects entries from all sources, and what is wrong with them.
#[derive(Debug)]
pub struct Builder {
    selection: Selection,
    entries: Vec<Entry>,
    name: Option<String>,
    expectations: Vec<(Group, Expectation, Place)>,
    errors: Vec<InventoryError>,
}

impl Builder {
    /// Nothing yet.
    pub fn new(selection: Selection) -> Self {
        Self {
            selection,
            entries: Vec::new(),
            name: None,
            expectations: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Adds a target as it was typed.
    pub fn command_line(&mut self, role: Role, text: &str) {
        let place = Place::source(COMMAND_LINE);
        match Entry::from_text(role, text, place.clone()) {
            Ok(entry) => self.entries.push(entry),
            Err(refusal) => self.errors.push(place.refuse(refusal)),
        }
    }

    /// Adds a list: its name for errors, and the bytes of the file.
    pub fn list(&mut self, source_name: &str, bytes: &[u8]) {
        let source = Place::source(source_name);
        if let Some(text) = self.decode(&source, bytes) {
            let (entries, errors) = list::parse(&source, &text);
            if entries.is_empty() && errors.is_empty() {
                let refusal = Refusal::new("there is no target in it");
                let hint = "write one target a line, as in `front-end lync01.contoso.com`";
                self.errors.push(source.refuse(refusal.hint(hint)));
            }
            self.entries.extend(entries);
            self.errors.extend(errors);
        }
    }

    /// Adds an estate: its path, from which the paths in it are reckoned, and the bytes of the file.
    pub fn estate(&mut self, path: &Path, bytes: &[u8]) {
        let source = Place::source(&path.display().to_string());
        if let Some(text) = self.decode(&source, bytes) {
            let directory = path.parent().unwrap_or(Path::new(""));
            let (estate, errors) = estate::parse(&source, directory, &text);
            if estate.entries.is_empty() && errors.is_empty() {
                let refusal = Refusal::new("there is no `[[endpoint]]` in it");
                let hint = "an endpoint has a host, and a role: `host = \"lync01.contoso.com\"`, `role = \"front-end\"`";
                self.errors.push(source.refuse(refusal.hint(hint)));
            }
            self.errors.extend(errors);
            self.take_estate(estate);
        }
    }

    /// The inventory.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in the order given; that there is no target at all when nothing else is.
    pub fn finish(mut self) -> Result<Inventory, Vec<InventoryError>> {
        let mut services = merge::Services::default();
        let mut files = merge::Files::default();
        for entry in std::mem::take(&mut self.entries) {
            match &entry.subject {
                Subject::File(path) => {
                    files.add(entry::file(&entry, path.clone()));
                }
                Subject::Server(server) => {
                    for service in entry::services(&entry, server, &self.selection) {
                        if let Err(error) = services.add(service) {
                            self.errors.push(error);
                            break;
                        }
                    }
                }
            }
        }
        let (targets, files) = (services.finish(), files.finish());
        if targets.is_empty() && files.is_empty() && self.errors.is_empty() {
            self.errors.push(no_targets());
        }
        if !self.errors.is_empty() {
            return Err(at_most(self.errors, MAX_ERRORS));
        }
        Ok(Inventory {
            name: self.name,
            targets,
            files,
            expectations: self
                .expectations
                .into_iter()
                .map(|(group, expectation, _)| (group, expectation))
                .collect(),
        })
    }

    fn decode<'b>(&mut self, source: &Place, bytes: &'b [u8]) -> Option<std::borrow::Cow<'b, str>> {
        text::decode(bytes)
            .map_err(|(line, refusal)| {
                let place = line.map_or_else(|| source.clone(), |line| source.line(line));
                self.errors.push(place.refuse(refusal));
            })
            .ok()
    }

    fn take_estate(&mut self, estate: Estate) {
        self.entries.extend(estate.entries);
        self.name = self.name.take().or(estate.name);
        for (group, expectation, place) in estate.expectations {
            let earlier = self.expectations.iter().find(|(g, ..)| *g == group);
            match earlier {
                Some((_, before, at)) if *before != expectation => {
                    let refusal = Refusal::new(format!(
                        "the group `{group}` is expected to come from another CA here than at {at}"
                    ))
                    .hint("check the two estates one after the other");
                    self.errors.push(place.refuse(refusal));
                }
                Some(_) => {}
                None => self.expectations.push((group, expectation, place)),
            }
        }
    }
}

fn no_targets() -> InventoryError {
    Place::source(COMMAND_LINE).refuse(
        Refusal::new("there is nothing to check: no target was given")
            .hint("name servers, as in `--front-end lync01.contoso.com`, a list with -l, or an estate with -f"),
    )
}

fn at_most(mut errors: Vec<InventoryError>, limit: usize) -> Vec<InventoryError> {
    let more = errors.len().saturating_sub(limit);
    errors.truncate(limit);
    if let (true, Some(last)) = (more > 0, errors.last()) {
        let source = Place::source(&last.source_name);
        errors.push(source.refuse(Refusal::new(format!("and {more} more errors"))));
    }
    errors
}

#[cfg(test)]
mod tests;
