//! Estates that are good, and what is said about those that are not.

use std::path::Path;

use super::*;
use crate::inventory::{Builder, Selection};
use crate::model::target::{Inventory, Requirement, Role, Target};

fn build(text: &str) -> Result<Inventory, Vec<InventoryError>> {
    let mut builder = Builder::new(Selection::default());
    builder.estate(Path::new("sites/estate.toml"), text.as_bytes());
    builder.finish()
}

fn good(text: &str) -> Inventory {
    build(text).unwrap_or_else(|errors| panic!("{}", joined(&errors)))
}

fn errors(text: &str) -> String {
    joined(&build(text).expect_err("the estate is wrong"))
}

fn joined(errors: &[InventoryError]) -> String {
    let lines: Vec<_> = errors.iter().map(InventoryError::to_string).collect();
    lines.join("\n")
}

fn labels(inventory: &Inventory) -> Vec<String> {
    inventory.targets.iter().map(Target::label).collect()
}

#[test]
fn the_documented_estate_is_read() {
    let estate = good(
        r#"
name = "Contoso"
reference_ca = "contoso-issuing-ca.pem"          # optional, relative to this file
[[endpoint]]
role = "front-end"
host = "lync01.contoso.com"
pool = "LyncPool.contoso.com"
ports = [443, 5061]
sni = "lyncpool.contoso.com"
[[endpoint]]
role = ["front-end", "persistent-chat"]
addresses = ["192.0.2.11", "2001:db8::11"]
ports = 443
optional = true
[[endpoint]]
role = "web"
host = "https://meet.contoso.com/"
addresses = "192.0.2.80"
[[endpoint]]
role = "persistent-chat"
host = "file:planned/pchat01.cer"
[group.external]
expect = "public"
"#,
    );
    assert_eq!(estate.name.as_deref(), Some("Contoso"));
    assert_eq!(
        labels(&estate),
        [
            "lync01.contoso.com:443",
            "lync01.contoso.com:5061",
            "192.0.2.11:443",
            "[2001:db8::11]:443",
            "meet.contoso.com:443",
        ]
    );
    let first = &estate.targets[0];
    assert_eq!(first.sni.as_deref(), Some("lyncpool.contoso.com"));
    assert_eq!(first.pool.as_deref(), Some("lyncpool.contoso.com"));
    assert_eq!(first.requirement, Requirement::Required);
    assert_eq!(estate.targets[2].requirement, Requirement::Optional);
    assert_eq!(estate.targets[2].roles.len(), 2);
    assert_eq!(estate.targets[4].group, Group::External);
    assert_eq!(estate.targets[4].addresses.len(), 1);
    assert_eq!(estate.files[0].path, Path::new("sites/planned/pchat01.cer"));
    let reference = Expectation::ReferenceCa("sites/contoso-issuing-ca.pem".into());
    assert_eq!(
        estate.expectations,
        [
            (Group::External, Expectation::Public),
            (Group::Internal, reference)
        ]
    );
}

#[test]
fn every_mistake_is_reported_where_it_stands() {
    let text = r#"nme = "Contoso"
reference_ca = 5
[[endpoint]]
rol = "front-end"
host = "lync01.contoso.com"
ports = [443, 0, 70000, "5061", 443]
[[endpoint]]
role = ["frontend", 7, "mail"]
host = 12
addresses = ["192.0.2.300", "fe80::1%2"]
sni = "192.0.2.1"
[[endpoint]]
role = "peer"
[[endpoint]]
host = "http://lync02/"
optional = "yes"
group = "extern"
[[endpoint]]
host = "192.0.2.1"
addresses = ["192.0.2.2"]
[[endpoint]]
host = "a:443"
ports = [444]
[[endpoint]]
host = "file:a.cer"
ports = []
[group.internal]
expect = "private"
[group.externl]
[group.external]
expect = "public"
reference_ca = "x.pem"
"#;
    insta::assert_snapshot!(errors(text));
}

#[test]
fn syntax_errors_do_not_hide_what_follows() {
    let text = r#"name = Contoso
reference_ca = "C:\certs\ca.cer"
[[endpoint]]
host = "lync01.contoso.com
role = "front-end"
role = "peer"
prots = [443]
[[endpoint]]
host = "lync02..contoso.com"
"#;
    insta::assert_snapshot!(errors(text));
}

#[test]
fn the_wrong_kind_of_file_is_recognised() {
    assert!(errors("lync01\nlync02\n").contains("given with -l"));
    assert!(errors("[endpoint]\nhost = \"a\"").contains("with two brackets"));
    let twice = "[endpoint]\nhost = \"a\"\n[endpoint]\nhost = \"b\"";
    assert!(errors(twice).contains("with two brackets"));
    assert!(errors("endpoint = [{ host = \"a\" }, 5]").contains("must be a table"));
    assert!(errors("group = 5").contains("[group.external]"));
    assert!(errors("").contains("no `[[endpoint]]` in it"));
}

#[test]
fn places_count_characters() {
    let found = errors("[[endpoint]]\r\nhost = \"a\"\r\nports = [ # Zürich\r\n\"ü\", 0]\r\n");
    assert!(
        found.ends_with("estate.toml:4:6: `0` is not a port; a port is a number from 1 to 65535"),
        "{found}"
    );
}

#[test]
fn one_port_has_one_group_and_one_server_name() {
    let text = r#"
[[endpoint]]
host = "a"
group = "internal"
sni = "x"
[[endpoint]]
host = "a"
group = "external"
[[endpoint]]
host = "A."
sni = "y"
"#;
    insta::assert_snapshot!(errors(text));
}

#[test]
fn the_same_host_in_two_roles_is_one_target() {
    let estate = good(
        "[[endpoint]]\nhost = \"a\"\nrole = \"front-end\"\n[[endpoint]]\nhost = \"a\"\nrole = \"persistent-chat\"\n",
    );
    assert_eq!(
        labels(&estate),
        ["a:443", "a:444", "a:5061", "a:5041", "a:881"]
    );
    let roles = &estate.targets[0].roles;
    assert!(roles.contains(&Role::FrontEnd) && roles.contains(&Role::PersistentChat));
}

#[test]
fn a_given_group_is_stronger_than_that_of_the_role() {
    let estate = good(
        "[[endpoint]]\nhost = \"fe\"\nrole = \"front-end\"\ngroup = \"external\"\n[[endpoint]]\nhost = \"fe\"\nports = [4443]\nrole = \"front-end\"\ngroup = \"internal\"\n[[endpoint]]\nhost = \"fe\"\n",
    );
    let groups: Vec<_> = estate
        .targets
        .iter()
        .map(|t| (t.port.number(), t.group))
        .collect();
    assert_eq!(
        groups,
        [
            (443, Group::External),
            (444, Group::External),
            (5061, Group::External),
            (4443, Group::Internal),
        ]
    );
}

#[test]
fn optional_can_be_denied() {
    let estate = good("[[endpoint]]\nhost = \"p\"\nrole = \"persistent-chat\"\noptional = false\n");
    assert!(
        estate
            .targets
            .iter()
            .all(|t| t.requirement == Requirement::Required)
    );
}

#[test]
fn two_estates_must_expect_the_same() {
    let mut builder = Builder::new(Selection::default());
    for (path, ca) in [
        ("a.toml", "a.pem"),
        ("b.toml", "b.pem"),
        ("c.toml", "a.pem"),
    ] {
        let text = format!("reference_ca = \"{ca}\"\n[[endpoint]]\nhost = \"h\"\n");
        builder.estate(Path::new(path), text.as_bytes());
    }
    let errors = builder.finish().expect_err("two references");
    assert_eq!(errors.len(), Group::ALL.len());
    assert!(
        errors.iter().all(|error| error.source_name == "b.toml"),
        "{}",
        joined(&errors)
    );
}

#[test]
fn an_estate_may_be_utf_16_with_windows_line_ends() {
    let text = "\u{feff}name = \"Zürich\"\r\n[[endpoint]]\r\nhost = \"a\"\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut builder = Builder::new(Selection::default());
    builder.estate(Path::new("estate.toml"), &bytes);
    let estate = builder.finish().expect("a good estate");
    assert_eq!(estate.name.as_deref(), Some("Zürich"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "([a-z]{1,4}|host|\\[\\[endpoint\\]\\]|[=\\[\\]{}\"'\\\\.,#]|\r?\n| |443|ü){0,60}") {
        let _ = build(&text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let mut builder = Builder::new(Selection::default());
        builder.estate(Path::new("estate.toml"), &bytes);
        builder.list("list", &bytes);
        let _ = builder.finish();
    }
}
