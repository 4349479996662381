//! L1: an estate as a source proposes it -> the text of an estate file, new or added to one that is there.
//!
//! A topology and DNS make drafts; both are written by the same hand, and merged with a file in the same way.

mod update;
mod write;

pub use self::update::{Update, UpdateError};

use crate::model::target::{Group, Port, Role};

/// What is to be asked, and what is not and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The estate's name.
    pub name: Option<String>,
    /// The product, as far as the source tells.
    pub product: Option<&'static str>,
    /// Endpoints that belong together.
    pub sections: Vec<Section>,
    /// What is not asked, one sentence each.
    pub left_out: Vec<String>,
    /// What else there is to know, one line each, for the end of the file.
    pub notes: Vec<String>,
}

/// Endpoints with something to say of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Comments, one line each; never empty.
    pub comments: Vec<String>,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// One `[[endpoint]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What it is.
    pub role: Role,
    /// Its name.
    pub host: String,
    /// The pool whose member it is.
    pub pool: Option<String>,
    /// Its ports; empty: those of the role.
    pub ports: Vec<Port>,
    /// Whether it may be silent.
    pub optional: bool,
    /// The group, where it is not that of the role.
    pub group: Option<Group>,
    /// What to know about it, in a few words.
    pub comment: Option<String>,
}

impl Endpoint {
    /// A server with the ports and the group of its role.
    pub fn new(role: Role, host: &str) -> Self {
        Self {
            role,
            host: host.to_owned(),
            pool: None,
            ports: Vec::new(),
            optional: false,
            group: None,
            comment: None,
        }
    }
}

/// Where a draft comes from, in the words of the file's comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'o> {
    /// What made it, `sameca import`.
    pub made_by: &'o str,
    /// From what, `topology.xml`.
    pub from: &'o str,
    /// What contradicts the file where they differ.
    pub witness: Witness,
}

/// What a draft is evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Everything: it names every server, and what it does not name is not there.
    Topology,
    /// Some names: the members of pools and much else are in no record.
    Dns,
}

impl Draft {
    /// The text of a new estate.
    pub fn estate(&self, origin: Origin<'_>) -> String {
        write::estate(self, origin)
    }

    /// The text of an estate that is there already, with what it lacks.
    ///
    /// # Errors
    ///
    /// The text is not TOML, or of a form to which nothing can be added.
    pub fn update(&self, estate: &str, origin: Origin<'_>) -> Result<Update, UpdateError> {
        update::merge(self, estate, origin)
    }
}
