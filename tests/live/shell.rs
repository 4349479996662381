//! What is generated for other programs, read by them: completions by bash, manual pages by groff.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const SAMECA: &str = env!("CARGO_BIN_EXE_sameca");

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().expect("its input is piped");
    stdin.write_all(input).expect("it reads its input");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn generated(arguments: &[&str]) -> Vec<u8> {
    let output = run(SAMECA, arguments, &[]);
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn words(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_takes_the_completions_and_completes_a_command_line() {
    let script = generated(&["completions", "bash"]);
    let read = run("bash", &["-n"], &script);
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");

    // As readline would call it, with the cursor at the end of `sameca che` and of `sameca check --ca`.
    let complete = |words_typed: &str, current: &str| {
        let mut asked = script.clone();
        let previous = words_typed.rsplit(' ').next().expect("a word");
        write!(
            asked,
            "\ncomplete -p sameca >/dev/null || exit 9\n\
             COMP_WORDS=({words_typed} {current}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _sameca sameca {current} {previous}; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        )
        .expect("memory takes it");
        let output = run("bash", &["--norc"], &asked);
        assert!(output.status.success(), "{output:?}");
        words(&output)
    };
    assert_eq!(complete("sameca", "che"), ["check"]);
    assert_eq!(complete("sameca check", "--ca-"), ["--ca-file"]);
    assert_eq!(complete("sameca completions", "fi"), ["fish"]);
}

#[test]
fn groff_takes_every_manual_page_without_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a folder's name");
    generated(&["man", "--all", path]);
    let mut pages = 0;
    for entry in std::fs::read_dir(folder.path()).expect("it lists") {
        let page = entry.expect("it lists").path();
        let page = page.to_str().expect("a page's name");
        let arguments = ["-man", "-Tutf8", "-Kutf8", "-P-cbu", "-ww", page];
        let set = run("groff", &arguments, &[]);
        assert!(
            set.status.success() && set.stderr.is_empty(),
            "{page}: {set:?}"
        );
        let text = String::from_utf8_lossy(&set.stdout);
        assert!(text.contains("EXIT STATUS"), "{page}:\n{text}");
        pages += 1;
    }
    assert!(pages > 10, "{pages} pages");
}
