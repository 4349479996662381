//! Microsoft's requirement for Persistent Chat as a page of its own, to be attached to a change request: for each server
//! of the file upload/download service, which certificate, which CA, and whether that is the internal servers' CA.
//!
//! What is not shown by the report is said not to have been checked.

mod answer;
mod page;

use std::io::{self, Write};

use crate::model::report::Report;
use crate::report::style::Style;

/// Writes the page as text.
pub fn render(report: &dyn Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    page::write(&answer::answer(report)?, style, out)
}

/// Writes the page as one JSON document (`sameca.requirement/1`).
pub fn render_json(report: &dyn Report, out: &mut dyn Write) -> io::Result<()> {
    crate::report::json::document(&answer::answer(report)?, out)
}
