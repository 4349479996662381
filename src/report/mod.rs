//! L2: the report as bytes, one file for each format.
//!
//! Every format is a pure function of [`RunReport`](crate::model::report::RunReport) (NDJSON: of an
//! [`Observation`](crate::model::observation::Observation)); nothing here reads a clock or judges. Text that came from
//! a certificate or a server is data: formats for people pass it through [`text`].

mod certificate;
mod changes;
pub mod compare;
pub mod csv;
pub mod diff;
pub mod estate;
pub mod explain;
mod findings;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod nagios;
pub mod ndjson;
mod page;
pub mod pem;
pub mod prometheus;
pub mod renewal;
pub mod requirement;
mod rows;
pub mod schema;
pub mod show;
mod standing;
mod style;
pub mod summary;
mod survey;
mod symbol;
pub mod table;
pub mod text;

pub use style::Style;
