//! Which run is meant: by id, by time, or counted from the last.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::history::encode::milliseconds;
use crate::history::error::Trouble;
use crate::history::read;
use crate::model::history::RunRecord;
use crate::model::timestamp::Timestamp;

/// How many ids an error names.
const NAMED: u32 = 4;

/// How a run is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The last complete run (`last`), or one so many complete runs before it (`last~2`).
    Last(u32),
    /// The last complete run that began at this time or earlier.
    At(Timestamp, String),
    /// The run whose id begins so.
    Id(String),
}

impl Selector {
    /// Reads `last`, `last~N`, a day, a time, or the beginning of an id; `None` when the text is none of them.
    ///
    /// A day or a minute means its end: `2026-11-20` is the last run of that day, or before it.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "last" {
            return Some(Self::Last(0));
        }
        if let Some(back) = text.strip_prefix("last~") {
            return back.parse().ok().map(Self::Last);
        }
        if let Some(time) = end_of(text) {
            return Some(Self::At(time, text.to_owned()));
        }
        // A ULID is written in Crockford's base 32, which has no I, L, O and U.
        let digit = |c: char| c.is_ascii_alphanumeric() && !"ILOU".contains(c.to_ascii_uppercase());
        let id = !text.is_empty() && text.len() <= 26 && text.chars().all(digit);
        id.then(|| Self::Id(text.to_uppercase()))
    }

    /// The run that is meant.
    pub(super) fn find(&self, tables: &Connection) -> Result<RunRecord, Trouble> {
        match self {
            Self::Last(back) => one(
                tables,
                "WHERE NOT partial ORDER BY started DESC, number DESC LIMIT 1 OFFSET ?1",
                params![back],
            )?
            .ok_or_else(|| self.none(tables)),
            Self::At(time, _) => one(
                tables,
                "WHERE NOT partial AND started <= ?1 ORDER BY started DESC, number DESC LIMIT 1",
                params![milliseconds(*time)],
            )?
            .ok_or_else(|| self.none(tables)),
            Self::Id(prefix) => self.by_id(prefix, tables),
        }
    }

    fn by_id(&self, prefix: &str, tables: &Connection) -> Result<RunRecord, Trouble> {
        let mut query = tables.prepare_cached(
            "SELECT id FROM run WHERE upper(substr(id, 1, length(?1))) = ?1 ORDER BY id LIMIT ?2",
        )?;
        let ids = query.query_map(params![prefix, NAMED], |row| row.get(0))?;
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        match &*ids {
            [] => Err(self.none(tables)),
            [id] => one(tables, "WHERE id = ?1", params![id])?.ok_or_else(|| self.none(tables)),
            _ => Err(Trouble::Ambiguous {
                wanted: prefix.to_owned(),
                ids,
            }),
        }
    }

    fn none(&self, tables: &Connection) -> Trouble {
        let count = tables.query_row("SELECT count(*), min(started) FROM run", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
        });
        let held = match count {
            Ok((0, _)) => "it holds no run yet".to_owned(),
            Ok((count, _)) => {
                format!("it holds {count}: `sameca history` lists them")
            }
            Err(error) => return error.into(),
        };
        Trouble::NoRun {
            wanted: self.to_string(),
            advice: held,
        }
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Last(0) => f.write_str("last"),
            Self::Last(back) => write!(f, "last~{back}"),
            Self::At(_, text) | Self::Id(text) => f.write_str(text),
        }
    }
}

fn one(
    tables: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<RunRecord>, Trouble> {
    let query = format!("SELECT {} FROM run {condition}", read::RUN);
    let raw = tables
        .prepare_cached(&query)?
        .query_row(parameters, read::raw);
    raw.optional()?.map(read::RawRun::run).transpose()
}

/// The last moment that a time means: of a day, a minute, a second or the moment itself.
fn end_of(text: &str) -> Option<Timestamp> {
    if let Some(time) = Timestamp::parse(text) {
        return Some(time);
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let tail = "0000-00-00T23:59:59.999Z";
    // Only whole fields may be left out: a day, an hour, a minute, a second.
    let length = matches!(text.len(), 10 | 13 | 16 | 19).then_some(text.len())?;
    let full = format!("{text}{}", tail.get(length..)?);
    Timestamp::parse(&full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<String> {
        match Selector::parse(text)? {
            Selector::At(time, _) => Some(time.to_string()),
            _ => None,
        }
    }

    #[test]
    fn a_day_and_a_minute_mean_their_end() {
        let at = |text| at(text).expect("a time");
        assert_eq!(at("2026-11-20"), "2026-11-20T23:59:59.999Z");
        assert_eq!(at("2026-11-20T03"), "2026-11-20T03:59:59.999Z");
        assert_eq!(at("2026-11-20T03:00"), "2026-11-20T03:00:59.999Z");
        assert_eq!(at("2026-11-20T03:00Z"), "2026-11-20T03:00:59.999Z");
        assert_eq!(at("2026-11-20T03:00:07"), "2026-11-20T03:00:07.999Z");
        assert_eq!(at("2026-11-20T03:00:07+01:00"), "2026-11-20T02:00:07.000Z");
    }

    #[test]
    fn runs_are_named_in_three_ways() {
        assert_eq!(Selector::parse("last"), Some(Selector::Last(0)));
        assert_eq!(Selector::parse("last~12"), Some(Selector::Last(12)));
        assert_eq!(
            Selector::parse("01jd3"),
            Some(Selector::Id("01JD3".to_owned()))
        );
    }

    #[test]
    fn what_names_no_run_is_none() {
        for text in [
            "",
            "last~",
            "last~-1",
            "last~x",
            "2026-13-01",
            "2026-11-20T3",
            "monday",
            "a.ndjson",
            "./last",
            "01JD3KX2M4N5P6Q7R8S9T0V1W2X",
        ] {
            assert_eq!(Selector::parse(text), None, "{text}");
        }
    }
}
