//! A row of the table.

use askama::Template;

use crate::model::report::{EndpointReport, Report};
use crate::model::verdict::Severity;
use crate::report::html::shown::{self, Symbol};
use crate::report::html::survey::Survey;
use crate::report::style::Mark;

/// A row of the table.
#[derive(Template)]
#[template(path = "report/html/templates/row.html", config = ".askama.toml")]
pub(super) struct Row {
    number: usize,
    class: &'static str,
    mark: &'static str,
    word: &'static str,
    target: String,
    address: String,
    roles: String,
    pool: String,
    symbol: Option<Symbol>,
    ca: String,
    until: String,
    late: bool,
    protocol: String,
    findings: String,
}

impl Row {
    pub(super) fn of(
        report: &dyn Report,
        row: &EndpointReport,
        survey: &Survey,
        number: usize,
    ) -> Self {
        let now = report.head().finished;
        let said = Said::of(row, survey.marks[number]);
        let place = survey.place(row);
        let ca = place.and_then(|place| report.head().cas.get(place));
        let roles: Vec<&str> = row.roles.iter().map(|role| role.word()).collect();
        let leaf = row.leaf.as_ref();
        let end = leaf.and_then(|leaf| leaf.not_after);
        let begin = leaf.and_then(|leaf| leaf.not_before);
        let version = row.tls.as_ref().and_then(|tls| tls.version);
        Self {
            number,
            class: said.class,
            mark: said.mark,
            word: said.word,
            target: shown::name(&row.target),
            address: row
                .located()
                .map_or_else(String::new, |address| shown::name(&address)),
            roles: roles.join(", "),
            pool: row.pool.as_deref().map_or_else(String::new, shown::name),
            symbol: place.map(shown::symbol),
            ca: ca.map_or_else(String::new, |ca| shown::parted(&ca.name).0),
            until: end.map_or_else(String::new, |end| end.date()),
            late: end.is_some_and(|end| end < now) || begin.is_some_and(|begin| begin > now),
            protocol: version.map_or_else(String::new, |version| version.to_string()),
            findings: findings(row),
        }
    }
}

/// What a row says at a glance, in a sign, a word and a class.
pub(super) struct Said {
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

impl Said {
    pub(super) fn of(row: &EndpointReport, mark: Mark) -> Self {
        let captured = row.outcome == crate::model::observation::Outcome::Captured;
        let (mark, word, class) = match mark {
            Mark::Agrees => ("✓", "agrees", "good"),
            Mark::Differs => ("✗", "does not agree", "wrong"),
            Mark::Missing => ("!", "not captured", "open failed"),
            Mark::Unknown => ("?", "cannot be told", "open"),
            Mark::Note if captured => ("·", "not judged", "note"),
            Mark::Note if row.required => ("–", "not captured, not judged", "note failed"),
            Mark::Note => ("–", "not captured, optional", "note failed"),
        };
        Self { mark, word, class }
    }
}

/// `1 error, 2 warnings`.
fn findings(row: &EndpointReport) -> String {
    let count = |severity: Severity| {
        let number = row
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count();
        (number > 0).then(|| crate::report::text::count(number, severity.word()))
    };
    let counts = [Severity::Error, Severity::Warning, Severity::Notice].map(count);
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
