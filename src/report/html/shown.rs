//! Text from outside as the page shows it. The templates escape what HTML acts upon; this makes the rest harmless.

use std::cell::Cell;

use crate::report::text;

/// The most columns of a name in the picture, the timeline and the table.
pub(super) const NAME: usize = 72;
/// The most columns of a sentence.
const SENTENCE: usize = 1_200;
/// What stands for text left out.
const ELLIPSIS: &str = "…";

/// A name where there is little room: shortened in its middle.
pub(super) fn name(text: &str) -> String {
    text::shorten(&text::harmless(text), NAME, ELLIPSIS).into_owned()
}

/// A sentence, as long as one may be.
pub(super) fn sentence(text: &str) -> String {
    text::shorten(&text::harmless(text), SENTENCE, ELLIPSIS).into_owned()
}

/// Room for the texts that are longer than a sentence: they are written whole until it is used up.
pub(super) struct Room(Cell<usize>);

impl Room {
    /// So many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self(Cell::new(bytes))
    }

    /// The whole text while there is room, else as much as of a sentence.
    pub(super) fn whole(&self, text: &str) -> String {
        let harmless = text::harmless(text);
        let left = self.0.get();
        if harmless.len() <= SENTENCE {
            return harmless.into_owned();
        }
        if harmless.len() > left {
            return text::shorten(&harmless, SENTENCE, ELLIPSIS).into_owned();
        }
        self.0.set(left - harmless.len());
        harmless.into_owned()
    }
}

/// A distinguished name (RFC 4514) as its most telling part and the rest: `CN=A,O=B` as `A` and `O=B`.
pub(super) fn parted(distinguished: &str) -> (String, String) {
    let mut escaped = false;
    let end = distinguished.char_indices().find(|(_, c)| {
        let ends = *c == ',' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let (first, rest) = match end {
        Some((at, _)) => (&distinguished[..at], &distinguished[at + 1..]),
        None => (distinguished, ""),
    };
    if distinguished.is_empty() {
        return ("(empty name)".to_owned(), String::new());
    }
    match first
        .strip_prefix("CN=")
        .filter(|common| !common.is_empty())
    {
        Some(common) => (name(&common.replace("\\,", ",")), name(rest)),
        None => (name(distinguished), String::new()),
    }
}

/// How a CA is told apart at a glance: a letter, and a class that stands for colour and pattern.
#[derive(Clone, Debug)]
pub(super) struct Symbol {
    pub(super) letter: String,
    pub(super) class: &'static str,
}

/// The symbol of the CA at a place of the report.
pub(super) fn symbol(place: usize) -> Symbol {
    const CLASSES: [&str; 6] = ["k0", "k1", "k2", "k3", "k4", "k5"];
    Symbol {
        letter: crate::report::symbol::letter(place),
        class: CLASSES[place % CLASSES.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parted_at_its_first_comma() {
        let parts = |text| {
            let (first, rest) = parted(text);
            format!("{first}|{rest}")
        };
        assert_eq!(parts("CN=A,O=B,C=C"), "A|O=B,C=C");
        assert_eq!(parts("CN=A\\, B,O=C"), "A, B|O=C");
        assert_eq!(parts("O=B,CN=A"), "O=B,CN=A|");
        assert_eq!(parts(""), "(empty name)|");
        assert_eq!(parts("CN="), "CN=|");
    }

    #[test]
    fn long_texts_are_whole_while_there_is_room() {
        let room = Room::new(3_000);
        let long = "A".repeat(2_000);
        assert_eq!(room.whole(&long), long);
        assert_eq!(room.whole(&long).chars().count(), SENTENCE);
        assert_eq!(room.whole("short"), "short");
    }
}
