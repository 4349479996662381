//! The forms that other programs read, each read back as such a program does.

use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_xml::events::Event as Xml;
use sameca::model::report::{EndpointReport, RunReport};
use sameca::report::{csv as form, junit, markdown, nagios};

use super::{SAMPLES, hostile, rendered, sample};

fn junit_of(report: &RunReport) -> String {
    rendered(|out| junit::render(report, out))
}

fn csv_of(report: &RunReport) -> String {
    rendered(|out| form::render(report, out))
}

fn nagios_of(report: &RunReport) -> String {
    rendered(|out| nagios::render(report, out))
}

fn markdown_of(report: &RunReport) -> String {
    rendered(|out| markdown::render(report, out))
}

/// The samples, the hostile one blown up, one in which nothing was captured.
fn reports() -> Vec<RunReport> {
    let mut reports: Vec<RunReport> = SAMPLES.into_iter().map(sample).collect();
    reports.push(hostile());
    reports.push(attack());
    let mut failed = sample("inconclusive");
    failed.endpoints.retain(|row| row.chain.is_empty());
    assert!(!failed.endpoints.is_empty());
    reports.push(failed);
    reports
}

/// Each text that a server could choose says what is special to one of the forms.
fn attack() -> RunReport {
    let mut report = sample("different");
    let evil = "=cmd()|'/C calc'!A0 <script>alert(1)</script> ]]> & $HOME `rm` @everyone #12 \
                https://evil.test [a](b) ![i](j) | pipe \"q\" \r\n\n| a | \u{202e}\u{1b}[2J\u{fffe}\u{0}\u{fffd}";
    report.headline = evil.to_owned();
    report.advice = Some(evil.to_owned());
    for ca in &mut report.cas {
        ca.name = evil.to_owned();
    }
    for row in &mut report.endpoints {
        row.target = evil.to_owned();
        row.host = evil.to_owned();
        row.pool = Some(evil.to_owned());
        row.reason = evil.to_owned();
        row.detail = Some(evil.to_owned());
        if let Some(leaf) = &mut row.leaf {
            let leaf = std::sync::Arc::make_mut(leaf);
            leaf.subject = Some(evil.to_owned());
            leaf.issuer = Some(evil.to_owned());
            leaf.san = vec![evil.to_owned()];
        }
    }
    report
}

fn many(count: usize) -> RunReport {
    let mut report = sample("different");
    let rows = report.endpoints.clone();
    report.endpoints = rows.into_iter().cycle().take(count).collect();
    report
}

#[test]
fn snapshots() {
    for name in SAMPLES {
        let report = sample(name);
        insta::assert_snapshot!(format!("junit-{name}"), junit_of(&report));
        insta::assert_snapshot!(format!("csv-{name}"), csv_of(&report));
        insta::assert_snapshot!(format!("nagios-{name}"), nagios_of(&report));
        insta::assert_snapshot!(format!("markdown-{name}"), markdown_of(&report));
    }
}

#[test]
fn nothing_in_them_is_alive() {
    for report in reports() {
        for text in [
            junit_of(&report),
            csv_of(&report),
            nagios_of(&report),
            markdown_of(&report),
        ] {
            let alive = |c: &char| {
                c.is_control() && !matches!(c, '\n' | '\r')
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{fffe}')
            };
            assert_eq!(text.chars().find(alive), None);
        }
    }
}

/// How many test cases there are, and how many ended in each way: what a CI server counts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cases {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

fn cases(text: &str) -> Cases {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut cases = Cases::default();
    loop {
        let event = reader.read_event().expect("well-formed XML");
        let (Xml::Start(tag) | Xml::Empty(tag)) = &event else {
            match event {
                Xml::Eof => return cases,
                _ => continue,
            }
        };
        for attribute in tag.attributes() {
            let value = attribute.expect("an attribute");
            assert!(!value.value.contains('<'));
        }
        match tag.name().as_ref() {
            "testcase" => cases.tests += 1,
            "failure" => cases.failures += 1,
            "error" => cases.errors += 1,
            "skipped" => cases.skipped += 1,
            "testsuites" | "testsuite" | "properties" | "property" | "system-out" => {}
            other => panic!("{}", other),
        }
    }
}

#[test]
fn junit_fails_where_the_verdict_does() {
    for report in reports() {
        let cases = cases(&junit_of(&report));
        let judged = report.groups.iter().filter(|group| group.judged).count();
        assert_eq!(cases.tests, report.endpoints.len() + judged);
        let red = cases.failures + cases.errors > 0;
        let wanted = report
            .groups
            .iter()
            .any(|group| group.judged && group.verdict.word() != "same");
        assert!(red || !wanted, "{cases:?}");
    }
    let same = cases(&junit_of(&sample("same")));
    assert_eq!((same.failures, same.errors), (0, 0));
}

#[test]
fn csv_reads_back_with_its_columns_and_without_formulas() {
    for report in reports() {
        let text = csv_of(&report);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        assert_eq!(header.iter().collect::<Vec<_>>(), form::COLUMNS);
        let rows: Vec<csv::StringRecord> = reader
            .records()
            .collect::<Result<_, _>>()
            .expect("every row has every column");
        assert_eq!(rows.len(), report.endpoints.len());
        for field in rows.iter().flatten() {
            assert!(!field.starts_with(['=', '+', '-', '@']), "{field}");
            assert!(field.chars().count() < 32_767);
        }
    }
    let attack = csv_of(&attack());
    assert!(
        attack.contains("'=cmd()"),
        "it is still recognised: {attack}"
    );
}

/// A plugin's output as the guidelines have it: one line, the text, then `label=value;warn;crit;min;max`.
fn perfdata(line: &str) -> Vec<(String, String)> {
    let line = line.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'));
    assert!(line.len() < 4_096, "{} bytes", line.len());
    let (text, data) = line.split_once(" | ").expect("performance data");
    assert!(
        !text.contains(['|', '<', '`']) && !data.contains('|'),
        "{line}"
    );
    let number = |text: &str| text.parse::<i64>().is_ok();
    let pair = |pair: &str| {
        let (label, values) = pair.split_once('=').expect("a label");
        let values: Vec<&str> = values.split(';').collect();
        assert!(values.len() <= 5, "{pair}");
        assert!(values[0] == "U" || number(values[0]), "{pair}");
        assert!(
            values[1..]
                .iter()
                .all(|value| value.is_empty() || number(value))
        );
        (label.to_owned(), values[0].to_owned())
    };
    data.split(' ').map(pair).collect()
}

#[test]
fn nagios_is_one_line_that_a_plugin_parser_reads() {
    for report in reports() {
        let line = nagios_of(&report);
        let state = nagios::State::of(&report).expect("it is in memory");
        let word = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::from(state.code())];
        assert!(line.starts_with(&format!("SAMECA {word} - ")), "{line}");
        let data = perfdata(&line);
        let labels: Vec<&str> = data.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(
            labels,
            ["endpoints", "captured", "cas", "days_to_first_expiry"]
        );
        let known = report.endpoints.iter().any(|row| row.leaf.is_some());
        assert!(
            known || data[3].1 == "U",
            "what is not known is no number: {line}"
        );
    }
    let code = |name| nagios::State::of(&sample(name)).expect("in memory").code();
    assert_eq!((code("different"), code("inconclusive")), (2, 3));
    assert_eq!(code("none"), 3);
}

#[test]
fn markdown_is_one_table_without_links_html_or_mentions() {
    for report in reports() {
        let text = markdown_of(&report);
        let (mut tables, mut rows, mut in_code) = (0, 0, 0);
        for event in Parser::new_ext(&text, Options::all()) {
            match event {
                Event::Start(Tag::Table(columns)) => {
                    assert_eq!(columns.len(), 7);
                    tables += 1;
                }
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Start(
                    Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock | Tag::Heading { .. },
                )
                | Event::Html(_)
                | Event::InlineHtml(_) => panic!("{event:?} in {text}"),
                Event::Code(_) => in_code += 1,
                Event::Text(words) => {
                    assert!(!words.contains(['@', '#', '<', '`']), "{words} in {text}");
                    assert!(!words.contains("://"), "{words}");
                }
                _ => {}
            }
        }
        let some = !report.endpoints.is_empty();
        assert_eq!((tables, rows), (usize::from(some), report.endpoints.len()));
        assert!(in_code > 0);
        assert!(text.len() < 65_536, "{} bytes", text.len());
    }
}

#[test]
fn a_large_report_is_told_in_full_or_in_bounds() {
    let report = many(100_000);
    assert_eq!(cases(&junit_of(&report)).tests, 100_001);
    assert_eq!(csv_of(&report).lines().count(), 100_001);
    assert!(nagios_of(&report).len() < 1_000);
    let text = markdown_of(&report);
    assert!(text.len() < 65_536, "{} bytes", text.len());
    assert!(text.contains("and 99900 more"));
    let differs = |row: &&EndpointReport| row.agrees == Some(false);
    assert!(report.endpoints.iter().filter(differs).count() > 100);
    assert!(
        !text.contains("✓ agrees"),
        "those that do not agree stand first"
    );
}
