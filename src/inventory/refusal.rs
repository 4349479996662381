//! Why a text is not accepted, without and with its place.

use std::fmt;
use std::sync::Arc;

/// How much of a refused text a message repeats, in characters.
const SHOWN: usize = 60;

/// Why a text is not accepted. Where it stood is added by who knows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// What is wrong, with the refused text.
    pub what: String,
    /// What would be right; absent when `what` says it already.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal that explains itself.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }

    /// The same refusal with what would be right.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// One thing that is wrong with what the user gave, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InventoryError {
    /// `command line`, or the path of the file.
    pub source_name: String,
    /// The line, counted from 1; absent on the command line and for a file as a whole.
    pub line: Option<u32>,
    /// The column, counted from 1 in characters; absent when the whole line is meant.
    pub column: Option<u32>,
    /// What is wrong, with the refused value.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl InventoryError {
    /// A line of a list that is wrong, for who reads lists himself.
    pub fn of_line(source_name: &str, line: u32, what: &str) -> Self {
        Place::source(source_name)
            .line(line)
            .refuse(Refusal::new(what))
    }
}

impl fmt::Display for InventoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source_name)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// `command line`, or the path of the file.
    pub(super) source_name: Arc<str>,
    /// Counted from 1.
    pub(super) line: Option<u32>,
    /// Counted from 1, in characters.
    pub(super) column: Option<u32>,
}

impl Place {
    /// A source as a whole.
    pub(super) fn source(name: &str) -> Self {
        Self {
            source_name: name.into(),
            line: None,
            column: None,
        }
    }

    /// A line of this source.
    pub(super) fn line(&self, line: u32) -> Self {
        Self {
            line: Some(line),
            ..self.clone()
        }
    }

    /// The refusal of what stands here.
    pub(super) fn refuse(&self, refusal: Refusal) -> InventoryError {
        InventoryError {
            source_name: self.source_name.to_string(),
            line: self.line,
            column: self.column,
            what: refusal.what,
            hint: refusal.hint,
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
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for character in text.chars().take(SHOWN) {
        match character {
            '\'' | '"' | '\\' => quoted.push(character),
            _ if is_invisible(character) => quoted.extend(character.escape_unicode()),
            _ => quoted.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

/// Characters that show nothing or turn the text around (Unicode bidirectional controls, joiners).
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `did you mean …` for a word that is close to one of those known.
pub(super) fn did_you_mean(word: &str, known: &[&str]) -> Option<String> {
    let word = word.to_lowercase().replace('_', "-");
    known
        .iter()
        .map(|known| {
            let distance = strsim::damerau_levenshtein(&word, &known.replace('_', "-"));
            (distance, *known)
        })
        .filter(|(distance, known)| *distance <= (known.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| format!("did you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_begins_with_its_place() {
        let place = Place {
            source_name: "estate.toml".into(),
            line: Some(12),
            column: Some(8),
        };
        let error = place.refuse(Refusal::new("unknown key `rol`").hint("did you mean `role`?"));
        assert_eq!(
            error.to_string(),
            "estate.toml:12:8: unknown key `rol`; did you mean `role`?"
        );
        let error = Place::source("command line").refuse(Refusal::new("no targets"));
        assert_eq!(error.to_string(), "command line: no targets");
    }

    #[test]
    fn quoted_text_cannot_move_the_cursor_or_turn_around() {
        assert_eq!(quote("a\u{1b}[2Jb\u{202e}c"), r"`a\u{1b}[2Jb\u{202e}c`");
        assert_eq!(quote("C:\\certs\\a"), r"`C:\certs\a`");
    }

    #[test]
    fn quoted_text_fits_a_line() {
        assert_eq!(quote(&"x".repeat(10_000)).chars().count(), SHOWN + 3);
    }

    #[test]
    fn a_suggestion_is_made_for_near_misses_only() {
        let known = ["front-end", "persistent-chat", "web", "peer"];
        let suggestion = |word| did_you_mean(word, &known);
        assert_eq!(
            suggestion("Frontend").as_deref(),
            Some("did you mean `front-end`?")
        );
        assert_eq!(
            suggestion("persistent_chat").as_deref(),
            Some("did you mean `persistent-chat`?")
        );
        assert_eq!(suggestion("mail"), None);
        assert_eq!(suggestion(""), None);
    }
}
