//! The names of the CAs that leaves come from, as the leaves say it: what can be told before the verdict.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::sweep::log::readable;
use crate::kept::Kept;
use crate::model::bytes::Sha256;
use crate::model::observation::Observation;
use crate::x509::name::rfc4514;
use crate::x509::parse;

/// The most names that are told apart, so that servers which make up names do not fill the memory.
const NAMES: usize = 10_000;

/// The most leaves that are known again.
const LEAVES: usize = 4096;

/// The issuers of leaves, by name.
#[derive(Debug, Default)]
pub(super) struct Named {
    names: HashSet<String>,
    /// Leaves that came lately.
    leaves: HashSet<Sha256>,
}

impl Named {
    /// Takes in an observation.
    pub(super) fn see(&mut self, observation: &Observation) {
        let Some(leaf) = observation.leaf() else {
            return;
        };
        if self.leaves.len() >= LEAVES {
            self.leaves.clear();
        }
        if self.names.len() < NAMES
            && self.leaves.insert(leaf.sha256())
            && let Some(issuer) = parse::issuer(leaf)
        {
            self.names.insert(rfc4514(&issuer));
        }
    }

    /// How many there are, at least.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// The names, as reports have them.
    pub(super) fn into_names(self) -> HashSet<String> {
        self.names
    }
}

/// The CAs that kept observations hold; `None` when there are no such files.
pub(super) fn known(files: &[PathBuf]) -> Result<Option<HashSet<String>>> {
    let mut named = Named::default();
    for path in files {
        see(path, &mut named)?;
    }
    Ok((!files.is_empty()).then(|| named.into_names()))
}

fn see(path: &Path, named: &mut Named) -> Result<()> {
    let name = path.display().to_string();
    Kept::default().add(&name, readable(path)?, |seen| named.see(&seen))?;
    Ok(())
}
