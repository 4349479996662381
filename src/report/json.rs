//! The report as one JSON document (`sameca.report/1`).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::model::report::RunReport;
use crate::report::text;

/// Writes the document, indented, with a newline at the end.
///
/// Strings hold what a server or a certificate said, to the letter; characters that a terminal acts upon, or that do
/// not show, are written as `\u202e`.
pub fn render(report: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let formatter = Inert(PrettyFormatter::new());
    report.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A document on one line, without a newline, as inert as the report.
pub(super) fn compact(document: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(4096);
    let formatter = Inert(CompactFormatter);
    document.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    Ok(bytes)
}

/// Another formatter's layout, with harmful characters of strings escaped.
struct Inert<F>(F);

macro_rules! as_the_layout_says {
    ($($method:ident($($argument:ident: $kind:ty)?),)*) => {
        $(fn $method<W: ?Sized + Write>(&mut self, out: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$method(out $(, $argument)?)
        })*
    };
}

impl<F: Formatter> Formatter for Inert<F> {
    as_the_layout_says! {
        begin_array(),
        begin_array_value(first: bool),
        end_array_value(),
        end_array(),
        begin_object(),
        begin_object_key(first: bool),
        begin_object_value(),
        end_object_value(),
        end_object(),
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(text::is_harmful) {
            let (shown, hidden) = rest.split_at(at);
            out.write_all(shown.as_bytes())?;
            let mut characters = hidden.chars();
            if let Some(c) = characters.next() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = characters.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_inert_and_read_back_to_the_letter() {
        let text = "a\u{202e}\u{9b}2J\u{7f}\u{e000}\u{f0000}b\u{1b}\u{2028}\"\u{e9}";
        let written = String::from_utf8(compact(&text).expect("memory takes it")).expect("text");
        assert_eq!(
            written,
            "\"a\\u202e\\u009b2J\\u007f\\ue000\\udb80\\udc00b\\u001b\\u2028\\\"\u{e9}\""
        );
        assert_eq!(
            serde_json::from_str::<String>(&written).expect("a string"),
            text
        );
    }

    #[test]
    fn the_layout_is_that_of_plain_json() {
        let document = serde_json::json!({"a": [1, {"b": []}, {}], "c": {"d": null}});
        let expected = serde_json::to_string_pretty(&document).expect("memory takes it");
        let mut bytes = Vec::new();
        let formatter = Inert(PrettyFormatter::new());
        document
            .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
            .expect("memory takes it");
        assert_eq!(String::from_utf8(bytes).expect("text"), expected);
    }
}
