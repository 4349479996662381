//! The only place that prints: results to their destination, everything else to standard error.

use std::io::Write as _;

use anyhow::Result;

use crate::cli::args::Format;
use crate::cli::output::Destination;
use crate::cli::settings::{Output, Verbosity};
use crate::model::observation::Observation;
use crate::model::report::RunReport;
use crate::report::{Style, json, ndjson, pem, table, text};

/// Writes the report in the format asked for. Where that does not show the verdict, standard error does.
pub(super) fn write(
    report: &RunReport,
    observations: &[Observation],
    format: Format,
    output: &Output,
    destination: Destination,
) -> Result<()> {
    let shown = destination.is_standard() && format == Format::Table;
    destination.write(|out| match format {
        Format::Table => table::render(report, &style(output), out),
        Format::Json => json::render(report, out),
        Format::Pem => pem::render(report, out),
        Format::Ndjson => {
            let mut observations: Vec<&Observation> = observations.iter().collect();
            observations
                .sort_by_key(|seen| (&seen.target, seen.address, seen.variant, seen.chain.first()));
            observations
                .into_iter()
                .try_for_each(|observation| ndjson::line(observation, out))
        }
    })?;
    if !shown {
        note(
            &format!(
                "{}  {}",
                report.verdict.word().to_uppercase(),
                report.headline
            ),
            output,
        );
    }
    Ok(())
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

/// What kept the work from being done: what, where, and what would be right.
pub(super) fn error(error: &anyhow::Error) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    line(&format!("error: {}", causes.join(": ")));
}

/// A line on standard error. Nobody is left to tell when that fails.
fn line(line: &str) {
    let harmless: Vec<_> = line.split('\n').map(text::harmless).collect();
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless.join("\n"));
}
