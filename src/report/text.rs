//! Text that others wrote, made safe to show: nothing in it can move the cursor, reorder a line or hide.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar as _;

/// How many marks without a width of their own (accents) may follow a character.
const MARKS: usize = 3;

/// The text with every character that does not simply show replaced by its escape, such as `\u{202e}`: controls,
/// terminal sequences, line and paragraph separators, directional and invisible characters, white space other than the
/// plain space, private-use and unassigned code points, accents without a letter or in heaps.
pub fn harmless(text: &str) -> Cow<'_, str> {
    escape(text, |c, marks| is_harmful(c) || marks > MARKS)
}

/// As [`harmless`], and every character outside ASCII is escaped too.
pub fn ascii(text: &str) -> Cow<'_, str> {
    escape(text, |c, _| is_harmful(c) || !c.is_ascii())
}

fn escape(text: &str, harmful: impl Fn(char, usize) -> bool) -> Cow<'_, str> {
    // A mark without a character before it would sit on whatever is written there.
    let mut marks = MARKS;
    let mut escaped: Option<String> = None;
    for (at, c) in text.char_indices() {
        marks = if char_width(c) == 0 { marks + 1 } else { 0 };
        if harmful(c, marks) {
            let escaped = escaped.get_or_insert_with(|| text[..at].to_owned());
            escaped.extend(c.escape_unicode());
            marks = 0;
        } else if let Some(escaped) = &mut escaped {
            escaped.push(c);
        }
    }
    escaped.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a character does something else than show, where it stands, as what it is.
pub(super) fn is_harmful(c: char) -> bool {
    match c {
        ' '..='~' => false,
        // Blank, although they count as letters, marks or symbols.
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}' => true,
        _ => !is_printable(c),
    }
}

/// Whether the standard library's tables call the character printable. Controls, format characters (directions, zero
/// widths, tags), separators other than the plain space, private-use and unassigned code points are not.
///
/// The tables are reached through the escaping of a string's second character, which unlike that of its first leaves
/// accents alone.
fn is_printable(c: char) -> bool {
    let mut buffer = [b'a'; 5];
    let length = 1 + c.encode_utf8(&mut buffer[1..]).len();
    std::str::from_utf8(&buffer[..length]).is_ok_and(|pair| pair.escape_debug().nth(1) == Some(c))
}

/// The columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text on at most `limit` columns: what is too much is left out of the middle, where `ellipsis` stands instead.
/// Both ends of a name tell more than its middle.
pub fn shorten<'t>(text: &'t str, limit: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let room = limit.saturating_sub(width(ellipsis));
    let tail_room = room / 3;
    let head = head(text.char_indices(), room - tail_room);
    let tail = tail(text, tail_room);
    Cow::Owned(format!("{}{ellipsis}{}", &text[..head], &text[tail..]))
}

/// Where the longest beginning of at most `room` columns ends.
fn head(characters: impl Iterator<Item = (usize, char)>, room: usize) -> usize {
    let mut used = 0;
    for (at, c) in characters {
        used += char_width(c);
        if used > room {
            return at;
        }
    }
    0
}

/// Where the longest end of at most `room` columns begins. It begins with a character that has a width.
fn tail(text: &str, room: usize) -> usize {
    let mut used = 0;
    let mut begin = text.len();
    for (at, c) in text.char_indices().rev() {
        used += char_width(c);
        if used > room {
            break;
        }
        if char_width(c) > 0 {
            begin = at;
        }
    }
    begin
}

/// The text on lines of at most `limit` columns, broken between words; a word that is longer is broken inside.
/// There is at least one line.
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let needed = width(word);
        if used > 0 && used + 1 + needed > limit {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if needed <= limit {
            line.push_str(word);
            used += needed;
        } else {
            used = break_word(word, limit, &mut lines);
        }
    }
    lines
}

/// Puts a word that is longer than a line on as many lines as it needs; the columns used of the last.
fn break_word(word: &str, limit: usize, lines: &mut Vec<String>) -> usize {
    let mut used = 0;
    for c in word.chars() {
        let needed = char_width(c);
        if used > 0 && used + needed > limit {
            lines.push(String::new());
            used = 0;
        }
        lines.last_mut().expect("there is always a line").push(c);
        used += needed;
    }
    used
}

/// `text` filled up with spaces to `columns`.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{:missing$}", "")
}

/// `1 endpoint`, `3 endpoints`.
pub(super) fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {one}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_left_alone() {
        for name in [
            "CN=Contoso Root",
            "CN=Müller\\, Söhne",
            "CN=株式会社",
            "e\u{301}",
        ] {
            assert!(matches!(harmless(name), Cow::Borrowed(same) if same == name));
        }
    }

    #[test]
    fn what_a_terminal_obeys_becomes_visible() {
        assert_eq!(harmless("a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(harmless("a\r\nb\tc"), "a\\u{d}\\u{a}b\\u{9}c");
        assert_eq!(harmless("\u{9b}31m\u{7f}"), "\\u{9b}31m\\u{7f}");
        assert_eq!(harmless("a\u{2028}b\u{2029}"), "a\\u{2028}b\\u{2029}");
    }

    #[test]
    fn what_reorders_or_hides_becomes_visible() {
        for c in [
            '\u{202e}',
            '\u{2066}',
            '\u{200b}',
            '\u{feff}',
            '\u{e0041}',
            '\u{ad}',
            '\u{61c}',
        ] {
            assert_eq!(
                harmless(&format!("x{c}y")),
                format!("x{}y", c.escape_unicode())
            );
        }
    }

    #[test]
    fn what_has_no_agreed_look_becomes_visible() {
        assert_eq!(
            harmless("a\u{e000}\u{f0000}\u{378}\u{a0}\u{3000}"),
            "a\\u{e000}\\u{f0000}\\u{378}\\u{a0}\\u{3000}"
        );
    }

    #[test]
    fn an_accent_needs_a_letter() {
        assert_eq!(harmless("\u{301}a"), "\\u{301}a");
    }

    #[test]
    fn heaps_of_accents_are_cut_short() {
        let heap = format!("e{}", "\u{301}".repeat(10_000));
        assert!(harmless(&heap).starts_with("e\u{301}\u{301}\u{301}\\u{301}"));
        assert!(width(&shorten(&harmless(&heap), 20, "…")) <= 20);
    }

    #[test]
    fn the_middle_is_left_out_by_columns() {
        assert_eq!(shorten("abcdefghij", 10, "…"), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 10, "…"), "abcdef…ijk");
        assert_eq!(shorten("株式会社株式会社", 10, "…"), "株式会…社");
        assert_eq!(shorten("abc", 0, ""), "");
    }

    #[test]
    fn wrapping_loses_no_character() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn ascii_leaves_nothing_else() {
        assert_eq!(ascii("Mü\u{202e}"), "M\\u{fc}\\u{202e}");
    }
}
