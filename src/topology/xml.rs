//! XML as a stream of elements with their local names. No DTD, no entity but the five of XML, nothing external.

use std::cell::Cell;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::refusal::{Place, TopologyError, quote};

/// The deepest nesting that is read; a topology has about ten levels.
const MAX_DEPTH: usize = 64;
/// The most elements that are read; above the largest topology by far.
const MAX_ELEMENTS: usize = 4_000_000;

/// What a document says next.
#[derive(Debug)]
pub(super) enum Piece {
    /// An element begins.
    Start(Element),
    /// The element that began last and is not ended yet ends.
    End,
    /// Text between tags, with its references resolved; white space alone is left out.
    Text(String),
}

/// An element: its local name and the attributes it has.
#[derive(Debug)]
pub(super) struct Element {
    /// The name without its prefix.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute by its local name; absent when it is not there or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// Reads a document piece by piece.
pub(super) struct Document<'t> {
    reader: Reader<&'t [u8]>,
    text: &'t str,
    place: &'t Place,
    depth: usize,
    elements: usize,
    /// An offset and its line, so that each line break is counted once.
    counted: Cell<(usize, u32)>,
}

impl<'t> Document<'t> {
    pub(super) fn new(place: &'t Place, text: &'t str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            text,
            place,
            depth: 0,
            elements: 0,
            counted: Cell::new((0, 1)),
        }
    }

    /// Where the reader stands.
    pub(super) fn here(&self) -> Place {
        let offset = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let (counted, line) = self.counted.get();
        let new = self.text.as_bytes().get(counted..offset).unwrap_or(&[]);
        let breaks = new.iter().filter(|byte| **byte == b'\n').count();
        let line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.counted.set((counted.max(offset), line));
        self.place.at(line)
    }

    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, TopologyError> {
        loop {
            let event = self
                .reader
                .read_event()
                .map_err(|error| self.broken(&error))?;
            match event {
                Event::Start(start) => return self.start(&start).map(Some),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Some(Piece::End));
                }
                Event::Text(text) if !text.trim().is_empty() => {
                    return Ok(Some(Piece::Text(text.xml10_content().into_owned())));
                }
                Event::CData(text) => {
                    return Ok(Some(Piece::Text(text.xml10_content().into_owned())));
                }
                Event::GeneralRef(reference) => {
                    return self.reference(&reference.into_inner()).map(Some);
                }
                Event::DocType(_) => {
                    return Err(self.here().refuse(
                        "the document has a DTD (`<!DOCTYPE`), which no topology has",
                        "export the topology again: Get-CsTopology -AsXml",
                    ));
                }
                Event::Eof => return self.end(),
                Event::Empty(_)
                | Event::Text(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_) => {}
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<Piece, TopologyError> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err(self.here().refuse(
                format!("the document has more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements"),
                "no topology is like that; is it the right file?",
            ));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| {
                let what = format!("not XML: {error}");
                self.here().refuse(what, None)
            })?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| self.foreign_entity(attribute.value.as_ref()))?;
            let name = attribute.key.local_name().into_inner().to_owned();
            attributes.push((name, value.into_owned()));
        }
        Ok(Piece::Start(Element {
            name: start.local_name().into_inner().to_owned(),
            attributes,
        }))
    }

    /// A reference between tags: one of the five that XML has, or a character by its number.
    fn reference(&self, name: &str) -> Result<Piece, TopologyError> {
        quick_xml::escape::unescape(&format!("&{name};"))
            .map(|text| Piece::Text(text.into_owned()))
            .map_err(|_| self.foreign_entity(&format!("&{name};")))
    }

    fn foreign_entity(&self, text: &str) -> TopologyError {
        self.here().refuse(
            format!("{} uses an entity that XML does not have", quote(text)),
            "entities are not expanded here; export the topology again",
        )
    }

    fn end(&self) -> Result<Option<Piece>, TopologyError> {
        if self.depth > 0 {
            return Err(self.cut_off());
        }
        Ok(None)
    }

    fn broken(&self, error: &quick_xml::Error) -> TopologyError {
        use quick_xml::Error::Syntax;
        match error {
            Syntax(_) if self.depth > 0 => self.cut_off(),
            _ => self.here().refuse(format!("not XML: {error}"), None),
        }
    }

    fn cut_off(&self) -> TopologyError {
        self.here().refuse(
            "the document ends before its elements do: it was cut off",
            "copy the file again, or export it again",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let place = Place::file("t.xml");
        let mut document = Document::new(&place, text);
        let mut pieces = Vec::new();
        while let Some(piece) = document.next().map_err(|error| error.to_string())? {
            pieces.push(match piece {
                Piece::Start(element) => {
                    format!("{} {:?}", element.name, element.get("Fqdn").unwrap_or("-"))
                }
                Piece::End => "end".to_owned(),
                Piece::Text(text) => text,
            });
        }
        Ok(pieces)
    }

    #[test]
    fn prefixes_and_comments_do_not_count() {
        let text = "<?xml version=\"1.0\"?><!-- x --><t:a xmlns:t='u' t:Fqdn=' b&amp;c '/>";
        assert_eq!(read(text), Ok(vec!["a \"b&c\"".into(), "end".into()]));
    }

    #[test]
    fn no_dtd_and_no_entity_is_read() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
        assert!(read(bomb).is_err_and(|why| why.contains("has a DTD")));
        for entity in ["<a>&x;</a>", "<a Fqdn='&x;'/>"] {
            assert!(
                read(entity).is_err_and(|why| why.contains("`&x;` uses an entity")),
                "{entity}"
            );
        }
        assert_eq!(
            read("<a>&lt;&#66;</a>"),
            Ok(["a \"-\"", "<", "B", "end"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        assert!(read(&deep).is_err_and(|why| why.contains("levels")));
    }

    #[test]
    fn a_document_that_was_cut_off_is_called_so() {
        for text in ["<a><b>", "<a>\n<b Fqdn=\"x", "<a><!-- "] {
            assert!(
                read(text).is_err_and(|why| why.contains("cut off")),
                "{text}"
            );
        }
        assert!(read("<a></b>").is_err_and(|why| why.contains("not XML")));
    }
}
