//! Every format over the same sample reports, which are also kept documents of version 1.

use std::fs;
use std::path::{Path, PathBuf};

use sameca::model::observation::Observation;
use sameca::model::report::RunReport;
use sameca::model::verdict::{Finding, Severity};
use sameca::report::{
    Style, estate, explain, json, ndjson, pem, prometheus, requirement, schema, show, summary,
    table,
};

#[path = "report/machines.rs"]
mod machines;

const SAMPLES: [&str; 8] = [
    "none",
    "same",
    "different",
    "inconclusive",
    "partial",
    "groups",
    "findings",
    "hostile",
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/reports/{name}.json"))
}

fn text(name: &str) -> String {
    let path = path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sample(name: &str) -> RunReport {
    serde_json::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn rendered(render: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).expect("memory takes it");
    String::from_utf8(out).expect("output is UTF-8")
}

fn table_of(report: &RunReport, style: Style) -> String {
    rendered(|out| table::render(report, &style, out))
}

#[test]
fn a_kept_report_is_written_as_it_was_read() {
    for name in SAMPLES {
        let again = rendered(|out| json::render(&sample(name), out));
        assert!(again == text(name), "{name} changed on the way");
    }
}

#[test]
fn table() {
    for name in SAMPLES {
        insta::assert_snapshot!(
            format!("table-{name}"),
            table_of(&sample(name), Style::default())
        );
    }
}

#[test]
fn show() {
    for name in ["none", "different", "inconclusive", "hostile"] {
        let text = rendered(|out| show::render(&sample(name), &Style::default(), out));
        insta::assert_snapshot!(format!("show-{name}"), text);
    }
}

#[test]
fn explain() {
    for name in ["none", "different", "inconclusive", "hostile"] {
        let text = rendered(|out| explain::render(&sample(name), &Style::default(), out));
        insta::assert_snapshot!(format!("explain-{name}"), text);
    }
}

#[test]
fn requirement() {
    for name in ["none", "different", "inconclusive", "groups", "hostile"] {
        let text = rendered(|out| requirement::render(&sample(name), &Style::default(), out));
        insta::assert_snapshot!(format!("requirement-{name}"), text);
    }
    let document = rendered(|out| requirement::render_json(&sample("different"), out));
    insta::assert_snapshot!("requirement-json", document);
}

#[test]
fn pem() {
    for name in ["different", "inconclusive", "hostile"] {
        let text = rendered(|out| pem::render(&sample(name), out));
        // The certificates themselves are in the samples.
        let comments: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(['#', '-']))
            .collect();
        insta::assert_snapshot!(format!("pem-{name}"), comments.join("\n"));
    }
}

#[test]
fn prometheus() {
    for name in SAMPLES {
        let text = rendered(|out| prometheus::render(&sample(name), out));
        insta::assert_snapshot!(format!("prometheus-{name}"), text);
    }
}

#[test]
fn narrow() {
    let style = Style {
        width: 80,
        ascii: true,
        ..Style::default()
    };
    for name in ["different", "inconclusive"] {
        insta::assert_snapshot!(format!("narrow-{name}"), table_of(&sample(name), style));
    }
}

/// Terminals of 120 and 200 columns: what there is room for is shown.
#[test]
fn wide() {
    for width in [120, 200] {
        let style = Style {
            width,
            ..Style::default()
        };
        for name in ["different", "groups", "hostile"] {
            let text = table_of(&sample(name), style);
            insta::assert_snapshot!(format!("wide-{width}-{name}"), text);
        }
    }
}

/// With colours, which snapshots show as `<31;1>`.
#[test]
fn coloured() {
    let style = Style {
        colour: true,
        ..Style::default()
    };
    for name in ["different", "groups", "inconclusive"] {
        let text = table_of(&sample(name), style);
        let mut parts = text.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        let shown = parts.fold(first, |shown, part| {
            let (code, rest) = part.split_once('m').expect("colours end with m");
            format!("{shown}<{code}>{rest}")
        });
        insta::assert_snapshot!(format!("coloured-{name}"), shown);
    }
}

#[test]
fn nothing_that_a_server_said_is_alive() {
    let report = sample("hostile");
    let style = Style {
        verbose: 1,
        ..Style::default()
    };
    for (format, text) in [
        ("table", table_of(&report, style)),
        ("show", rendered(|out| show::render(&report, &style, out))),
        (
            "explain",
            rendered(|out| explain::render(&report, &style, out)),
        ),
        ("pem", rendered(|out| pem::render(&report, out))),
        ("json", rendered(|out| json::render(&report, out))),
        (
            "requirement",
            rendered(|out| requirement::render(&report, &style, out)),
        ),
        (
            "requirement-json",
            rendered(|out| requirement::render_json(&report, out)),
        ),
    ] {
        let alive = text
            .chars()
            .find(|c| c.is_control() && *c != '\n' || "\u{200b}\u{2028}\u{202e}".contains(*c));
        assert_eq!(alive, None, "in {format}");
        assert!(text.contains("Contoso"), "{format} swallowed the names");
    }
}

/// The sample full of hostile text, with every text that comes from outside blown up.
fn hostile() -> RunReport {
    let mut report = sample("hostile");
    let huge = format!("CN={}\u{1b}[2J\u{202e}\n", "A".repeat(64 * 1024));
    report.headline.push_str(&huge);
    for ca in &mut report.cas {
        ca.name.push_str(&huge);
    }
    for row in &mut report.endpoints {
        row.reason.push_str(&huge);
        row.names.push(huge.clone());
        row.pool = Some(huge.clone());
        if let Some(leaf) = &mut row.leaf {
            let leaf = std::sync::Arc::make_mut(leaf);
            leaf.subject = Some(huge.clone());
            leaf.issuer = Some("\u{301}".repeat(64 * 1024));
            leaf.san.push(huge.clone());
        }
        if let Some(proof) = &mut row.proof {
            let proof = std::sync::Arc::make_mut(proof);
            proof.note = Some(huge.clone());
            for link in &mut proof.path {
                link.subject = huge.clone();
            }
        }
    }
    report
}

fn styles() -> Vec<Style> {
    let mut styles = Vec::new();
    for width in [0, 100] {
        for ascii in [false, true] {
            for (verbose, quiet) in [(2, false), (0, true)] {
                styles.push(Style {
                    width,
                    ascii,
                    verbose,
                    quiet,
                    colour: false,
                });
            }
        }
    }
    styles
}

/// What each format for people writes of a report.
fn for_people(report: &RunReport, style: &Style) -> [String; 5] {
    [
        rendered(|out| table::render(report, style, out)),
        rendered(|out| show::render(report, style, out)),
        rendered(|out| explain::render(report, style, out)),
        rendered(|out| pem::render(report, out)),
        rendered(|out| requirement::render(report, style, out)),
    ]
}

#[test]
fn hostile_text_controls_nothing() {
    let forbidden = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for report in [sample("hostile"), hostile()] {
        for style in styles() {
            for text in for_people(&report, &style) {
                assert_eq!(text.chars().find(forbidden), None, "{style:?}");
            }
        }
    }
}

#[test]
fn hostile_text_makes_no_line_of_its_own() {
    let report = hostile();
    for text in for_people(&report, &Style::default()) {
        let own = text
            .lines()
            .filter(|line| line.starts_with("SAME") || line.starts_with('✓'));
        assert_eq!(own.count(), 0, "{text}");
        assert!(
            text.len() < 256 * 1024,
            "huge names fill {} bytes",
            text.len()
        );
    }
}

#[test]
fn a_name_never_looks_like_a_boundary_of_pem() {
    for report in [sample("hostile"), hostile()] {
        let text = rendered(|out| pem::render(&report, out));
        let certificates = text.matches("-----BEGIN CERTIFICATE-----").count();
        let boundaries = text
            .lines()
            .filter(|line| *line == "-----BEGIN CERTIFICATE-----")
            .count();
        assert_eq!((certificates, boundaries), (6, 6));
    }
}

#[test]
fn ascii_output_is_ascii() {
    let style = Style {
        ascii: true,
        ..Style::default()
    };
    for name in SAMPLES {
        for text in for_people(&sample(name), &style) {
            assert!(text.is_ascii(), "{name}: {text}");
        }
    }
}

#[test]
fn lines_fit_the_width() {
    for name in SAMPLES {
        for width in [80, 100, 120, 132, 200] {
            let style = Style {
                width,
                ..Style::default()
            };
            let [table, show, explain, ..] = for_people(&sample(name), &style);
            for line in [table, show, explain].iter().flat_map(|text| text.lines()) {
                assert!(
                    sameca::report::text::width(line) <= width,
                    "{name} at {width}: {line}"
                );
            }
        }
    }
}

#[test]
fn colours_only_add_to_the_text() {
    for name in SAMPLES {
        let coloured = Style {
            colour: true,
            ..Style::default()
        };
        let painted = for_people(&sample(name), &coloured);
        assert!(name == "none" || painted[0].contains("\u{1b}["));
        for (painted, plain) in painted
            .iter()
            .zip(for_people(&sample(name), &Style::default()))
        {
            assert_eq!(without_colours(painted), plain, "{name}");
        }
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}

#[test]
fn quiet_is_the_verdict_alone() {
    let style = Style {
        quiet: true,
        ..Style::default()
    };
    let text = table_of(&sample("different"), style);
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.starts_with("DIFFERENT  pchat01.contoso.com:443 is issued by \"Fabrikam Web CA\"")
    );
}

/// 3,000 endpoints: two in a hundred differ, one in a hundred was not captured.
fn large() -> RunReport {
    let small = sample("different");
    let failed = sample("inconclusive")
        .endpoints
        .into_iter()
        .find(|row| row.chain.is_empty());
    let (good, bad) = (&small.endpoints[0], &small.endpoints[4]);
    let failed = failed.expect("the sample has a failed row");
    let mut report = small.clone();
    report.endpoints = (0..3_000)
        .map(|number| {
            let mut row = match number % 100 {
                0 => failed.clone(),
                1 | 2 => bad.clone(),
                _ => good.clone(),
            };
            row.host = format!("host{number:04}.contoso.com");
            row.target = format!("{}:443", row.host);
            row
        })
        .collect();
    report
}

#[test]
fn many_agreeing_rows_fold_and_no_other() {
    let report = large();
    let text = table_of(&report, Style::default());
    assert!(
        text.contains("… and 2870 more, all agree (-v shows them)"),
        "{text}"
    );
    for row in &report.endpoints {
        if row.agrees != Some(true) {
            assert!(text.contains(&row.target), "{} is missing", row.target);
        }
    }
    let all = table_of(
        &report,
        Style {
            verbose: 1,
            ..Style::default()
        },
    );
    for row in &report.endpoints {
        assert!(all.contains(&row.target), "{} is missing", row.target);
    }
    let [_, show, explain, pem, _] = for_people(&report, &Style::default());
    assert!(show.contains("host2999.contoso.com:443"));
    assert!(explain.contains("and 2907"));
    assert!(pem.contains("host2999.contoso.com:443"));
}

#[test]
fn documents_keep_to_the_printed_schemas() {
    let schema = parsed(&schema::report());
    let judge = jsonschema::draft202012::new(&schema).expect("a schema");
    for name in SAMPLES {
        let document = parsed(&rendered(|out| json::render(&sample(name), out)));
        let errors: Vec<_> = judge
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    let schema = parsed(&schema::observation());
    let judge = jsonschema::draft202012::new(&schema).expect("a schema");
    let observation: Observation = serde_json::from_str(OBSERVATION).expect("an observation");
    let line = rendered(|out| ndjson::line(&observation, out));
    assert_eq!(line, format!("{OBSERVATION}\n"));
    assert!(
        judge.is_valid(&parsed(&line)),
        "{:?}",
        judge.validate(&parsed(&line))
    );
}

#[test]
fn the_schemas_refuse_what_is_left_out_or_of_another_kind() {
    let schema = parsed(&schema::report());
    let judge = jsonschema::draft202012::new(&schema).expect("a schema");
    let good = parsed(&text("different"));
    assert!(judge.is_valid(&good));
    let top = good.as_object().expect("an object");
    for key in top.keys().filter(|key| *key != "details") {
        let mut without = good.clone();
        without.as_object_mut().expect("an object").remove(key);
        assert!(!judge.is_valid(&without), "{key} may be left out");
    }
    for (pointer, wrong) in [
        ("/verdict", "maybe"),
        ("/schema", "sameca.report/2"),
        ("/endpoints/0/outcome", "fine"),
        ("/endpoints/0/leaf/sha256", "abc"),
        ("/endpoints/0/port", "https"),
    ] {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).expect("it is there") = wrong.into();
        assert!(!judge.is_valid(&changed), "{pointer} may be {wrong}");
    }
}

fn parsed(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

/// A kept observation of version 1.
const OBSERVATION: &str = r#"{"schema":"sameca.observation/1","run":"01KAPQZ6W0M3T9X4H2N8C5VBJE","at":"2026-11-22T20:15:04.120Z","roles":["front-end","persistent-chat"],"group":"internal","pool":"lyncpool.contoso.com","required":true,"one_of_host":false,"names":["lync01.contoso.com"],"variant":null,"count":1,"target":"lync01.contoso.com:443","host":"lync01.contoso.com","address":"192.0.2.11","port":443,"sni":"lync01.contoso.com","outcome":"captured","detail":null,"elapsed_ms":14,"attempts":[{"method":"capture","outcome":"captured","detail":null,"elapsed_ms":14}],"tls":{"version":"TLSv1.0","cipher_suite":"TLS_RSA_WITH_AES_128_CBC_SHA","method":"capture","possession":"not-shown","possession_detail":null,"client_certificate":{"requested":null,"authorities":[],"authorities_size":null},"ocsp_response":null},"chain":["MAMCAQE="]}"#;

#[test]
fn names_are_shown_with_what_the_estate_and_dns_say() {
    use sameca::model::target::ResolvedName;
    let name = |name: &str, pool: Option<&str>, addresses: Result<&[&str], &str>| ResolvedName {
        name: name.to_owned(),
        pool: pool.map(str::to_owned),
        given: Vec::new(),
        addresses: addresses
            .map(|texts| {
                texts
                    .iter()
                    .map(|text| text.parse().expect("an address"))
                    .collect()
            })
            .map_err(str::to_owned),
    };
    let pool = Some("pool.test");
    let mut given = name("given.test", None, Ok(&["192.0.2.7"]));
    given.given = vec!["192.0.2.7".parse().expect("an address")];
    let names = [
        name("fe1.test", pool, Ok(&["192.0.2.1"])),
        name("fe2.test", pool, Ok(&["192.0.2.2"])),
        name(
            "fe3.test",
            pool,
            Err("fe3.test does not resolve: no such name"),
        ),
        name("pool.test", None, Ok(&["192.0.2.1", "192.0.2.9"])),
        given,
    ];
    let shown = rendered(|out| estate::names(&names, &Style::default(), out));
    insta::assert_snapshot!("estate-names", shown);
    assert_eq!(
        rendered(|out| estate::names(&[], &Style::default(), out)),
        ""
    );
}

#[test]
fn findings_of_one_kind_with_a_message_for_each_endpoint_fold() {
    let mut report = large();
    for row in &mut report.endpoints {
        let message = format!("{} is not among the names", row.host);
        row.findings = vec![Finding::new("name-missing", Severity::Warning, message)];
    }
    let text = table_of(&report, Style::default());
    assert_eq!(text.matches("is not among the names").count(), 20);
    assert!(
        text.contains("name-missing: and 2980 more (-v shows them)"),
        "{text}"
    );
    let verbose = Style {
        verbose: 1,
        ..Style::default()
    };
    let text = table_of(&report, verbose);
    assert_eq!(text.matches("is not among the names").count(), 3_000);
}

/// A name that DNS gave stands beside an address, else what the certificate claims; never beside a name.
#[test]
fn addresses_stand_with_what_they_are_called() {
    let shown = |host: &str, names: &[&str]| {
        let mut report = sample("same");
        let row = &mut report.endpoints[0];
        row.host = host.to_owned();
        row.target = format!("{host}:443");
        row.address = "10.0.0.1".parse().ok();
        row.names = names.iter().map(|name| (*name).to_owned()).collect();
        let mut leaf = (**row.leaf.as_ref().expect("it was captured")).clone();
        leaf.subject = Some("O=Contoso".to_owned());
        leaf.san = [
            "10.0.0.1",
            "email:a@b.test",
            "fe01.contoso.com",
            "z.contoso.com",
        ]
        .map(str::to_owned)
        .to_vec();
        leaf.not_after = Some(report.finished);
        row.leaf = Some(leaf.into());
        let extent = summary::Extent {
            absent: &[],
            known: None,
            top: 10,
            expires_within_days: 1,
        };
        let summary = rendered(|out| summary::render(&report, extent, &Style::default(), out));
        (summary, table_of(&report, Style::default()))
    };
    let (summary, table) = shown("10.0.0.1", &["ptr.contoso.com", "z.contoso.com"]);
    assert!(
        summary.contains("10.0.0.1:443 (ptr.contoso.com)  O=Contoso"),
        "{summary}"
    );
    assert!(table.contains("10.0.0.1:443"), "{table}");
    assert!(table.contains("ptr.contoso.com"), "{table}");
    let (summary, table) = shown("10.0.0.1", &[]);
    assert!(
        summary.contains("10.0.0.1:443 (fe01.contoso.com)  O=Contoso"),
        "{summary}"
    );
    assert!(
        !table.contains("fe01.contoso.com"),
        "DNS did not say so: {table}"
    );
    let (summary, _) = shown("lync01", &["lync01"]);
    assert!(summary.contains("lync01:443  O=Contoso"), "{summary}");
}
