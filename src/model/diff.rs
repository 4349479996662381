//! What changed between two runs as a document (`sameca.diff/1`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::change::{Change, Class};
use crate::model::report::Policy;
use crate::model::timestamp::Timestamp;

/// The name and version of the diff document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DiffSchema {
    /// Version 1.
    #[serde(rename = "sameca.diff/1")]
    V1,
}

/// What changed between two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDiff {
    /// Name and version of this document.
    pub schema: DiffSchema,
    /// The side that is older by the user's word.
    pub old: Side,
    /// The other side.
    pub new: Side,
    /// The rules by which CAs were compared.
    pub policy: Policy,
    /// Whether no certificate changed.
    pub equal: bool,
    /// What changed, in a sentence.
    pub headline: String,
    /// One row for each endpoint, those that did not change too.
    pub endpoints: Vec<Change>,
    /// Rows by class.
    pub classes: BTreeMap<Class, u64>,
}

/// One side of a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// The runs in it.
    pub runs: Vec<String>,
    /// The earliest observation.
    pub from: Timestamp,
    /// The latest observation.
    pub to: Timestamp,
    /// How many endpoints it has.
    pub endpoints: u64,
}
