//! What a sweep goes through: ranges beside servers, from arguments and from lists that are read line by line.

use crate::inventory::entry::{self, Entry, Subject};
use crate::inventory::range::{self, Range};
use crate::inventory::refusal::{InventoryError, Place, Refusal};
use crate::inventory::{Selection, list, ports};
use crate::model::target::{Host, Port, Requirement, Role, Target};

/// What one argument or one line of a list stands for. Nothing of it is expected to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swept {
    /// Addresses, each on these ports.
    Range {
        /// What the servers there are.
        role: Role,
        /// The addresses.
        range: Range,
        /// Never empty.
        ports: Vec<Port>,
    },
    /// The services of one host; its name is still to be resolved.
    Host(Vec<Target>),
}

/// What an argument stands for.
///
/// # Errors
///
/// What is wrong with it and what would be right.
pub fn swept(text: &str, selection: &Selection) -> Result<Swept, InventoryError> {
    let place = Place::source(super::COMMAND_LINE);
    read(Role::Peer, text, selection, &place).map_err(|refusal| place.refuse(refusal))
}

/// What a line of a list stands for; `None` for an empty line or a comment.
///
/// # Errors
///
/// As for an argument, with file and line.
pub fn swept_line(
    source_name: &str,
    number: u32,
    line: &str,
    selection: &Selection,
) -> Result<Option<Swept>, InventoryError> {
    let place = Place::source(source_name).line(number);
    list::role_and_target_of(line)
        .and_then(|found| {
            found
                .map(|(role, text)| read(role, text, selection, &place))
                .transpose()
        })
        .map_err(|refusal| place.refuse(refusal))
}

/// The target that an address and port of a range are.
pub fn target_in_range(role: Role, host: Host, port: Port, selection: &Selection) -> Target {
    Target {
        host,
        port,
        addresses: Vec::new(),
        sni: selection.sni.clone(),
        roles: [role].into(),
        group: ports::group(role, port),
        pool: None,
        requirement: Requirement::Optional,
    }
}

fn read(role: Role, text: &str, selection: &Selection, place: &Place) -> Result<Swept, Refusal> {
    if let Some((range, named)) = range::range(text)? {
        let ports = match (named.is_empty(), selection.ports.is_empty()) {
            (false, _) => named,
            (true, false) => selection.ports.clone(),
            (true, true) => ports::defaults(role, &selection.groups)
                .into_iter()
                .map(|row| row.port)
                .collect(),
        };
        return Ok(Swept::Range { role, range, ports });
    }
    let entry = Entry::from_text(role, text, place.clone())?;
    match &entry.subject {
        Subject::File(_) => Err(Refusal::new(format!(
            "`{text}` is a file, and a sweep asks networks"
        ))
        .hint("`sameca check` takes certificate files")),
        Subject::Server(server) => Ok(Swept::Host(
            entry::services(&entry, server, selection)
                .into_iter()
                .map(|service| Target {
                    requirement: Requirement::Optional,
                    ..service.target
                })
                .collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<Option<Swept>, String> {
        swept_line("hosts.txt", 7, text, &Selection::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_is_a_range_or_a_host_and_nothing_is_expected_of_it() {
        assert_eq!(line("  # nothing"), Ok(None));
        let Ok(Some(Swept::Range { role, ports, .. })) = line("front-end 10.0.0.0/24") else {
            panic!("a range");
        };
        assert_eq!(role, Role::FrontEnd);
        assert_eq!(
            ports.iter().map(|p| p.number()).collect::<Vec<_>>(),
            [443, 444, 5061]
        );
        let Ok(Some(Swept::Host(targets))) = line("lync01.contoso.com:443,5061 # new") else {
            panic!("a host");
        };
        assert_eq!(targets.len(), 2);
        assert!(
            targets
                .iter()
                .all(|target| target.requirement == Requirement::Optional)
        );
    }

    #[test]
    fn a_wrong_line_is_named_with_its_place() {
        assert!(line("10.0.0.0/33").is_err_and(|error| error.starts_with("hosts.txt:7: ")));
        assert!(line("file:a.cer").is_err_and(|error| error.contains("sameca check")));
    }
}
