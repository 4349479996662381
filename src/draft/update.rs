//! A draft and an estate that is there already -> the estate with what it lacks. Nothing in it is changed or removed.

use toml_edit::{DocumentMut, Item, Table};

use super::write;
use super::{Draft, Endpoint, Origin, Witness};

/// Why nothing can be added to a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// It is not TOML.
    #[error("not TOML: {0}; mend it first; `sameca estate check` shows where")]
    NotToml(String),
    /// Its endpoints are values of one key, after which none can be written.
    #[error(
        "its endpoints are a list in brackets (`endpoint = [...]`), to which nothing is added; write each as `[[endpoint]]`"
    )]
    List,
}

/// An estate after a draft was merged into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The whole text.
    pub text: String,
    /// What the draft and the estate do not have in common, a line each: `+` was added, `~` and `-` are left as they are.
    pub differences: Vec<String>,
}

/// Merges a draft into the text of an estate.
pub(super) fn merge(draft: &Draft, old: &str, origin: Origin<'_>) -> Result<Update, UpdateError> {
    let document: DocumentMut = old.parse().map_err(|error: toml_edit::TomlError| {
        UpdateError::NotToml(error.message().replace('\n', ", "))
    })?;
    if let Some(endpoints) = document.get("endpoint")
        && !endpoints.is_array_of_tables()
    {
        return Err(UpdateError::List);
    }
    let known = known(&document);
    let witness = origin.witness;
    let drafted: Vec<&Endpoint> = draft.sections.iter().flat_map(|s| &s.endpoints).collect();
    let mut differences = Vec::new();
    let mut added = String::new();
    for endpoint in &drafted {
        let words = write::in_words(endpoint);
        let same: Vec<&Known> = known.iter().filter(|k| k.is(endpoint, witness)).collect();
        if same.is_empty() {
            differences.push(format!("+ {words}"));
            added.push('\n');
            added.push_str(&write::table(endpoint));
        } else if let Some(other) = differs(&same, endpoint, witness) {
            differences.push(format!("~ {words}: {other}; left as it is"));
        }
    }
    if witness == Witness::Topology {
        let gone = |known: &&Known| !drafted.iter().any(|endpoint| endpoint.host == known.host);
        differences.extend(
            known
                .iter()
                .filter(gone)
                .map(|known| format!("- {}: not in the topology; left as it is", known.host)),
        );
    }
    let mut text = old.to_owned();
    if !added.is_empty() {
        let gap = if old.is_empty() || old.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        let (made_by, from) = (origin.made_by, origin.from);
        let added = format!("{gap}# Added by `{made_by}` from {from}.{added}");
        text.push_str(&with_line_ends_of(old, added));
    }
    Ok(Update { text, differences })
}

/// What is added to a file of Windows ends its lines as that does.
fn with_line_ends_of(old: &str, added: String) -> String {
    if old.contains("\r\n") {
        added.replace('\n', "\r\n")
    } else {
        added
    }
}

/// In what the file differs from the source, in a sentence. What DNS leaves open the file may say as it likes.
fn differs(same: &[&Known], endpoint: &Endpoint, witness: Witness) -> Option<String> {
    match witness {
        Witness::Topology => same.iter().find_map(|known| known.differs(endpoint)),
        Witness::Dns if same.iter().any(|known| known.host == endpoint.host) => None,
        Witness::Dns => Some("a pool in the file, whose members are asked".to_owned()),
    }
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

    /// Whether it stands for the same as a drafted endpoint. To DNS a name is a name: whether it is a pool's or a
    /// server's, and what it is for, the file knows better.
    fn is(&self, endpoint: &Endpoint, witness: Witness) -> bool {
        if witness == Witness::Dns {
            return self.host == endpoint.host || self.pool.as_ref() == Some(&endpoint.host);
        }
        let group = endpoint.group.map(|group| group.word().to_owned());
        self.host == endpoint.host
            && self.roles.iter().any(|role| role == endpoint.role.word())
            && self.group == group
            && self.optional == endpoint.optional
    }

    /// In what it differs from a drafted endpoint.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Section;
    use crate::model::target::Role;

    fn draft() -> Draft {
        Draft {
            sections: vec![Section {
                comments: vec!["servers".to_owned()],
                endpoints: vec![Endpoint::new(Role::FrontEnd, "fe01.test")],
            }],
            ..Draft::default()
        }
    }

    fn merged(old: &str, witness: Witness) -> Result<Update, UpdateError> {
        let origin = Origin {
            made_by: "sameca import",
            from: "t.xml",
            witness,
        };
        merge(&draft(), old, origin)
    }

    #[test]
    fn what_is_added_ends_its_lines_as_the_file_does() {
        let update = merged("\u{feff}# mine\r\n", Witness::Topology).expect("good");
        assert!(update.text.starts_with("\u{feff}# mine\r\n\r\n# Added by"));
        assert_eq!(
            update.text.matches('\n').count(),
            update.text.matches("\r\n").count()
        );
        let update = merged("# no end", Witness::Topology).expect("good");
        assert!(
            update.text.starts_with("# no end\n\n# Added by"),
            "{}",
            update.text
        );
        assert!(!update.text.contains('\r'));
    }

    #[test]
    fn a_list_in_brackets_takes_nothing() {
        let list = "endpoint = [ { host = \"a.test\" } ]\n";
        assert_eq!(merged(list, Witness::Topology), Err(UpdateError::List));
        assert!(matches!(
            merged("x = [", Witness::Topology),
            Err(UpdateError::NotToml(_))
        ));
    }

    #[test]
    fn to_dns_a_name_is_known_whatever_the_file_takes_it_for() {
        for old in [
            "[[endpoint]]\nhost = \"fe01.test\"\nrole = \"web\"\nports = [4443]\n",
            "[[endpoint]]\nhost = \"FE01.test.\"\n",
            "[[endpoint]]\nhost = \"member.test\"\npool = \"fe01.test\"\n",
        ] {
            let update = merged(old, Witness::Dns).expect("good");
            assert_eq!(update.text, old);
            let update = merged(old, Witness::Topology).expect("good");
            assert!(
                update.differences.iter().any(|line| line.starts_with("+ ")),
                "{old}"
            );
        }
    }
}
