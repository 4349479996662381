//! An estate file (TOML) -> entries and expectations.
//!
//! Read from the syntax tree, since that keeps every place: each mistake is reported where it stands.

mod document;
mod endpoint;

use std::path::{Path, PathBuf};

use toml_edit::{Item, TableLike, Value};

use self::document::Reader;
use crate::inventory::entry::Entry;
use crate::inventory::refusal::{InventoryError, Place, Refusal, quote};
use crate::model::target::{Expectation, Group};

/// What an estate file says.
#[derive(Debug, Default)]
pub(super) struct Estate {
    /// The estate's name.
    pub(super) name: Option<String>,
    /// Its endpoints.
    pub(super) entries: Vec<Entry>,
    /// What its groups are expected to come from, and where that was said.
    pub(super) expectations: Vec<(Group, Expectation, Place)>,
}

const KEYS: &[&str] = &["name", "reference_ca", "endpoint", "group"];
const GROUP_KEYS: &[&str] = &["expect", "reference_ca"];

/// Reads an estate; paths in it are reckoned from `directory`.
pub(super) fn parse(source: &Place, directory: &Path, text: &str) -> (Estate, Vec<InventoryError>) {
    let mut reader = Reader::new(source, text);
    let mut estate = Estate::default();
    if let Some(document) = reader.document() {
        read(&mut reader, directory, document.as_table(), &mut estate);
    }
    (estate, reader.finish())
}

fn read(reader: &mut Reader<'_>, directory: &Path, table: &dyn TableLike, estate: &mut Estate) {
    reader.unknown_keys(table, KEYS);
    if let Some(item) = table.get("name") {
        estate.name = reader
            .string("name", item, "\"Contoso\"")
            .map(str::to_owned);
    }
    if let Some(item) = table.get("group") {
        groups(reader, directory, item, estate);
    }
    if let Some(item) = table.get("reference_ca")
        && let Some(path) = path(reader, directory, item)
    {
        whole_estate(&path, &reader.place(item.span()), estate);
    }
    if let Some((key, item)) = table.get_key_value("endpoint") {
        for (table, span) in endpoints(reader, key.span(), item) {
            estate
                .entries
                .extend(endpoint::read(reader, directory, table, span));
        }
    }
}

/// The estate's reference holds for every group that has none of its own.
fn whole_estate(path: &Path, place: &Place, estate: &mut Estate) {
    for group in Group::ALL {
        if estate.expectations.iter().all(|(g, ..)| *g != group) {
            let expectation = Expectation::ReferenceCa(path.to_owned());
            estate
                .expectations
                .push((group, expectation, place.clone()));
        }
    }
}

fn path(reader: &mut Reader<'_>, directory: &Path, item: &Item) -> Option<PathBuf> {
    let text = reader.string("reference_ca", item, "\"contoso-ca.pem\"")?;
    Some(directory.join(text))
}

fn groups(reader: &mut Reader<'_>, directory: &Path, item: &Item, estate: &mut Estate) {
    let Some(table) = item.as_table_like() else {
        let refusal = Refusal::new("`group` must be a table").hint("write [group.external]");
        return reader.refuse(item.span(), refusal);
    };
    reader.unknown_keys(table, &Group::ALL.map(Group::word));
    for (word, item) in table.iter() {
        let Some(group) = Group::parse(word) else {
            continue;
        };
        match item.as_table_like() {
            Some(table) => {
                if let Some((expectation, place)) = expectation(reader, directory, table) {
                    estate.expectations.push((group, expectation, place));
                }
            }
            None => reader.refuse(
                item.span(),
                Refusal::new(format!("the group `{group}` must be a table"))
                    .hint(format!("write [group.{group}]")),
            ),
        }
    }
}

fn expectation(
    reader: &mut Reader<'_>,
    directory: &Path,
    table: &dyn TableLike,
) -> Option<(Expectation, Place)> {
    reader.unknown_keys(table, GROUP_KEYS);
    match (table.get("expect"), table.get("reference_ca")) {
        (Some(_), Some(item)) => {
            reader.refuse(
                item.span(),
                Refusal::new("a group has `expect` or `reference_ca`, not both")
                    .hint("leave out one of them"),
            );
            None
        }
        (Some(item), None) => {
            let word = reader.string("expect", item, "\"public\"")?;
            if word != "public" {
                let what = format!("`expect` cannot be {}", quote(word));
                let hint = "write expect = \"public\", or reference_ca = \"FILE\"";
                reader.refuse(item.span(), Refusal::new(what).hint(hint));
                return None;
            }
            Some((Expectation::Public, reader.place(item.span())))
        }
        (None, Some(item)) => {
            let path = path(reader, directory, item)?;
            Some((Expectation::ReferenceCa(path), reader.place(item.span())))
        }
        (None, None) => None,
    }
}

/// The tables of `[[endpoint]]`, or of `endpoint = [{ … }]`.
fn endpoints<'i>(
    reader: &mut Reader<'_>,
    key: document::Span,
    item: &'i Item,
) -> Vec<(&'i dyn TableLike, document::Span)> {
    if let Some(tables) = item.as_array_of_tables() {
        return tables
            .iter()
            .map(|table| (table as &dyn TableLike, table.span()))
            .collect();
    }
    let mut tables: Vec<(&dyn TableLike, document::Span)> = Vec::new();
    let Some(array) = item.as_array() else {
        let refusal = Refusal::new("`endpoint` must be a list of tables");
        reader.refuse(
            key,
            refusal.hint("write [[endpoint]], with two brackets, for each"),
        );
        return tables;
    };
    for value in array {
        match value {
            Value::InlineTable(table) => tables.push((table, value.span())),
            other => reader.refuse(
                other.span(),
                Refusal::new("an endpoint must be a table").hint("write { host = \"…\" }"),
            ),
        }
    }
    tables
}

#[cfg(test)]
mod tests;
