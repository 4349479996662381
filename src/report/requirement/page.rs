//! The page as text.

use std::io::{self, Write};

use super::answer::{Answer, InternalCa, Requirement, Server};
use crate::model::report::ReferenceOrigin;
use crate::report::page::Page;
use crate::report::style::{Mark, Style, Tone};
use crate::report::text;

/// Where facts begin.
const LABEL: usize = 14;

pub(super) fn write(
    requirement: &Requirement,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.line(&style.paint(
        Tone::Heading,
        "Persistent Chat: the requirement for file upload/download",
    ))?;
    page.gap()?;
    page.hang("", 0, requirement.requirement)?;
    page.gap()?;
    let (word, tone) = match requirement.answer {
        Answer::Met => ("MET", Tone::Good),
        Answer::NotMet => ("NOT MET", Tone::Bad),
        Answer::NotKnown => ("NOT KNOWN", Tone::Doubtful),
    };
    let label = format!("{}  ", style.paint(tone, word));
    page.hang(&label, word.len() + 2, &requirement.reason)?;
    page.section("The CA of the internal servers")?;
    internal_ca(requirement.internal_ca.as_ref(), &mut page)?;
    page.section("Servers of file upload/download, and whether their certificate is from that CA")?;
    if requirement.servers.is_empty() {
        page.line("  none")?;
    }
    for one in &requirement.servers {
        server(one, &mut page)?;
    }
    page.section("Not checked")?;
    for line in &requirement.not_checked {
        page.hang("  - ", 4, line)?;
    }
    checked(requirement, &mut page)
}

fn internal_ca(ca: Option<&InternalCa>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(ca) = ca else {
        return page.line("  not known, or there is not one");
    };
    page.field(2, "name", LABEL, &ca.name)?;
    let from = match ca.from {
        ReferenceOrigin::ReferenceCa => "given as the reference CA",
        ReferenceOrigin::FrontEnds => "what the front ends agree on",
    };
    let endpoints = text::count(ca.front_ends, "endpoint");
    let with_it = ca.front_ends_with_it;
    page.field(2, "known by", LABEL, from)?;
    page.field(
        2,
        "front ends",
        LABEL,
        &format!("{with_it} of {endpoints} have a certificate from it"),
    )
}

/// The answer for one server in a line, and what it rests on below.
fn server(server: &Server, page: &mut Page<'_>) -> io::Result<()> {
    let (mark, word) = match server.same_ca {
        Some(true) => (Mark::Agrees, "yes"),
        Some(false) => (Mark::Differs, "no"),
        None => (Mark::Unknown, "not known"),
    };
    let address = server
        .address
        .map_or_else(String::new, |a| format!(" ({a})"));
    let label = format!("  {} ", page.style.mark(mark));
    let indent = 3 + page.style.mark_width();
    let ca = server.ca.as_deref().unwrap_or("no certificate");
    page.hang(
        &label,
        indent,
        &format!("{word}: {}{address}, {ca}", server.target),
    )?;
    if let Some(shown) = &server.certificate {
        let unknown = "not readable";
        let until = shown
            .not_after
            .map_or(unknown.to_owned(), |end| end.date().to_string());
        let subject = shown.subject.as_deref().unwrap_or(unknown);
        let serial = shown.serial.as_deref().unwrap_or(unknown);
        page.field(
            6,
            "certificate",
            LABEL,
            &format!("{subject}, serial {serial}, valid until {until}"),
        )?;
        page.field(
            6,
            "thumbprint",
            LABEL,
            &format!("SHA-1 {}", shown.sha1.to_uppercase()),
        )?;
    }
    let evidence = server
        .evidence
        .map_or_else(String::new, |e| format!("{e}: "));
    page.field(
        6,
        "evidence",
        LABEL,
        &format!("{evidence}{}", server.reason),
    )
}

fn checked(requirement: &Requirement, page: &mut Page<'_>) -> io::Result<()> {
    page.section("How it was checked")?;
    let policy = &requirement.policy;
    let rule = format!(
        "same {}, evidence at least {}",
        policy.same.word(),
        policy.evidence.evidence()
    );
    page.field(2, "date", LABEL, &requirement.date.to_string())?;
    page.field(
        2,
        "with",
        LABEL,
        &format!("{}, run {}", requirement.tool, requirement.run),
    )?;
    page.field(2, "rule", LABEL, &rule)
}
