//! The rows of the table: endpoints in columns that line up, each on as few lines as it fits on.

use std::io;

use crate::model::observation::{Outcome, Variant};
use crate::model::report::{EndpointReport, Report};
use crate::model::target::Role;
use crate::model::timestamp::Timestamp;
use crate::report::page::Page;
use crate::report::style::{Mark, Style, Tone};
use crate::report::{symbol, text};

/// The most columns that lining up is worth, cell by cell: target, address, roles, expiry, protocol; where there is
/// room, also pool, key and cipher suite.
const WIDEST: [usize; CELLS] = [44, 23, 26, 18, 14, 32, 12, 45];
const CELLS: usize = 8;
/// The columns between cells.
const GAP: usize = 2;
/// Where a row's continuation and its reason begin.
const INDENT: usize = 7;
/// Where targets begin.
const START: usize = 2;

/// The widths with which rows line up, by how much of a row is shown.
pub(super) struct Measures([Columns; 3]);

/// How much of a row is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Pool, key and cipher suite too.
    Wide,
    /// What tells most.
    Usual,
    /// The same in shorter words and without the protocol.
    Narrow,
}

impl Measures {
    /// `now` tells which certificates have expired; so many CAs have a letter each.
    pub(super) fn new(now: Timestamp, cas: usize) -> Self {
        let extents = [Extent::Wide, Extent::Usual, Extent::Narrow];
        Self(extents.map(|extent| Columns::new(now, cas, extent)))
    }

    /// Makes room for a row.
    pub(super) fn add(&mut self, row: &EndpointReport, style: &Style) {
        self.0
            .iter_mut()
            .for_each(|columns| columns.add(row, style));
    }

    /// The widths that fit the page.
    pub(super) fn columns(self, style: &Style) -> Columns {
        let [wide, usual, narrow] = self.0;
        let fits = |columns: &Columns| columns.total(style) <= style.columns();
        [wide, usual].into_iter().find(fits).unwrap_or(narrow)
    }
}

/// The widths with which all rows of a report line up.
pub(super) struct Columns {
    widths: [usize; CELLS],
    extent: Extent,
    /// The columns of a CA's letter.
    letter: usize,
    now: Timestamp,
}

impl Columns {
    fn new(now: Timestamp, cas: usize, extent: Extent) -> Self {
        let last = cas.checked_sub(1).map(symbol::letter);
        Self {
            widths: [0; CELLS],
            extent,
            letter: last.map_or(0, |letter| letter.len()),
            now,
        }
    }

    fn add(&mut self, row: &EndpointReport, style: &Style) {
        let cells = self.cells(row, style);
        for ((width, cell), widest) in self.widths.iter_mut().zip(&cells).zip(WIDEST) {
            *width = (*width).max(text::width(cell).min(widest));
        }
    }

    fn total(&self, style: &Style) -> usize {
        let cells: usize = self
            .widths
            .iter()
            .filter(|width| **width > 0)
            .map(|width| width + GAP)
            .sum();
        self.start(style) + cells
    }

    /// What stands before the first cell: the mark, and the letter of the CA.
    fn start(&self, style: &Style) -> usize {
        let letter = if self.letter > 0 { 1 + self.letter } else { 0 };
        START + style.mark_width() + letter
    }

    fn signs(&self, mark: Mark, ca: Option<usize>, style: &Style) -> String {
        let mark = format!("{:START$}{}", "", style.mark(mark));
        if self.letter == 0 {
            return mark;
        }
        let letter = ca.map_or_else(String::new, symbol::letter);
        let letter = text::pad(&letter, self.letter);
        match ca {
            Some(place) => format!("{mark} {}", style.paint(Tone::Ca(place), letter)),
            None => format!("{mark} {letter}"),
        }
    }

    /// Writes one row without its reason.
    pub(super) fn write(
        &self,
        row: &EndpointReport,
        mark: Mark,
        ca: Option<usize>,
        page: &mut Page<'_>,
    ) -> io::Result<()> {
        let style = page.style;
        let cells = self.cells(row, style);
        let mut line = self.signs(mark, ca, style);
        let mut used = self.start(style);
        // Spaces owed to the columns before the next cell that is not empty.
        let mut owed = 0;
        for ((cell, width), number) in cells.iter().zip(self.widths).zip(0..) {
            if width == 0 {
                continue;
            }
            let wide = text::width(cell);
            if !cell.is_empty() {
                if number > 0 && used + owed + GAP + wide > style.columns() {
                    page.line(&line)?;
                    line = format!("{:1$}", "", INDENT - GAP);
                    (used, owed) = (INDENT - GAP, 0);
                }
                let tone = (number == 3 && self.is_bad_date(row)).then_some(Tone::Bad);
                let shown = tone.map_or_else(|| cell.clone(), |tone| style.paint(tone, cell));
                line.push_str(&format!("{:1$}{shown}", "", owed + GAP));
                used += owed + GAP + wide;
                owed = width.saturating_sub(wide);
            } else {
                owed += GAP + width;
            }
        }
        page.line(&line)
    }

    fn cells(&self, row: &EndpointReport, style: &Style) -> [String; CELLS] {
        let address = row
            .address
            .map(|address| address.to_string())
            .unwrap_or_default();
        let repeated = address == row.host;
        [
            style.harmless(&row.target).into_owned(),
            match row.called() {
                Some(name) => style.harmless(name).into_owned(),
                None if repeated => String::new(),
                None => address,
            },
            self.roles(row),
            self.validity(row),
            if self.is_narrow() {
                how(row)
            } else {
                protocol(row)
            },
            self.only_wide(row.pool.as_deref().map(|pool| style.short(pool, WIDEST[5]))),
            self.only_wide(
                row.leaf
                    .as_ref()
                    .and_then(|leaf| leaf.key.as_deref())
                    .map(|key| style.short(key, WIDEST[6])),
            ),
            self.only_wide(
                row.tls
                    .as_ref()
                    .and_then(|tls| tls.cipher_suite)
                    .map(|suite| suite.to_string()),
            ),
        ]
    }

    fn is_narrow(&self) -> bool {
        self.extent == Extent::Narrow
    }

    fn only_wide(&self, cell: Option<String>) -> String {
        cell.filter(|_| self.extent == Extent::Wide)
            .unwrap_or_default()
    }

    fn roles(&self, row: &EndpointReport) -> String {
        let word = |role: &Role| match role {
            // The usual pair of Lync Server 2013, at half the width.
            Role::PersistentChat if self.is_narrow() && row.roles.len() > 1 => "chat",
            role => role.word(),
        };
        let words: Vec<&str> = row.roles.iter().map(word).collect();
        words.join(", ")
    }

    fn validity(&self, row: &EndpointReport) -> String {
        let Some(leaf) = &row.leaf else {
            return String::new();
        };
        let word = if self.is_narrow() { "exp." } else { "expires" };
        match (leaf.not_before, leaf.not_after) {
            (Some(begin), _) if begin > self.now => format!("from {}", begin.date()),
            (_, Some(end)) if end < self.now => format!("expired {}", end.date()),
            (_, Some(end)) => format!("{word} {}", end.date()),
            (_, None) => String::new(),
        }
    }

    fn is_bad_date(&self, row: &EndpointReport) -> bool {
        row.leaf.as_ref().is_some_and(|leaf| {
            leaf.not_before.is_some_and(|begin| begin > self.now)
                || leaf.not_after.is_some_and(|end| end < self.now)
        })
    }
}

/// The protocol, and how the chain was asked for where that was not in the usual way.
fn protocol(row: &EndpointReport) -> String {
    let version = row.tls.as_ref().and_then(|tls| tls.version);
    let version = version.map(|version| version.to_string());
    let parts: Vec<String> = version.into_iter().chain(Some(how(row))).collect();
    parts.join(" ").trim_end().to_owned()
}

fn how(row: &EndpointReport) -> String {
    let variant = match row.variant {
        Some(Variant::Rsa) => "RSA",
        Some(Variant::Ecdsa) => "ECDSA",
        Some(Variant::NoSni) => "no SNI",
        Some(Variant::Sample) if row.count < 2 => "seen once",
        Some(Variant::Sample) | None if row.count > 1 => {
            return format!("seen {} times", row.count);
        }
        Some(Variant::Sample) | None => "",
    };
    variant.to_owned()
}

/// What a row says at a glance. Rows of groups that are not judged say nothing.
pub(super) fn mark(row: &EndpointReport, judged: bool) -> Mark {
    match (row.outcome, row.agrees) {
        (Outcome::Captured, _) if !judged => Mark::Note,
        (Outcome::Captured, Some(true)) => Mark::Agrees,
        (Outcome::Captured, Some(false)) => Mark::Differs,
        (Outcome::Captured, None) => Mark::Unknown,
        _ if judged && row.required => Mark::Missing,
        _ => Mark::Note,
    }
}

/// Writes the rows of a CA, or of none, each with its number and mark, and their reasons. A reason that neighbours share is written once, under
/// the last of them.
pub(super) fn write(
    report: &dyn Report,
    rows: &[(u32, Mark)],
    ca: Option<usize>,
    columns: &Columns,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let agreeing = rows
        .iter()
        .filter(|(_, mark)| *mark == Mark::Agrees)
        .count();
    let fold = agreeing > FOLDED_ABOVE && page.style.verbose == 0;
    let mut shown = 0;
    let mut ahead = None;
    for (index, &(number, mark)) in rows.iter().enumerate() {
        let read = ahead.take();
        if mark == Mark::Agrees {
            shown += 1;
            if fold && shown > FOLDED_ABOVE {
                continue;
            }
        }
        let row = match read {
            Some(row) => row,
            None => report.row(number as usize)?,
        };
        columns.write(&row, mark, ca, page)?;
        if !explains(&row, mark, page.style) {
            continue;
        }
        let next = rows.get(index + 1).filter(|next| next.1 == mark);
        ahead = next.map(|next| report.row(next.0 as usize)).transpose()?;
        if ahead.as_ref().is_none_or(|next| next.reason != row.reason) {
            page.indented(INDENT, &row.reason)?;
        }
    }
    if fold {
        let rest = agreeing - FOLDED_ABOVE;
        let line = format!(
            "{:START$}{} and {rest} more, all agree (-v shows them)",
            "",
            page.style.ellipsis()
        );
        page.line(&page.style.paint(Tone::Faint, line))?;
    }
    Ok(())
}

/// The most agreeing rows of one CA that are listed unasked.
const FOLDED_ABOVE: usize = 40;

fn explains(row: &EndpointReport, mark: Mark, style: &Style) -> bool {
    match mark {
        Mark::Differs | Mark::Missing | Mark::Unknown => true,
        Mark::Note => row.outcome != Outcome::Captured,
        Mark::Agrees => style.verbose > 1,
    }
}
