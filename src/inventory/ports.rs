//! What a role means: its ports, the group each is judged in, and which of them may be silent.

use std::collections::BTreeSet;

use crate::model::target::{Group, Port, Requirement, Role};

/// A port that is looked at when the user named none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DefaultPort {
    /// The port.
    pub(super) port: Port,
    /// The group in which it is judged.
    pub(super) group: Group,
    /// What it means when it is not captured.
    pub(super) requirement: Requirement,
}

const fn row(port: u16, group: Group, requirement: Requirement) -> DefaultPort {
    DefaultPort {
        port: Port::new(port).expect("the table has no port 0"),
        group,
        requirement,
    }
}

/// The site of the external web services of a front end.
const EXTERNAL_WEB: Port = Port::new(4443).expect("4443 is not zero");

const FRONT_END: &[DefaultPort] = &[
    row(443, Group::Internal, Requirement::Required),
    // Between servers only; a firewall may close it to the machine that checks.
    row(444, Group::Internal, Requirement::Optional),
    row(5061, Group::Internal, Requirement::Required),
    row(4443, Group::External, Requirement::Required),
];

// Where the file service runs on the front ends, the Persistent Chat servers have no 443.
const PERSISTENT_CHAT: &[DefaultPort] = &[
    row(443, Group::Internal, Requirement::OneOfHost),
    row(5041, Group::Internal, Requirement::OneOfHost),
    row(881, Group::Internal, Requirement::OneOfHost),
];

const WEB: &[DefaultPort] = &[row(443, Group::External, Requirement::Required)];

const PEER: &[DefaultPort] = &[row(443, Group::Internal, Requirement::Required)];

const fn table(role: Role) -> &'static [DefaultPort] {
    match role {
        Role::FrontEnd => FRONT_END,
        Role::PersistentChat => PERSISTENT_CHAT,
        Role::Web => WEB,
        Role::Peer => PEER,
    }
}

/// The ports of a role in the selected groups.
///
/// A role with none there keeps all its ports: what the user named is reported even where it is not judged.
pub(super) fn defaults(role: Role, groups: &BTreeSet<Group>) -> Vec<DefaultPort> {
    let table = table(role);
    let selected: Vec<_> = table
        .iter()
        .copied()
        .filter(|row| groups.contains(&row.group))
        .collect();
    if selected.is_empty() {
        table.to_vec()
    } else {
        selected
    }
}

/// The ports of a role whose group the user gave: all but the external site of a front end, which is another matter.
pub(super) fn defaults_in(role: Role, group: Group) -> Vec<DefaultPort> {
    table(role)
        .iter()
        .filter(|row| row.port != EXTERNAL_WEB)
        .map(|row| DefaultPort { group, ..*row })
        .collect()
}

/// The group in which a named port of a role is judged.
pub(super) fn group(role: Role, port: Port) -> Group {
    match role {
        Role::FrontEnd if port == EXTERNAL_WEB => Group::External,
        Role::Web => Group::External,
        Role::FrontEnd | Role::PersistentChat | Role::Peer => Group::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(role: Role, groups: &[Group]) -> Vec<u16> {
        defaults(role, &groups.iter().copied().collect())
            .iter()
            .map(|row| row.port.number())
            .collect()
    }

    #[test]
    fn the_external_site_of_front_ends_is_looked_at_only_with_its_group() {
        use Group::{External, Internal};
        assert_eq!(numbers(Role::FrontEnd, &[Internal]), [443, 444, 5061]);
        assert_eq!(numbers(Role::FrontEnd, &[External]), [4443]);
        assert_eq!(
            numbers(Role::FrontEnd, &[Internal, External]),
            [443, 444, 5061, 4443]
        );
    }

    #[test]
    fn a_role_outside_the_selected_group_keeps_its_ports() {
        assert_eq!(numbers(Role::Web, &[Group::Internal]), [443]);
        assert_eq!(
            numbers(Role::PersistentChat, &[Group::External]),
            [443, 5041, 881]
        );
    }

    #[test]
    fn the_table_and_the_named_ports_agree_on_the_group() {
        for role in Role::ALL {
            for row in table(role) {
                assert_eq!(group(role, row.port), row.group, "{role} {}", row.port);
            }
        }
    }
}
