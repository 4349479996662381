//! How output looks where it is seen: as a page, in colours, in ASCII, and errors all alike.

use std::fs;
use std::process::{Command, Output};

use crate::{code, sameca, stderr, stdout};

/// The program in an environment of these variables and no other that matters here.
fn in_environment(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
    for name in [
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "TERM",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
        "COLUMNS",
    ] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command.args(arguments).output().expect("the program runs")
}

#[test]
fn the_demo_becomes_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.html");
    let path = path.to_str().expect("a path");
    let output = sameca(&["demo", "--format", "html", "-o", path]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let page = fs::read_to_string(path).expect("it was written");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(page.contains("Different CAs.</span> pchat01.contoso.com:"));
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("DIFFERENT  pchat01.contoso.com:"));
}

#[test]
fn colours_are_forced_and_forbidden_by_the_environment_and_the_option() {
    const FORCED: (&str, &str) = ("CLICOLOR_FORCE", "1");
    for (variables, options, coloured) in [
        (&[][..], &[][..], false),
        (&[FORCED], &[], true),
        (&[("CLICOLOR_FORCE", "0")], &[], false),
        (&[FORCED, ("TERM", "dumb")], &[], true),
        (&[FORCED, ("NO_COLOR", "1")], &[], false),
        (&[FORCED, ("NO_COLOR", "")], &[], true),
        (&[FORCED], &["--color", "never"], false),
        (&[("NO_COLOR", "1")], &["--color", "always"], true),
    ] {
        let arguments = [&["demo", "--all-same", "-q"], options].concat();
        let output = in_environment(variables, &arguments);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let found = stdout(&output).contains("\u{1b}[");
        assert_eq!(found, coloured, "{variables:?} {options:?}");
    }
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    for (variables, options, ascii) in [
        (&[("LC_ALL", "C.UTF-8")][..], &[][..], false),
        (&[("LC_ALL", "C.UTF-8")], &["--ascii"], true),
        (&[("LC_ALL", "C")], &[], true),
        (&[("LC_ALL", ""), ("LC_CTYPE", "POSIX")], &[], true),
        (&[("LANG", "de_DE.ISO-8859-1")], &[], true),
        (&[("LC_ALL", "en_US.utf8"), ("LANG", "C")], &[], false),
        (&[], &[], false),
    ] {
        let arguments = [&["demo", "--all-same"], options].concat();
        let text = stdout(&in_environment(variables, &arguments));
        assert_eq!(text.is_ascii(), ascii, "{variables:?} {options:?}: {text}");
        assert!(
            text.contains(if ascii {
                "  ok A  lync01"
            } else {
                "  ✓ A  lync01"
            }),
            "{text}"
        );
    }
}

#[test]
fn errors_of_arguments_and_of_the_work_begin_alike() {
    for (variables, begin) in [
        (&[][..], "error: "),
        (
            &[("CLICOLOR_FORCE", "1")],
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m ",
        ),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "error: "),
    ] {
        for arguments in [
            &["check", "a", "-p", "0"][..],
            &["check", "a:0"],
            &["check", "-l", "there/is/none"],
            &["demo", "-o", "."],
        ] {
            let output = in_environment(variables, arguments);
            assert_eq!(code(&output), 2, "{arguments:?}");
            let text = stderr(&output);
            assert!(
                text.starts_with(begin),
                "{arguments:?} {variables:?}: {text:?}"
            );
            assert_eq!(stdout(&output), "", "{arguments:?}");
        }
    }
}
