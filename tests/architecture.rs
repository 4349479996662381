//! The layer rules: which module may use which other, which external crates, which parts of the standard library.
//!
//! The tables below *are* the architecture. A new module or dependency fails here until it has its row.

use std::collections::BTreeSet;
use std::path::Path;

#[path = "architecture/paths.rs"]
mod paths;

use paths::Named;

/// A module, and the modules of this crate that it may use. A module uses lower layers only.
const MODULES: &[(&str, &[&str])] = &[
    // L0: what flows between the stages.
    ("model", &[]),
    // L1: bytes to values.
    ("draft", &["model"]),
    ("wire", &["model"]),
    ("x509", &["model"]),
    // L2: the stages; never one another.
    ("candidates", &["model", "x509"]),
    ("capture", &["model", "wire", "x509"]),
    ("discover", &["draft", "model"]),
    ("history", &["model"]),
    ("identify", &["model", "x509"]),
    ("inventory", &["model"]),
    ("judge", &["model", "x509"]),
    ("kept", &["model"]),
    ("report", &["model"]),
    ("resolve", &["model"]),
    ("topology", &["draft", "model"]),
    // L3: what puts stages in a row.
    ("demo", &["model", "x509"]),
    (
        "sweep",
        &[
            "candidates",
            "capture",
            "discover",
            "identify",
            "inventory",
            "judge",
            "kept",
            "model",
            "resolve",
            "wire",
            "x509",
        ],
    ),
    ("renewal", &["identify", "judge", "model", "sweep", "x509"]),
    ("watch", &["model", "renewal", "report", "sweep"]),
    // L4: the command line.
    (
        "cli",
        &[
            "candidates",
            "capture",
            "demo",
            "discover",
            "draft",
            "history",
            "identify",
            "inventory",
            "judge",
            "kept",
            "model",
            "renewal",
            "report",
            "resolve",
            "sweep",
            "topology",
            "watch",
            "wire",
            "x509",
        ],
    ),
    // The two crate roots.
    ("lib", &["model"]),
    ("main", &["cli"]),
];

/// A dependency by its name in code, and where it may be named: modules, or files as `module/file`.
/// Those that only carry plain data are free.
const CRATES: &[(&str, &[&str])] = &[
    ("anstyle", &["cli", "report"]),
    ("anyhow", &["cli", "main"]),
    ("askama", &["report/html", "watch/page"]),
    ("aws_lc_rs", &["capture/handshake", "demo", "x509"]),
    ("base64", EVERYWHERE),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("console", &["cli"]),
    ("csv", &["report/csv", "topology"]),
    ("der", &["x509"]),
    ("ecdsa", &["x509"]),
    ("flate2", &["cli"]),
    ("getrandom", &["capture/clear"]),
    ("hickory_resolver", &["discover/ask"]),
    ("hashbrown", &["identify"]),
    ("http_body_util", &["candidates/fetch", "watch/answer"]),
    ("hyper", &["candidates/fetch", "watch"]),
    ("hyper_util", &["candidates/fetch", "watch/serve"]),
    ("icu_normalizer", &["x509"]),
    ("idna", &["inventory"]),
    ("indicatif", &["cli"]),
    ("itoa", &["x509"]),
    ("md5", &["model", "x509"]),
    ("mimalloc", &["main"]),
    ("p256", &["x509"]),
    ("p384", &["x509"]),
    ("prometheus_client", &["report/prometheus"]),
    ("quick_junit", &["report/junit"]),
    ("quick_xml", &["topology"]),
    ("rcgen", &["demo"]),
    ("rlimit", &["cli"]),
    ("rsa", &["x509"]),
    ("rusqlite", &["history"]),
    ("rustix", &["watch/command"]),
    ("rustls", &["capture/handshake", "demo"]),
    ("rustls_native_certs", &["candidates"]),
    ("rustls_pki_types", &["identify/trust"]),
    ("schemars", &["model", "report/schema"]),
    ("serde", EVERYWHERE),
    (
        "serde_json",
        &["cli", "history", "kept", "report", "topology"],
    ),
    ("sha1", &["model", "x509"]),
    ("sha2", &["model", "x509"]),
    ("socket2", &["capture/dial"]),
    ("strsim", &["cli", "inventory"]),
    ("tempfile", &["cli"]),
    ("thiserror", EVERYWHERE),
    ("time", EVERYWHERE),
    ("tokio", ASYNC),
    ("tokio_rustls", &["capture/handshake", "demo"]),
    ("tokio_util", ASYNC),
    ("toml_edit", &["draft", "inventory"]),
    ("ulid", &["cli", "sweep"]),
    ("unicode_width", &["cli", "report"]),
    ("webpki", &["identify/trust"]),
    ("x509_ocsp", &["x509"]),
    ("x509_parser", &["x509"]),
    ("zip", &["topology"]),
    ("zstd", &["cli"]),
];

/// Where `async` and its runtime may be: what does the network, and what drives it.
const ASYNC: &[&str] = &[
    "candidates",
    "capture",
    "cli",
    "demo",
    "discover/ask",
    "discover/gather",
    "discover/reverse",
    "renewal/wait",
    "resolve",
    "sweep",
    "watch",
];

const EVERYWHERE: &[&str] = &["*"];

/// Beginnings of paths that only some modules may name, and why.
const PATHS: &[(&str, &[&str], &str)] = &[
    (
        "std::time::SystemTime::now",
        CLOCK,
        "`now` is an argument, so that results can be repeated",
    ),
    (
        "time::OffsetDateTime::now_utc",
        CLOCK,
        "`now` is an argument, so that results can be repeated",
    ),
    ("time::OffsetDateTime::now_local", &[], "times are in UTC"),
    (
        "std::process::exit",
        &[],
        "it skips destructors; `main` returns an exit code",
    ),
    (
        "std::process::Command",
        &[],
        "nothing is run but this program",
    ),
    (
        "tokio::process",
        &["watch/command"],
        "nothing is run but what `--on-change` names",
    ),
    (
        "std::net::TcpStream",
        ASYNC,
        "only the network stages open sockets",
    ),
    (
        "std::net::TcpListener",
        ASYNC,
        "only the network stages open sockets",
    ),
    (
        "std::net::UdpSocket",
        ASYNC,
        "only the network stages open sockets",
    ),
    (
        "std::net::ToSocketAddrs",
        &["resolve"],
        "names are resolved in one place, every address of them",
    ),
    (
        "tokio::net::lookup_host",
        &["resolve"],
        "names are resolved in one place, every address of them",
    ),
    (
        "std::fs",
        &["candidates", "cli"],
        "files are read at the edge; stages take text and bytes",
    ),
    (
        "std::fs::File",
        &["candidates", "cli"],
        "files are read at the edge; stages take text and bytes",
    ),
    (
        "std::env",
        &["candidates", "cli"],
        "the environment is read once",
    ),
    (
        "std::thread",
        &["cli", "sweep"],
        "no thread outlives the call that started it",
    ),
    (
        "std::io::stdin",
        &["cli"],
        "standard input, output and error belong to the command line",
    ),
    (
        "std::io::stdout",
        &["cli"],
        "standard input, output and error belong to the command line",
    ),
    (
        "std::io::stderr",
        &["cli"],
        "standard input, output and error belong to the command line",
    ),
];

/// Where the clock may be read.
const CLOCK: &[&str] = &["cli", "demo", "sweep"];

/// Macros that print, by their last segment.
const PRINTING: &[&str] = &["print!", "println!", "eprint!", "eprintln!"];

/// The layers are also what the table of modules says: no cycle, and no stage that uses a stage.
const STAGES: &[&str] = &[
    "candidates",
    "capture",
    "discover",
    "history",
    "identify",
    "inventory",
    "judge",
    "kept",
    "report",
    "resolve",
    "topology",
];

#[test]
fn every_file_keeps_to_its_layer() {
    let sources = sources();
    assert!(
        sources.len() > 5,
        "no sources found: is the test run from the package's root?"
    );
    let found = violations(&sources);
    assert!(
        found.is_empty(),
        "the layer rules of tests/architecture.rs are broken:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_dependency_has_a_row() {
    let manifest = include_str!("../Cargo.toml");
    let manifest: toml_edit::DocumentMut = manifest.parse().expect("Cargo.toml is TOML");
    let of_platforms = manifest["target"]
        .as_table_like()
        .expect("targets are a table");
    let of_platforms = of_platforms
        .iter()
        .filter_map(|(_, target)| target.get("dependencies"));
    let declared: BTreeSet<String> = std::iter::once(&manifest["dependencies"])
        .chain(of_platforms)
        .flat_map(|table| {
            table
                .as_table_like()
                .expect("dependencies are a table")
                .iter()
        })
        .map(|(name, _)| crate_name(name))
        .collect();
    let listed: BTreeSet<String> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<_> = declared.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "dependencies without a row in CRATES, add them: {missing:?}"
    );
    let stale: Vec<_> = listed.difference(&declared).collect();
    assert!(
        stale.is_empty(),
        "rows in CRATES for what is no dependency: {stale:?}"
    );
}

#[test]
fn the_table_itself_is_layered() {
    for (at, (module, uses)) in MODULES.iter().enumerate() {
        for used in *uses {
            let known = MODULES.iter().position(|(name, _)| name == used);
            assert!(known.is_some(), "{module} uses {used}, which has no row");
            let root = ["lib", "main"].contains(module);
            assert!(
                root || known < Some(at),
                "{module} uses {used}, which is not below it"
            );
            assert!(
                !(STAGES.contains(module) && STAGES.contains(used)),
                "{module} and {used} are both stages"
            );
        }
    }
}

/// The name of a dependency in code. `md-5` is the one whose library has another name than its package.
fn crate_name(package: &str) -> String {
    match package {
        "md-5" => "md5".to_owned(),
        other => other.replace('-', "_"),
    }
}

/// Every file below `src`, with its path from there.
fn sources() -> Vec<(String, String)> {
    fn walk(root: &Path, directory: &Path, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(directory).expect("src can be listed") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                walk(root, &path, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("it is below src");
                let name = name.to_string_lossy().replace('\\', "/");
                out.push((
                    name,
                    std::fs::read_to_string(&path).expect("a source is UTF-8"),
                ));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    walk(&root, &root, &mut out);
    out.sort();
    out
}

/// The module that a file is, as segments from the crate's root: `capture/mod.rs` is `capture`, `lib.rs` nothing.
fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" | "main" => Vec::new(),
        _ => path.split('/').map(str::to_owned).collect(),
    }
}

/// Every breach in a set of files, each a line that says where, what and what is allowed.
fn violations(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut files = Vec::new();
    let mut tests = Vec::new();
    for (name, source) in sources {
        match paths::read(&module_of(name), source) {
            Ok(file) => {
                tests.extend(file.test_modules.iter().map(|module| module.join("/")));
                files.push((name, file));
            }
            Err(error) => found.push(format!("src/{name}: {error}")),
        }
    }
    for (name, file) in &files {
        let module = module_of(name).join("/");
        if tests.iter().any(|test| under(&module, test)) {
            continue;
        }
        let place = if module.is_empty() {
            name.trim_end_matches(".rs")
        } else {
            &module
        };
        found.extend(
            breaches(place, file)
                .into_iter()
                .map(|(line, what)| format!("src/{name}:{line}: {what}")),
        );
    }
    found
}

/// The breaches in one file; `place` is its module path, `capture/dial`.
fn breaches(place: &str, file: &paths::File) -> Vec<(usize, String)> {
    let module = place.split('/').next().unwrap_or(place);
    let Some((_, uses)) = MODULES.iter().find(|(name, _)| *name == module) else {
        return vec![(
            1,
            format!("module `{module}` is unknown: add it to the table MODULES"),
        )];
    };
    let mut found = Vec::new();
    for named in &file.named {
        let what = misuse_of_module(module, uses, named)
            .or_else(|| misuse_of_crate(place, named))
            .or_else(|| misuse_of_path(place, named))
            .or_else(|| printing(place, named));
        found.extend(what.map(|what| (named.line, what)));
    }
    if !granted(place, ASYNC) {
        let text = format!("`{place}` is not asynchronous; only {ASYNC:?} are");
        found.extend(file.asyncs.iter().map(|line| (*line, text.clone())));
    }
    found
}

fn misuse_of_module(module: &str, uses: &[&str], named: &Named) -> Option<String> {
    let [first, used, ..] = named.segments.as_slice() else {
        return None;
    };
    let known = MODULES.iter().any(|(name, _)| name == used);
    let ours = first == "crate" || first == "sameca";
    let allowed = !known || used == module || uses.contains(&used.as_str());
    let path = named.segments.join("::");
    (ours && !allowed)
        .then(|| format!("`{module}` may not use `{used}` ({path}); it may use {uses:?}"))
}

fn misuse_of_crate(place: &str, named: &Named) -> Option<String> {
    let first = named.segments.first()?;
    let (_, places) = CRATES.iter().find(|(name, _)| name == first)?;
    let path = named.segments.join("::");
    (!granted(place, places))
        .then(|| format!("`{place}` may not use `{path}`; only {places:?} may use `{first}`"))
}

fn misuse_of_path(place: &str, named: &Named) -> Option<String> {
    let path = named.segments.join("::");
    let (_, places, reason) = PATHS
        .iter()
        .find(|(start, ..)| path == *start || path.starts_with(&format!("{start}::")))?;
    (!granted(place, places))
        .then(|| format!("`{place}` may not use `{path}`; only {places:?} may: {reason}"))
}

fn printing(place: &str, named: &Named) -> Option<String> {
    let last = named.segments.last()?;
    let prints = PRINTING.contains(&last.as_str()) && !granted(place, &["cli"]);
    let forbidden = prints || ["dbg!", "todo!", "unimplemented!"].contains(&last.as_str());
    forbidden.then(|| format!("`{place}` may not use `{last}`; only `cli` prints"))
}

fn granted(place: &str, places: &[&str]) -> bool {
    places
        .iter()
        .any(|granted| *granted == "*" || under(place, granted))
}

/// Whether a module path is `above` or below it.
fn under(place: &str, above: &str) -> bool {
    place
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The rules applied to files that break them: a rule that finds nothing here protects nothing.
mod rules {
    use super::*;

    fn found(name: &str, source: &str) -> Vec<String> {
        violations(&[(name.to_owned(), source.to_owned())])
    }

    fn one(name: &str, source: &str, expected: &str) {
        let found = found(name, source);
        let [only] = found.as_slice() else {
            panic!("one breach expected in {name}: {source}\nfound: {found:#?}");
        };
        assert!(
            only.contains(expected),
            "{only:?} does not say {expected:?}"
        );
    }

    fn none(name: &str, source: &str) {
        assert_eq!(
            found(name, source),
            Vec::<String>::new(),
            "in {name}: {source}"
        );
    }

    #[test]
    fn a_stage_that_imports_a_stage_is_found() {
        one(
            "judge/mod.rs",
            "use crate::identify::group;",
            "`judge` may not use `identify`",
        );
        one(
            "judge/mod.rs",
            "use crate::{model::target, identify};",
            "`judge` may not use `identify`",
        );
        one(
            "resolve.rs",
            "\nfn f() { super::capture::observe() }",
            "src/resolve.rs:2: `resolve` may not use `capture`",
        );
        one(
            "judge/findings/expiry.rs",
            "use super::super::super::sweep;",
            "`judge` may not use `sweep`",
        );
        one(
            "judge/mod.rs",
            "fn f(x: &crate::identify::Pool) {}",
            "`judge` may not use `identify`",
        );
        one(
            "judge/mod.rs",
            "fn f() { assert!(crate::identify::f()) }",
            "`judge` may not use `identify`",
        );
        one(
            "main.rs",
            "use sameca::capture;",
            "`main` may not use `capture`",
        );
    }

    #[test]
    fn a_lower_layer_and_oneself_may_be_used() {
        none(
            "judge/mod.rs",
            "use crate::model::target; use crate::judge::reference; use self::reference; mod reference;",
        );
        none(
            "capture/clear.rs",
            "use super::dial; use crate::wire::record; fn f() { record::f() }",
        );
        none("main.rs", "fn main() { sameca::cli::run() }");
    }

    #[test]
    fn an_external_crate_outside_its_place_is_found() {
        one(
            "model/mod.rs",
            "use tokio::net::TcpStream;",
            "`model` may not use `tokio::net::TcpStream`",
        );
        one(
            "capture/dial.rs",
            "fn f() -> rustls::Error { f() }",
            "`capture/dial` may not use `rustls::Error`",
        );
        one(
            "identify/group.rs",
            "use ::webpki as w;",
            "may use `webpki`",
        );
        one(
            "wire/flight.rs",
            "use x509_parser::prelude::X509Certificate;",
            "may use `x509_parser`",
        );
        one(
            "judge/mod.rs",
            "#[derive(clap::Parser)] struct S;",
            "`judge` may not use `clap::Parser`",
        );
        one(
            "judge/mod.rs",
            "#[tokio::main] fn f() {}",
            "`judge` may not use `tokio::main`",
        );
        one(
            "report/mod.rs",
            "fn f() { tokio::select! {} }",
            "`report` may not use `tokio::select!`",
        );
        one(
            "report/mod.rs",
            "impl From<toml_edit::TomlError> for E {}",
            "`report` may not use `toml_edit::TomlError`",
        );
    }

    #[test]
    fn an_external_crate_in_its_place_is_not() {
        none(
            "capture/handshake.rs",
            "use rustls::crypto::aws_lc_rs; fn f() { aws_lc_rs::default_provider() }",
        );
        none("identify/trust.rs", "use webpki::EndEntityCert;");
        none("x509/parse.rs", "use x509_parser::prelude::*;");
    }

    #[test]
    fn a_module_or_variable_with_a_crates_name_is_not_that_crate() {
        none(
            "capture/dial.rs",
            "use std::time; fn f() { time::Instant::now(); }",
        );
        none("x509/mod.rs", "mod rsa; fn f() { rsa::verify() }");
        none(
            "judge/mod.rs",
            "use crate::x509::rsa; fn f() { rsa::verify() }",
        );
        none("judge/mod.rs", "fn f(rsa: u8) -> u8 { rsa }");
    }

    #[test]
    fn a_clock_read_outside_its_place_is_found_under_any_name() {
        one(
            "judge/mod.rs",
            "fn f() { std::time::SystemTime::now(); }",
            "`now` is an argument",
        );
        one(
            "judge/mod.rs",
            "use std::time::SystemTime as T; fn f() { T::now(); }",
            "`now` is an argument",
        );
        one(
            "judge/mod.rs",
            "use time::OffsetDateTime; fn f() { vec![OffsetDateTime::now_utc()]; }",
            "`now` is an argument",
        );
        none(
            "sweep/mod.rs",
            "use time::OffsetDateTime; fn f() { OffsetDateTime::now_utc(); }",
        );
    }

    #[test]
    fn input_and_output_in_a_pure_module_are_found() {
        one(
            "identify/mod.rs",
            "fn f() { std::fs::read(\"x\"); }",
            "files are read at the edge",
        );
        one(
            "report/text.rs",
            "use std::io::stdout;",
            "belong to the command line",
        );
        one(
            "wire/mod.rs",
            "use std::net::TcpStream;",
            "only the network stages open sockets",
        );
        one(
            "cli/mod.rs",
            "fn f() { std::process::exit(1) }",
            "skips destructors",
        );
    }

    #[test]
    fn printing_outside_the_command_line_is_found() {
        one(
            "sweep/mod.rs",
            "fn f() { println!(\"x\") }",
            "only `cli` prints",
        );
        one(
            "sweep/mod.rs",
            "fn f() { Some(1).map(|x| { matches!(x, { eprintln!(\"x\") }) }); }",
            "only `cli` prints",
        );
        one("cli/mod.rs", "fn f() { dbg!(1) }", "may not use `dbg!`");
        none("cli/mod.rs", "fn f() { println!(\"x\") }");
        none(
            "sweep/mod.rs",
            "fn f(w: &mut W) { writeln!(w, \"println!\") } // println!()",
        );
    }

    #[test]
    fn async_outside_the_network_is_found() {
        one("x509/mod.rs", "async fn f() {}", "not asynchronous");
        one(
            "report/mod.rs",
            "impl X { async fn f() {} }",
            "not asynchronous",
        );
        one(
            "judge/mod.rs",
            "fn f() { let _ = async { 1 }; }",
            "not asynchronous",
        );
        one(
            "judge/mod.rs",
            "fn f() { let _ = async || 1; }",
            "not asynchronous",
        );
        none("capture/mod.rs", "async fn f() {}");
    }

    #[test]
    fn tests_may_use_what_they_like() {
        none(
            "judge/mod.rs",
            "#[cfg(test)] mod tests { use crate::capture; fn f() { println!() } }",
        );
        none(
            "judge/mod.rs",
            "#[cfg(test)] use crate::capture; #[tokio::test] async fn f() { tokio::spawn() }",
        );
        let parent = (
            "judge/mod.rs".to_owned(),
            "#[cfg(test)] mod tests;".to_owned(),
        );
        let child = (
            "judge/tests.rs".to_owned(),
            "use crate::capture;".to_owned(),
        );
        assert_eq!(violations(&[parent, child.clone()]), Vec::<String>::new());
        assert_eq!(violations(&[child]).len(), 1);
    }

    #[test]
    fn what_only_looks_like_a_test_is_no_test() {
        one(
            "judge/mod.rs",
            "#[cfg(not(test))] use crate::capture;",
            "`judge` may not use `capture`",
        );
        one(
            "judge/mod.rs",
            "#[cfg(feature = \"test\")] mod tests { use crate::capture; }",
            "`judge` may not use `capture`",
        );
    }

    #[test]
    fn an_unknown_module_and_a_broken_file_are_found() {
        one("novel/mod.rs", "", "add it to the table");
        one("novel.rs", "", "add it to the table");
        one("judge/mod.rs", "fn f( {", "src/judge/mod.rs");
    }
}
