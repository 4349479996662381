//! The command lines of the documents: each is one that the program takes, and those that need no server end as they should.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::Parser as _;
use sameca::cli::args::Cli;

/// A command line, and where it stands.
struct Shown {
    place: String,
    words: Vec<String>,
}

/// The README and every page.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = fs::read_dir(root.join("docs")).expect("docs can be listed");
    let pages = pages.map(|entry| entry.expect("docs can be listed").path());
    let mut documents: Vec<_> = pages
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.push(root.join("README.md"));
    documents.sort();
    documents
}

fn shown() -> Vec<Shown> {
    let of = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a document is UTF-8");
        commands(&path.display().to_string(), &text)
    };
    documents().iter().flat_map(of).collect()
}

/// The command lines in the blocks of a document: after `$ ` in `console`, as they are in `sh`.
fn commands(name: &str, text: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut block = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_some() {
                None
            } else {
                Some(language)
            };
            continue;
        }
        let command = match block {
            Some("console") => line.strip_prefix("$ "),
            Some("sh" | "bash") => Some(line),
            _ => None,
        };
        let Some(command) = command.filter(|command| command.starts_with("sameca ")) else {
            continue;
        };
        let mut command = command.to_owned();
        while let Some(begun) = command.strip_suffix('\\') {
            let (_, next) = lines.next().expect("a line goes on in the next");
            command = format!("{begun}{}", next.trim());
        }
        let place = format!("{name}:{}: {command}", number + 1);
        let words =
            shlex::split(&command).unwrap_or_else(|| panic!("{place}: no shell reads this"));
        let own = |word: &String| !matches!(word.as_str(), "|" | ">" | "<" | "&&" | "||" | ";");
        let words = words.into_iter().take_while(own).collect();
        found.push(Shown { place, words });
    }
    found
}

#[test]
fn every_command_of_the_documents_is_one_that_the_program_takes() {
    let shown = shown();
    assert!(shown.len() > 20, "{} commands found", shown.len());
    let wrong: Vec<_> = shown
        .iter()
        .filter_map(|shown| {
            let error = Cli::try_parse_from(&shown.words).err()?;
            Some(format!("{}\n{error}", shown.place))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_are_found_where_they_stand_and_nowhere_else() {
    let text = "sameca no\n```console\n$ sameca check a \\\n      b  # why\nsameca no\n```\n```sh\nsameca diff a b | head\n```\n\
                ```toml\n$ sameca no\n```\n";
    let words: Vec<_> = commands("x", text)
        .into_iter()
        .map(|shown| shown.words.join(" "))
        .collect();
    assert_eq!(words, ["sameca check a b", "sameca diff a b"]);
}

fn sameca(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

/// A folder that holds what the documents name: observations and a report of the demo's estate, a topology, an estate, a CA.
fn folder(words: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let topology = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/topology");
    fs::copy(
        topology.join("published-2013.xml"),
        path.join("topology.xml"),
    )
    .expect("copies");
    if words[0] == "estate" {
        let made = sameca(path, &["import", "topology.xml", "-o", "estate.toml"]);
        assert_eq!(made.status.code(), Some(0), "{made:?}");
    }
    // Under every name the same run.
    let (kept, report) = (path.join("kept.ndjson"), path.join("kept.json"));
    let certificates = path.join("kept.pem");
    if ["judge", "diff", "explain"].contains(&words[0]) {
        for (form, file) in [("ndjson", &kept), ("json", &report), ("pem", &certificates)] {
            let file = file.to_str().expect("a folder's name");
            let made = sameca(path, &["demo", "-q", "--format", form, "-o", file]);
            assert_eq!(made.status.code(), Some(1), "{made:?}");
        }
        for word in words {
            let source = match Path::new(word).extension().and_then(|end| end.to_str()) {
                Some("ndjson") => &kept,
                Some("json") => &report,
                Some("cer" | "pem") => &certificates,
                _ => continue,
            };
            fs::copy(source, path.join(word)).expect("copies");
        }
    }
    folder
}

/// What a command without servers ends with; none: it needs servers, or input that only a sweep makes.
fn expected(words: &[&str]) -> Option<i32> {
    let globbed = words.iter().any(|word| word.contains('*'));
    match words[0] {
        "demo" if words.contains(&"--all-same") => Some(0),
        "demo" => Some(1),
        // One run of the demo, which has a wrong certificate, however often it is given.
        "judge" if !globbed && !words.iter().any(|word| word.ends_with(".zst")) => Some(1),
        "diff" if words.contains(&"--history") => None,
        "diff" | "schema" | "completions" => Some(0),
        "explain" if words.iter().any(|word| word.ends_with(".json")) => Some(0),
        "estate" if !words.contains(&"--resolve-names") => Some(0),
        "import" if words.contains(&"topology.xml") && !words.contains(&"--update") => Some(0),
        "man" if !words.contains(&"--all") => Some(0),
        _ => None,
    }
}

#[test]
fn commands_that_need_no_server_end_as_documented() {
    let mut run = 0;
    for shown in shown() {
        let words: Vec<_> = shown.words[1..].iter().map(String::as_str).collect();
        let outside = words.iter().any(|word| word.starts_with(['/', '~']));
        let Some(code) = expected(&words).filter(|_| !outside) else {
            continue;
        };
        let output = sameca(folder(&words).path(), &words);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}\n{output:?}",
            shown.place
        );
        run += 1;
    }
    assert!(run > 5, "{run} commands were run");
}
