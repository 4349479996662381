//! From what was observed to the report: the step that `check`, `demo`, `judge` and `show` share.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;

use crate::candidates;
use crate::cli::args::Format;
use crate::cli::intake::{Intake, Origin};
use crate::cli::network;
use crate::cli::present;
use crate::cli::settings;
use crate::identify::Roots;
use crate::judge::{self, Case, Expected, ReferenceCa, Rows, Rules};
use crate::kept::Merged;
use crate::model::bytes::{Der, Sha256};
use crate::model::identified::Identified;
use crate::model::issuer::Source;
use crate::model::observation::{Observation, Observations};
use crate::model::report::{Policy, Report, RunReport, Trust};
use crate::model::target::{Expectation, Group};
use crate::model::timestamp::Timestamp;
use crate::resolve;
use crate::sweep;
use anyhow::{Context, Result};

/// How many chains are remembered as trusted or not. An estate has fewer; those of a network are mostly shown once.
const CHAINS_REMEMBERED: usize = 10_000;

/// A day in seconds.
const DAY: i64 = 86_400;

/// A sweep mostly ends within so many days: from its end on it is counted which certificates end soon.
const LONGEST_RUN: i64 = 7;

/// What the user gave to judge by, read and checked before anything is contacted.
#[derive(Clone)]
pub(super) struct Judge {
    policy: Policy,
    expires_within_days: i64,
    judged: BTreeSet<Group>,
    require_possession: bool,
    expected: BTreeMap<Group, Expected>,
    candidates: Vec<(Der, Source)>,
    now: Option<Timestamp>,
    /// What went wrong without keeping the verdict from being given.
    pub(super) warnings: Vec<String>,
}

impl Judge {
    /// Reads CA files, the reference CA and the platform's roots.
    pub(super) fn prepare(
        policy: &settings::Policy,
        cas: &settings::CaSources,
        expectations: &[(Group, Expectation)],
    ) -> Result<Self> {
        let mut candidates = Vec::new();
        let mut warnings = Vec::new();
        for path in &cas.files {
            let certificates = candidates::read(path).context("cannot use --ca-file")?;
            candidates.extend(
                certificates
                    .into_iter()
                    .map(|der| (der, Source::File(path.display().to_string()))),
            );
        }
        let mut expected = BTreeMap::new();
        let mut reference = |path: &Path| -> Result<Expected> {
            let reference = reference_ca(path)?;
            let given = reference.certificates.iter();
            candidates
                .extend(given.map(|der| (der.clone(), Source::File(path.display().to_string()))));
            Ok(Expected::Ca(Box::new(reference)))
        };
        for (group, expectation) in expectations {
            let rule = match expectation {
                Expectation::Public => Expected::Public,
                Expectation::ReferenceCa(path) => reference(path)?,
            };
            expected.insert(*group, rule);
        }
        if let Some(path) = &policy.reference_ca {
            let rule = reference(path)?;
            expected.extend(policy.groups.iter().map(|group| (*group, rule.clone())));
        }
        if cas.system_roots {
            let (roots, complaints) = candidates::platform();
            candidates.extend(roots.into_iter().map(|der| (der, Source::Platform)));
            warnings.extend(complaints);
        }
        Ok(Self {
            policy: policy.rules.clone(),
            expires_within_days: policy.expires_within_days,
            judged: policy.groups.clone(),
            require_possession: policy.require_possession,
            now: policy.now,
            expected,
            candidates,
            warnings,
        })
    }

    /// Fetches the issuers that nobody presented, where that was asked for. Answers whether it was interrupted.
    pub(super) fn fetch_issuers(
        &mut self,
        seen: &[Observation],
        connect: &settings::Connect,
        resolve: &resolve::Settings,
        output: &settings::Output,
    ) -> Result<bool> {
        if !connect.fetch_issuers {
            return Ok(false);
        }
        let settings = sweep::Fetching {
            resolve: resolve.clone(),
            ..sweep::Fetching::default()
        };
        let work = sweep::fetch_issuers(seen, &self.candidates, &settings);
        let fetched = network::block_on(network::unless_interrupted(work))?;
        let interrupted = fetched.is_none();
        let fetched = fetched.unwrap_or_default();
        present::warnings(&fetched.warnings, output);
        self.candidates.extend(fetched.candidates);
        Ok(interrupted)
    }

    /// The rules of a judgement that is given now.
    pub(super) fn rules(&self, run: &str, partial: bool) -> Rules {
        Rules {
            policy: self.policy.clone(),
            judged: self.judged.clone(),
            require_possession: self.require_possession,
            expected: self.expected.clone(),
            expires_within_days: self.expires_within_days,
            run: run.to_owned(),
            now: self.now.unwrap_or_else(sweep::now),
            partial,
        }
    }

    /// With these certificates of CAs instead of its own: those, and what was fetched.
    pub(super) fn with(self, candidates: Vec<(Der, Source)>) -> Self {
        Self { candidates, ..self }
    }

    /// Certificates of CAs that no server need have sent.
    pub(super) fn candidates(&self) -> &[(Der, Source)] {
        &self.candidates
    }

    /// More of them.
    pub(super) fn add(&mut self, candidates: Vec<(Der, Source)>) {
        self.candidates.extend(candidates);
    }

    /// Whether another one was given the same to judge by.
    pub(super) fn judges_as(&self, other: &Self) -> bool {
        self.candidates == other.candidates && self.expected.keys().eq(other.expected.keys())
    }

    /// Begins to take in what was seen.
    pub(super) fn intake(&self) -> Intake {
        Intake::new(self.candidates.clone())
    }

    /// As [`Judge::intake`], for a run of any length, of which nothing but a summary is wanted.
    ///
    /// # Errors
    ///
    /// There is no temporary file to be had.
    pub(super) fn counting_intake(&self) -> io::Result<Intake> {
        let now = self.now.unwrap_or_else(sweep::now).unix().div_euclid(DAY);
        let calm = now.saturating_add(self.expires_within_days + LONGEST_RUN);
        let calm = i32::try_from(calm).unwrap_or(i32::MAX);
        Intake::counting(self.candidates.clone(), calm)
    }

    /// As [`Judge::look_again`], over one run in memory.
    pub(super) fn look(self, seen: &Vec<Observation>, run: &str) -> io::Result<Looked> {
        let mut intake = self.intake();
        seen.iter().for_each(|observation| intake.see(observation));
        self.look_at_run(intake, seen, run)
    }

    /// As [`Judge::look_again`], over one run, wherever it lies. `intake` has seen it.
    pub(super) fn look_at_run(
        self,
        intake: Intake,
        seen: &dyn Observations,
        run: &str,
    ) -> io::Result<Looked> {
        self.conclude(intake, Origin::Run(seen), seen, run)
    }

    /// Finds out who issued what was seen, and what the verdict has to know of it.
    ///
    /// What earlier runs saw lends its certificates. `intake` has seen all of it, in its order.
    pub(super) fn look_again(
        self,
        intake: Intake,
        merged: &Merged,
        run: &str,
    ) -> io::Result<Looked> {
        self.conclude(intake, Origin::Kept(merged), &merged.newest, run)
    }

    fn conclude(
        self,
        intake: Intake,
        origin: Origin<'_>,
        seen: &dyn Observations,
        run: &str,
    ) -> io::Result<Looked> {
        let rules = self.rules(run, false);
        let (identified, briefs) = intake.conclude(origin)?;
        Ok(Looked {
            roots: Roots::new(&identified, rules.now),
            rows: briefs.in_order(seen)?,
            identified,
            rules,
        })
    }
}

/// Everything that a verdict is given by.
pub(super) struct Looked {
    rules: Rules,
    rows: Rows,
    identified: Identified,
    roots: Roots,
}

impl Looked {
    /// Says that the run was interrupted, or that it was not.
    pub(super) fn partial(mut self, partial: bool) -> Self {
        self.rules.partial = partial;
        self
    }

    /// Whether the observations say that their run was interrupted.
    pub(super) fn was_interrupted(&self) -> bool {
        self.rows.are_partial()
    }

    /// The whole report in memory.
    pub(super) fn complete(&self, seen: &dyn Observations) -> io::Result<RunReport> {
        self.report(seen, [Format::Json], |report| report.complete())
    }

    /// Hands the report over what was seen to `work`. Its rows are made from `seen` when they are asked for, with what
    /// the formats show.
    pub(super) fn report<T>(
        &self,
        seen: &dyn Observations,
        formats: impl IntoIterator<Item = Format>,
        work: impl FnOnce(&dyn Report) -> T,
    ) -> T {
        let known = RefCell::new(HashMap::new());
        let assess = |chain: &[Der]| self.trust(chain, &known);
        let case = Case::new(&self.rules, &self.rows, seen, &self.identified);
        match formats.into_iter().any(shows_trust) {
            true => work(&case.with_trust(&assess)),
            false => work(&case),
        }
    }

    /// Assesses a chain; of those that many servers share, once.
    fn trust(&self, chain: &[Der], known: &RefCell<HashMap<Vec<Sha256>, Trust>>) -> Trust {
        let digests: Vec<Sha256> = chain.iter().map(Der::sha256).collect();
        if let Some(trust) = known.borrow().get(&digests) {
            return trust.clone();
        }
        let trust = self.roots.assess(chain);
        let mut known = known.borrow_mut();
        if known.len() < CHAINS_REMEMBERED {
            known.insert(digests, trust.clone());
        }
        trust
    }
}

/// Whether a form of the result says if a chain is trusted, which costs as much to find out as all the rest.
fn shows_trust(format: Format) -> bool {
    match format {
        Format::Json | Format::Html => true,
        Format::Table
        | Format::Ndjson
        | Format::Pem
        | Format::Requirement
        | Format::RequirementJson
        | Format::Csv
        | Format::Junit
        | Format::Markdown
        | Format::Nagios
        | Format::Prometheus => false,
    }
}

fn reference_ca(path: &Path) -> Result<ReferenceCa> {
    let certificates = candidates::read(path).context("cannot use the reference CA")?;
    judge::reference_ca(&certificates)
        .with_context(|| format!("cannot use the reference CA: `{}`", path.display()))
}
