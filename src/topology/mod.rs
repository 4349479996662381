//! L2: exports of a Lync topology -> the text of an estate, or everything that is wrong with them.
//!
//! Pure: whoever reads a file hands in its bytes. Of a topology only names, roles and ports are taken; addresses come
//! from DNS, as the topology has none.
//!
//! | export | form |
//! |---|---|
//! | `Get-CsTopology -AsXml` | XML |
//! | Topology Builder | `.tbxml` |
//! | `Export-CsConfiguration` | zip |
//! | `Get-CsPool`, `Get-CsService`, `Get-CsComputer` | CSV or JSON |

mod archive;
mod document;
mod export;
mod join;
mod kind;
mod objects;
mod plan;
mod refusal;
mod text;
mod xml;

pub use self::refusal::TopologyError;

use self::export::Export;
use self::kind::Form;
use self::refusal::Place;
use crate::draft::{Draft, Origin, Update, UpdateError, Witness};

/// An exported file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'b> {
    /// Its name, for errors and comments.
    pub name: &'b str,
    /// Its content.
    pub bytes: &'b [u8],
}

/// A topology that was read, and what is to be asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    plan: Draft,
    sources: Vec<String>,
}

/// Whether a file is an export of a topology rather than an estate.
pub fn is_topology(bytes: &[u8]) -> bool {
    kind::is_topology(bytes)
}

/// Reads exports of one topology.
///
/// # Errors
///
/// Everything that is wrong with the files, each by itself and together.
pub fn import(sources: &[Source<'_>]) -> Result<Import, Vec<TopologyError>> {
    let mut exports = Vec::new();
    let mut errors = Vec::new();
    for source in sources {
        match read(source) {
            Ok(export) => exports.push(export),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let topology = join::join(exports)?;
    let plan = plan::plan(&topology);
    if plan.sections.is_empty() {
        let name = sources.first().map_or("", |source| source.name);
        let what = "there is no server in it that could be asked";
        let hint = "a topology has front ends or Persistent Chat servers; is it the right file?";
        return Err(vec![Place::file(name).refuse(what, hint)]);
    }
    Ok(Import {
        plan,
        sources: sources
            .iter()
            .map(|source| file_name(source.name))
            .collect(),
    })
}

/// The last part of a path: where a file lay is nobody's business.
fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

fn read(source: &Source<'_>) -> Result<Export, Vec<TopologyError>> {
    let place = Place::file(source.name);
    let one = |error| vec![error];
    let form = kind::of(&place, source.bytes).map_err(one)?;
    let unpacked;
    let bytes = match form {
        Form::Zip => {
            unpacked = archive::document(&place, source.bytes).map_err(one)?;
            &unpacked
        }
        Form::Xml | Form::Json | Form::Csv => source.bytes,
    };
    let text = text::decode(&place, bytes).map_err(one)?;
    match form {
        Form::Zip | Form::Xml => document::read(&place, &text),
        Form::Json => objects::json(&place, &text),
        Form::Csv => objects::csv(&place, &text),
    }
}

impl Import {
    /// The text of a new estate.
    pub fn estate(&self) -> String {
        let sources = self.sources.join(", ");
        self.plan.estate(origin(&sources))
    }

    /// The text of an estate that is there already, with what it lacks.
    ///
    /// # Errors
    ///
    /// The text is not TOML, or of a form to which nothing can be added.
    pub fn update(&self, estate: &str) -> Result<Update, UpdateError> {
        let sources = self.sources.join(", ");
        self.plan.update(estate, origin(&sources))
    }

    /// What is not asked and why, a sentence each.
    pub fn left_out(&self) -> &[String] {
        &self.plan.left_out
    }
}

fn origin(sources: &str) -> Origin<'_> {
    Origin {
        made_by: "sameca import",
        from: sources,
        witness: Witness::Topology,
    }
}

#[cfg(test)]
mod tests;
