//! `--format nagios`: what monitoring reads of it.

use super::{code, sameca, stderr, stdout};

#[test]
fn exit_codes_are_those_of_plugins() {
    let different = sameca(&["demo", "--format", "nagios"]);
    assert_eq!(code(&different), 2, "{}", stderr(&different));
    assert!(stdout(&different).starts_with("SAMECA CRITICAL - pchat01.contoso.com:"));
    assert_eq!(stdout(&different).lines().count(), 1);
    let same = sameca(&["demo", "--all-same", "--format=nagios"]);
    let text = stdout(&same);
    assert!(
        text.starts_with("SAMECA OK - ") || text.starts_with("SAMECA WARNING - "),
        "{text}"
    );
    assert_eq!(code(&same), i32::from(text.starts_with("SAMECA WARNING")));
    let silent = sameca(&["check", "does-not-exist.invalid", "--format", "nagios"]);
    assert_eq!(code(&silent), 3);
    assert!(
        stdout(&silent).starts_with("SAMECA UNKNOWN - "),
        "{}",
        stdout(&silent)
    );
}

#[test]
fn what_is_wrong_is_unknown_to_monitoring_and_never_a_warning() {
    for arguments in [
        &["check", "--format", "nagios"][..],
        &["check", "a", "--format", "nagios", "--no-such-option"],
        &[
            "check",
            "a",
            "--ca-file",
            "missing.pem",
            "--format",
            "nagios",
        ],
        &["check", "a", "--format", "nagios", "--format", "json"],
    ] {
        let output = sameca(arguments);
        assert_eq!(code(&output), 3, "{arguments:?}");
        assert!(
            stdout(&output).starts_with("SAMECA UNKNOWN - "),
            "{arguments:?}"
        );
        assert!(stderr(&output).starts_with("error: "), "{arguments:?}");
    }
}
