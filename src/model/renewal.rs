//! The smoke test after a renewal as a document (`sameca.renewal/1`).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::change::{Change, Class};
use crate::model::report::Policy;
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Verdict};

/// The name and version of the renewal document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RenewalSchema {
    /// Version 1.
    #[serde(rename = "sameca.renewal/1")]
    V1,
}

/// Whether the new certificate is served everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenewalReport {
    /// Name and version of this document.
    pub schema: RenewalSchema,
    /// The run that looked (a ULID).
    pub run: String,
    /// The earliest observation.
    pub started: Timestamp,
    /// When the answer was given; expiry is reckoned from here.
    pub finished: Timestamp,
    /// Whether the run was interrupted.
    pub partial: bool,
    /// What counts as new.
    pub since: Since,
    /// The rules by which CAs were compared.
    pub policy: Policy,
    /// The answer.
    pub answer: Answer,
    /// The answer in a sentence: the first line of every human-readable output.
    pub headline: String,
    /// Whether the certificates presented now come from the same CA, as `check` would say.
    pub verdict: Verdict,
    /// That verdict in a sentence.
    pub verdict_headline: String,
    /// One row for each endpoint, in a stable order.
    pub endpoints: Vec<Change>,
    /// The pools and names with several members.
    pub pools: Vec<PoolReport>,
    /// What was found about the run as a whole.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: RenewalSummary,
}

/// The answer to "is the new certificate served everywhere".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Everywhere, from the same CA, valid now, with its names.
    Renewed,
    /// Not everywhere, or not as it should be.
    NotRenewed,
    /// Nothing is wrong with what was seen, but not everything could be seen or told.
    Inconclusive,
}

impl Answer {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::NotRenewed => "not-renewed",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What counts as a new certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Since {
    /// One that the baseline does not show for the endpoint (`--since`).
    Baseline {
        /// The baseline's runs.
        runs: Vec<String>,
        /// The latest observation in it.
        taken: Timestamp,
    },
    /// One whose validity begins at this time or later (`--issued-after`).
    IssuedAfter {
        /// The time.
        at: Timestamp,
    },
    /// One of these certificates (`--expect`).
    Expected {
        /// Their SHA-1 or SHA-256 thumbprints, lower-case hex.
        thumbprints: BTreeSet<String>,
    },
}

/// A pool, or a name with several addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PoolReport {
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub members: u64,
    /// The members on which every port is as it should be.
    pub renewed: Vec<String>,
    /// The members on which one is not, or could not be seen.
    pub not_renewed: Vec<String>,
}

/// Counts over the rows that count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenewalSummary {
    /// Rows that count.
    pub endpoints: u64,
    /// Those that are as they should be.
    pub right: u64,
    /// Those that are not.
    pub wrong: u64,
    /// Those of which it cannot be told.
    pub open: u64,
    /// Endpoints of the baseline on hosts that were not asked for this time.
    pub left_out: u64,
    /// Rows by class.
    pub classes: BTreeMap<Class, u64>,
}
