//! The table: the answer first, then what it rests on, then what to do next.

use std::io::{self, Write};

use crate::model::issuer::Evidence;
use crate::model::report::{Ca, GroupReport, Report, RunReport};
use crate::model::verdict::Verdict;
use crate::report::page::Page;
use crate::report::rows;
use crate::report::style::{Style, Tone};
use crate::report::survey::{Members, Section, Survey};
use crate::report::{symbol, text};

/// The most reasons of a group that are listed unasked.
const REASONS: usize = 10;

/// The most columns of a CA's name: longer ones are shortened in the middle.
const NAME: usize = 200;

/// Writes the table.
pub fn render(report: &dyn Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let head = report.head();
    if style.quiet {
        return verdict_line(head, &mut page);
    }
    let mut survey = Survey::of(report, style)?;
    let findings = std::mem::take(&mut survey.findings);
    verdict(head, survey.not_attempted, &mut page)?;
    let several = judged(head).count() > 1;
    for group in judged(head) {
        if several {
            page.section(&heading(group, group.name.word()))?;
        }
        rows_of(report, group, &survey, &mut page)?;
    }
    findings.write(&mut page)?;
    for group in head.groups.iter().filter(|group| !group.judged) {
        page.section(&heading(group, &format!("{}, not judged", group.name)))?;
        rows_of(report, group, &survey, &mut page)?;
    }
    for group in judged(head).filter(|group| group.reasons.len() > 1) {
        reasons(group, &mut page)?;
    }
    advice(head, &mut page)
}

/// The answer without what it rests on: one line where that is wanted.
pub(super) fn answer(report: &dyn Report, page: &mut Page<'_>) -> io::Result<()> {
    match page.style.quiet {
        true => verdict_line(report.head(), page),
        false => verdict(report.head(), 0, page),
    }
}

fn judged(report: &RunReport) -> impl Iterator<Item = &GroupReport> {
    report.groups.iter().filter(|group| group.judged)
}

fn heading(group: &GroupReport, label: &str) -> String {
    let evidence = group
        .evidence
        .map_or_else(String::new, |evidence| format!(" ({evidence})"));
    format!("{label}: {}{evidence}", group.verdict)
}

fn verdict_word(report: &RunReport, style: &Style) -> (String, usize) {
    let word = report.verdict.word().to_uppercase();
    let width = text::width(&word);
    (style.paint(report.verdict.into(), word), width)
}

/// The verdict on one line that is not wrapped: what scripts and mails take.
fn verdict_line(report: &RunReport, page: &mut Page<'_>) -> io::Result<()> {
    let (word, _) = verdict_word(report, page.style);
    let headline = page.style.sentence(&report.headline);
    page.line(&format!("{word}  {headline}"))
}

fn verdict(report: &RunReport, missed: usize, page: &mut Page<'_>) -> io::Result<()> {
    let (word, width) = verdict_word(report, page.style);
    let indent = width + 2;
    page.hang(&format!("{word}  "), indent, &report.headline)?;
    if let Some(evidence) = report.evidence {
        let meaning = meaning(evidence, report.verdict);
        page.indented(indent, &format!("evidence: {evidence} ({meaning})"))?;
    }
    if let Some(policy) = policy(report) {
        page.indented(indent, &policy)?;
    }
    if report.partial {
        let missed = text::count(missed, "endpoint");
        page.indented(
            indent,
            &format!("partial: the run was interrupted, {missed} not reached"),
        )?;
    }
    Ok(())
}

/// What the evidence of a verdict means.
pub(super) fn meaning(evidence: Evidence, verdict: Verdict) -> &'static str {
    match (evidence, verdict) {
        (Evidence::Proven, Verdict::Same) => "every signature was verified",
        (Evidence::Proven, _) => "verified signatures show it",
        (Evidence::SelfSigned, _) => "the certificates sign themselves",
        (Evidence::Recovered, _) => "a key computed from the signatures verifies them",
        (Evidence::KeyId, _) => "by the key identifiers; not every signature could be verified",
        (Evidence::Name, _) => "by the issuer's name only; nothing was verified",
        (Evidence::Contradicted, _) => "a signature fails under the key it names",
        (Evidence::None, _) => "there is no certificate that can be read",
    }
}

/// The rules, where they are not the usual ones.
fn policy(report: &RunReport) -> Option<String> {
    let policy = &report.policy;
    (*policy != Default::default()).then(|| {
        let wanted = policy.evidence.evidence();
        format!(
            "policy: same {}, evidence at least {wanted}",
            policy.same.word()
        )
    })
}

/// The rows of one group: by CA, then those without.
fn rows_of(
    report: &dyn Report,
    group: &GroupReport,
    survey: &Survey,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let head = report.head();
    for place in in_order(head, group) {
        if let Some(members) = survey.members(group.name, Section::Ca(place)) {
            ca_heading(head, place, members, page)?;
            rows::write(report, &members.rows, Some(place), &survey.columns, page)?;
        }
    }
    for (heading, section) in [
        ("certificate not readable", Section::Unread),
        ("not captured", Section::Missing),
    ] {
        if let Some(members) = survey.members(group.name, section) {
            page.section(heading)?;
            rows::write(report, &members.rows, None, &survey.columns, page)?;
        }
    }
    Ok(())
}

/// The places of the CAs as the report orders them, a group's reference first.
fn in_order(report: &RunReport, group: &GroupReport) -> impl Iterator<Item = usize> {
    let is_reference = |ca: &Ca| Some(&ca.id) == group.reference.as_ref();
    let reference = report.cas.iter().position(is_reference);
    let others = (0..report.cas.len()).filter(move |place| Some(*place) != reference);
    reference.into_iter().chain(others)
}

/// `A  ca-1  CN=…   (proven)   5 endpoints, 3 certificates, root CN=…`, on two lines where one is too short.
fn ca_heading(
    report: &RunReport,
    place: usize,
    members: &Members,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let style = page.style;
    let ca = &report.cas[place];
    let letter = symbol::letter(place);
    let id = style.short(&ca.id, 12);
    let indent = letter.len() + 2 + text::width(&id) + 2;
    let letter = style.paint(Tone::Ca(place), letter);
    let room = style.columns().saturating_sub(indent);
    let facts = facts(report, ca, members, style);
    let name = name(report, ca, style);
    page.gap()?;
    if text::width(&name) + 3 + text::width(&facts) <= room {
        return page.line(&format!(
            "{letter}  {}  {name}   {facts}",
            style.paint(Tone::Heading, id)
        ));
    }
    let id = style.paint(Tone::Heading, id);
    page.hang(&format!("{letter}  {id}  "), indent, &name)?;
    page.indented(indent, &facts)
}

/// The CA's name as shown, with its key where another CA looks the same.
fn name(report: &RunReport, ca: &Ca, style: &Style) -> String {
    let name = style.short(&ca.name, NAME);
    let shortened = |other: &Ca| other.name.len() > NAME && ca.name.len() > NAME;
    let alike = |other: &Ca| {
        other.name == ca.name || shortened(other) && style.short(&other.name, NAME) == name
    };
    let mut others = report.cas.iter().filter(|other| other.id != ca.id);
    if !others.any(alike) {
        return name;
    }
    match (&ca.key_id, ca.spki_sha256) {
        (Some(key), _) => format!("{name}, key id {}", style.short(key, NAME)),
        (None, Some(key)) => format!("{name}, key sha256 {key}"),
        (None, None) => format!("{name}, key not known"),
    }
}

fn facts(report: &RunReport, ca: &Ca, members: &Members, style: &Style) -> String {
    let (endpoints, leaves) = members.counts();
    let reference = report
        .reference
        .as_ref()
        .and_then(|reference| reference.ca.as_ref());
    let reference = if reference == Some(&ca.id) {
        ", reference"
    } else {
        ""
    };
    format!(
        "({}{reference})   {}, {}{}",
        ca.evidence,
        text::count(endpoints, "endpoint"),
        text::count(leaves, "certificate"),
        roots(ca, style)
    )
}

fn roots(ca: &Ca, style: &Style) -> String {
    let short = |name: &String| style.short(name, 48);
    match ca.roots.as_slice() {
        [] => String::new(),
        [root] if *root == ca.name => ", itself a root".to_owned(),
        [root] => format!(", root {}", short(root)),
        [one, other] => format!(", roots {} and {}", short(one), short(other)),
        [one, rest @ ..] => format!(", roots {} and {} more", short(one), rest.len()),
    }
}

fn reasons(group: &GroupReport, page: &mut Page<'_>) -> io::Result<()> {
    page.section(&format!("{} is {} because", group.name, group.verdict))?;
    let listed = if page.style.verbose > 0 {
        group.reasons.len()
    } else {
        REASONS
    };
    for reason in group.reasons.iter().take(listed) {
        page.hang("  - ", 4, reason)?;
    }
    match group.reasons.len().saturating_sub(listed) {
        0 => Ok(()),
        rest => page.line(&format!(
            "  {} and {rest} more (-v shows them)",
            page.style.ellipsis()
        )),
    }
}

fn advice(report: &RunReport, page: &mut Page<'_>) -> io::Result<()> {
    let Some(advice) = &report.advice else {
        return Ok(());
    };
    page.gap()?;
    let label = page.style.paint(Tone::Heading, "Next:");
    page.hang(&format!("{label} "), 6, advice)
}
