//! What changed between two runs, as a table.

use std::io::{self, Write};

use crate::model::change::{Change, Class};
use crate::model::diff::RunDiff;
use crate::report::changes;
use crate::report::page::Page;
use crate::report::style::{Style, Tone};

/// Writes the table: what changed; with `-v` also what did not.
pub fn render(diff: &RunDiff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let (word, tone) = match diff.equal {
        true => ("EQUAL", Tone::Good),
        false => ("CHANGED", Tone::Doubtful),
    };
    let label = format!("{}  ", style.paint(tone, word));
    if style.quiet {
        return page.line(&format!("{label}{}", style.sentence(&diff.headline)));
    }
    page.hang(&label, word.len() + 2, &diff.headline)?;
    let times = format!("{} -> {}", diff.old.to, diff.new.to);
    page.indented(word.len() + 2, &times)?;
    let told =
        |change: &&Change| style.verbose > 0 || change.counted && change.class != Class::Unchanged;
    let changed: Vec<Change> = diff.endpoints.iter().filter(told).cloned().collect();
    if changed.is_empty() {
        return Ok(());
    }
    changes::write(&changed, &mut page)
}
