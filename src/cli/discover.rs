//! `sameca discover`: what DNS says about SIP domains becomes an estate file.

use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::cli::estate_file::{EstateFile, Written};
use crate::cli::exit::Exit;
use crate::cli::import;
use crate::cli::network;
use crate::cli::present;
use crate::cli::settings::Discover;
use crate::discover;

/// How long all questions together may take.
const TOTAL: Duration = Duration::from_secs(60);

/// Asks DNS and writes the estate, or what an estate that is there already lacks.
pub(super) fn run(settings: &Discover) -> Result<Exit> {
    let file = EstateFile::new(&settings.output, settings.existing)?;
    let asking = discover::Settings {
        server: settings.server,
        limit: settings.limit,
        total: TOTAL.max(settings.limit.saturating_mul(3)),
        nonce: network::chance().to_bits(),
    };
    let cancel = CancellationToken::new();
    let work = discover::gather(&settings.domains, &asking, &cancel);
    let gathered = network::block_on(network::interruptible(&cancel, work))??;
    let note = |line: &String| present::note(line, &settings.output);
    if cancel.is_cancelled() {
        note(&"interrupted; nothing was written".to_owned());
        return Ok(Exit::Interrupted);
    }
    let discovery = match discover::discover(&gathered) {
        Ok(discovery) => discovery,
        Err(nothing) => {
            nothing.asked.iter().for_each(note);
            nothing
                .left_out
                .iter()
                .for_each(|why| note(&format!("left out: {why}")));
            note(&nothing.why);
            return Ok(Exit::Inconclusive);
        }
    };
    let written = file.write(|| discovery.estate(), |old| discovery.update(old))?;
    discovery.notes().iter().for_each(note);
    match written {
        Written::Added(lines) if lines.is_empty() => {
            note(&"the estate has everything that was found in DNS".to_owned());
        }
        Written::Added(lines) => lines.iter().for_each(note),
        Written::New => import::left_out(discovery.left_out().len())
            .iter()
            .for_each(note),
    }
    Ok(Exit::Same)
}
