//! TOML text -> typed values with their places; whatever does not fit is collected.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, TomlError, Value};

use crate::inventory::refusal::{InventoryError, Place, Refusal, did_you_mean, quote};

/// Where something stands in the text, in bytes; absent for what the text implies only.
pub(super) type Span = Option<Range<usize>>;

/// The most syntax errors that are looked for: the parser ends at each.
const MAX_SYNTAX_ERRORS: usize = 20;

/// The text of an estate, and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    source: &'t Place,
    text: &'t str,
    /// The offset at which each line begins.
    lines: Vec<usize>,
    errors: Vec<InventoryError>,
    torn: bool,
}

impl<'t> Reader<'t> {
    /// A reader of this text.
    pub(super) fn new(source: &'t Place, text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            source,
            text,
            lines: std::iter::once(0).chain(breaks).collect(),
            errors: Vec::new(),
            torn: false,
        }
    }

    /// The syntax tree. The parser ends at the first syntax error; so that the rest is looked at too, lines that
    /// stand for themselves are blanked and the text is read again. `None` where that cannot be done.
    pub(super) fn document(&mut self) -> Option<Document<String>> {
        let mut text = self.text.to_owned();
        for _ in 0..MAX_SYNTAX_ERRORS {
            match Document::parse(text.clone()) {
                Ok(document) => return Some(document),
                Err(error) => {
                    self.torn = true;
                    let line = self.line_of(error.span().map_or(0, |span| span.start));
                    self.refuse_syntax(&error, line.clone());
                    text = blank(&text, line)?;
                }
            }
        }
        None
    }

    /// Whether lines could not be read, so that nothing can be said to be missing.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Everything that is wrong, from top to bottom.
    pub(super) fn finish(mut self) -> Vec<InventoryError> {
        self.errors.sort_by_key(|error| (error.line, error.column));
        self.errors
    }

    /// How much is wrong so far.
    pub(super) fn error_count(&self) -> usize {
        self.errors.len()
    }

    /// The place of a span.
    pub(super) fn place(&self, span: Span) -> Place {
        let Some(span) = span else {
            return self.source.clone();
        };
        let line = self.lines.partition_point(|start| *start <= span.start);
        let start = self.line_of(span.start).start;
        let column = self
            .text
            .get(start..span.start)
            .map_or(1, |before| before.chars().count() + 1);
        Place {
            line: u32::try_from(line).ok(),
            column: u32::try_from(column).ok(),
            ..self.source.clone()
        }
    }

    /// Notes that what stands here is not accepted.
    pub(super) fn refuse(&mut self, span: Span, refusal: Refusal) {
        let error = self.place(span).refuse(refusal);
        self.errors.push(error);
    }

    /// Notes every key that is not known.
    pub(super) fn unknown_keys(&mut self, table: &dyn TableLike, known: &[&str]) {
        for (word, item) in table.iter().filter(|(word, _)| !known.contains(word)) {
            let span = table.key(word).and_then(|key| key.span());
            let hint = did_you_mean(word, known)
                .unwrap_or_else(|| format!("known here: {}", known.join(", ")));
            let refusal = Refusal::new(format!("unknown key {}", quote(word))).hint(hint);
            self.refuse(span.or_else(|| item.span()), refusal);
        }
    }

    /// A string that is not empty.
    pub(super) fn string<'i>(
        &mut self,
        key: &str,
        item: &'i Item,
        example: &str,
    ) -> Option<&'i str> {
        match item.as_str().map(str::trim) {
            Some("") => {
                let refusal = Refusal::new(format!("`{key}` is empty"));
                self.refuse(
                    item.span(),
                    refusal.hint(format!("write {key} = {example}")),
                );
                None
            }
            Some(text) => Some(text),
            None => {
                let what = format!("`{key}` must be a string, not {}", kind(item.type_name()));
                let refusal = Refusal::new(what).hint(format!("write {key} = {example}"));
                self.refuse(item.span(), refusal);
                None
            }
        }
    }

    /// A value, or a list of values that is not empty.
    pub(super) fn values<'i>(
        &mut self,
        key: &str,
        item: &'i Item,
        example: &str,
    ) -> Vec<&'i Value> {
        match item {
            Item::Value(Value::Array(array)) if array.is_empty() => {
                let refusal = Refusal::new(format!("`{key}` is an empty list"));
                let hint = format!("leave it out, or write {key} = {example}");
                self.refuse(item.span(), refusal.hint(hint));
                Vec::new()
            }
            Item::Value(Value::Array(array)) => array.iter().collect(),
            Item::Value(value) => vec![value],
            _ => {
                let what = format!("`{key}` must not be {}", kind(item.type_name()));
                let refusal = Refusal::new(what).hint(format!("write {key} = {example}"));
                self.refuse(item.span(), refusal);
                Vec::new()
            }
        }
    }

    /// Several strings, each read by a function; what it refuses is noted.
    pub(super) fn texts<T>(
        &mut self,
        key: &str,
        item: &Item,
        example: &str,
        read: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Vec<T> {
        let mut texts = Vec::new();
        for value in self.values(key, item, example) {
            let result = match value.as_str() {
                Some(text) => read(text),
                None => Err(Refusal::new(format!(
                    "`{key}` holds strings, not {}",
                    kind(value.type_name())
                ))
                .hint(format!("write {key} = {example}"))),
            };
            match result {
                Ok(text) => texts.push(text),
                Err(refusal) => self.refuse(value.span(), refusal),
            }
        }
        texts
    }

    fn refuse_syntax(&mut self, error: &TomlError, line: Range<usize>) {
        let line = self.text.get(line).unwrap_or_default().trim();
        let message = error.message();
        let refusal = Refusal::new(format!("not TOML: {}", message.replace('\n', ", ")));
        let refusal = if line.starts_with("[endpoint]") {
            refusal.hint("write [[endpoint]], with two brackets")
        } else if line.contains('\\') {
            refusal.hint("a path with `\\` stands in single quotes: 'C:\\certs\\ca.cer'")
        } else if !self.text.contains('=') {
            refusal.hint("a list of targets is given with -l")
        } else {
            refusal
        };
        self.refuse(error.span(), refusal);
    }

    /// The line around an offset, without its end.
    fn line_of(&self, offset: usize) -> Range<usize> {
        let next = self.lines.partition_point(|start| *start <= offset);
        let start = next.checked_sub(1).and_then(|at| self.lines.get(at));
        let end = self
            .lines
            .get(next)
            .map_or(self.text.len(), |next| next - 1);
        start.copied().unwrap_or_default()..end
    }
}

/// The text with one line made blank; `None` if that line is more than a key and its value.
fn blank(text: &str, line: Range<usize>) -> Option<String> {
    let content = text.get(line.clone())?;
    let closed = |open, close| content.matches(open).count() == content.matches(close).count();
    let stands_alone = content.contains('=')
        && !content.trim_start().starts_with('[')
        && !content.contains("\"\"\"")
        && !content.contains("'''")
        && closed('[', ']')
        && closed('{', '}');
    if !stands_alone {
        return None;
    }
    let mut blanked = String::with_capacity(text.len());
    blanked.push_str(text.get(..line.start)?);
    blanked.extend(std::iter::repeat_n(' ', line.len()));
    blanked.push_str(text.get(line.end..)?);
    Some(blanked)
}

/// A type of TOML with its article.
pub(super) fn kind(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {type_name}")
}
