//! `sameca schema`: the JSON Schemas of the documents.

use anyhow::Result;

use crate::cli::args::{Document, SchemaArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Destination;
use crate::report::schema;

/// Prints the schema.
pub(super) fn run(args: &SchemaArgs) -> Result<Exit> {
    let schema = match args.document {
        Document::Observation => schema::observation(),
        Document::Report => schema::report(),
        Document::Renewal => schema::renewal(),
        Document::Diff => schema::diff(),
        Document::History => schema::history(),
    };
    Destination::open(None)?.write(|out| writeln!(out, "{}", schema.trim_end()))?;
    Ok(Exit::Same)
}
