//! `sameca diff`: what changed between two kept runs.

use anyhow::Result;

use crate::cli::args::DiffFormat;
use crate::cli::exit::Exit;
use crate::cli::output::Destination;
use crate::cli::past::baseline;
use crate::cli::present;
use crate::cli::settings::{Diff, Policy};
use crate::cli::verdict::Judge;
use crate::renewal;
use crate::report::{diff as table, json};

/// Compares the runs; contacts nothing.
pub(super) fn run(settings: &Diff) -> Result<Exit> {
    let (old, new) = (baseline(&settings.old)?, baseline(&settings.new)?);
    let destination = Destination::open(settings.output.file.as_deref())?;
    let policy = Policy::default();
    let judge = Judge::prepare(&policy, &settings.ca, &[])?;
    present::warnings(&judge.warnings, &settings.output);
    let candidates = judge.candidates().iter().cloned();
    let diff = renewal::diff(&policy.rules, &old, &new, candidates);
    destination.write(|out| match settings.format {
        DiffFormat::Table => table::render(&diff, &present::style(&settings.output), out),
        DiffFormat::Json => json::document(&diff, out),
    })?;
    Ok(if diff.equal {
        Exit::Same
    } else {
        Exit::Different
    })
}
