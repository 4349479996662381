//! The table that is printed: a row for each figure, with what it is compared with and what it should be.

/// One figure.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// The median of it, with its unit.
    pub(crate) measured: String,
    /// The median of what it is compared with.
    pub(crate) against: String,
    /// The median of one divided by the other, round by round, where that is what counts.
    pub(crate) ratio: Option<f64>,
    /// What is to be reached, in words, and whether it was.
    pub(crate) goal: (String, bool),
}

pub(crate) fn head() {
    println!("| figure | measured | compared with | ratio | to reach | reached |");
    println!("| --- | ---: | ---: | ---: | --- | --- |");
}

impl Row {
    pub(crate) fn print(&self) {
        let ratio = self
            .ratio
            .map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let reached = if self.goal.1 { "yes" } else { "no" };
        let Self {
            what,
            measured,
            against,
            ..
        } = self;
        println!(
            "| {what} | {measured} | {against} | {ratio} | {} | {reached} |",
            self.goal.0
        );
    }
}

/// The middle of some numbers, of an even count the lower one.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers[(numbers.len() - 1) / 2]
}

/// The median ratio of pairs that were measured one after the other.
pub(crate) fn ratio(one: &[f64], other: &[f64]) -> f64 {
    median(one.iter().zip(other).map(|(one, other)| one / other))
}

pub(crate) fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}
