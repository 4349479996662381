//! PEM blocks in a text (RFC 7468), with anything between them.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A block, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    /// What stands between `BEGIN` and the dashes.
    pub(super) label: &'a str,
    /// The line of its `BEGIN`, counted from 1.
    pub(super) line: usize,
    pub(super) bytes: Vec<u8>,
}

/// Where a text is broken, and how. Says nothing of the content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PemError {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) reason: String,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The labels of all blocks, whole or not.
pub(super) fn labels(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEGIN).skip(1).map(|rest| {
        let line = rest.lines().next().unwrap_or_default();
        line.split_once(DASHES)
            .map_or(line, |(label, _)| label)
            .trim()
    })
}

/// The blocks whose label is wanted, in order. A block may also stand on one line.
pub(super) fn blocks(
    text: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Block<'_>>, PemError> {
    let mut blocks = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        line = after_lines(line, before);
        let (label, after) = header(after, line)?;
        let (body, after) = body(label, after, line)?;
        if wanted(label) {
            let bytes = decode_body(body, line)?;
            blocks.push(Block { label, line, bytes });
        }
        line = after_lines(line, body);
        rest = after;
    }
    Ok(blocks)
}

/// The label, and what follows its dashes.
fn header(after: &str, line: usize) -> Result<(&str, &str), PemError> {
    after
        .split_once(DASHES)
        .filter(|(label, _)| !label.contains('\n'))
        .ok_or_else(|| PemError {
            line,
            reason: "a BEGIN line without its closing dashes".to_owned(),
        })
}

/// The text up to the matching `END` line, and what follows that.
fn body<'a>(label: &str, after: &'a str, line: usize) -> Result<(&'a str, &'a str), PemError> {
    let missing = || PemError {
        line,
        reason: "a BEGIN line without its END line".to_owned(),
    };
    let (body, end) = after.split_once(END).ok_or_else(missing)?;
    if body.contains(BEGIN) {
        return Err(missing());
    }
    match end.split_once(DASHES) {
        Some((found, rest)) if found == label => Ok((body, rest)),
        _ => Err(PemError {
            line: after_lines(line, body),
            reason: format!("an END line that does not match the BEGIN line {line}"),
        }),
    }
}

/// Decodes the lines of a block, passing over headers (RFC 1421 §4.6) such as `Proc-Type: 4,ENCRYPTED`.
fn decode_body(body: &str, begin: usize) -> Result<Vec<u8>, PemError> {
    let mut digits = Vec::with_capacity(body.len());
    for (line, content) in (begin..).zip(body.split('\n')) {
        if content.contains(':') {
            continue;
        }
        let line_digits = content.bytes().filter(|byte| !byte.is_ascii_whitespace());
        for digit in line_digits {
            if !is_base64(digit) {
                let reason = "a character that is not base64".to_owned();
                return Err(PemError { line, reason });
            }
            digits.push(digit);
        }
    }
    decode(&digits).ok_or_else(|| PemError {
        line: begin,
        reason: "base64 that is cut off or padded in the middle".to_owned(),
    })
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Base64 without white space; padding may be absent, and unused bits are ignored.
pub(super) fn decode(digits: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, config).decode(digits).ok()
}

/// The line reached after this text.
fn after_lines(line: usize, text: &str) -> usize {
    let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
    line.saturating_add(breaks)
}
