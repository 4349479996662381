//! The names of the CAs that leaves come from, as the leaves say it: what can be told before the verdict.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::sweep::log::readable;
use crate::kept::Kept;
use crate::model::observation::Observation;
use crate::x509::name::{self, rfc4514};
use crate::x509::parse;

/// The most names that are told apart, so that servers which make up names do not fill the memory.
const NAMES: usize = 10_000;

/// The issuers of leaves, by name.
#[derive(Debug, Default)]
pub(super) struct Named {
    names: HashSet<String>,
    /// The same as certificates encode them.
    encoded: HashSet<Box<[u8]>>,
}

impl Named {
    /// Takes in an observation.
    pub(super) fn see(&mut self, observation: &Observation) {
        let issuer = observation.leaf().and_then(parse::encoded_issuer);
        if let Some(issuer) = issuer
            && !self.encoded.contains(issuer)
            && self.encoded.len() < NAMES
            && let Ok(name) = name::parse(issuer)
        {
            self.encoded.insert(issuer.into());
            self.names.insert(rfc4514(&name));
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
