//! `sameca demo`: the main job on an estate inside this process.

use anyhow::Result;

use crate::cli::exit::Exit;
use crate::cli::network;
use crate::cli::output::Destinations;
use crate::cli::present;
use crate::cli::settings::{CaSources, Demo, DemoEstate, Policy};
use crate::cli::verdict::Judge;
use crate::demo;
use crate::sweep;

/// Starts the estate, checks it, and takes it down.
pub(super) fn run(settings: &Demo) -> Result<Exit> {
    let destinations = Destinations::open(&settings.forms)?;
    let sweep = sweep::Settings::new(&network::run_id());
    let observed = network::block_on(async {
        let estate = demo::start(settings.estate == DemoEstate::AllSame, sweep::now()).await?;
        let words = format!(
            "A small Lync estate runs inside this process. This is what was asked:\n\n  {}\n",
            estate.command
        );
        present::note(&words, &settings.output);
        anyhow::Ok(network::observe(&estate.inventory, &sweep, &settings.output).await)
    })??;
    let judge = Judge::prepare(
        &Policy::default(),
        &CaSources {
            files: Vec::new(),
            system_roots: false,
        },
        &[],
    )?;
    let seen = observed.observations;
    let looked = judge.look(&seen, &sweep.run)?.partial(observed.partial);
    let formats = settings.forms.iter().map(|form| form.format);
    looked.report(&seen, formats, |report| {
        present::write(report, &seen, None, &settings.output, destinations)
    })
}
