//! `sameca import`: exports of a Lync topology become an estate file.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::{Existing, Import, Source};

/// Where a new estate is said to be when it goes to standard output.
const STANDARD: &str = "standard output";

/// Reads the exports and writes the estate, or what an estate that is there already lacks.
pub(super) fn run(settings: &Import) -> Result<Exit> {
    let file = settings.output.file.as_deref();
    let there = file.is_some_and(|path| path.is_file());
    if let (Some(path), Existing::Kept, true) = (file, settings.existing, there) {
        bail!(
            "{} is there already; --update adds to it what it lacks, --force replaces it",
            path.display()
        );
    }
    let mut exports = Vec::new();
    for path in &settings.topologies {
        exports.push(given::read(&Source::File(path.clone()))?);
    }
    let import = given::import(&exports)?;
    let path = file.unwrap_or(Path::new(STANDARD));
    let (text, notes) = match settings.existing {
        Existing::Updated if there => {
            let (name, bytes) = given::read(&Source::File(path.to_owned()))?;
            let Ok(old) = std::str::from_utf8(&bytes) else {
                bail!("{name} is not UTF-8; save it as UTF-8 first");
            };
            let update = import.update(old).context(name)?;
            let nothing = vec!["the estate has everything that is in the topology".to_owned()];
            let notes = Some(update.differences).filter(|lines| !lines.is_empty());
            (update.text, notes.unwrap_or(nothing))
        }
        _ => (import.estate(), left_out(import.left_out().len())),
    };
    given::estate(path, &text)?;
    Destination::open(file)?.write(|out| out.write_all(text.as_bytes()))?;
    notes
        .iter()
        .for_each(|note| present::note(note, &settings.output));
    Ok(Exit::Same)
}

fn left_out(count: usize) -> Vec<String> {
    match count {
        0 => Vec::new(),
        1 => vec!["one thing was left out; the end of the estate says why".to_owned()],
        _ => vec![format!(
            "{count} things were left out; the end of the estate says why"
        )],
    }
}
