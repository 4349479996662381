//! A plan -> the text of an estate file.

use std::fmt::Write as _;

use super::plan::{Endpoint, Plan};

/// The text of a new estate.
pub(super) fn estate(plan: &Plan, sources: &[String]) -> String {
    let mut text = String::new();
    let product = plan.product.map_or_else(String::new, |p| format!(" ({p})"));
    line(
        &mut text,
        &format!(
            "Made by `sameca import` from {}{product}.",
            sources.join(", ")
        ),
    );
    line(&mut text, "What would be asked: sameca estate check FILE");
    text.push('\n');
    if let Some(name) = &plan.name {
        text.push_str(&format!("name = {}\n", string(name)));
    }
    line(
        &mut text,
        "reference_ca = \"contoso-ca.cer\"    # the CA that all must come from",
    );
    for section in &plan.sections {
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
    if !plan.left_out.is_empty() {
        text.push('\n');
        line(&mut text, "Left out:");
        plan.left_out
            .iter()
            .for_each(|why| line(&mut text, &format!("- {why}")));
    }
    text
}

/// A comment. What came from the file cannot end it.
fn line(text: &mut String, comment: &str) {
    let harmless: String = comment
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text.push_str("# ");
    text.push_str(harmless.trim_end());
    text.push('\n');
}

/// One `[[endpoint]]`.
pub(super) fn table(endpoint: &Endpoint) -> String {
    let mut text = "[[endpoint]]\n".to_owned();
    let comment = endpoint
        .comment
        .map_or_else(String::new, |c| format!("    # {c}"));
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
