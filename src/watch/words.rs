//! Times in words.

use std::time::Duration;

use crate::model::timestamp::Timestamp;

/// A length of time, in its two largest units: `5 d 3 h`, `6 h`, `2 min 5 s`, `1.4 s`.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        0..=9 => format!("{:.1} s", span.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3_599 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..=86_399 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// The largest unit alone, for what is long over or far away.
pub(super) fn about(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=5_399 => format!("{} min", (seconds + 30) / 60),
        5_400..=172_799 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A point in time to the second: `2026-11-22T20:15:04Z`.
pub(super) fn second(time: Timestamp) -> String {
    let whole = time.to_string();
    whole
        .split_once('.')
        .map_or(whole.clone(), |(second, _)| format!("{second}Z"))
}

/// For reading: `2026-11-22 20:15 UTC`.
pub(super) fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    let minute: String = text.chars().take(16).collect();
    format!("{} UTC", minute.replacen('T', " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        for (milliseconds, words) in [
            (1_400, "1.4 s"),
            (59_999, "59 s"),
            (125_000, "2 min 5 s"),
            (21_600_000, "6 h"),
            (442_800_000, "5 d 3 h"),
        ] {
            assert_eq!(span(Duration::from_millis(milliseconds)), words);
        }
        assert_eq!(about(Duration::from_secs(5_300)), "88 min");
        assert_eq!(about(Duration::from_secs(100_000)), "28 h");
        assert_eq!(about(Duration::MAX), "213503982334601 days");
    }

    #[test]
    fn points_in_time_are_in_utc() {
        let time = Timestamp::parse("2026-11-22T21:15:04.1239+01:00").expect("a time");
        assert_eq!(second(time), "2026-11-22T20:15:04Z");
        assert_eq!(minute(time), "2026-11-22 20:15 UTC");
    }
}
