//! What is asked and by which rules, read from files that may change.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::cli::given;
use crate::cli::settings::{Source, Watch};
use crate::cli::verdict::Judge;
use crate::model::target::{Expectation, Inventory};

/// What is asked and by which rules.
pub(super) struct Estate {
    pub(super) inventory: Inventory,
    pub(super) judge: Judge,
    files: Vec<(PathBuf, Look)>,
}

/// How a file looks from outside; absent: it is not there.
type Look = Option<(u64, Option<SystemTime>)>;

impl Estate {
    /// Reads everything.
    pub(super) fn read(settings: &Watch) -> Result<Self> {
        // How the files look is taken first: what changes while they are read is noticed later.
        let mut files = looks(named(settings));
        let inventory = given::inventory(&settings.given)?;
        let judge = Judge::prepare(&settings.policy, &settings.ca, &inventory.expectations)?;
        files.extend(looks(expected(&inventory)));
        Ok(Self {
            inventory,
            judge,
            files,
        })
    }

    /// Whether a file looks other than when it was looked at last. Each look is told once.
    pub(super) fn is_stale(&mut self) -> bool {
        let mut stale = false;
        for (path, known) in &mut self.files {
            let now = look(path);
            stale |= now != *known;
            *known = now;
        }
        stale
    }

    /// What is other in a newer one, in a few words.
    pub(super) fn difference(&self, newer: &Self) -> Option<String> {
        let count = |inventory: &Inventory| inventory.targets.len() + inventory.files.len();
        let same = self.inventory.targets == newer.inventory.targets
            && self.inventory.files == newer.inventory.files;
        match (same, self.judge.judges_as(&newer.judge)) {
            (true, true) => None,
            (true, false) => Some("the CA certificates or the rules changed".to_owned()),
            (false, _) => {
                let (before, now) = (count(&self.inventory), count(&newer.inventory));
                Some(format!("{now} targets, {before} before"))
            }
        }
    }
}

/// The files that the user named.
fn named(settings: &Watch) -> BTreeSet<PathBuf> {
    let lists = settings.given.lists.iter().filter_map(|list| match list {
        Source::File(path) => Some(path),
        Source::Stdin => None,
    });
    lists
        .chain(&settings.given.estates)
        .chain(&settings.ca.files)
        .chain(&settings.policy.reference_ca)
        .cloned()
        .collect()
}

/// The files that an estate names.
fn expected(inventory: &Inventory) -> BTreeSet<PathBuf> {
    let expectations = inventory.expectations.iter();
    let paths = expectations.filter_map(|(_, expectation)| match expectation {
        Expectation::ReferenceCa(path) => Some(path.clone()),
        Expectation::Public => None,
    });
    paths.collect()
}

fn looks(paths: BTreeSet<PathBuf>) -> Vec<(PathBuf, Look)> {
    let look = |path: PathBuf| {
        let look = look(&path);
        (path, look)
    };
    paths.into_iter().map(look).collect()
}

fn look(path: &Path) -> Look {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}
