//! Lists in sentences: the first few, then a number.

use std::borrow::Cow;
use std::fmt;

use crate::judge::Brief;

/// How many names a sentence lists before it counts.
const LISTED: usize = 3;

/// How many targets any sentence may name.
const KEPT: usize = 5;

/// The targets of rows, in the order of these: the first of them, and how many there are.
#[derive(Default)]
pub(super) struct Targets<'c> {
    pub(super) first: Vec<Cow<'c, str>>,
    last: Option<Cow<'c, str>>,
    pub(super) count: u64,
}

impl<'c> FromIterator<&'c Brief> for Targets<'c> {
    fn from_iter<T: IntoIterator<Item = &'c Brief>>(rows: T) -> Self {
        let mut targets = Self::default();
        for row in rows {
            // The addresses of one name follow on one another.
            let target = row.target();
            if targets.last.as_ref() == Some(&target) {
                continue;
            }
            targets.count += row.weight();
            if targets.first.len() < KEPT {
                targets.first.push(target.clone());
            }
            targets.last = Some(target);
        }
        targets
    }
}

impl fmt::Display for Targets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<&str> = self.first.iter().map(AsRef::as_ref).collect();
        f.write_str(&listed(&first, self.count))
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(super) fn listed(first: &[&str], count: u64) -> String {
    let all = usize::try_from(count).is_ok_and(|count| count <= LISTED.min(first.len()));
    match first {
        [] => String::new(),
        [one] if all => (*one).to_owned(),
        [items @ .., last] if all => format!("{} and {last}", items.join(", ")),
        _ => {
            let named = first.len().min(LISTED - 1);
            let more = count - named as u64;
            format!("{} and {more} more", first[..named].join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_in_a_count() {
        assert_eq!(listed(&[], 0), "");
        assert_eq!(listed(&["a"], 1), "a");
        assert_eq!(listed(&["a", "b"], 2), "a and b");
        assert_eq!(listed(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(listed(&["a", "b", "c", "d"], 4), "a, b and 2 more");
        assert_eq!(listed(&["a", "b", "c"], 1_000), "a, b and 998 more");
    }

    #[test]
    fn few_rows_that_stand_for_many_are_counted() {
        assert_eq!(listed(&["a"], 7), "a and 6 more");
    }
}
