//! The report as one JSON document (`sameca.report/1`).

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::model::bytes::Sha256;
use crate::model::issuer::Evidence;
use crate::model::report::{
    Ca, GroupReport, Leaf, Policy, Reference, Report, ReportSchema, RunReport, Summary,
};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::{Finding, Verdict};
use crate::report::text;

/// Writes the document, indented, with a newline at the end.
///
/// Strings hold what a server or a certificate said, to the letter; characters that a terminal acts upon, or that do
/// not show, are written as `\u202e`.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let formatter = Inert(PrettyFormatter::new());
    let failure = Cell::new(None);
    let written = Document::new(report, &failure)
        .serialize(&mut Serializer::with_formatter(&mut out, formatter));
    match failure.take() {
        Some(error) => return Err(error),
        None => written?,
    }
    out.write_all(b"\n")?;
    out.flush()
}

/// Any other document, written as the report is.
pub fn document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let formatter = Inert(PrettyFormatter::new());
    document.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A report as its document has it, the rows and certificates read while they are written.
#[derive(Serialize)]
struct Document<'r> {
    schema: &'r ReportSchema,
    run: &'r str,
    started: &'r Timestamp,
    finished: &'r Timestamp,
    partial: bool,
    verdict: &'r Verdict,
    evidence: &'r Option<Evidence>,
    policy: &'r Policy,
    reference: &'r Option<Reference>,
    headline: &'r str,
    advice: &'r Option<String>,
    cas: &'r [Ca],
    endpoints: Rows<'r>,
    groups: &'r [GroupReport],
    findings: &'r [Finding],
    certificates: Certificates<'r>,
    summary: &'r Summary,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: &'r BTreeMap<Sha256, Leaf>,
}

impl<'r> Document<'r> {
    fn new(report: &'r dyn Report, failure: &'r Failure) -> Self {
        // Every field by name, so that a new one cannot be forgotten here.
        let RunReport {
            schema,
            run,
            started,
            finished,
            partial,
            verdict,
            evidence,
            policy,
            reference,
            headline,
            advice,
            cas,
            endpoints: _,
            groups,
            findings,
            certificates: _,
            summary,
            details,
        } = report.head();
        Self {
            schema,
            run,
            started,
            finished,
            partial: *partial,
            verdict,
            evidence,
            policy,
            reference,
            headline,
            advice,
            cas,
            endpoints: Rows { report, failure },
            groups,
            findings,
            certificates: Certificates { report, failure },
            summary,
            details,
        }
    }
}

/// What kept a row or a certificate from being read: a serializer's own errors have no room for it.
type Failure = Cell<Option<io::Error>>;

fn note<T, E: serde::ser::Error>(result: io::Result<T>, failure: &Failure) -> Result<T, E> {
    result.map_err(|error| {
        failure.set(Some(error));
        E::custom("what the report is made from cannot be read")
    })
}

struct Rows<'r> {
    report: &'r dyn Report,
    failure: &'r Failure,
}

impl Serialize for Rows<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.report.count()))?;
        for row in self.report.rows() {
            list.serialize_element(&*note(row, self.failure)?)?;
        }
        list.end()
    }
}

struct Certificates<'r> {
    report: &'r dyn Report,
    failure: &'r Failure,
}

impl Serialize for Certificates<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digests = self.report.digests();
        let mut map = serializer.serialize_map(Some(digests.len()))?;
        for digest in digests {
            let certificate = note(self.report.certificate(&digest), self.failure)?;
            if let Some(der) = certificate {
                map.serialize_entry(&digest, &der)?;
            }
        }
        map.end()
    }
}

/// A document on one line, without a newline, as inert as the report.
pub(super) fn compact(document: &impl Serialize, bytes: &mut Vec<u8>) -> io::Result<()> {
    let formatter = Inert(CompactFormatter);
    document.serialize(&mut Serializer::with_formatter(bytes, formatter))?;
    Ok(())
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
        // Most text is that of certificates in base64.
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return out.write_all(fragment.as_bytes());
        }
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
        let mut written = Vec::new();
        compact(&text, &mut written).expect("memory takes it");
        let written = String::from_utf8(written).expect("text");
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
