//! Points in time, written as RFC 3339 in UTC with milliseconds.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A point in time with a resolution of one millisecond, always in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The point in time, cut to whole milliseconds and expressed in UTC.
    pub fn new(time: OffsetDateTime) -> Self {
        let utc = time.to_offset(UtcOffset::UTC);
        let cut = utc.nanosecond() % 1_000_000;
        Self(utc - Duration::nanoseconds(i64::from(cut)))
    }

    /// Seconds since 1970-01-01T00:00:00Z; `None` outside the years -9999 to 9999.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds).ok().map(Self)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_milliseconds(self) -> i64 {
        self.unix() * 1000 + i64::from(self.0.millisecond())
    }

    /// The time that has so many milliseconds since 1970-01-01T00:00:00Z; `None` outside the years -9999 to 9999.
    pub fn from_unix_milliseconds(milliseconds: i64) -> Option<Self> {
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000);
        time.ok().map(Self)
    }

    /// Reads an RFC 3339 time; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(Self::new)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The time as the `time` crate holds it.
    pub fn date_time(self) -> OffsetDateTime {
        self.0
    }

    /// The calendar day, as `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let date = self.0.date();
        format!(
            "{:04}-{:02}-{:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    }

    /// Whole days from `earlier` to this time; negative when this one lies before it.
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).whole_days()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no RFC 3339 time")))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_there_and_back() {
        for text in ["1969-12-31T23:59:59.999Z", "2026-11-22T20:15:04.120Z"] {
            let time = Timestamp::parse(text).expect("a time");
            let milliseconds = time.unix_milliseconds();
            assert_eq!(
                Timestamp::from_unix_milliseconds(milliseconds),
                Some(time),
                "{text}"
            );
        }
        let before = Timestamp::parse("1969-12-31T23:59:59.999Z").expect("a time");
        assert_eq!(before.unix_milliseconds(), -1);
        assert_eq!(Timestamp::from_unix_milliseconds(i64::MAX), None);
    }

    #[test]
    fn is_written_in_utc_with_milliseconds() {
        let time = Timestamp::parse("2026-11-22T21:15:04.1239+01:00").expect("a time");
        assert_eq!(time.to_string(), "2026-11-22T20:15:04.123Z");
    }
}
