//! Points in time in certificates: `UTCTime` and `GeneralizedTime` (RFC 5280 §4.1.2.5).
//!
//! Read as old CAs wrote them: seconds may be absent, fractions and offsets from UTC may be there. That is why they are
//! read by hand: x509-parser refuses most of these.

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use crate::model::timestamp::Timestamp;
use crate::x509::der::{DerError, GENERALIZED_TIME, Tlv, UTC_TIME};

/// Reads a `Time`.
pub(super) fn time(tlv: Tlv<'_>) -> Result<Timestamp, DerError> {
    let (year, rest) = match tlv.tag {
        UTC_TIME => two_digit_year(tlv.content),
        GENERALIZED_TIME => four_digit_year(tlv.content),
        found => {
            return Err(DerError::Tag {
                wanted: UTC_TIME,
                found,
            });
        }
    }
    .ok_or(NO_TIME)?;
    within_year(year, rest).ok_or(NO_TIME)
}

const NO_TIME: DerError = DerError::Value("not a point in time such as 130214093000Z");

/// Years 50 to 99 lie in the twentieth century.
fn two_digit_year(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = pair(text)?;
    let century = if year >= 50 { 1900 } else { 2000 };
    Some((i32::from(year).checked_add(century)?, rest))
}

fn four_digit_year(text: &[u8]) -> Option<(i32, &[u8])> {
    let (century, rest) = pair(text)?;
    let (year, rest) = pair(rest)?;
    let year = i32::from(century)
        .checked_mul(100)?
        .checked_add(i32::from(year))?;
    Some((year, rest))
}

fn within_year(year: i32, text: &[u8]) -> Option<Timestamp> {
    let (month, rest) = pair(text)?;
    let (day, rest) = pair(rest)?;
    let (hour, rest) = pair(rest)?;
    let (minute, rest) = pair(rest)?;
    let (second, rest) = pair(rest).unwrap_or((0, rest));
    let rest = without_fraction(rest)?;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let clock = Time::from_hms(hour, minute, second).ok()?;
    let time = PrimitiveDateTime::new(date, clock).assume_offset(offset(rest)?);
    // An offset may carry the first or last hours of the calendar over its end.
    Timestamp::from_unix(time.unix_timestamp())
}

/// Two decimal digits, and what follows them.
fn pair(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<2>()?;
    let [tens, ones] = digits.map(|digit| digit.wrapping_sub(b'0'));
    if tens > 9 || ones > 9 {
        return None;
    }
    Some((tens.checked_mul(10)?.checked_add(ones)?, rest))
}

fn without_fraction(text: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = text.strip_prefix(b".").or(text.strip_prefix(b",")) else {
        return Some(text);
    };
    let digits = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
    fraction.get(digits..).filter(|_| digits > 0)
}

fn offset(text: &[u8]) -> Option<UtcOffset> {
    let (sign, digits) = match text.split_first()? {
        (b'Z', []) => return Some(UtcOffset::UTC),
        (b'+', digits) => (1, digits),
        (b'-', digits) => (-1_i8, digits),
        _ => return None,
    };
    let (hours, rest) = pair(digits)?;
    let (minutes, []) = pair(rest)? else {
        return None;
    };
    let hours = i8::try_from(hours).ok()?.checked_mul(sign)?;
    let minutes = i8::try_from(minutes).ok()?.checked_mul(sign)?;
    UtcOffset::from_hms(hours, minutes, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Option<String> {
        let content = text.as_bytes();
        time(Tlv {
            tag,
            content,
            whole: content,
        })
        .ok()
        .map(|time| time.to_string())
    }

    #[test]
    fn the_century_turns_at_fifty() {
        assert_eq!(
            read(UTC_TIME, "490101000000Z").as_deref(),
            Some("2049-01-01T00:00:00.000Z")
        );
        assert_eq!(
            read(UTC_TIME, "500101000000Z").as_deref(),
            Some("1950-01-01T00:00:00.000Z")
        );
    }

    #[test]
    fn old_forms_are_read() {
        assert_eq!(
            read(UTC_TIME, "9602291159+0100").as_deref(),
            Some("1996-02-29T10:59:00.000Z")
        );
        assert_eq!(
            read(GENERALIZED_TIME, "20130214093000.25Z").as_deref(),
            Some("2013-02-14T09:30:00.000Z")
        );
        assert_eq!(
            read(GENERALIZED_TIME, "99991231235959Z").as_deref(),
            Some("9999-12-31T23:59:59.000Z")
        );
    }

    #[test]
    fn impossible_times_are_refused() {
        for text in [
            "",
            "Z",
            "130230000000Z",
            "131301000000Z",
            "130101240000Z",
            "130101000000",
            "130101000000Zx",
            "1301010000-9900",
            "13010100000éZ",
            "130101000000.Z",
        ] {
            assert_eq!(read(UTC_TIME, text), None, "{text}");
        }
        assert_eq!(read(GENERALIZED_TIME, "99991231235959-2300"), None);
    }
}
