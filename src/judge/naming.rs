//! What CAs are called in sentences: as short as is still clear.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::certificate::Name;
use crate::model::identified::{CaKey, Identified, LeafNumber};
use crate::x509::name::rfc4514;

/// What an issuer with an empty name is called.
const NAMELESS: &str = "(empty name)";

/// The names of a run's certificates in words.
pub(super) struct Names<'i> {
    identified: &'i Identified,
}

impl<'i> Names<'i> {
    pub(super) fn new(identified: &'i Identified) -> Self {
        Self { identified }
    }

    /// The issuer of a leaf as an RFC 4514 string.
    pub(super) fn issuer_of(&self, leaf: LeafNumber) -> String {
        self.issuer(leaf).map_or_else(String::new, full)
    }

    /// The issuer of a leaf as it is encoded.
    pub(super) fn issuer(&self, leaf: LeafNumber) -> Option<&'i Name> {
        self.identified.leaves.known(leaf).issuer.as_ref()
    }

    /// A CA as an RFC 4514 string, from the first of its certificates.
    pub(super) fn ca(&self, ca: &CaKey) -> String {
        let facts = self.identified.cas.get(ca);
        let certificate =
            facts.and_then(|facts| self.identified.certificate(facts.certificates.first()?));
        certificate
            .and_then(|certificate| certificate.subject.as_ref().ok())
            .map_or_else(String::new, full)
    }
}

fn full(name: &Name) -> String {
    if name.is_empty() {
        NAMELESS.to_owned()
    } else {
        rfc4514(name)
    }
}

/// Short names for the CAs of a run: the common name where only one CA has it, else the whole name.
pub(super) struct ShortNames {
    of: BTreeMap<String, String>,
}

impl ShortNames {
    /// Takes every name that the sentences may have to tell apart.
    pub(super) fn new<'n>(names: impl IntoIterator<Item = &'n Name>) -> Self {
        let mut by_short: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for name in names {
            let full = full(name);
            by_short
                .entry(common_name(&full).unwrap_or_else(|| full.clone()))
                .or_default()
                .insert(full);
        }
        let mut of = BTreeMap::new();
        for (short, fulls) in by_short {
            let unique = fulls.len() == 1;
            of.extend(fulls.into_iter().map(|full| {
                if unique {
                    (full, short.clone())
                } else {
                    (full.clone(), full)
                }
            }));
        }
        Self { of }
    }

    /// The short form of an RFC 4514 name, in quotation marks.
    pub(super) fn quoted(&self, full: &str) -> String {
        format!("\"{}\"", self.of.get(full).map_or(full, String::as_str))
    }
}

/// The first common name in an RFC 4514 string, without the escapes that only its syntax needs.
fn common_name(full: &str) -> Option<String> {
    let mut rest = full;
    loop {
        let end = unescaped(rest, &[',', '+']).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if let Some(value) = part
            .strip_prefix("CN=")
            .filter(|value| !value.is_empty() && !value.starts_with('#'))
        {
            return Some(unescape(value));
        }
        rest = after.get(1..)?;
    }
}

fn unescaped(text: &str, wanted: &[char]) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(index, character)| {
        let found = !escaped && wanted.contains(&character);
        escaped = !escaped && character == '\\';
        found.then_some(index)
    })
}

/// Takes the backslash from before punctuation; escaped octets stay as they are.
fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let before_octet = characters.peek().is_some_and(char::is_ascii_hexdigit);
        if character == '\\' && !before_octet {
            text.extend(characters.next());
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_is_found_and_unescaped() {
        assert_eq!(
            common_name("CN=Contoso CA,DC=contoso,DC=com").as_deref(),
            Some("Contoso CA")
        );
        assert_eq!(common_name("OU=a+CN=x\\, y,O=z").as_deref(), Some("x, y"));
        assert_eq!(common_name("CN=a\\0ab").as_deref(), Some("a\\0ab"));
        assert_eq!(common_name("OU=no\\,CN=trick,O=z"), None);
        assert_eq!(common_name(""), None);
    }
}
