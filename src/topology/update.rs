//! A plan and an estate that is there already -> the estate with what it lacks. Nothing in it is changed or removed.

use toml_edit::{DocumentMut, Item, Table};

use super::plan::{Endpoint, Plan};
use super::refusal::{Place, TopologyError};
use super::write;

/// An estate after an import into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The whole text.
    pub text: String,
    /// What the topology and the estate do not have in common, a line each: `+` was added, `~` and `-` are left as they are.
    pub differences: Vec<String>,
}

/// Merges a plan into the text of an estate.
pub(super) fn merge(
    plan: &Plan,
    name: &str,
    old: &str,
    sources: &[String],
) -> Result<Update, TopologyError> {
    let document: DocumentMut = old.parse().map_err(|error: toml_edit::TomlError| {
        let what = format!("not TOML: {}", error.message().replace('\n', ", "));
        Place::file(name).refuse(what, "mend it first; `sameca estate check` shows where")
    })?;
    let known = known(&document);
    let planned: Vec<&Endpoint> = plan.sections.iter().flat_map(|s| &s.endpoints).collect();
    let mut differences = Vec::new();
    let mut added = String::new();
    for endpoint in &planned {
        let same: Vec<&Known> = known.iter().filter(|k| k.is(endpoint)).collect();
        if same.is_empty() {
            differences.push(format!("+ {}", write::in_words(endpoint)));
            added.push('\n');
            added.push_str(&write::table(endpoint));
        } else if let Some(other) = same.iter().find_map(|k| k.differs(endpoint)) {
            differences.push(format!(
                "~ {}: {other}; left as it is",
                write::in_words(endpoint)
            ));
        }
    }
    for known in &known {
        if !planned.iter().any(|endpoint| endpoint.host == known.host) {
            differences.push(format!(
                "- {}: not in the topology; left as it is",
                known.host
            ));
        }
    }
    let mut text = old.to_owned();
    if !added.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!(
            "\n# Added by `sameca import` from {}.",
            sources.join(", ")
        ));
        text.push_str(&added);
    }
    Ok(Update { text, differences })
}

/// An endpoint as the estate has it.
struct Known {
    host: String,
    roles: Vec<String>,
    pool: Option<String>,
    ports: Vec<i64>,
    group: Option<String>,
    optional: bool,
}

impl Known {
    fn of(table: &Table) -> Option<Self> {
        let text = |key: &str| table.get(key).and_then(Item::as_str).map(str::to_lowercase);
        let roles = match table.get("role") {
            Some(item) => match item.as_array() {
                Some(array) => array
                    .iter()
                    .filter_map(|v| v.as_str())
                    .map(str::to_owned)
                    .collect(),
                None => item.as_str().map(str::to_owned).into_iter().collect(),
            },
            None => vec!["peer".to_owned()],
        };
        let ports = table.get("ports").and_then(Item::as_array);
        let host = text("host")?;
        let host = host.trim_end_matches('.');
        Some(Self {
            host: host.split(':').next().unwrap_or(host).to_owned(),
            roles,
            pool: text("pool"),
            ports: ports
                .into_iter()
                .flatten()
                .filter_map(|v| v.as_integer())
                .collect(),
            group: text("group"),
            optional: table.get("optional").and_then(Item::as_bool) == Some(true),
        })
    }

    /// Whether it stands for the same as a planned endpoint.
    fn is(&self, endpoint: &Endpoint) -> bool {
        let group = endpoint.group.map(|group| group.word().to_owned());
        self.host == endpoint.host
            && self.roles.iter().any(|role| role == endpoint.role.word())
            && self.group == group
            && self.optional == endpoint.optional
    }

    /// In what it differs from a planned endpoint.
    fn differs(&self, endpoint: &Endpoint) -> Option<String> {
        let ports: Vec<i64> = endpoint.ports.iter().map(|p| p.number().into()).collect();
        if self.pool != endpoint.pool {
            let pool = |pool: &Option<String>| pool.clone().unwrap_or_else(|| "no pool".to_owned());
            return Some(format!(
                "{} in the file, {} in the topology",
                pool(&self.pool),
                pool(&endpoint.pool)
            ));
        }
        let words = |ports: &[i64]| {
            let words: Vec<String> = ports.iter().map(ToString::to_string).collect();
            if words.is_empty() {
                "those of the role".to_owned()
            } else {
                words.join(", ")
            }
        };
        (self.ports != ports).then(|| {
            format!(
                "ports {} in the file, {} in the topology",
                words(&self.ports),
                words(&ports)
            )
        })
    }
}

fn known(document: &DocumentMut) -> Vec<Known> {
    let tables = document.get("endpoint").and_then(Item::as_array_of_tables);
    tables.into_iter().flatten().filter_map(Known::of).collect()
}
