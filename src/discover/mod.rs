//! L2: what DNS says about a SIP domain -> the text of an estate.
//!
//! [`Reverse`] asks DNS what an address is called, for sweeps.
//!
//! Pure but for that and [`gather`], which asks: the names that Lync's clients ask for, the servers that SRV records lead to, and
//! names that nobody has registered, to know a wildcard. Everything an answer says is somebody else's text: bounded,
//! escaped, and no host of the estate unless it can be one.
//!
//! | records | in the estate |
//! |---|---|
//! | SRV `_sipinternaltls._tcp`, `_sipinternal._tcp` | their targets are `front-end` |
//! | `lyncdiscoverinternal`, `ucupdates-r2` | `web` in the internal group, optional |
//! | `sipinternal`, and `sip` where it leads to front ends | `peer` on 5061, optional |
//! | `lyncdiscover`, `meet`, `dialin`, `sip`, `sipexternal` | `web` in the external group; internal where they lead to internal addresses |
//! | SRV `_sip._tls`, `_sipfederationtls._tcp` | their targets are `web` in the external group |

mod answer;
mod ask;
mod gather;
mod name;
mod plan;
mod question;
mod reverse;
mod view;
mod words;

pub use self::ask::NoDns;
pub use self::gather::{Gathered, Settings, gather};
pub use self::name::{Domain, DomainError};
pub use self::reverse::{Reverse, Untold};

use crate::draft::{Draft, Origin, Update, UpdateError, Witness};

/// An estate as DNS tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    draft: Draft,
    servers: String,
}

/// There is nothing in DNS that could be asked: why, in a sentence, and all that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nothing {
    /// The sentence.
    pub why: String,
    /// What was asked and what answered, a line each.
    pub asked: Vec<String>,
    /// What was found and is not asked, and why.
    pub left_out: Vec<String>,
}

/// What the answers mean.
///
/// # Errors
///
/// No name of Lync was found.
pub fn discover(gathered: &Gathered) -> Result<Discovery, Nothing> {
    let draft = plan::plan(gathered);
    if draft.sections.is_empty() {
        let found = draft.left_out.len() > 1;
        return Err(Nothing {
            why: words::nothing(gathered, found),
            asked: draft.notes,
            left_out: draft.left_out,
        });
    }
    Ok(Discovery {
        draft,
        servers: words::servers(gathered),
    })
}

impl Discovery {
    /// The text of a new estate.
    pub fn estate(&self) -> String {
        self.draft.estate(self.origin(&self.from()))
    }

    /// The text of an estate that is there already, with what it lacks.
    ///
    /// # Errors
    ///
    /// The text is not TOML, or of a form to which nothing can be added.
    pub fn update(&self, estate: &str) -> Result<Update, UpdateError> {
        self.draft.update(estate, self.origin(&self.from()))
    }

    /// What is not asked and why, a sentence each.
    pub fn left_out(&self) -> &[String] {
        &self.draft.left_out
    }

    /// What there is to know about the answers, and the answers, a line each.
    pub fn notes(&self) -> &[String] {
        &self.draft.notes
    }

    fn from(&self) -> String {
        format!("the answers of DNS ({})", self.servers)
    }

    fn origin<'o>(&self, from: &'o str) -> Origin<'o> {
        Origin {
            made_by: "sameca discover",
            from,
            witness: Witness::Dns,
        }
    }
}
