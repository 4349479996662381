//! `sameca renewed`: the smoke test after a renewal.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;

use crate::candidates;
use crate::cli::args::{Format, RenewedFormat};
use crate::cli::exit::Exit;
use crate::cli::keep::Keeping;
use crate::cli::output::Destination;
use crate::cli::past::baseline;
use crate::cli::settings::{self, Expect, Past, Renewed, Source, Verbosity};
use crate::cli::verdict::Judge;
use crate::cli::{given, network, present, progress};
use crate::model::bytes::Der;
use crate::model::issuer;
use crate::model::observation::Observation;
use crate::model::renewal::RenewalReport;
use crate::model::target::Inventory;
use crate::renewal::{self, Question, Rounds, Scope, Wanted};
use crate::report::{json, renewal as table};
use crate::sweep::{self, Observed};

/// Looks, waits if asked to, and says whether the new certificate is served everywhere.
pub(super) fn run(settings: &Renewed) -> Result<Exit> {
    let wanted = wanted(&settings.wanted)?;
    let (inventory, scope) = inventory(settings, &wanted)?;
    let destination = Destination::open(settings.output.file.as_deref())?;
    let judge = Judge::prepare(&settings.policy, &settings.ca, &inventory.expectations)?;
    present::warnings(&judge.warnings, &settings.output);
    let keeping = Keeping::open(settings.history.as_deref())?;
    let cancel = CancellationToken::new();
    let mut looking = Looking {
        settings,
        sweep: network::settings(&settings.connect, &settings.resolve),
        wanted: &wanted,
        scope,
        judge: &judge,
        candidates: judge.candidates().to_vec(),
        warned: BTreeSet::new(),
        cancel: &cancel,
        said: String::new(),
    };
    let work = renewal::until_right(&inventory, settings.pace, &mut looking);
    let (seen, report) = network::block_on(network::interruptible(&cancel, work))?;
    let (run, candidates) = (looking.sweep.run, looking.candidates);
    write(&report, &seen, settings, destination)?;
    if keeping.is_wanted() {
        let looked = judge.with(candidates).look(&seen, &run)?;
        let looked = looked.partial(report.partial);
        looked.report(&seen, [Format::Table], |report| {
            keeping.record("renewed", &seen, report)
        })?;
    }
    Ok(Exit::of_renewal(&report, settings.policy.deny))
}

fn wanted(wanted: &settings::Wanted) -> Result<Wanted> {
    Ok(match wanted {
        settings::Wanted::Since(past) => Wanted::Baseline(baseline(past)?),
        settings::Wanted::IssuedAfter(at) => Wanted::IssuedAfter(*at),
        settings::Wanted::Expect(expected) => Wanted::Expected(thumbprints(expected)?),
    })
}

fn thumbprints(expected: &[Expect]) -> Result<BTreeSet<String>> {
    let mut thumbprints = BTreeSet::new();
    for expected in expected {
        match expected {
            Expect::Thumbprint(thumbprint) => {
                thumbprints.insert(thumbprint.clone());
            }
            Expect::File(path) => {
                let certificates = candidates::read(path)
                    .context("--expect is neither a thumbprint nor a certificate file")?;
                thumbprints.extend(certificates.iter().map(|der| der.sha256().to_string()));
            }
        }
    }
    Ok(thumbprints)
}

/// What is to be asked: what the user named, else what the baseline has.
fn inventory(settings: &Renewed, wanted: &Wanted) -> Result<(Inventory, Scope)> {
    let given = &settings.given;
    let named = given.lists.is_empty() && given.estates.is_empty();
    let Wanted::Baseline(baseline) = wanted else {
        return Ok((given::inventory(given)?, Scope::Whole));
    };
    if !named || !given.targets.is_empty() {
        let inventory = given::inventory(given)?;
        renewal::known(baseline, &inventory)
            .with_context(|| format!("{} does not fit", baseline_name(settings)))?;
        let scope = if named { Scope::Named } else { Scope::Whole };
        return Ok((inventory, scope));
    }
    let inventory = renewal::inventory(&baseline.observations, &settings.policy.groups);
    anyhow::ensure!(
        !inventory.targets.is_empty(),
        "the baseline has no server of the groups that are to be asked; --group all asks every one in it"
    );
    Ok((inventory, Scope::Named))
}

fn baseline_name(settings: &Renewed) -> String {
    match &settings.wanted {
        settings::Wanted::Since(Past::File(Source::File(path))) => path.display().to_string(),
        _ => "the baseline".to_owned(),
    }
}

/// Rounds of connections, with somebody who watches and may interrupt.
struct Looking<'l> {
    settings: &'l Renewed,
    sweep: sweep::Settings,
    wanted: &'l Wanted,
    scope: Scope,
    judge: &'l Judge,
    /// What the judge has, and what was fetched.
    candidates: Vec<(Der, issuer::Source)>,
    warned: BTreeSet<String>,
    cancel: &'l CancellationToken,
    said: String,
}

impl Looking<'_> {
    /// Fetches the issuers that nobody presented, where that was asked for. What goes wrong is said once, not each round.
    async fn fetch_issuers(&mut self, seen: &[Observation]) {
        if !self.settings.connect.fetch_issuers {
            return;
        }
        let settings = sweep::Fetching {
            resolve: self.settings.resolve.clone(),
            ..sweep::Fetching::default()
        };
        let work = sweep::fetch_issuers(seen, &self.candidates, &settings);
        let fetched = self.cancel.run_until_cancelled(work).await;
        let mut fetched = fetched.unwrap_or_default();
        fetched
            .warnings
            .retain(|warning| self.warned.insert(warning.clone()));
        present::warnings(&fetched.warnings, &self.settings.output);
        self.candidates.extend(fetched.candidates);
    }
}

impl Rounds for Looking<'_> {
    async fn look(&mut self, inventory: &Inventory) -> Observed {
        let output = &self.settings.output;
        let mut observed = network::watched(inventory, &self.sweep, output, self.cancel).await;
        // From the second round on addresses are those of the first.
        self.sweep.resolve.overrides.clear();
        self.fetch_issuers(&observed.observations).await;
        observed.partial |= self.cancel.is_cancelled();
        observed
    }

    fn assess(&mut self, seen: &[Observation], partial: bool) -> RenewalReport {
        let rules = self.judge.rules(&self.sweep.run, partial);
        let question = Question {
            wanted: self.wanted,
            rules: &rules,
            scope: self.scope,
            candidates: &self.candidates,
        };
        renewal::assess(question, seen)
    }

    async fn pause(&mut self, report: &RenewalReport, pause: Duration) -> bool {
        let headline = format!("RENEWED {}", report.headline);
        if self.said != headline && self.settings.output.verbosity > Verbosity::Normal {
            present::note(&headline, &self.settings.output);
            self.said.clone_from(&headline);
        }
        let waiting = progress::waiting(&headline, pause, self.settings.output.progress);
        let over = self
            .cancel
            .run_until_cancelled(tokio::time::sleep(pause))
            .await;
        waiting.finish_and_clear();
        over.is_some()
    }

    fn jitter(&mut self) -> f64 {
        network::chance()
    }
}

fn write(
    report: &RenewalReport,
    seen: &Vec<Observation>,
    settings: &Renewed,
    destination: Destination,
) -> Result<()> {
    let output = &settings.output;
    let shown = destination.is_standard() && settings.format == RenewedFormat::Table;
    destination.write(|out| match settings.format {
        RenewedFormat::Table => table::render(report, &present::style(output), out),
        RenewedFormat::Json => json::document(report, out),
        RenewedFormat::Ndjson => present::observations(seen, out),
    })?;
    if !shown {
        present::note(&format!("RENEWED {}", report.headline), output);
    }
    Ok(())
}
