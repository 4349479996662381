//! Ranges, lists and estates as given -> what is swept.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::cli::given;
use crate::cli::settings::{Consent, Given, Source, Sweep};
use crate::inventory::{self, Range, Swept};
use crate::model::target::{Host, Inventory, Port, Target};
use crate::sweep::{List, Scope, Space};

/// More endpoints than these are swept only when that is certainly meant.
pub(super) const MANY: u64 = 1_000_000;

/// Reads what was given. Lists are opened, and read while the sweep runs.
pub(super) fn read(settings: &Sweep, seed: u64) -> Result<Scope> {
    let estate = estate(&settings.given)?;
    let mut wanted = Vec::new();
    let mut hosts: Vec<Vec<Target>> = Vec::new();
    for (_, text) in &settings.given.targets {
        match inventory::swept(text, &settings.given.selection)? {
            Swept::Range { range, ports, .. } => {
                wanted.extend(ports.into_iter().map(|port| (range, port)));
            }
            Swept::Host(targets) => hosts.push(targets),
        }
    }
    let mut excluded = exclusions(settings)?;
    excluded.extend(estate.targets.iter().filter_map(known));
    Ok(Scope {
        estate,
        space: Space::new(&wanted, &excluded)?,
        hosts,
        lists: lists(&settings.given.lists)?,
        selection: settings.given.selection.clone(),
        largest_line: match settings.consent {
            Consent::Given => u64::MAX,
            Consent::Asked | Consent::Absent => MANY,
        },
        seed,
        shard: settings.shard,
    })
}

fn estate(given: &Given) -> Result<Inventory> {
    if given.estates.is_empty() {
        return Ok(Inventory::default());
    }
    given::inventory(&Given {
        targets: Vec::new(),
        lists: Vec::new(),
        ..given.clone()
    })
}

/// An address that the estate asks itself: the ranges need not ask it again.
fn known(target: &Target) -> Option<(Range, Option<Port>)> {
    match target.host {
        Host::Address(address) => Some((Range::one(address), Some(target.port))),
        Host::Name(_) => None,
    }
}

fn lists(sources: &[Source]) -> Result<Vec<List>> {
    sources
        .iter()
        .map(|source| {
            let (name, input): (_, Box<dyn Read + Send>) = match source {
                Source::Stdin => ("standard input".to_owned(), Box::new(std::io::stdin())),
                Source::File(path) => (path.display().to_string(), Box::new(open(path)?)),
            };
            Ok((name, input))
        })
        .collect()
}

fn open(path: &Path) -> Result<File> {
    given::open(path)
}

fn exclusions(settings: &Sweep) -> Result<Vec<(Range, Option<Port>)>> {
    let mut excluded = Vec::new();
    for text in &settings.exclude {
        excluded.extend(exclusion(text).context("cannot use --exclude")?);
    }
    for path in &settings.exclude_files {
        excluded.extend(exclusions_of(path)?);
    }
    Ok(excluded)
}

fn exclusions_of(path: &Path) -> Result<Vec<(Range, Option<Port>)>> {
    let mut text = String::new();
    open(path)?
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut excluded = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            let found = exclusion(line);
            excluded.extend(found.with_context(|| format!("{}:{number}", path.display()))?);
        }
    }
    Ok(excluded)
}

fn exclusion(text: &str) -> Result<Vec<(Range, Option<Port>)>> {
    let found = inventory::range(text).map_err(|refusal| anyhow!("{refusal}"))?;
    let Some((range, ports)) = found else {
        bail!("`{text}` is no range of addresses; a name may have any, so exclude its addresses");
    };
    Ok(match ports.is_empty() {
        true => vec![(range, None)],
        false => ports.into_iter().map(|port| (range, Some(port))).collect(),
    })
}
