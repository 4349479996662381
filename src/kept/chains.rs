//! The chains of lines: nine tenths of every line, and the same in many.

use std::hash::{BuildHasher as _, RandomState};

use crate::model::bytes::Der;
use crate::model::observation::Observation;

/// How many certificates are remembered at a time.
const PLACES: usize = 256;

/// A certificate whose text is longer is read anew each time, so that all of them together stay small.
const LONGEST: usize = 16 * 1024;

/// What comes before the chain on the lines of this program, where it is the last member of the document.
const BEFORE: &[u8] = br#","chain":["#;

/// Certificates that came lately, by their text: whoever meets one again is spared to decode it, and shares its digest.
#[derive(Default)]
pub(super) struct Chains {
    /// Each has its one place.
    places: Vec<Option<(Vec<u8>, Der)>>,
    state: RandomState,
}

impl Chains {
    /// Reads a line whose chain comes last, as this program writes it. `None`: it is another line, or a wrong one.
    pub(super) fn read(&mut self, line: &[u8]) -> Option<Observation> {
        let (head, texts) = split(line)?;
        let chain: Option<Vec<Der>> = texts
            .split(|byte| *byte == b',')
            .map(|text| self.der(text.strip_prefix(b"\"")?.strip_suffix(b"\"")?))
            .collect();
        let chain = chain?;
        let mut rest = Vec::with_capacity(head.len() + BEFORE.len() + 2);
        rest.extend([head, BEFORE, b"]}"].concat());
        let observation: Observation = serde_json::from_slice(&rest).ok()?;
        Some(Observation {
            chain,
            ..observation
        })
    }

    fn der(&mut self, text: &[u8]) -> Option<Der> {
        if text.len() > LONGEST {
            return Der::from_base64(text).ok();
        }
        self.places.resize(PLACES, None);
        let number = self.state.hash_one(text) % PLACES as u64;
        let place = &mut self.places[usize::try_from(number).ok()?];
        if let Some((known, der)) = place
            && known == text
        {
            return Some(der.clone());
        }
        let der = Der::from_base64(text).ok()?;
        let mut kept = place.take().map_or_else(Vec::new, |(text, _)| text);
        kept.clear();
        kept.extend(text);
        *place = Some((kept, der.clone()));
        Some(der)
    }
}

/// What comes before the chain, and its certificates with their quotation marks and the commas between them.
///
/// The text before the chain cannot be within a string, where its first quotation mark would be escaped or the end; nor
/// in an inner object, since one brace is left, which ends the document.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line
        .windows(BEFORE.len())
        .position(|window| window == BEFORE)?;
    let (head, chain) = line.split_at(at);
    let texts = chain
        .strip_prefix(BEFORE)?
        .trim_ascii_end()
        .strip_suffix(b"]}")?;
    (!texts.is_empty()).then_some((head, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(chain: &str, rest: &str) -> String {
        format!(
            r#"{{"schema":"sameca.observation/1","run":"1","at":"2026-11-23T01:00:00Z","roles":["peer"],"group":"internal","pool":null,"required":true,"names":["a\",\"chain\":["],"variant":null,"count":1,"target":"a:443","host":"a","address":null,"port":443,"sni":null,"outcome":"captured","detail":null,"elapsed_ms":1,"attempts":[],"tls":null,"chain":{chain}{rest}}}"#
        )
    }

    #[test]
    fn what_is_read_quickly_is_what_the_document_says() {
        let mut chains = Chains::default();
        let long = "AAAA".repeat(LONGEST);
        for chain in [
            r#"["MAA="]"#,
            r#"["MAA=","MAD/","MAA="]"#,
            &format!("[\"{long}\",\"MAD/\"]"),
        ] {
            for end in ["", " \r\n"] {
                let line = line(chain, "") + end;
                let found = chains.read(line.as_bytes()).expect("such a line");
                let expected: Observation = serde_json::from_str(&line).expect("a document");
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn other_lines_are_left_to_the_reader_of_documents() {
        let mut chains = Chains::default();
        for (chain, rest) in [
            ("[]", ""),
            (r#"["MAA"]"#, ""),
            (r#"["MAA=",]"#, ""),
            (r#"["MAA=" ,"MAA="]"#, ""),
            (r#"["MA\u0041="]"#, ""),
            ("[1]", ""),
            (r#"["MAA="]"#, r#","more":[1]"#),
            (r#"["MAA="]"#, r#","chain":["MAA="]"#),
            (r#"["MAA="]"#, "}"),
        ] {
            let line = line(chain, rest);
            assert!(chains.read(line.as_bytes()).is_none(), "{line}");
        }
    }
}
