//! Objects of PowerShell -> [`Export`]: `Get-CsPool`, `Get-CsService` and `Get-CsComputer`, as `Export-Csv` or
//! `ConvertTo-Json` write them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::export::{Export, Kind, Knows, NamedPort, Pool, Protocol, Service, Side, fqdn, port};
use super::refusal::{Place, TopologyError};

/// One object: its properties by name in lower case, each a list of texts.
type Object = BTreeMap<String, Vec<String>>;

/// Reads what `ConvertTo-Json` wrote: one object, or a list of them.
pub(super) fn json(place: &Place, text: &str) -> Result<Export, Vec<TopologyError>> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        let what = if error.is_eof() {
            "the document ends too early: it was cut off".to_owned()
        } else {
            format!("not JSON: {error}")
        };
        vec![
            place
                .at(line)
                .refuse(what, "export it again with ConvertTo-Json"),
        ]
    })?;
    // Windows PowerShell wraps some lists as {"value": […], "Count": n}.
    let value = match value {
        Value::Object(mut map) if map.contains_key("value") && map.contains_key("Count") => {
            map.remove("value").unwrap_or_default()
        }
        other => other,
    };
    let objects = match value {
        Value::Array(values) => values,
        other => vec![other],
    };
    let objects = objects.iter().filter_map(Value::as_object).map(|map| {
        let properties = map.iter();
        (
            place.clone(),
            properties
                .map(|(name, value)| (name.to_lowercase(), texts(value)))
                .collect(),
        )
    });
    collect(place, objects.collect())
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => list(text),
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(truth) => vec![truth.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// Reads what `Export-Csv` wrote, with or without its `#TYPE` line, with commas, semicolons or tabs.
pub(super) fn csv(place: &Place, text: &str) -> Result<Export, Vec<TopologyError>> {
    let header = text.lines().find(|line| !line.starts_with("#TYPE"));
    let header = header.unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| header.bytes().filter(|byte| byte == d).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let here = place.at(u32::try_from(line).unwrap_or(u32::MAX));
        vec![here.refuse(
            "a row has not as many fields as the header",
            "the file was cut off or changed; export it again",
        )]
    };
    let names: Vec<String> = reader
        .headers()
        .map_err(broken)?
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    let mut objects = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(1, csv::Position::line);
        let fields = record.iter().map(list);
        objects.push((
            place.at(u32::try_from(line).unwrap_or(u32::MAX)),
            names.iter().cloned().zip(fields).collect(),
        ));
    }
    collect(place, objects)
}

/// The texts of one field. A list that `Export-Csv` did not write shows as the name of its type: nothing is known then.
fn list(text: &str) -> Vec<String> {
    let type_name = text.starts_with("System.") || text.starts_with("Microsoft.");
    let items = text.trim_matches(['{', '}']).split([';', ',', ' ']);
    items
        .map(str::trim)
        .filter(|item| !item.is_empty() && !type_name)
        .map(str::to_owned)
        .collect()
}

fn collect(place: &Place, objects: Vec<(Place, Object)>) -> Result<Export, Vec<TopologyError>> {
    let mut export = Export::default();
    let mut errors = Vec::new();
    for (here, object) in &objects {
        let has = |name: &str| object.contains_key(name);
        let result = if has("poolfqdn") {
            service(here, object).map(|service| export.services.extend(service))
        } else if has("computers") {
            pool(here, object).map(|pool| export.pools.push(pool))
        } else if has("pool") && has("fqdn") {
            computer(here, object).map(|pool| export.pools.push(pool))
        } else {
            errors.push(unknown_objects(place, object));
            break;
        };
        errors.extend(result.err());
    }
    if objects.is_empty() {
        errors.push(place.refuse("there is no object in it", "export it again"));
    }
    if errors.is_empty() {
        Ok(export)
    } else {
        Err(errors)
    }
}

fn unknown_objects(place: &Place, object: &Object) -> TopologyError {
    let names: Vec<&str> = object.keys().map(String::as_str).take(5).collect();
    place.refuse(
        format!(
            "these are not objects of Get-CsPool, Get-CsService or Get-CsComputer: their properties are {}",
            super::refusal::quote(&names.join(", "))
        ),
        "export these, as in `Get-CsService | ConvertTo-Json | Out-File services.json`",
    )
}

fn first<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    object.get(name)?.first().map(String::as_str)
}

fn name(here: &Place, object: &Object, property: &str) -> Result<String, TopologyError> {
    let text = first(object, property).ok_or_else(|| {
        here.refuse(
            format!("an object has no `{property}`"),
            "export the objects again, with all their properties",
        )
    })?;
    fqdn(here, text)
}

fn members(here: &Place, object: &Object, property: &str) -> Result<Vec<String>, TopologyError> {
    let names = object.get(property).into_iter().flatten();
    names.map(|name| fqdn(here, name)).collect()
}

fn pool(here: &Place, object: &Object) -> Result<Pool, TopologyError> {
    let members = members(here, object, "computers")?;
    let site = object.get("site").map(|words| words.join(" "));
    Ok(Pool {
        fqdn: name(here, object, "fqdn").or_else(|_| name(here, object, "identity"))?,
        knows: if members.is_empty() {
            Knows::Some
        } else {
            Knows::All
        },
        members,
        site: site.map(|site| site.trim_start_matches("Site:").to_owned()),
        place: here.clone(),
    })
}

fn computer(here: &Place, object: &Object) -> Result<Pool, TopologyError> {
    let computer = name(here, object, "fqdn")?;
    if first(object, "pool").is_none() {
        return Err(here.refuse(
            format!("the computer `{computer}` is in no pool"),
            "each computer has a `Pool`; export Get-CsComputer again, with all its properties",
        ));
    }
    Ok(Pool {
        fqdn: name(here, object, "pool")?,
        members: vec![computer],
        knows: Knows::Some,
        site: None,
        place: here.clone(),
    })
}

/// A service; `None` for what is installed on no pool.
fn service(here: &Place, object: &Object) -> Result<Option<Service>, TopologyError> {
    if first(object, "poolfqdn").is_none() {
        return Ok(None);
    }
    let identity = first(object, "identity").or(first(object, "role"));
    let word = identity.unwrap_or_default();
    let kind = Kind::of(word.split(':').next().unwrap_or_default());
    let host = |property: &str| {
        let text = first(object, property);
        text.map(|text| fqdn(here, text)).transpose()
    };
    Ok(Some(Service {
        ports: named_ports(here, object, &kind)?,
        kind,
        pool: name(here, object, "poolfqdn")?,
        version: first(object, "version").and_then(|version| version.parse().ok()),
        components: None,
        external_host: host("externalfqdn")?,
        internal_host: host("internalfqdn")?,
        inactive: members(here, object, "inactiveservers")?,
        director: false,
        place: here.clone(),
    }))
}

/// The ports that the objects name; of several kinds of service in one CSV file, the columns are those of the first.
fn named_ports(
    here: &Place,
    object: &Object,
    kind: &Kind,
) -> Result<Option<Vec<NamedPort>>, TopologyError> {
    use Protocol::{Https, Tls};
    use Side::{External, Internal};
    let properties: &[(&str, Protocol, Side)] = match kind {
        Kind::WebServices => &[
            ("primaryhttpsport", Https, Internal),
            ("externalhttpsport", Https, External),
        ],
        Kind::PersistentChat => &[("mtlsport", Tls, Internal)],
        Kind::Registrar => &[("sipport", Tls, Internal)],
        Kind::Mediation => &[
            ("sipserverport", Tls, Internal),
            ("sipclienttlsport", Tls, Internal),
        ],
        _ => &[],
    };
    let read = |property: &str| match first(object, property) {
        Some(text) => port(here, text),
        None => Ok(None),
    };
    let published = read("publishedexternalhttpsport")?;
    let mut ports = Vec::new();
    for (property, protocol, side) in properties {
        ports.extend(read(property)?.map(|port| NamedPort {
            port,
            protocol: *protocol,
            side: *side,
            owner: String::new(),
            published: published.filter(|_| *side == External),
            published_as: None,
        }));
    }
    Ok((!ports.is_empty()).then_some(ports))
}
