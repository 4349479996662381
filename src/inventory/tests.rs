//! What the three sources have in common: roles, ports, groups, duplicates.

use super::*;
use crate::model::target::{Host, Requirement, Target};

fn selection(groups: &[Group]) -> Selection {
    Selection {
        groups: groups.iter().copied().collect(),
        ..Selection::default()
    }
}

fn inventory(selection: Selection, given: &[(Role, &str)]) -> Inventory {
    let mut builder = Builder::new(selection);
    for (role, text) in given {
        builder.command_line(*role, text);
    }
    builder.finish().expect("the targets are good")
}

/// `label roles group requirement sni`, as one line a target.
fn lines(inventory: &Inventory) -> Vec<String> {
    inventory.targets.iter().map(line).collect()
}

fn line(target: &Target) -> String {
    let roles: Vec<_> = target.roles.iter().map(|role| role.word()).collect();
    let sni = target.sni.as_deref().unwrap_or("-");
    format!(
        "{} {} {} {:?} sni={sni}",
        target.label(),
        roles.join("+"),
        target.group,
        target.requirement
    )
}

#[test]
fn a_front_end_has_three_ports_of_which_one_may_be_silent() {
    let inventory = inventory(
        Selection::default(),
        &[(Role::FrontEnd, "FE01.contoso.com")],
    );
    assert_eq!(
        lines(&inventory),
        [
            "fe01.contoso.com:443 front-end internal Required sni=fe01.contoso.com",
            "fe01.contoso.com:444 front-end internal Optional sni=fe01.contoso.com",
            "fe01.contoso.com:5061 front-end internal Required sni=fe01.contoso.com",
        ]
    );
}

#[test]
fn the_external_site_joins_with_its_group() {
    let all = inventory(selection(&Group::ALL), &[(Role::FrontEnd, "fe")]);
    assert_eq!(
        lines(&all).last().map(String::as_str),
        Some("fe:4443 front-end external Required sni=fe")
    );
    let external = inventory(selection(&[Group::External]), &[(Role::FrontEnd, "fe")]);
    assert_eq!(
        lines(&external),
        ["fe:4443 front-end external Required sni=fe"]
    );
}

#[test]
fn what_is_named_is_looked_at_even_outside_the_selected_group() {
    let inventory = inventory(
        Selection::default(),
        &[(Role::FrontEnd, "fe:4443"), (Role::Web, "meet.contoso.com")],
    );
    assert_eq!(
        lines(&inventory),
        [
            "fe:4443 front-end external Required sni=fe",
            "meet.contoso.com:443 web external Required sni=meet.contoso.com",
        ]
    );
}

#[test]
fn of_persistent_chat_one_port_must_answer() {
    let inventory = inventory(Selection::default(), &[(Role::PersistentChat, "192.0.2.5")]);
    assert_eq!(
        lines(&inventory),
        [
            "192.0.2.5:443 persistent-chat internal OneOfHost sni=-",
            "192.0.2.5:5041 persistent-chat internal OneOfHost sni=-",
            "192.0.2.5:881 persistent-chat internal OneOfHost sni=-",
        ]
    );
}

#[test]
fn a_named_port_is_required() {
    let named = inventory(
        Selection::default(),
        &[(Role::PersistentChat, "pc:443,881")],
    );
    let by_option = inventory(
        Selection {
            ports: vec![Port::HTTPS, Port::new(881).expect("not zero")],
            ..Selection::default()
        },
        &[(Role::PersistentChat, "pc")],
    );
    assert_eq!(named, by_option);
    assert!(
        named
            .targets
            .iter()
            .all(|t| t.requirement == Requirement::Required)
    );
}

#[test]
fn a_target_with_ports_does_not_take_those_of_the_option() {
    let selection = Selection {
        ports: vec![Port::new(5061).expect("not zero")],
        ..Selection::default()
    };
    let inventory = inventory(selection, &[(Role::Peer, "a:444"), (Role::Peer, "b")]);
    let labels: Vec<_> = inventory.targets.iter().map(Target::label).collect();
    assert_eq!(labels, ["a:444", "b:5061"]);
}

#[test]
fn a_front_end_that_hosts_persistent_chat_has_both_roles_on_443() {
    let inventory = inventory(
        Selection::default(),
        &[(Role::FrontEnd, "fe"), (Role::PersistentChat, "FE.")],
    );
    assert_eq!(
        lines(&inventory),
        [
            "fe:443 front-end+persistent-chat internal Required sni=fe",
            "fe:444 front-end internal Optional sni=fe",
            "fe:5061 front-end internal Required sni=fe",
            "fe:5041 persistent-chat internal OneOfHost sni=fe",
            "fe:881 persistent-chat internal OneOfHost sni=fe",
        ]
    );
}

#[test]
fn internal_wins_where_two_roles_meet() {
    let inventory = inventory(
        Selection::default(),
        &[
            (Role::Web, "a"),
            (Role::Peer, "a"),
            (Role::Web, "file:x"),
            (Role::Peer, "file:x"),
        ],
    );
    assert_eq!(
        lines(&inventory),
        ["a:443 web+peer internal Required sni=a"]
    );
    assert_eq!(inventory.files.len(), 1);
    assert_eq!(inventory.files[0].group, Group::Internal);
    assert_eq!(inventory.files[0].roles.len(), 2);
}

#[test]
fn a_given_server_name_is_sent_also_to_addresses() {
    let selection = Selection {
        sni: Some("pool.contoso.com".to_owned()),
        ..Selection::default()
    };
    let inventory = inventory(selection, &[(Role::Peer, "192.0.2.1"), (Role::Peer, "a")]);
    assert!(
        inventory
            .targets
            .iter()
            .all(|t| t.sni.as_deref() == Some("pool.contoso.com"))
    );
}

#[test]
fn nothing_to_check_is_an_error_of_its_own() {
    let nothing = Builder::new(Selection::default());
    let mut bare = Builder::new(Selection::default());
    bare.list("hosts.txt", b"# none\r\n");
    for (builder, said) in [
        (nothing, "no target was given"),
        (bare, "hosts.txt: there is no target in it"),
    ] {
        let errors = builder.finish().expect_err("no target");
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains(said), "{}", errors[0]);
    }
}

#[test]
fn all_errors_come_together() {
    let mut builder = Builder::new(Selection::default());
    builder.command_line(Role::Peer, "good");
    builder.command_line(Role::Peer, "host:70000");
    builder.command_line(Role::FrontEnd, "http://fe/");
    builder.command_line(Role::Peer, "10.0.0.0/24");
    builder.list("hosts.txt", b"a b\nc:0");
    builder.list("photo.jpg", b"\xff\xd8\0\0");
    let errors: Vec<_> = builder
        .finish()
        .expect_err("five mistakes")
        .iter()
        .map(InventoryError::to_string)
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn the_list_of_errors_has_an_end() {
    let mut builder = Builder::new(Selection::default());
    builder.list("words.txt", "a b\n".repeat(5000).as_bytes());
    let errors = builder.finish().expect_err("every line is wrong");
    assert_eq!(errors.len(), MAX_ERRORS + 1);
    assert_eq!(
        errors[MAX_ERRORS].to_string(),
        "words.txt: and 4900 more errors"
    );
}

#[test]
fn a_host_of_the_inventory_is_a_name_or_an_address() {
    let inventory = inventory(
        Selection::default(),
        &[
            (Role::Peer, "[2001:db8::1]:443"),
            (Role::Peer, "2001:db8::1"),
        ],
    );
    assert_eq!(
        lines(&inventory),
        ["[2001:db8::1]:443 peer internal Required sni=-"]
    );
    assert!(matches!(inventory.targets[0].host, Host::Address(_)));
}
