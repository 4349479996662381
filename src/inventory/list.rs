//! A list: one target a line, an optional role word before it, `#` comments.

use crate::inventory::entry::Entry;
use crate::inventory::refusal::{InventoryError, Place, Refusal, did_you_mean, quote};
use crate::model::target::Role;

/// Reads a list; every line that is wrong gives one error.
pub(super) fn parse(source: &Place, text: &str) -> (Vec<Entry>, Vec<InventoryError>) {
    let mut entries = Vec::new();
    let mut errors = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        let place = source.line(number);
        if let Some(refusal) = another_kind_of_file(line) {
            errors.push(place.refuse(refusal));
            break;
        }
        let entry = role_and_target(line)
            .and_then(|(role, target)| Entry::from_text(role, target, place.clone()));
        match entry {
            Ok(entry) => entries.push(entry),
            Err(refusal) => errors.push(place.refuse(refusal)),
        }
    }
    (entries, errors)
}

/// The role and the target of one line; `None` when there is nothing on it.
pub(super) fn role_and_target_of(line: &str) -> Result<Option<(Role, &str)>, Refusal> {
    let line = without_comment(line).trim();
    match another_kind_of_file(line) {
        Some(refusal) => Err(refusal),
        None if line.is_empty() => Ok(None),
        None => role_and_target(line).map(Some),
    }
}

/// A `#` begins a comment at the start of a line and after white space.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return line.split_at(at).0;
        }
        before = character;
    }
    line
}

fn role_and_target(line: &str) -> Result<(Role, &str), Refusal> {
    let Some((first, rest)) = line.split_once(char::is_whitespace) else {
        return match Role::parse(line) {
            Some(role) => Err(
                Refusal::new(format!("the role `{role}` has no target")).hint(format!(
                    "write `{role} HOST`, or `peer {role}` for a server of that name"
                )),
            ),
            None => Ok((Role::Peer, line)),
        };
    };
    let rest = rest.trim_start();
    if let Some(role) = Role::parse(first) {
        return one_target(rest).map(|target| (role, target));
    }
    // Paths may hold spaces: the rest of the line is theirs.
    if first.starts_with("file:") {
        return Ok((Role::Peer, line));
    }
    match did_you_mean(first, &Role::ALL.map(Role::word)) {
        Some(hint) => Err(Refusal::new(format!("{} is not a role", quote(first))).hint(hint)),
        None => one_target(line).map(|target| (Role::Peer, target)),
    }
}

fn one_target(text: &str) -> Result<&str, Refusal> {
    if text.starts_with("file:") {
        return Ok(text);
    }
    match text.split_once(char::is_whitespace) {
        None => Ok(text),
        Some((first, rest)) => Err(Refusal::new(format!(
            "{} and {} stand on one line",
            quote(first),
            quote(rest.trim_start())
        ))
        .hint("give one target a line, with at most a role (front-end, persistent-chat, web, peer) before it")),
    }
}

/// Files of other kinds, which would give an error for every line.
fn another_kind_of_file(line: &str) -> Option<Refusal> {
    if line.starts_with("[[") {
        Some(Refusal::new("this is an estate file, not a list").hint("give it with -f"))
    } else if line.starts_with("-----BEGIN") {
        Some(
            Refusal::new("this is a PEM file, not a list")
                .hint("a certificate that is to be checked is given as file:PATH"),
        )
    } else if line.starts_with('<') {
        Some(Refusal::new("this is XML, not a list").hint("a list has one target a line"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (entries, errors) = parse(&Place::source("hosts.txt"), text);
        (
            entries.iter().map(|entry| format!("{entry:?}")).collect(),
            errors.iter().map(InventoryError::to_string).collect(),
        )
    }

    fn roles_and_labels(text: &str) -> Vec<String> {
        let (entries, errors) = parse(&Place::source("hosts.txt"), text);
        assert_eq!(errors, [], "{text}");
        entries
            .iter()
            .map(|entry| {
                let roles: Vec<_> = entry.roles.iter().map(|role| role.word()).collect();
                format!("{} {}", roles.join("+"), entry.subject)
            })
            .collect()
    }

    #[test]
    fn a_line_is_a_target_with_or_without_its_role() {
        let text = "# estate\r\n\r\nlync01.contoso.com\r\n  front-end\tlync02:443,5061  # new\r\npersistent-chat file:my certs/pc 1.cer\r\nfile:a b.cer\r\nweb https://meet.contoso.com/x#y";
        assert_eq!(
            roles_and_labels(text),
            [
                "peer lync01.contoso.com",
                "front-end lync02",
                "persistent-chat file:my certs/pc 1.cer",
                "peer file:a b.cer",
                "web meet.contoso.com",
            ]
        );
    }

    #[test]
    fn every_wrong_line_is_named() {
        let text = "frontend lync01\nlync01 lync02\nfront-end\nfront-end a b\nlync:0\n*.contoso.com\n256.1.1.1\nok.contoso.com\n";
        let (entries, errors) = read(text);
        assert_eq!(entries.len(), 1);
        insta::assert_snapshot!(errors.join("\n"));
    }

    #[test]
    fn another_kind_of_file_gives_one_error() {
        for text in [
            "[[endpoint]]\nhost = 1\nrole = 2",
            "-----BEGIN CERTIFICATE-----\nMII\nMII",
            "<?xml?>\n<a>\n<b>",
        ] {
            let (_, errors) = read(text);
            assert_eq!(errors.len(), 1, "{errors:?}");
        }
    }

    #[test]
    fn an_empty_list_holds_nothing() {
        assert_eq!(read("\n# nothing\n"), (vec![], vec![]));
    }
}
