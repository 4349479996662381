//! A draft -> the text of an estate file.

use std::fmt::Write as _;

use super::{Draft, Endpoint, Origin};

/// The text of a new estate.
pub(super) fn estate(draft: &Draft, origin: Origin<'_>) -> String {
    let mut text = String::new();
    let product = draft
        .product
        .map_or_else(String::new, |p| format!(" ({p})"));
    line(
        &mut text,
        &format!(
            "Made by `{}` from {}{product}.",
            origin.made_by, origin.from
        ),
    );
    line(&mut text, "What would be asked: sameca estate check FILE");
    text.push('\n');
    if let Some(name) = &draft.name {
        text.push_str(&format!("name = {}\n", string(name)));
    }
    line(
        &mut text,
        "reference_ca = \"contoso-ca.cer\"    # the CA that all must come from",
    );
    for section in &draft.sections {
        text.push('\n');
        section
            .comments
            .iter()
            .for_each(|comment| line(&mut text, comment));
        for (number, endpoint) in section.endpoints.iter().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            text.push_str(&table(endpoint));
        }
    }
    text.push('\n');
    line(
        &mut text,
        "What the external group (4443, published names) must come from; without this it is compared with itself.",
    );
    line(&mut text, "[group.external]");
    line(&mut text, "expect = \"public\"");
    if !draft.left_out.is_empty() {
        text.push('\n');
        line(&mut text, "Left out:");
        draft
            .left_out
            .iter()
            .for_each(|why| line(&mut text, &format!("- {why}")));
    }
    if !draft.notes.is_empty() {
        text.push('\n');
        draft.notes.iter().for_each(|note| line(&mut text, note));
    }
    text
}

/// A comment. What came from the file cannot end it.
fn line(text: &mut String, comment: &str) {
    text.push_str(format!("# {}", harmless(comment)).trim_end());
    text.push('\n');
}

fn harmless(comment: &str) -> String {
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    comment.chars().map(blank).collect()
}

/// One `[[endpoint]]`.
pub(super) fn table(endpoint: &Endpoint) -> String {
    let mut text = "[[endpoint]]\n".to_owned();
    let comment = endpoint
        .comment
        .as_ref()
        .map_or_else(String::new, |c| format!("    # {}", harmless(c)));
    let _ = writeln!(text, "role = {}{comment}", string(endpoint.role.word()));
    let _ = writeln!(text, "host = {}", string(&endpoint.host));
    if let Some(pool) = &endpoint.pool {
        let _ = writeln!(text, "pool = {}", string(pool));
    }
    if !endpoint.ports.is_empty() {
        let ports: Vec<String> = endpoint.ports.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "ports = [{}]", ports.join(", "));
    }
    if endpoint.optional {
        text.push_str("optional = true\n");
    }
    if let Some(group) = endpoint.group {
        let _ = writeln!(text, "group = {}", string(group.word()));
    }
    text
}

/// An endpoint in a line, for people.
pub(super) fn in_words(endpoint: &Endpoint) -> String {
    let ports: Vec<String> = endpoint.ports.iter().map(ToString::to_string).collect();
    match ports.as_slice() {
        [] => format!("{} {}", endpoint.role, endpoint.host),
        _ => format!("{} {}:{}", endpoint.role, endpoint.host, ports.join(",")),
    }
}

fn string(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
