//! Rows of endpoints and what became of their certificates, in columns that line up.

use std::io;

use crate::model::change::{Change, Class, State};
use crate::report::page::Page;
use crate::report::style::{Mark, Style, Tone};
use crate::report::text;

/// The most columns that lining up is worth: target, address, class, validity.
const WIDEST: [usize; CELLS] = [44, 23, 36, 40];
const CELLS: usize = 4;
/// The columns between cells.
const GAP: usize = 2;
/// Where a row's reason begins.
const INDENT: usize = 6;
/// The most rows that are as they should be that are listed unasked.
const FOLDED_ABOVE: usize = 40;

/// Writes the rows. Those at which nothing is to be done are listed up to a limit.
pub(super) fn write(changes: &[Change], page: &mut Page<'_>) -> io::Result<()> {
    let style = page.style;
    let quiet = |change: &&Change| matches!(mark(change), Mark::Agrees | Mark::Note);
    let (many, verbose) = (changes.iter().filter(quiet).count(), style.verbose > 0);
    let fold = many > FOLDED_ABOVE && !verbose;
    let mut widths = [0; CELLS];
    for change in changes {
        for ((width, cell), widest) in widths.iter_mut().zip(cells(change, style)).zip(WIDEST) {
            *width = (*width).max(text::width(&cell).min(widest));
        }
    }
    page.gap()?;
    let mut listed = 0;
    for (number, change) in changes.iter().enumerate() {
        if quiet(&change) {
            listed += 1;
            if fold && listed > FOLDED_ABOVE {
                continue;
            }
        }
        row(change, widths, page)?;
        let next = changes.get(number + 1);
        if is_explained(change, style) && !next.is_some_and(|next| is_alike(change, next)) {
            page.indented(INDENT, &change.reason)?;
        }
    }
    if fold {
        let rest = many - FOLDED_ABOVE;
        let line = format!("  {} and {rest} more (-v shows them)", style.ellipsis());
        page.line(&style.paint(Tone::Faint, line))?;
    }
    Ok(())
}

fn row(change: &Change, widths: [usize; CELLS], page: &mut Page<'_>) -> io::Result<()> {
    let style = page.style;
    let mark = mark(change);
    let mut line = format!("  {}", style.mark(mark));
    let mut used = 2 + style.mark_width();
    let mut owed = 0;
    for (cell, width) in cells(change, style).into_iter().zip(widths) {
        if width == 0 {
            continue;
        }
        let wide = text::width(&cell);
        if used + owed + GAP + wide > style.columns() && !cell.is_empty() {
            page.line(&line)?;
            line = format!("{:1$}", "", INDENT - GAP);
            (used, owed) = (INDENT - GAP, 0);
        }
        if cell.is_empty() {
            owed += GAP + width;
            continue;
        }
        line.push_str(&format!("{:1$}{cell}", "", owed + GAP));
        used += owed + GAP + wide;
        owed = width.saturating_sub(wide);
    }
    page.line(&line)
}

/// Whether the row's reason is worth a line.
fn is_explained(change: &Change, style: &Style) -> bool {
    let told = mark(change) == Mark::Agrees && style.verbose < 2;
    let plain = change.state.is_none() && is_plain(change);
    !told && !plain && !change.reason.is_empty()
}

/// Whether two rows have one reason, which is then written once, under the last of them.
fn is_alike(one: &Change, other: &Change) -> bool {
    one.host == other.host && mark(one) == mark(other) && one.reason == other.reason
}

/// Whether the class says all there is to say in a diff.
fn is_plain(change: &Change) -> bool {
    let told = change.class == Class::Renewed && change.same_ca == Some(true);
    change.class == Class::Unchanged || told
}

/// What a row says at a glance. A diff has no opinion: there what is more than a new certificate stands out.
fn mark(change: &Change) -> Mark {
    match (change.counted, change.state, change.class) {
        (false, ..) => Mark::Note,
        (true, Some(State::Right), _) => Mark::Agrees,
        (true, Some(State::Wrong), _) => Mark::Differs,
        (true, Some(State::Open), Class::NotCaptured) => Mark::Missing,
        (true, Some(State::Open), _) => Mark::Unknown,
        (true, None, Class::Unchanged | Class::Renewed) => Mark::Note,
        (true, None, Class::NotCaptured) => Mark::Missing,
        (true, None, _) => Mark::Differs,
    }
}

fn cells(change: &Change, style: &Style) -> [String; CELLS] {
    let address = change.address.map(|address| address.to_string());
    let address = address.filter(|address| *address != change.host);
    let former = change
        .former_address
        .map(|former| format!(" (was {former})"));
    [
        style.short(&change.target, WIDEST[0]),
        address.unwrap_or_default() + &former.unwrap_or_default(),
        class(change),
        validity(change),
    ]
}

/// `renewed, rekeyed`.
fn class(change: &Change) -> String {
    let mut words = vec![change.class.word()];
    words.extend(change.remarks.iter().map(|remark| remark.word()));
    words.extend(change.key.map(|key| key.word()));
    words.join(", ")
}

/// `until 2026-12-01 -> 2028-11-22`: the ends of validity, the old and the new one.
fn validity(change: &Change) -> String {
    let end = |leaf: &Option<std::sync::Arc<crate::model::report::Leaf>>| {
        Some(leaf.as_ref()?.not_after?.date())
    };
    match (end(&change.old), end(&change.new)) {
        (Some(old), Some(new)) if old != new => format!("until {old} -> {new}"),
        (_, Some(new)) => format!("until {new}"),
        (Some(old), None) => format!("until {old}"),
        (None, None) => String::new(),
    }
}
