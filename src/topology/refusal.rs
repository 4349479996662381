//! Why a topology file is not accepted.

use std::fmt;

/// How much of a refused text a message repeats, in characters.
const SHOWN: usize = 60;

/// One thing that is wrong with an export, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TopologyError {
    /// The file as the user named it.
    pub source_name: String,
    /// The line, counted from 1; absent for a file as a whole.
    pub line: Option<u32>,
    /// What is wrong, with the refused value.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source_name)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Where something stands: a file, and a line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file as the user named it.
    pub(super) source_name: String,
    /// Counted from 1.
    pub(super) line: Option<u32>,
}

impl Place {
    /// A file as a whole.
    pub(super) fn file(name: &str) -> Self {
        Self {
            source_name: name.to_owned(),
            line: None,
        }
    }

    /// A line of this file.
    pub(super) fn at(&self, line: u32) -> Self {
        Self {
            line: Some(line),
            ..self.clone()
        }
    }

    /// The refusal of what stands here.
    pub(super) fn refuse(
        &self,
        what: impl Into<String>,
        hint: impl Into<Option<&'static str>>,
    ) -> TopologyError {
        TopologyError {
            source_name: self.source_name.clone(),
            line: self.line,
            what: what.into(),
            hint: hint.into().map(str::to_owned),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source_name)?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// A refused text for a message: in backticks, harmless on a terminal, and not longer than a line.
pub(super) fn quote(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    let harmless: String = shown
        .chars()
        .flat_map(|c| match c {
            ' '..='~' => vec![c],
            _ if c.is_alphanumeric() => vec![c],
            _ => c.escape_unicode().collect(),
        })
        .collect();
    format!("`{harmless}{more}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_begins_with_its_place_and_ends_with_what_would_be_right() {
        let place = Place::file("t.xml").at(7);
        let error = place.refuse("the port `70000` does not exist", "ports end at 65535");
        assert_eq!(
            error.to_string(),
            "t.xml:7: the port `70000` does not exist; ports end at 65535"
        );
    }

    #[test]
    fn a_quoted_text_shows_what_it_is_made_of() {
        assert_eq!(quote("fe\u{202e}\u{1b}"), r"`fe\u{202e}\u{1b}`");
        assert_eq!(quote(&"x".repeat(99)).chars().count(), SHOWN + 3);
    }
}
