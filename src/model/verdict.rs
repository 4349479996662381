//! The question's answer, and the rules under which it was given.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::issuer::Evidence;

/// Do all the judged leaves come from the same CA?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Yes, and everything that had to be seen was seen.
    Same,
    /// It cannot be said.
    Inconclusive,
    /// No.
    Different,
}

impl Verdict {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Inconclusive => "inconclusive",
            Self::Different => "different",
        }
    }

    /// The worse of two: different, inconclusive, same.
    pub fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Different, _) | (_, Self::Different) => Self::Different,
            (Self::Inconclusive, _) | (_, Self::Inconclusive) => Self::Inconclusive,
            (Self::Same, Self::Same) => Self::Same,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What counts as the same CA (`--same`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Same {
    /// The same issuing name and key.
    #[default]
    IssuingCa,
    /// The same issuing name, across renewals of its key.
    CaName,
    /// A common root.
    Root,
}

impl Same {
    /// The word in documents and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::IssuingCa => "issuing-ca",
            Self::CaName => "ca-name",
            Self::Root => "root",
        }
    }
}

/// The weakest evidence that may support *same* (`--evidence`).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// A name is enough.
    Name,
    /// A key identifier is enough.
    #[default]
    KeyId,
    /// A computed key is enough.
    Recovered,
    /// Only a verified signature.
    Proven,
}

impl Threshold {
    /// Whether evidence reaches it.
    pub fn admits(self, evidence: Evidence) -> bool {
        evidence.strength() >= self.evidence().strength()
    }

    /// The evidence it is named after.
    pub fn evidence(self) -> Evidence {
        match self {
            Self::Name => Evidence::Name,
            Self::KeyId => Evidence::KeyId,
            Self::Recovered => Evidence::Recovered,
            Self::Proven => Evidence::Proven,
        }
    }
}

/// How bad a finding is. Ordered: an error is more than a warning.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Will or may break something.
    Warning,
    /// Is broken.
    Error,
}

impl Severity {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something found beside the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable name in `kebab-case`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence for an administrator.
    pub message: String,
}

impl Finding {
    /// A finding.
    pub fn new(code: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity,
            message: message.into(),
        }
    }
}
