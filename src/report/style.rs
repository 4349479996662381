//! How output for people looks: its width, and whether it may use colour and symbols.

use std::borrow::Cow;
use std::fmt;

use anstyle::{AnsiColor, Style as Paint};

use crate::model::verdict::{Severity, Verdict};
use crate::report::text;

/// How output for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; 100 when there is none.
    pub width: usize,
    /// Whether colours may be used. They never carry meaning alone.
    pub colour: bool,
    /// Whether to write ASCII only.
    pub ascii: bool,
    /// How often `-v` was given.
    pub verbose: u8,
    /// Whether only the verdict is wanted.
    pub quiet: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 100,
            colour: false,
            ascii: false,
            verbose: 0,
            quiet: false,
        }
    }
}

impl Style {
    /// The columns that lines may fill. Narrower terminals than 40 columns get lines of 40.
    pub(super) fn columns(&self) -> usize {
        self.width.max(40)
    }

    /// Text from a server, a certificate or a file, safe to show.
    pub(super) fn harmless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.ascii {
            text::ascii(text)
        } else {
            text::harmless(text)
        }
    }

    /// The same on at most `width` columns, shortened in the middle.
    pub(super) fn short(&self, text: &str, width: usize) -> String {
        text::shorten(&self.harmless(text), width, self.ellipsis()).into_owned()
    }

    /// The same, as long as a sentence may be. Whoever made the text shall not fill screens with it.
    pub(super) fn sentence(&self, text: &str) -> String {
        self.short(text, LONGEST)
    }

    /// What stands for text left out.
    pub(super) fn ellipsis(&self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    /// Text in a colour, if colours may be used.
    pub(super) fn paint<T: fmt::Display>(&self, tone: Tone, text: T) -> String {
        if !self.colour {
            return text.to_string();
        }
        let paint = tone.paint();
        format!("{paint}{text}{paint:#}")
    }

    /// The word in front of an error.
    pub fn error(&self, word: &str) -> String {
        self.paint(Tone::Bad, word)
    }

    /// The mark in front of a row, always [`Style::mark_width`] columns wide.
    pub(super) fn mark(&self, mark: Mark) -> String {
        let (symbol, word, tone) = mark.forms();
        self.paint(tone, if self.ascii { word } else { symbol })
    }

    /// How many columns a mark takes.
    pub(super) fn mark_width(&self) -> usize {
        if self.ascii { 2 } else { 1 }
    }
}

/// The most columns of one sentence or name that are ever written.
const LONGEST: usize = 1_200;

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Doubtful,
    Heading,
    Faint,
    /// The CA at this place of the report; as its letter does, it comes again after the last.
    Ca(usize),
}

/// The colours of CAs: none that stands for good, bad or doubtful.
const CAS: [AnsiColor; 6] = [
    AnsiColor::Blue,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::BrightBlue,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightCyan,
];

impl Tone {
    fn paint(self) -> Paint {
        match self {
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Doubtful => AnsiColor::Yellow.on_default().bold(),
            Self::Heading => Paint::new().bold(),
            Self::Faint => Paint::new().dimmed(),
            Self::Ca(place) => CAS[place % CAS.len()].on_default().bold(),
        }
    }
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Same => Self::Good,
            Verdict::Different => Self::Bad,
            Verdict::Inconclusive => Self::Doubtful,
        }
    }
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Bad,
            Severity::Warning => Self::Doubtful,
            Severity::Notice => Self::Faint,
        }
    }
}

/// What a row says at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Agrees.
    Agrees,
    /// Does not agree.
    Differs,
    /// Was to be captured and was not.
    Missing,
    /// Cannot be told.
    Unknown,
    /// Counts for nothing.
    Note,
}

impl Mark {
    fn forms(self) -> (&'static str, &'static str, Tone) {
        match self {
            Self::Agrees => ("✓", "ok", Tone::Good),
            Self::Differs => ("✗", "XX", Tone::Bad),
            Self::Missing => ("!", "!!", Tone::Doubtful),
            Self::Unknown => ("?", "??", Tone::Doubtful),
            Self::Note => ("·", "--", Tone::Faint),
        }
    }
}
