//! What a sweep found, in numbers: the verdict, then how many endpoints by CA, version, suite and outcome.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use crate::model::observation::Outcome;
use crate::model::report::{Glance, Report};
use crate::report::page::Page;
use crate::report::style::Style;
use crate::report::{table, text};

/// Columns of a CA's name.
const NAME: usize = 50;

/// Columns of a number.
const NUMBER: usize = 9;

/// What is shown besides the report.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    /// Endpoints that have no row, by what was seen of them.
    pub absent: &'a [(Outcome, u64)],
    /// The names of the CAs that are not new; absent when it was not asked which are.
    pub known: Option<&'a HashSet<String>>,
    /// The most lines of each list.
    pub top: usize,
    /// From so many days before it on, the end of a certificate is told.
    pub expires_within_days: i64,
}

/// Writes it.
pub fn render(
    report: &dyn Report,
    extent: Extent<'_>,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let top = extent.top;
    let mut page = Page::new(style, out);
    table::answer(report, &mut page)?;
    if style.quiet {
        return Ok(());
    }
    let numbers = Numbers::of(report, extent)?;
    cas(report, top, &mut page)?;
    new_cas(report, extent, &mut page)?;
    list("TLS versions", &numbers.versions, top, &mut page)?;
    list("Cipher suites", &numbers.suites, top, &mut page)?;
    list("Outcomes", &numbers.outcomes, top, &mut page)?;
    expiring(report, &numbers.expiring, top, &mut page)
}

/// What is counted over the rows.
#[derive(Default)]
struct Numbers {
    versions: BTreeMap<String, u64>,
    suites: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
    /// The last day, the subject, and the first of the places with the number of its row.
    expiring: Ends,
}

impl Numbers {
    fn of(report: &dyn Report, extent: Extent<'_>) -> io::Result<Self> {
        let mut numbers = Self::default();
        let soon = report.head().finished.unix() + extent.expires_within_days * 86_400;
        report.glances(soon, &mut |number, seen| numbers.add(number, seen))?;
        for (outcome, count) in extent.absent.iter().filter(|(_, count)| *count > 0) {
            *numbers
                .outcomes
                .entry(outcome.word().to_owned())
                .or_default() += count;
        }
        Ok(numbers)
    }

    fn add(&mut self, number: usize, seen: Glance) {
        count(&mut self.outcomes, seen.outcome.word(), seen.count);
        let Some((version, suite)) = seen.tls.filter(|_| seen.outcome == Outcome::Captured) else {
            return;
        };
        let name = |name: Option<String>| name.unwrap_or_else(|| "not known".to_owned());
        count(
            &mut self.versions,
            &name(version.map(|it| it.to_string())),
            seen.count,
        );
        count(
            &mut self.suites,
            &name(suite.map(|it| it.to_string())),
            seen.count,
        );
        if let Some(ending) = seen.ending {
            let place = (number, ending.target);
            let places = self.expiring.entry((ending.end.date(), ending.subject));
            let (first, count) = places.or_insert_with(|| (place.clone(), 0));
            if place < *first {
                *first = place;
            }
            *count += seen.count;
        }
    }
}

/// A target, with its name where neither it nor the subject beside it tells that.
fn place(target: &str, name: Option<&str>, subject: &str) -> String {
    let is_there = |name: &&str| {
        let common = subject
            .split(',')
            .next()
            .and_then(|first| first.strip_prefix("CN="));
        common.is_some_and(|common| common.eq_ignore_ascii_case(name))
    };
    match name.filter(|name| !is_there(name)) {
        Some(name) => format!("{target} ({name})"),
        None => target.to_owned(),
    }
}

fn count(counts: &mut BTreeMap<String, u64>, what: &str, times: u64) {
    match counts.get_mut(what) {
        Some(count) => *count += times,
        None => {
            counts.insert(what.to_owned(), times);
        }
    }
}

/// The reference CA first, then the largest.
fn cas(report: &dyn Report, top: usize, page: &mut Page<'_>) -> io::Result<()> {
    let head = report.head();
    if head.cas.is_empty() {
        return Ok(());
    }
    let reference = head
        .reference
        .as_ref()
        .and_then(|reference| reference.ca.as_deref());
    let is_reference = |id: &str| Some(id) == reference;
    let mut cas: Vec<_> = head.cas.iter().collect();
    cas.sort_by_key(|ca| (!is_reference(&ca.id), std::cmp::Reverse(ca.endpoints)));
    page.section("Issuing CAs")?;
    for ca in cas.iter().take(top) {
        let note = match is_reference(&ca.id) {
            true => format!("{}, reference", ca.evidence),
            false => ca.evidence.to_string(),
        };
        let leaves = text::count(
            usize::try_from(ca.leaves).unwrap_or(usize::MAX),
            "certificate",
        );
        let name = page.style.short(&ca.name, NAME);
        counted(ca.endpoints, &format!("{name}  ({note}; {leaves})"), page)?;
    }
    rest(cas.len(), top, page)
}

/// Those that were not known before, as they are called; a new key of a known name is none of them.
fn new_cas(report: &dyn Report, extent: Extent<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(known) = extent.known else {
        return Ok(());
    };
    let cas = report.head().cas.iter();
    let new: Vec<_> = cas.filter(|ca| !known.contains(&ca.name)).collect();
    page.section("CAs not known before")?;
    if new.is_empty() {
        return page.line(&format!("{:>NUMBER$}  none", 0));
    }
    for ca in new.iter().take(extent.top) {
        counted(ca.endpoints, &ca.name, page)?;
    }
    rest(new.len(), extent.top, page)
}

fn list(
    heading: &str,
    counts: &BTreeMap<String, u64>,
    top: usize,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    page.section(heading)?;
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    for (name, count) in counts.iter().take(top) {
        counted(**count, name, page)?;
    }
    rest(counts.len(), top, page)
}

/// Certificates by their end and subject: the first row with each, the place of that, and how many rows.
type Ends = BTreeMap<(String, String), ((usize, String), u64)>;

fn expiring(report: &dyn Report, leaves: &Ends, top: usize, page: &mut Page<'_>) -> io::Result<()> {
    if leaves.is_empty() {
        return Ok(());
    }
    page.section("Certificates that end soon, or have ended")?;
    for ((end, subject), ((number, target), count)) in leaves.iter().take(top) {
        let row = report.row(*number)?;
        let place = place(target, row.called_or_claimed(), subject);
        counted(*count, &format!("{end}  {place}  {subject}"), page)?;
    }
    rest(leaves.len(), top, page)
}

/// A number and what it counts, on one line.
fn counted(count: u64, what: &str, page: &mut Page<'_>) -> io::Result<()> {
    let room = page.style.columns().saturating_sub(NUMBER + 2);
    let what = page.style.short(what, room);
    page.line(&format!("{count:>NUMBER$}  {what}"))
}

fn rest(count: usize, top: usize, page: &mut Page<'_>) -> io::Result<()> {
    match count.saturating_sub(top) {
        0 => Ok(()),
        more => page.line(&format!(
            "{:>NUMBER$}  and {more} more; --top shows them",
            ""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_name_is_told_where_nothing_beside_it_tells_it() {
        let place = |name, subject| place("10.0.0.1:443", name, subject);
        assert_eq!(place(None, "CN=fe01"), "10.0.0.1:443");
        assert_eq!(place(Some("fe01"), ""), "10.0.0.1:443 (fe01)");
        assert_eq!(place(Some("fe01"), "CN=fe01.a,O=A"), "10.0.0.1:443 (fe01)");
        assert_eq!(place(Some("fe01.a"), "CN=FE01.a,O=A"), "10.0.0.1:443");
    }
}
