//! The HTML report in Chromium, without a window: it renders, its script works under its own policy, and it fits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value;

use sameca::model::report::RunReport;
use sameca::report::html;

/// What a browser made of a page.
struct Seen {
    /// The document after its script ran.
    document: String,
    /// What it had to say: errors of scripts, and what a policy forbade.
    console: Vec<String>,
}

/// Opens a URL in a browser that has no profile yet.
fn browse(url: &str, options: &[&str]) -> Seen {
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args([
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--dump-dom",
        ])
        .args(["--virtual-time-budget=20000", "--window-size=1280,900"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(options)
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .expect("chromium of Debian is installed");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {log}", output.status);
    let said = log.lines().filter(|line| line.contains("CONSOLE"));
    Seen {
        document: String::from_utf8(output.stdout).expect("a document is UTF-8"),
        console: said.map(str::to_owned).collect(),
    }
}

fn sample(name: &str) -> RunReport {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/reports/{name}.json"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn rendered(report: &RunReport) -> String {
    let mut out = Vec::new();
    html::render(report, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("the page is UTF-8")
}

/// A page in a folder of its own, as it lies on a file share.
struct Page {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Page {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.html");
        fs::write(&path, text).expect("it can be written");
        Self {
            path,
            _folder: folder,
        }
    }

    fn of(report: &RunReport) -> Self {
        Self::new(&rendered(report))
    }

    /// Opens it with a fragment, and wants silence.
    fn open(&self, fragment: &str) -> String {
        let seen = browse(&format!("file://{}{fragment}", self.path.display()), &[]);
        assert_eq!(seen.console, Vec::<String>::new(), "{fragment}");
        seen.document
    }
}

/// The rows of the table that can be seen, in their order.
fn rows(document: &str) -> Vec<&str> {
    let body = document.split_once("<tbody>").expect("a table").1;
    let body = body.split_once("</tbody>").expect("it ends").0;
    let rows = body.split("<tr ").skip(1);
    let rows = rows.filter(|row| !row.split('>').next().unwrap_or_default().contains("hidden"));
    rows.map(|row| {
        let target = row
            .split("<a href=")
            .nth(1)
            .expect("a row has its endpoint");
        let target = target.split_once('>').expect("a tag ends").1;
        target.split_once('<').expect("a link ends").0
    })
    .collect()
}

#[test]
fn the_page_renders_and_says_nothing() {
    for name in [
        "none",
        "same",
        "different",
        "inconclusive",
        "groups",
        "findings",
    ] {
        let report = sample(name);
        let document = Page::of(&report).open("");
        let buttons = document.matches("<button type=\"button\">").count();
        assert_eq!(
            buttons, 9,
            "{name}: the script made the headings into buttons"
        );
        assert_eq!(rows(&document).len(), report.endpoints.len(), "{name}");
    }
}

#[test]
fn what_the_policy_forbids_would_be_noticed() {
    let page = rendered(&sample("different"));
    let page = page.replace(
        "<main>",
        "<main><img src=\"x\" onerror=\"document.title='owned'\"/>",
    );
    let page =
        Page::new(&page.replace("</main>", "<script>document.title='owned'</script></main>"));
    let seen = browse(&format!("file://{}", page.path.display()), &[]);
    assert!(seen.console.len() >= 2, "{:?}", seen.console);
    assert!(!seen.document.contains("<title>owned</title>"));
}

#[test]
fn the_table_is_filtered_by_the_fragment() {
    let page = Page::of(&sample("different"));
    let document = page.open("#q=fabrikam");
    assert_eq!(rows(&document), ["pchat01.contoso.com:443"]);
    assert!(document.contains("1 of 5 endpoints shown"));
    assert_eq!(rows(&page.open("#q=FRONT-end+lync02")).len(), 2);
    assert_eq!(rows(&page.open("#show=odd")), ["pchat01.contoso.com:443"]);
    assert_eq!(rows(&page.open("#q=nothing+like+it")), Vec::<&str>::new());
    // The thumbprint of the leaf that is wrong, as Windows shows it.
    let thumbprint = sample("different").endpoints[4]
        .leaf
        .clone()
        .expect("a leaf");
    let found = page.open(&format!(
        "#q={}",
        thumbprint.sha1.to_string().to_uppercase()
    ));
    assert_eq!(rows(&found), ["pchat01.contoso.com:443"]);
}

#[test]
fn the_table_is_sorted_by_the_fragment() {
    let page = Page::of(&sample("different"));
    let document = page.open("#sort=-endpoint");
    let mut wanted = rows(&document);
    wanted.sort_unstable();
    wanted.reverse();
    assert_eq!(rows(&document), wanted);
    assert!(document.contains("aria-sort=\"descending\""));
    assert_eq!(
        rows(&page.open("#sort=until"))[4],
        "pchat01.contoso.com:443"
    );
}

#[test]
fn a_fragment_is_no_way_in() {
    let page = Page::of(&sample("different"));
    let attack = "#q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&sort=__proto__&show=constructor";
    let document = page.open(attack);
    assert_eq!(rows(&document), Vec::<&str>::new());
    assert!(!document.contains("<img"));
}

#[test]
fn hostile_text_does_nothing() {
    const ATTACK: &str = "</title></style></script><script>document.title='owned'</script><img src=x onerror=alert(1)>\"' onclick='x'";
    let mut report = sample("hostile");
    report.headline = ATTACK.to_owned();
    for row in &mut report.endpoints {
        row.target.push_str(ATTACK);
        row.reason.push_str(ATTACK);
        row.pool = Some(ATTACK.to_owned());
        row.names.push(ATTACK.to_owned());
        if let Some(leaf) = &mut row.leaf {
            Arc::make_mut(leaf).subject = Some(format!("CN={ATTACK}"));
        }
    }
    let page = Page::of(&report);
    for fragment in ["", "#q=owned", "#sort=endpoint"] {
        let document = page.open(fragment);
        assert_eq!(document.matches("<script>").count(), 1, "{fragment}");
        assert!(!document.contains("<img"), "{fragment}");
        assert!(!document.contains("<title>owned"), "{fragment}");
        assert_eq!(rows(&document).len(), report.endpoints.len(), "{fragment}");
    }
}

/// What is measured of a page in a frame: how wide it is, what cannot be read, and where the odd one is.
const MEASURE: &str = r#"
const channel = (value) => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
const parse = (text) => { const parts = text.match(/[\d.]+/g).map(Number); return parts.length < 4 ? [...parts, 1] : parts; };
const light = (colour) => 0.2126 * channel(colour[0]) + 0.7152 * channel(colour[1]) + 0.0722 * channel(colour[2]);
const ratio = (one, other) => { const [a, b] = [light(one), light(other)]; return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
const background = (element, view) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(view.getComputedStyle(at).backgroundColor);
    if (colour[3] === 1) { return colour; }
  }
  return [255, 255, 255, 1];
};
const measure = (frame) => {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  page.querySelectorAll("details").forEach((details) => { details.open = true; });
  const pale = [];
  let texts = 0;
  for (const element of page.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || ["SCRIPT", "STYLE", "OPTION", "text"].includes(element.tagName) || !element.getClientRects().length) { continue; }
    texts += 1;
    const style = view.getComputedStyle(element);
    const found = ratio(parse(style.color), background(element, view));
    if (found < 4.5) { pale.push(element.tagName + "." + element.className + " " + found.toFixed(2)); }
  }
  const odd = page.querySelector(".cell.wrong");
  const box = odd && odd.getBoundingClientRect();
  return { width: root.scrollWidth, view: view.innerWidth, texts, pale: [...new Set(pale)],
    ground: view.getComputedStyle(page.body).backgroundColor, buttons: page.querySelectorAll("th button").length,
    odd: box && { left: box.left, right: box.right, height: box.height, outline: view.getComputedStyle(odd).outlineStyle } };
};
"#;

/// Text as a string of a script inside a page.
fn quoted(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string");
    quoted
        .replace("</", "<\\/")
        .replace("<!--", "<\\u0021--")
        .replace("<script", "<\\u0073cript")
}

/// Measures pages, each in a frame so wide; `dark` is the theme that the reader prefers.
fn measured(pages: &[(String, usize)], dark: bool) -> Vec<Value> {
    let frames: Vec<String> = pages
        .iter()
        .map(|(page, width)| format!("[{}, {width}]", quoted(page)))
        .collect();
    let page = Page::new(&format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><pre id=\"result\"></pre><script>{MEASURE}\n\
         const results = [], frames = [{}];\n\
         frames.forEach(([text, width], at) => {{\n\
           const frame = document.createElement(\"iframe\");\n\
           [frame.width, frame.height, frame.style.border] = [width, 800, 0];\n\
           frame.onload = () => {{ results[at] = measure(frame);\n\
             document.getElementById(\"result\").textContent = JSON.stringify(results); }};\n\
           frame.srcdoc = text;\n\
           document.body.append(frame);\n\
         }});</script>",
        frames.join(",\n")
    ));
    let theme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
    let seen = browse(&format!("file://{}", page.path.display()), &[&theme]);
    assert_eq!(seen.console, Vec::<String>::new());
    let result = seen.document.split_once("<pre id=\"result\">");
    let result = result.expect("a result").1;
    let result = result.split_once("</pre>").expect("it ends").0;
    let result = result
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let facts: Vec<Value> =
        serde_json::from_str(&result).unwrap_or_else(|error| panic!("{error}: {result}"));
    assert_eq!(facts.len(), pages.len());
    facts
}

#[test]
fn the_page_fits_a_telephone_and_can_be_read_in_both_themes() {
    const NAMES: [&str; 6] = [
        "different",
        "inconclusive",
        "groups",
        "findings",
        "hostile",
        "none",
    ];
    let pages: Vec<(String, usize)> = NAMES
        .iter()
        .flat_map(|name| [360, 1280].map(|width| (rendered(&sample(name)), width)))
        .collect();
    let names = NAMES.iter().flat_map(|name| [name, name]);
    let mut grounds = Vec::new();
    for dark in [false, true] {
        let all = measured(&pages, dark);
        for ((facts, name), (_, width)) in all.iter().zip(names.clone()).zip(&pages) {
            let facts_of = format!("{name}, {width}, dark {dark}: {facts}");
            assert_eq!(facts["view"], *width, "{facts_of}");
            assert!(facts["width"].as_u64() <= Some(*width as u64), "{facts_of}");
            assert_eq!(facts["pale"], serde_json::json!([]), "{facts_of}");
            assert!(facts["texts"].as_u64() > Some(20), "{facts_of}");
            assert_eq!(facts["buttons"], 9, "{facts_of}");
            grounds.push((dark, facts["ground"].to_string()));
        }
        for (facts, (_, width)) in all.iter().zip(&pages).take(2) {
            let odd = &facts["odd"];
            assert!(odd["left"].as_f64() >= Some(0.0), "{facts}");
            assert!(odd["right"].as_f64() <= Some(*width as f64), "{facts}");
            assert_eq!(odd["outline"], "solid", "{facts}");
        }
    }
    grounds.sort();
    grounds.dedup();
    assert_eq!(grounds.len(), 2, "a ground for each theme: {grounds:?}");
}

#[test]
fn ten_thousand_endpoints_are_shown_and_filtered() {
    let small = sample("different");
    let mut report = small.clone();
    report.endpoints = (0..10_000)
        .map(|number| {
            let mut row = small.endpoints[usize::from(number % 100 == 7) * 4].clone();
            row.host = format!("host{number:05}.contoso.com");
            row.target = format!("{}:443", row.host);
            row
        })
        .collect();
    let page = Page::of(&report);
    assert_eq!(rows(&page.open("")).len(), 10_000);
    let found = page.open("#q=host01&show=odd&sort=-endpoint");
    let found = rows(&found);
    assert_eq!(found.len(), 10);
    assert_eq!(found[0], "host01907.contoso.com:443");
}
