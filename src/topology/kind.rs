//! What a file looks like.

use super::refusal::{Place, TopologyError};
use super::text;

/// A form in which topologies are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// XML: published, of Topology Builder, or out of an export of the configuration.
    Xml,
    /// A zip archive.
    Zip,
    /// Objects as JSON.
    Json,
    /// Objects as CSV.
    Csv,
}

/// The form of a file; what else it is when it is none.
pub(super) fn of(place: &Place, bytes: &[u8]) -> Result<Form, TopologyError> {
    let refuse = |what: &str| {
        let hint = "a topology is exported with `Get-CsTopology -AsXml | Out-File topology.xml`, or `Export-CsConfiguration`";
        Err(place.refuse(what.to_owned(), hint))
    };
    match bytes {
        [] => return refuse("the file is empty"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Ok(Form::Zip),
        [b'%', b'P', b'D', b'F', ..] => return refuse("this is a PDF file"),
        [0x30, 0x82, ..] => return refuse("this looks like a certificate or a key (DER)"),
        [b'M', b'Z', ..] => return refuse("this is a program"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return refuse("this is an old Office document"),
        _ => {}
    }
    let text = text::decode(place, bytes)?;
    let start = text.trim_start();
    match start {
        "" => refuse("the file is empty"),
        _ if start.starts_with('<') => Ok(Form::Xml),
        _ if start.starts_with("-----BEGIN") => refuse("this is a PEM file"),
        _ if is_estate(start) => refuse("this is an estate already"),
        _ if is_json(start) => Ok(Form::Json),
        _ if is_csv(start) => Ok(Form::Csv),
        _ => refuse("this is neither XML nor an archive, nor objects of PowerShell as CSV or JSON"),
    }
}

/// Whether a file that may be an estate is a topology instead.
pub(super) fn is_topology(bytes: &[u8]) -> bool {
    of(&Place::file(""), bytes).is_ok()
}

fn is_estate(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("[[endpoint]]") || line.starts_with("[group."))
}

fn is_json(text: &str) -> bool {
    let after = text.strip_prefix('[').map(str::trim_start);
    text.starts_with('{') || after.is_some_and(|rest| rest.starts_with(['{', ']']))
}

fn is_csv(text: &str) -> bool {
    let header = text.lines().find(|line| !line.starts_with("#TYPE"));
    let properties = ["identity", "fqdn", "poolfqdn", "computers"];
    header.is_some_and(|line| {
        let fields = line.split([',', ';', '\t']);
        let mut names = fields.map(|field| field.trim().trim_matches('"').to_lowercase());
        names.any(|name| properties.contains(&name.as_str()))
    })
}
