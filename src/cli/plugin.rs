//! Exit status and first line where monitoring reads them: `--format nagios`.

use std::io;
use std::process::ExitCode;

use crate::report::nagios::{self, State};

/// Whether these words, as typed, ask for the line of a plugin. Told before they are parsed, because a plugin's exit
/// status for a wrong command line is another one, too.
pub(super) fn is_meant(words: &[String]) -> bool {
    let spaced = |pair: &[String]| pair[0] == "--format" && pair[1] == "nagios";
    words.windows(2).any(spaced) || words.iter().any(|word| word == "--format=nagios")
}

/// Tells monitoring that there is no answer, and why.
pub(super) fn failed(why: &str) -> ExitCode {
    let why: Vec<&str> = why.split_whitespace().collect();
    // Nobody is left to tell when that fails.
    let _ = nagios::failed(&why.join(" "), &mut io::stdout().lock());
    ExitCode::from(State::Unknown.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_ask_for_a_plugin() {
        let meant = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            is_meant(&words)
        };
        assert!(meant("sameca check a --format nagios"));
        assert!(meant("sameca check --format=nagios --format json -o r"));
        assert!(!meant("sameca check nagios --format json"));
    }
}
