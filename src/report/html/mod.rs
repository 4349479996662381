//! The report as one HTML file: the answer in its first line, a picture of the estate, who expires when, and everything
//! the answer rests on.
//!
//! The file contains all it shows and contacts nothing: its content security policy allows its own style sheet and
//! script, by their digests, and nothing else. Without the script it is the same page, only that the table can neither
//! be sorted nor filtered. Text from outside passes [`shown`] and is escaped by the templates; none of it becomes a link.
//!
//! Rows are read twice and written as they are read. Above [`listing::LISTED`] rows those that stand out are listed,
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
use answer::Answer;
use certificate::{Certificate, Heading};
use endpoint::Endpoint;
use estate::Estate;
use groups::{FindingView, GroupVerdict};
use listing::Listing;
use row::Row;
use shown::Room;
use survey::Survey;
use timeline::Timeline;
use tree::{Step, Tree};

const STYLE: &str = include_str!("../../../templates/html/style.css");
const SCRIPT: &str = include_str!("../../../templates/html/script.js");
/// The most bytes that texts longer than a sentence may take.
const LONG_TEXTS: usize = 3_000_000;

/// Writes the page.
pub fn render(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let mut survey = Survey::of(report)?;
    let listing = Listing::of(report, &survey.marks)?;
    let room = Room::new(LONG_TEXTS);
    Head::of(report, &mut survey, &listing).write_into(&mut out)?;
    for number in &listing.rows {
        Row::of(report, &*report.row(*number)?, &survey, *number).write_into(&mut out)?;
    }
    Middle.write_into(&mut out)?;
    for number in &listing.rows {
        let row = report.row(*number)?;
        Endpoint::of(report, &row, &survey, &listing, *number, &room).write_into(&mut out)?;
    }
    certificates(report, &survey, &listing, &room, &mut out)?;
    Foot {
        version: env!("CARGO_PKG_VERSION"),
        script: SCRIPT,
    }
    .write_into(&mut out)?;
    out.flush()
}

fn certificates(
    report: &dyn Report,
    survey: &Survey,
    listing: &Listing,
    texts: &Room,
    out: &mut dyn Write,
) -> io::Result<()> {
    Heading::of(listing.certificates.len()).write_into(out)?;
    let mut room = listing.room;
    for listed in &listing.certificates {
        Certificate::of(report, survey, listed, texts, &mut room)?.write_into(out)?;
    }
    Ok(())
}

/// Everything before the rows of the table.
#[derive(Template)]
#[template(path = "html/head.html")]
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
        }
    }
}

/// What is between the table and the endpoints one by one.
#[derive(Template)]
#[template(path = "html/middle.html")]
struct Middle;

/// The end of the page.
#[derive(Template)]
#[template(path = "html/foot.html")]
struct Foot {
    version: &'static str,
    script: &'static str,
}

/// A digest as a content security policy names it (CSP Level 3 §2.3.1).
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::of(text.as_bytes()).0)
}
