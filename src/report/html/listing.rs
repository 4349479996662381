//! Which rows and certificates the page lists one by one: of very many, those that stand out before those that agree.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::model::bytes::Sha256;
use crate::model::report::Report;
use crate::report::style::Mark;
use crate::report::text;

/// The most rows that are listed.
pub(super) const LISTED: usize = 10_000;

/// The rows and certificates that are listed.
pub(super) struct Listing {
    /// Numbers of rows, in order.
    pub(super) rows: Vec<usize>,
    /// Every certificate that those rows name, with whether one of them stands out or it is a CA's.
    pub(super) certificates: BTreeMap<Sha256, Listed>,
}

/// A certificate that is listed.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    /// Its number on the page.
    pub(super) number: usize,
    /// Whether its bytes matter more than those of others.
    pub(super) telling: bool,
}

impl Listing {
    pub(super) fn of(report: &dyn Report, marks: &[Mark]) -> io::Result<Self> {
        let rows = rows(marks);
        let mut named: BTreeMap<Sha256, bool> = BTreeMap::new();
        for number in &rows {
            let row = report.row(*number)?;
            let odd = stands_out(marks[*number]);
            let path = row.proof.iter().flat_map(|proof| &proof.path);
            let issuers = row.chain.iter().skip(1).copied();
            for digest in path.map(|link| link.certificate).chain(issuers) {
                named.insert(digest, true);
            }
            if let Some(leaf) = row.chain.first() {
                *named.entry(*leaf).or_default() |= odd;
            }
        }
        let there: BTreeSet<Sha256> = report.digests().into_iter().collect();
        named.retain(|digest, _| there.contains(digest));
        let numbered = named.into_iter().enumerate();
        Ok(Self {
            certificates: numbered
                .map(|(number, (digest, telling))| (digest, Listed { number, telling }))
                .collect(),
            rows,
        })
    }

    /// How many of how many rows are listed.
    pub(super) fn words(&self, marks: &[Mark]) -> String {
        let all = text::count(marks.len(), "endpoint");
        if self.rows.len() == marks.len() {
            return all;
        }
        let odd = marks.iter().filter(|mark| stands_out(**mark)).count();
        let left_out = odd.saturating_sub(self.rows.len());
        let which = match left_out {
            0 => "those left out agree, or count for nothing".to_owned(),
            _ => format!("{left_out} of those left out do not agree or were not captured"),
        };
        format!(
            "{} of {all} are listed here; {which}. --format json and ndjson have all of them.",
            self.rows.len()
        )
    }
}

/// Whether a row is a reason for the verdict, or may be.
fn stands_out(mark: Mark) -> bool {
    matches!(mark, Mark::Differs | Mark::Unknown | Mark::Missing)
}

fn rows(marks: &[Mark]) -> Vec<usize> {
    let rank = |number: &usize| match marks[*number] {
        Mark::Differs => 0,
        Mark::Unknown | Mark::Missing => 1,
        Mark::Agrees | Mark::Note => 2,
    };
    let mut rows: Vec<usize> = (0..marks.len()).collect();
    if rows.len() > LISTED {
        rows.sort_by_key(rank);
        rows.truncate(LISTED);
        rows.sort_unstable();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_out_is_listed_first_and_in_order() {
        let mut marks = vec![Mark::Agrees; 3 * LISTED];
        marks[2 * LISTED] = Mark::Differs;
        marks[3 * LISTED - 1] = Mark::Missing;
        let listed = rows(&marks);
        assert_eq!(listed.len(), LISTED);
        assert_eq!(listed[LISTED - 2..], [2 * LISTED, 3 * LISTED - 1]);
        assert_eq!(listed[..3], [0, 1, 2]);
    }
}
