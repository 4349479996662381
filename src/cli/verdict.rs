//! From what was observed to the report: the step that `check`, `demo`, `judge` and `show` share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::candidates;
use crate::cli::settings;
use crate::identify;
use crate::judge::{self, Expected, ReferenceCa, Rules};
use crate::model::bytes::Der;
use crate::model::issuer::Source;
use crate::model::observation::Observation;
use crate::model::report::{Policy, RunReport};
use crate::model::target::{Expectation, Group};
use crate::model::timestamp::Timestamp;
use crate::sweep;
use anyhow::{Context, Result};

/// From when on the end of a certificate is near.
const EXPIRES_WITHIN_DAYS: i64 = 30;

/// What the user gave to judge by, read and checked before anything is contacted.
pub(super) struct Judge {
    policy: Policy,
    judged: BTreeSet<Group>,
    require_possession: bool,
    expected: BTreeMap<Group, Expected>,
    candidates: Vec<(Der, Source)>,
    now: Option<Timestamp>,
    details: bool,
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
            judged: policy.groups.clone(),
            require_possession: policy.require_possession,
            now: policy.now,
            details: false,
            expected,
            candidates,
            warnings,
        })
    }

    /// Also puts every certificate presented into words.
    pub(super) fn with_details(self) -> Self {
        Self {
            details: true,
            ..self
        }
    }

    /// Gives the verdict over what was seen. What earlier runs saw lends its certificates.
    pub(super) fn report(
        self,
        seen: &[Observation],
        earlier: &[Observation],
        run: &str,
        partial: bool,
    ) -> RunReport {
        let kept = earlier.iter().flat_map(|observation| {
            let source = Source::Kept(observation.run.clone());
            observation
                .chain
                .iter()
                .map(move |der| (der.clone(), source.clone()))
        });
        let mut identified = identify::identify(seen, self.candidates.into_iter().chain(kept));
        let now = self.now.unwrap_or_else(sweep::now);
        identify::assess_trust(&mut identified, seen, now);
        let rules = Rules {
            policy: self.policy,
            judged: self.judged,
            require_possession: self.require_possession,
            expected: self.expected,
            expires_within_days: EXPIRES_WITHIN_DAYS,
            run: run.to_owned(),
            now,
            partial,
        };
        let mut report = judge::judge(&rules, seen, &identified);
        if self.details {
            report.details = judge::details(seen, &identified);
        }
        report
    }
}

fn reference_ca(path: &Path) -> Result<ReferenceCa> {
    let certificates = candidates::read(path).context("cannot use the reference CA")?;
    judge::reference_ca(&certificates)
        .with_context(|| format!("cannot use the reference CA: `{}`", path.display()))
}
