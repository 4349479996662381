//! The report as one HTML file: the answer in its first line, a picture of the estate, who expires when, and everything
//! the answer rests on.
//!
//! The file contains all it shows and contacts nothing: its content security policy allows its own style sheet and
//! script, by their digests, and nothing else. Without the script it is the same page, only that the table can neither
//! be sorted nor filtered. Text from outside passes `shown` and is escaped by the templates; none of it becomes a link.
//!
//! Rows are read twice and written as they are read. Above `listing::LISTED` rows those that stand out are listed,
//! and as many others as there is room for.

mod answer;
mod certificate;
mod endpoint;
mod estate;
mod groups;
mod listing;
mod row;
mod shown;
mod survey;
mod timeline;
mod tree;

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::bytes::Sha256;
use crate::model::report::Report;
use crate::report::style::Mark;
use answer::Answer;
use certificate::{Bytes, Certificate, Heading};
use endpoint::{Endpoint, Extent, Proofs};
use estate::Estate;
use groups::{FindingView, GroupVerdict};
use listing::Listing;
use row::Row;
use shown::Room;
use survey::Survey;
use timeline::Timeline;
use tree::{Step, Tree};

const STYLE: &str = include_str!("templates/style.css");
const SCRIPT: &str = include_str!("templates/script.js");
/// What the file may grow to before agreeing endpoints are told shortly, and certificates left out.
const FILE: usize = 19_500_000;
/// What an endpoint takes of it that is told shortly, and what a certificate that is only named.
const SHORT: usize = 700;
const NAMED: usize = 350;
/// The most bytes that texts longer than a sentence may take.
const LONG_TEXTS: usize = 3_000_000;

/// What every part of the page is made from.
struct Context<'r> {
    report: &'r dyn Report,
    survey: &'r Survey,
    listing: &'r Listing,
    texts: Room,
}

/// Writes the page.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Counted::new(io::BufWriter::new(out));
    let mut survey = Survey::of(report)?;
    let listing = Listing::of(report, &survey.marks)?;
    out.part(&Head::of(report, &mut survey, &listing))?;
    let context = Context {
        report,
        survey: &survey,
        listing: &listing,
        texts: Room::new(LONG_TEXTS),
    };
    for number in &listing.rows {
        out.part(&Row::of(report, &*report.row(*number)?, &survey, *number))?;
    }
    out.part(&Middle)?;
    endpoints(&context, &mut out)?;
    certificates(&context, &mut out)?;
    out.part(&Foot {
        version: env!("CARGO_PKG_VERSION"),
        script: SCRIPT,
    })?;
    out.inner.flush()
}

fn endpoints<W: Write>(context: &Context<'_>, out: &mut Counted<W>) -> io::Result<()> {
    let listing = context.listing;
    let mut proofs = Proofs::new(listing.rows.len());
    for (at, number) in listing.rows.iter().enumerate() {
        let ahead = (listing.rows.len() - at) * SHORT + listing.certificates.len() * NAMED;
        let agrees = context.survey.marks[*number] == Mark::Agrees;
        let extent = match agrees && out.written + ahead > FILE {
            true => Extent::Short,
            false => Extent::Full,
        };
        let row = context.report.row(*number)?;
        out.part(&Endpoint::of(context, &row, *number, &mut proofs, extent))?;
    }
    Ok(())
}

fn certificates<W: Write>(context: &Context<'_>, out: &mut Counted<W>) -> io::Result<()> {
    let listed = &context.listing.certificates;
    out.part(&Heading::of(listed.len()))?;
    let mut room = Bytes::new(FILE.saturating_sub(out.written), listed.len());
    for one in listed {
        out.part(&Certificate::of(context, one, &mut room)?)?;
    }
    Ok(())
}

/// Where the page goes, with how much of it there is already.
struct Counted<W> {
    inner: W,
    written: usize,
}

impl<W: Write> Counted<W> {
    fn new(inner: W) -> Self {
        Self { inner, written: 0 }
    }

    /// Writes a part of the page on lines of its own.
    fn part(&mut self, part: &impl Template) -> io::Result<()> {
        Template::write_into(part, self)?;
        self.write_all(b"\n")
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.written += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Everything before the rows of the table.
#[derive(Template)]
#[template(path = "report/html/templates/head.html", config = ".askama.toml")]
struct Head {
    style: &'static str,
    style_hash: String,
    script_hash: String,
    answer: Answer,
    tree: Tree,
    estate: Estate,
    timeline: Timeline,
    groups: Vec<GroupVerdict>,
    findings: Vec<FindingView>,
    listed: String,
    /// Columns that would be empty.
    empty: String,
}

impl Head {
    /// Takes the findings out of the survey.
    fn of(report: &dyn Report, survey: &mut Survey, listing: &Listing) -> Self {
        let head = report.head();
        let findings = std::mem::take(&mut survey.findings).listed();
        Self {
            style: STYLE,
            style_hash: hash(STYLE),
            script_hash: hash(SCRIPT),
            answer: Answer::of(head, survey.not_attempted),
            tree: Tree::of(head, survey),
            estate: Estate::of(head, survey),
            timeline: Timeline::of(head, survey),
            groups: groups::of(head, survey),
            findings: findings.iter().map(FindingView::of).collect(),
            listed: listing.words(&survey.marks),
            empty: empty(survey, findings.is_empty()),
        }
    }
}

/// The columns of the table that no row has a word for, as classes.
fn empty(survey: &Survey, no_findings: bool) -> String {
    let no_pool = survey.pools.keys().all(|key| key.pool.is_none());
    let empty = [("no-pool", no_pool), ("no-findings", no_findings)];
    let empty = empty.iter().filter(|(_, empty)| *empty);
    empty.map(|(class, _)| *class).collect::<Vec<_>>().join(" ")
}

/// What is between the table and the endpoints one by one.
#[derive(Template)]
#[template(path = "report/html/templates/middle.html", config = ".askama.toml")]
struct Middle;

/// The end of the page.
#[derive(Template)]
#[template(path = "report/html/templates/foot.html", config = ".askama.toml")]
struct Foot {
    version: &'static str,
    script: &'static str,
}

/// A digest as a content security policy names it (CSP Level 3 §2.3.1).
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::of(text.as_bytes()).0)
}
