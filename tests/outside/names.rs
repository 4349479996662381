//! BoringSSL's set for the comparison of names (RFC 5280 section 7.1): every pair of it.

use std::collections::BTreeMap;

use sameca::model::certificate::NameKey;
use sameca::x509::name;

use crate::{bytes, file};

/// Why BoringSSL takes some pairs for different names that we take for the same.
const TELETEX: &str =
    "BoringSSL compares TeletexString octet by octet; here the type of a string does not count";

/// Names that BoringSSL refuses and we read: nothing is lost by it, for they equal none but themselves.
const READ_ALL_THE_SAME: &[&str] = &["invalid-RDN-empty"];

/// What a file holds, by its name: `prefix-type-manner` and perhaps `-suffix`.
#[derive(PartialEq)]
struct Label<'l> {
    prefix: &'l str,
    kind: &'l str,
    manner: &'l str,
    suffix: &'l str,
}

impl<'l> Label<'l> {
    fn new(text: &'l str) -> Self {
        let mut parts = text.splitn(4, '-');
        let mut next = || parts.next().unwrap_or_default();
        Self {
            prefix: next(),
            kind: next(),
            manner: next(),
            suffix: next(),
        }
    }

    /// What stays when the type of the strings, case and white space are taken away.
    fn meaning(&self) -> (&'l str, &'l str, &'l str) {
        match (self.prefix, self.manner) {
            ("ascii", "unmangled" | "case_swap" | "extra_whitespace") => ("ascii", "", self.suffix),
            ("ascii", "rdn_sorting_1" | "rdn_sorting_2") => ("ascii", "rdn_sorting", ""),
            ("ascii", "rdn_dupetype_sorting_1" | "rdn_dupetype_sorting_2") => {
                ("ascii", "rdn_dupetype_sorting", "")
            }
            ("unicode_bmp" | "unicode_supplementary", _) => (self.prefix, "", ""),
            ("unicode", _) => ("unicode", "", ""),
            _ => (self.prefix, self.kind, self.manner),
        }
    }

    fn is_teletex(&self) -> bool {
        self.kind == "T61STRING"
    }
}

/// Whether BoringSSL takes two names for the same, as its tests want it.
fn theirs(one: &Label<'_>, other: &Label<'_>) -> bool {
    one == other || (one.meaning() == other.meaning() && !one.is_teletex() && !other.is_teletex())
}

#[test]
fn every_pair_of_names_is_compared_as_boringssl_does() {
    let names = file("names.txt");
    let keys = keys(&names);
    let (mut agreed, mut teletex) = (0, 0);
    for (one, key) in &keys {
        for (other, other_key) in &keys {
            let (left, right) = (Label::new(one), Label::new(other));
            let (ours, theirs) = (key == other_key, theirs(&left, &right));
            let is_known = left != right
                && left.meaning() == right.meaning()
                && (left.is_teletex() || right.is_teletex());
            assert_eq!(ours != theirs, is_known, "{one} and {other}: {TELETEX}");
            agreed += usize::from(ours == theirs);
            teletex += usize::from(is_known);
        }
    }
    assert_eq!((keys.len(), agreed, teletex), (75, 5313, 312));
}

#[test]
fn what_boringssl_refuses_is_no_name_here_either() {
    let names = file("names.txt");
    let read: Vec<_> = keys(&names)
        .into_keys()
        .filter(|label| label.starts_with("invalid-"))
        .collect();
    assert_eq!(read, READ_ALL_THE_SAME);
}

/// The comparable form of every name that can be read.
fn keys(names: &str) -> BTreeMap<&str, NameKey> {
    let lines = names.lines().map(|line| line.split_once(' '));
    let named = lines.map(|line| line.expect("a label and a name"));
    named
        .filter_map(|(label, der)| Some((label, name::parse(&bytes(der)).ok()?.key)))
        .collect()
}
