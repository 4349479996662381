//! The documents' JSON Schemas (draft 2020-12), made from the types that are written.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::model::diff::RunDiff;
use crate::model::history::HistoryDocument;
use crate::model::observation::Observation;
use crate::model::renewal::RenewalReport;
use crate::model::report::RunReport;

/// The schema of one line of NDJSON.
pub fn observation() -> String {
    of::<Observation>()
}

/// The schema of the report.
pub fn report() -> String {
    of::<RunReport>()
}

/// The schema of the renewal document.
pub fn renewal() -> String {
    of::<RenewalReport>()
}

/// The schema of the diff.
pub fn diff() -> String {
    of::<RunDiff>()
}

/// The schema of the history.
pub fn history() -> String {
    of::<HistoryDocument>()
}

/// Describes what is written, not what is also read: a missing fact is `null`, so every field is required.
fn of<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema has string keys only");
    text.push('\n');
    text
}
