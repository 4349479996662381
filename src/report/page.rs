//! Lines on a page of limited width: the one place that wraps and indents.

use std::io::{self, Write};

use crate::report::style::{Style, Tone};
use crate::report::text;

/// Where lines for people go.
pub(super) struct Page<'p> {
    /// How it looks.
    pub(super) style: &'p Style,
    out: &'p mut dyn Write,
}

impl<'p> Page<'p> {
    pub(super) fn new(style: &'p Style, out: &'p mut dyn Write) -> Self {
        Self { style, out }
    }

    /// A line as it is: harmless, and narrow enough.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        self.line("")
    }

    /// A heading of a section, with an empty line before it.
    pub(super) fn section(&mut self, heading: &str) -> io::Result<()> {
        self.gap()?;
        let heading = self.style.short(heading, self.style.columns());
        self.line(&self.style.paint(Tone::Heading, heading))
    }

    /// Foreign text behind a label, wrapped under itself. `label` is harmless and `indent` columns wide as shown.
    pub(super) fn hang(&mut self, label: &str, indent: usize, text: &str) -> io::Result<()> {
        let text = self.style.sentence(text);
        self.hang_whole(label, indent, &text)
    }

    /// As [`Page::hang`], for harmless text, however long.
    pub(super) fn hang_whole(&mut self, label: &str, indent: usize, text: &str) -> io::Result<()> {
        let room = self.style.columns().saturating_sub(indent);
        for (number, line) in text::wrap(text, room).into_iter().enumerate() {
            if number == 0 {
                self.line(format!("{label}{line}").trim_end())?;
            } else {
                self.line(&format!("{:indent$}{line}", ""))?;
            }
        }
        Ok(())
    }

    /// Foreign text, indented.
    pub(super) fn indented(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hang(&format!("{:indent$}", ""), indent, text)
    }

    /// A label, filled up to `columns`, and a foreign text behind it.
    pub(super) fn field(
        &mut self,
        indent: usize,
        label: &str,
        columns: usize,
        text: &str,
    ) -> io::Result<()> {
        let label = format!("{:indent$}{}", "", text::pad(label, columns));
        self.hang(&label, indent + columns, text)
    }
}
