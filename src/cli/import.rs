//! `sameca import`: exports of a Lync topology become an estate file.

use anyhow::Result;

use crate::cli::estate_file::{EstateFile, Written};
use crate::cli::exit::Exit;
use crate::cli::given;
use crate::cli::present;
use crate::cli::settings::{Import, Source};

/// Reads the exports and writes the estate, or what an estate that is there already lacks.
pub(super) fn run(settings: &Import) -> Result<Exit> {
    let file = EstateFile::new(&settings.output, settings.existing)?;
    let mut exports = Vec::new();
    for path in &settings.topologies {
        exports.push(given::read(&Source::File(path.clone()))?);
    }
    let import = given::import(&exports)?;
    let notes = match file.write(|| import.estate(), |old| import.update(old))? {
        Written::Added(lines) if lines.is_empty() => {
            vec!["the estate has everything that is in the topology".to_owned()]
        }
        Written::Added(lines) => lines,
        Written::New => left_out(import.left_out().len()),
    };
    notes
        .iter()
        .for_each(|note| present::note(note, &settings.output));
    Ok(Exit::Same)
}

/// How much is missing in a new estate.
pub(super) fn left_out(count: usize) -> Vec<String> {
    match count {
        0 => Vec::new(),
        1 => vec!["one thing was left out; the end of the estate says why".to_owned()],
        _ => vec![format!(
            "{count} things were left out; the end of the estate says why"
        )],
    }
}
