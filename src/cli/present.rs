//! The only place that prints: results to their destination, everything else to standard error.

use std::io::{self, Write};

use anyhow::Result;

use crate::cli::args::Format;
use crate::cli::exit::Exit;
use crate::cli::output::{Destinations, Place};
use crate::cli::settings::{Output, Verbosity};
use crate::model::observation::Observations;
use crate::model::report::Report;
use crate::model::verdict::Severity;
use crate::report::{
    Style, csv, html, json, junit, markdown, nagios, ndjson, pem, prometheus, requirement, table,
    text,
};

/// Writes the report in each form asked for. Where none of them shows the verdict, standard error does. The exit
/// status is that of the report; findings of the severity `deny` or worse are failed checks.
pub(super) fn write(
    report: &dyn Report,
    observations: &dyn Observations,
    deny: Option<Severity>,
    output: &Output,
    destinations: Destinations,
) -> Result<Exit> {
    let is_plugin = destinations.hold(Format::Nagios);
    let shown = [Format::Table, Format::Markdown, Format::Nagios]
        .into_iter()
        .any(|format| destinations.show(format));
    let tell = |failure: &anyhow::Error| error(failure, &output.errors);
    destinations.write(tell, |format, place, out| match format {
        Format::Table => table::render(report, &style_at(place, output), out),
        Format::Json => json::render(report, out),
        Format::Html => html::render(report, out),
        Format::Pem => pem::render(report, out),
        Format::Requirement => requirement::render(report, &style_at(place, output), out),
        Format::RequirementJson => requirement::render_json(report, out),
        Format::Csv => csv::render(report, out),
        Format::Junit => junit::render(report, out),
        Format::Markdown => markdown::render(report, out),
        Format::Nagios => nagios::render(report, out),
        Format::Prometheus => prometheus::render(report, out),
        Format::Ndjson => self::observations(observations, out),
    })?;
    if !shown {
        let (verdict, headline) = (report.head().verdict.word(), &report.head().headline);
        note(&format!("{}  {headline}", verdict.to_uppercase()), output);
    }
    Ok(match is_plugin {
        true => Exit::Plugin(nagios::State::of(report)?),
        false => Exit::of(report, deny)?,
    })
}

/// Writes observations, in an order that does not depend on which came first.
pub(super) fn observations(seen: &dyn Observations, out: &mut dyn Write) -> io::Result<()> {
    in_order(seen)?
        .into_iter()
        .try_for_each(|number| ndjson::line(&*seen.read(number)?, out))
}

/// The numbers of the observations in the order of their document: by endpoint, then by leaf.
fn in_order(observations: &dyn Observations) -> io::Result<Vec<usize>> {
    let mut keys = Vec::new();
    for number in 0..observations.count() {
        let seen = observations.read(number)?.into_owned();
        keys.push(((seen.target, seen.address, seen.variant), number));
    }
    keys.sort_unstable();
    for alike in keys.chunk_by_mut(|one, next| one.0 == next.0) {
        if alike.len() > 1 {
            let mut full = Vec::new();
            for (_, number) in alike.iter() {
                let seen = observations.read(*number)?.into_owned();
                full.push((seen.leaf().cloned(), seen.sni.clone(), seen, *number));
            }
            full.sort();
            for (key, (.., number)) in alike.iter_mut().zip(full) {
                key.1 = number;
            }
        }
    }
    Ok(keys.into_iter().map(|(_, number)| number).collect())
}

/// How text is laid out in such a place.
fn style_at(place: Place, output: &Output) -> Style {
    let usual = style(output);
    match place {
        Place::Standard => usual,
        Place::File => Style {
            colour: output.color_in_files,
            width: Output::USUAL_WIDTH,
            ..usual
        },
    }
}

/// How text is laid out.
pub(super) fn style(output: &Output) -> Style {
    Style {
        width: output.width,
        colour: output.color,
        ascii: output.ascii,
        verbose: u8::from(output.verbosity >= Verbosity::Verbose)
            + u8::from(output.verbosity >= Verbosity::Debug),
        quiet: output.verbosity == Verbosity::Quiet,
    }
}

/// Something to know that is no result; silent with `--quiet`.
pub(super) fn note(sentence: &str, output: &Output) {
    if output.verbosity > Verbosity::Quiet {
        line(sentence);
    }
}

/// Things that went wrong without keeping the work from being done.
pub(super) fn warnings(warnings: &[String], output: &Output) {
    warnings
        .iter()
        .for_each(|warning| note(&format!("warning: {warning}"), output));
}

/// What kept the work from being done: what, where, and what would be right. It looks as errors in arguments do.
pub(super) fn error(error: &anyhow::Error, style: &Style) {
    labelled(&style.error("error:"), &sentence(error));
}

/// An error with its causes, on one line where each of them is.
pub(super) fn sentence(error: &anyhow::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join(": ")
}

/// What went wrong in work that goes on: said even with `--quiet`.
pub(super) fn trouble(sentence: &str) {
    line(sentence);
}

/// A line on standard error.
fn line(line: &str) {
    labelled("", line);
}

/// A label and a text on standard error. Nobody is left to tell when that fails.
fn labelled(label: &str, text: &str) {
    let gap = if label.is_empty() { "" } else { " " };
    let harmless: Vec<_> = text.split('\n').map(text::harmless).collect();
    let _ = writeln!(io::stderr().lock(), "{label}{gap}{}", harmless.join("\n"));
}
