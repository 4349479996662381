//! The HTML report: what is on the page, that it is one well-formed document, and that text from outside stays text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use sameca::model::bytes::Der;
use sameca::model::observation::Outcome;
use sameca::model::report::RunReport;
use sameca::report::html;

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

fn sample(name: &str) -> RunReport {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/reports/{name}.json"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn page(report: &RunReport) -> String {
    let mut out = Vec::new();
    html::render(report, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("the page is UTF-8")
}

/// The page without its style sheet and script: what both say is ours.
fn without_code(page: &str) -> String {
    let mut left = page.to_owned();
    for (begin, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
        assert_eq!(left.matches(begin).count(), 1, "{begin}");
        let from = left.find(begin).expect("counted") + begin.len();
        let to = left.find(end).expect("it ends");
        left.replace_range(from..to, "");
    }
    left
}

/// An element with its attributes, as written.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.expect("an attribute is well-formed");
            (
                attribute.key.as_ref().to_owned(),
                attribute.value.to_string(),
            )
        });
        Self {
            name: start.name().as_ref().to_owned(),
            attributes: attributes.collect(),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Every element of a page, read as XML, which forgives nothing.
fn elements(page: &str) -> Vec<Element> {
    let text = without_code(page);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = true;
    let mut elements = Vec::new();
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                elements.push(Element::of(&start));
            }
            Ok(Event::Empty(start)) => elements.push(Element::of(&start)),
            Ok(Event::End(_)) => depth = depth.checked_sub(1).expect("ends what began"),
            Ok(Event::Eof) => break,
            Ok(Event::Comment(_) | Event::CData(_) | Event::PI(_)) => panic!("nobody wrote that"),
            Ok(_) => {}
            Err(error) => panic!("at {}: {error}", reader.error_position()),
        }
    }
    assert_eq!(depth, 0, "everything ends");
    elements
}

/// What stays the same from run to run and is worth reading: no style sheet, no script, no base64.
fn readable(page: &str) -> String {
    let text = without_code(page);
    let is_code = |line: &str| line.len() == 64 && !line.contains([' ', '<']);
    let lines = text.lines().filter(|line| !is_code(line));
    let version = format!("sameca {}", env!("CARGO_PKG_VERSION"));
    let text = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace(&version, "sameca VERSION");
    let mut parts = text.split("'sha256-");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once('\'').map_or("", |(_, rest)| rest);
        format!("{text}'sha256-…'{rest}")
    })
}

#[test]
fn pages() {
    for name in SAMPLES {
        insta::assert_snapshot!(format!("html-{name}"), readable(&page(&sample(name))));
    }
}

#[test]
fn the_answer_comes_first() {
    for (name, begin, exit) in [
        ("same", "Same CA.", "Exit status <strong>0</strong>"),
        (
            "different",
            "Different CAs.",
            "Exit status <strong>1</strong>",
        ),
        (
            "inconclusive",
            "Inconclusive.",
            "Exit status <strong>3</strong>",
        ),
        (
            "partial",
            "Inconclusive.",
            "Exit status <strong>130</strong>",
        ),
    ] {
        let page = page(&sample(name));
        let body = page.split_once("<header>").expect("there is one").1;
        let first = body.lines().nth(1).expect("a first line");
        assert!(
            first.starts_with("<h1 ") && first.contains(begin),
            "{name}: {first}"
        );
        assert!(page.contains(exit), "{name}");
    }
}

#[test]
fn the_document_is_well_formed_and_every_reference_leads_somewhere() {
    for name in SAMPLES {
        let elements = elements(&page(&sample(name)));
        let ids: Vec<&str> = elements
            .iter()
            .filter_map(|element| element.get("id"))
            .collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: an id is there twice");
        for element in &elements {
            let named = element.get("aria-labelledby");
            let linked = element.get("href").map(|href| {
                href.strip_prefix('#')
                    .unwrap_or_else(|| panic!("{name}: {href} leads out of the page"))
            });
            for id in named.into_iter().chain(linked) {
                assert!(distinct.contains(id), "{name}: there is no {id}");
            }
        }
    }
}

#[test]
fn nothing_is_loaded_and_nothing_is_inline_that_the_policy_forbids() {
    let page = page(&sample("hostile"));
    let policy = page
        .lines()
        .find(|line| line.contains("Content-Security-Policy"));
    let policy = policy.expect("there is a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for element in elements(&page) {
        for (key, value) in &element.attributes {
            assert!(!key.starts_with("on"), "{} has {key}", element.name);
            assert!(
                !["src", "style", "action", "srcset", "data", "formaction"].contains(&key.as_str()),
                "{} has {key}={value}",
                element.name
            );
        }
        assert!(
            !["link", "img", "iframe", "object", "embed", "base"].contains(&element.name.as_str()),
            "{} loads something",
            element.name
        );
    }
    let code = &page[page.find("<style>").expect("a style sheet")..];
    assert!(!code.contains("@import") && !code.contains("url(http"));
}

#[test]
fn people_who_do_not_see_it_get_all_of_it() {
    let page = page(&sample("different"));
    let elements = elements(&page);
    let count = |name: &str| {
        elements
            .iter()
            .filter(|element| element.name == name)
            .count()
    };
    assert_eq!((count("h1"), count("main"), count("table")), (1, 1, 1));
    assert!(
        elements
            .iter()
            .any(|element| element.get("lang") == Some("en"))
    );
    let columns = elements
        .iter()
        .filter(|element| element.get("scope") == Some("col"));
    assert_eq!(columns.count(), 9);
    let rows = elements
        .iter()
        .filter(|element| element.get("scope") == Some("row"));
    assert_eq!(rows.count(), 5);
    assert_eq!(count("label"), 2, "every control has its label");
    assert!(
        elements
            .iter()
            .any(|element| element.get("aria-live") == Some("polite"))
    );
    let pictures = elements.iter().filter(|element| element.name == "svg");
    for picture in pictures.filter(|picture| picture.get("class") != Some("years")) {
        assert_eq!(
            picture.get("aria-hidden"),
            Some("true"),
            "words stand beside each picture"
        );
    }
    assert!(
        page.contains("✗ B"),
        "the odd one out has a sign and a letter, besides its colour"
    );
}

#[test]
fn a_certificate_is_there_once() {
    let report = sample("different");
    let page = page(&report);
    assert_eq!(
        page.matches("-----BEGIN CERTIFICATE-----").count(),
        report.certificates.len()
    );
}

/// Everything that has ever been used against a page, in every text of the report.
fn attacked() -> RunReport {
    const ATTACK: &str = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\"' onload='x' ]]>\
        <!-- </style></title></textarea> javascript:alert(1) https://example.com/ &lt;b&gt; {{7*7}} {% raw %} \
        \u{202e}evil\u{2066} \u{1b}[2J\r\n\0\u{7}\u{85}\u{2028}\u{fffd}\u{feff} =cmd()|' /C calc'!A0 ${x} `y`";
    fn attack(text: &mut String) {
        text.push_str(ATTACK);
    }
    let mut report = sample("inconclusive");
    report.findings = sample("findings").findings;
    report.run = ATTACK.to_owned();
    attack(&mut report.headline);
    report.advice = Some(ATTACK.to_owned());
    for ca in &mut report.cas {
        attack(&mut ca.name);
        ca.key_id = Some(ATTACK.to_owned());
        ca.roots.iter_mut().for_each(attack);
    }
    for group in &mut report.groups {
        group.reasons.iter_mut().for_each(attack);
    }
    let finding = sample("findings").endpoints[0].findings.first().cloned();
    for row in &mut report.endpoints {
        row.findings.extend(finding.clone());
        for finding in &mut row.findings {
            attack(&mut finding.code);
            attack(&mut finding.message);
        }
        attack(&mut row.target);
        attack(&mut row.host);
        attack(&mut row.reason);
        row.names.push(ATTACK.to_owned());
        row.pool = Some(ATTACK.to_owned());
        row.detail = Some(ATTACK.to_owned());
        for attempt in &mut row.attempts {
            attempt.detail = Some(ATTACK.to_owned());
        }
        if let Some(tls) = &mut row.tls {
            tls.possession_detail = Some(ATTACK.to_owned());
            tls.client_certificate.requested = Some(true);
            tls.client_certificate.authorities = vec![ATTACK.to_owned()];
        }
        if let Some(leaf) = &mut row.leaf {
            let leaf = Arc::make_mut(leaf);
            leaf.subject = Some(format!("CN={ATTACK}"));
            leaf.issuer = Some(ATTACK.to_owned());
            leaf.serial = Some(ATTACK.to_owned());
            leaf.key = Some(ATTACK.to_owned());
            leaf.signature = Some(ATTACK.to_owned());
            leaf.subject_key_id = Some(ATTACK.to_owned());
            leaf.errors.push(ATTACK.to_owned());
            leaf.san.push(ATTACK.to_owned());
        }
        if let Some(proof) = &mut row.proof {
            let proof = Arc::make_mut(proof);
            proof.note = Some(ATTACK.to_owned());
            proof.key_id = Some(ATTACK.to_owned());
            for link in &mut proof.path {
                attack(&mut link.subject);
                link.key_id = Some(ATTACK.to_owned());
                link.found = sameca::model::issuer::Source::Fetched(ATTACK.to_owned());
            }
        }
    }
    report
}

#[test]
fn text_from_outside_stays_text() {
    let names = |elements: &[Element]| -> BTreeSet<String> {
        elements
            .iter()
            .flat_map(|element| {
                let attributes = element.attributes.iter().map(|(key, _)| key);
                let of = |key: &String| format!("{} {key}", element.name);
                attributes
                    .map(of)
                    .chain([element.name.clone()])
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let ours: BTreeSet<String> = SAMPLES
        .iter()
        .filter(|name| **name != "hostile")
        .flat_map(|name| names(&elements(&page(&sample(name)))))
        .collect();
    for report in [attacked(), sample("hostile")] {
        let page = page(&report);
        let theirs = names(&elements(&page));
        let new: Vec<_> = theirs.difference(&ours).collect();
        assert!(new.is_empty(), "made by text from outside: {new:?}");
        let forbidden = |c: &char| {
            c.is_control() && *c != '\n'
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        assert_eq!(page.chars().find(forbidden), None);
    }
    let page = page(&attacked());
    assert!(
        page.contains("&#60;script&#62;document.title=&#39;owned&#39;"),
        "it is recognised"
    );
    assert!(page.contains("\\u{202e}evil"), "it is recognised");
    assert!(
        page.contains("\\u{1b}[2J\\u{d}\\u{a}\\u{0}"),
        "it is recognised"
    );
    for line in page.lines().filter(|line| line.contains("example.com")) {
        assert!(!line.contains("href=\"http"), "{line}");
    }
}

#[test]
fn long_names_are_whole_once_and_cut_elsewhere() {
    let long = |number: usize| format!("CN={number}{}", "A".repeat(64 * 1024));
    let mut report = sample("different");
    for (number, row) in report.endpoints.iter_mut().enumerate() {
        if let Some(leaf) = &mut row.leaf {
            Arc::make_mut(leaf).subject = Some(long(number));
        }
    }
    let page = page(&report);
    assert_eq!(
        page.matches(&"A".repeat(64 * 1024)).count(),
        3,
        "three leaves"
    );
    assert!(page.len() < 400 * 1024, "{} bytes", page.len());
    let mut many = large(300, 300);
    for (number, row) in many.endpoints.iter_mut().enumerate() {
        row.reason = long(number);
        row.pool = Some(long(number));
        if let Some(leaf) = &mut row.leaf {
            Arc::make_mut(leaf).issuer = Some(long(number));
        }
    }
    let page = self::page(&many);
    assert!(page.len() < 20_000_000, "{} bytes", page.len());
    elements(&page);
}

/// A report of many endpoints that share so many certificates of real size; two in a hundred differ, one in a
/// hundred was not captured.
fn large(rows: usize, leaves: usize) -> RunReport {
    let small = sample("different");
    let failed = sample("inconclusive").endpoints.into_iter();
    let failed = failed.clone().find(|row| row.outcome == Outcome::Refused);
    let failed = failed.expect("the sample has a failed row");
    let (good, bad) = (&small.endpoints[0], &small.endpoints[4]);
    let mut report = small.clone();
    report.endpoints = (0..rows)
        .map(|number| {
            let mut row = match number % 100 {
                0 => failed.clone(),
                1 | 2 => bad.clone(),
                _ => good.clone(),
            };
            row.host = format!("host{number:06}.pool{:02}.contoso.com", number % 30);
            row.target = format!("{}:443", row.host);
            row.pool = Some(format!("pool{:02}.contoso.com", number % 30));
            if let Some(leaf) = &mut row.leaf {
                let mut bytes = vec![b'x'; 1_350];
                bytes.extend((number % leaves).to_be_bytes());
                let der = Der::from(bytes);
                let leaf = Arc::make_mut(leaf);
                (leaf.sha256, leaf.sha1) = (der.sha256(), der.sha1());
                leaf.subject = Some(format!("CN={}", row.host));
                leaf.san = vec![row.host.clone()];
                row.chain[0] = der.sha256();
                report.certificates.insert(der.sha256(), der);
            }
            row
        })
        .collect();
    report
}

#[test]
fn ten_thousand_endpoints_fit_into_twenty_megabytes() {
    let page = page(&large(10_000, 10_000));
    assert!(page.len() <= 20_000_000, "{} bytes", page.len());
    assert_eq!(page.matches("<tr class=").count(), 10_000);
    assert_eq!(page.matches("<details class=\"e ").count(), 10_000);
    let cells = page.matches("class=\"cell ").count();
    assert!(
        (30..2_000).contains(&cells),
        "{cells} cells: the picture counts, and draws what stands out"
    );
    assert_eq!(page.matches("class=\"cell k1 wrong\"").count(), 200);
    elements(&page);
}

#[test]
fn a_hundred_thousand_endpoints_are_counted_and_the_telling_ones_listed() {
    let report = large(100_000, 1_000);
    let page = page(&report);
    assert!(page.len() <= 22_000_000, "{} bytes", page.len());
    assert_eq!(page.matches("<tr class=\"wrong\">").count(), 2_000);
    assert_eq!(page.matches("<tr class=\"open failed\">").count(), 1_000);
    assert!(page.contains("10000 of 100000 endpoints are listed here; those left out agree"));
}

#[test]
fn nothing_captured_and_nothing_asked_have_pages_too() {
    let none = page(&sample("none"));
    assert!(none.contains("There is no endpoint in this report."));
    let mut report = sample("inconclusive");
    report.endpoints.retain(|row| row.chain.is_empty());
    report.cas.clear();
    let failed = page(&report);
    assert!(failed.contains("No certification authority was seen."));
    assert!(failed.contains("cell none missing"));
    elements(&failed);
}
