//! Arguments of `renewed` and `diff` -> settings.

use std::path::PathBuf;
use std::time::Duration;

use super::typed::{given, groups, output, resolution, selection, sources};
use super::{Connect, Diff, Environment, Expect, Past, Renewed, Source, UsageError, Wanted};
use crate::cli::args::{DiffArgs, RenewedArgs, WantedArgs};
use crate::model::bytes::{Sha1, Sha256};
use crate::renewal::Pace;

/// The time between two looks where none is given.
const EVERY: Duration = Duration::from_secs(30);

impl Renewed {
    /// What is meant by `sameca renewed` and these arguments.
    ///
    /// # Errors
    ///
    /// Options that contradict each other, and thumbprints that are none.
    pub fn new(args: RenewedArgs, environment: Environment) -> Result<Self, UsageError> {
        let pace = pace(&args.wanted, args.connect.timeout)?;
        let selection = selection(&args.addresses, groups(args.policy.group));
        let given = given(args.targets, selection)?;
        let history = args.keep.history;
        let wanted = wanted(args.wanted, history.as_ref())?;
        let from_stdin = Wanted::Since(Past::File(Source::Stdin));
        if wanted == from_stdin && given.lists.contains(&Source::Stdin) {
            return Err(UsageError::StdinTwice);
        }
        Ok(Self {
            wanted,
            pace,
            given,
            resolve: resolution(args.addresses),
            connect: Connect::try_from(args.connect)?,
            policy: args.policy.into(),
            ca: args.ca.into(),
            format: args.format,
            output: output(args.output, environment),
            history,
        })
    }
}

impl Diff {
    /// What is meant by `sameca diff` and these arguments.
    ///
    /// # Errors
    ///
    /// Standard input given twice.
    pub fn new(args: DiffArgs, environment: Environment) -> Result<Self, UsageError> {
        let mut sides = sources(vec![args.old, args.new])?.into_iter();
        let history = args.history.as_ref();
        let mut side = || Past::new(sides.next().expect("two were given"), history);
        Ok(Self {
            old: side(),
            new: side(),
            ca: args.ca.into(),
            format: args.format,
            output: output(args.output, environment),
        })
    }
}

fn pace(args: &WantedArgs, timeout: Duration) -> Result<Option<Pace>, UsageError> {
    let Some(wait) = args.wait else {
        return Ok(None);
    };
    let every = args.every.unwrap_or(EVERY);
    if wait < every {
        return Err(UsageError::WaitBelowEvery { wait, every });
    }
    if wait < timeout {
        return Err(UsageError::WaitBelowRound { wait, timeout });
    }
    Ok(Some(Pace { every, wait }))
}

fn wanted(args: WantedArgs, history: Option<&PathBuf>) -> Result<Wanted, UsageError> {
    if let Some(path) = args.since {
        let mut source = sources(vec![path])?;
        return Ok(Wanted::Since(Past::new(source.remove(0), history)));
    }
    if let Some(at) = args.issued_after {
        return Ok(Wanted::IssuedAfter(at));
    }
    let expected = args.expect.iter().map(|text| expect(text));
    Ok(Wanted::Expect(expected.collect::<Result<_, _>>()?))
}

/// A thumbprint in any of the forms in which it is copied, or a file.
fn expect(text: &str) -> Result<Expect, UsageError> {
    let sha1 = Sha1::parse(text).map(|digest| digest.to_string());
    let thumbprint = sha1.or_else(|| Sha256::parse(text).map(|digest| digest.to_string()));
    if let Some(thumbprint) = thumbprint {
        return Ok(Expect::Thumbprint(thumbprint));
    }
    let is_filler = |c: char| matches!(c, ':' | ' ' | '\u{200e}');
    let digits = text.chars().filter(|c| !is_filler(*c)).count();
    let looks = digits >= 20 && text.chars().all(|c| c.is_ascii_hexdigit() || is_filler(c));
    if looks {
        return Err(UsageError::Thumbprint(text.to_owned(), digits));
    }
    Ok(Expect::File(PathBuf::from(text)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn renewed(arguments: &[&str]) -> Result<Renewed, UsageError> {
        let line = ["sameca", "renewed"].iter().chain(arguments);
        match Cli::try_parse_from(line)
            .expect("a good command line")
            .command
        {
            Command::Renewed(args) => Renewed::new(*args, Environment::default()),
            other => panic!("renewed was typed: {other:?}"),
        }
    }

    #[test]
    fn a_thumbprint_is_read_however_windows_shows_it() {
        let wanted = "a909502dd82ae41433e6f83886b00d4277a32a7b";
        for text in [
            "a909502dd82ae41433e6f83886b00d4277a32a7b",
            "A909502DD82AE41433E6F83886B00D4277A32A7B",
            "A9 09 50 2D D8 2A E4 14 33 E6 F8 38 86 B0 0D 42 77 A3 2A 7B",
            "a9:09:50:2d:d8:2a:e4:14:33:e6:f8:38:86:b0:0d:42:77:a3:2a:7b",
            "\u{200e}a9 09 50 2d d8 2a e4 14 33 e6 f8 38 86 b0 0d 42 77 a3 2a 7b",
        ] {
            assert_eq!(
                expect(text),
                Ok(Expect::Thumbprint(wanted.to_owned())),
                "{text}"
            );
        }
        let sha256 = "0123456789abcdef".repeat(4);
        assert_eq!(expect(&sha256), Ok(Expect::Thumbprint(sha256.clone())));
        assert_eq!(expect("new.cer"), Ok(Expect::File("new.cer".into())));
        let short = "a909502dd82ae41433e6f83886b00d4277a32a7";
        assert_eq!(
            expect(short),
            Err(UsageError::Thumbprint(short.to_owned(), 39))
        );
    }

    #[test]
    fn a_wait_has_room_for_a_second_look() {
        let pace = |arguments: &[&str]| {
            let fixed = ["--since", "b.ndjson", "--wait"];
            renewed(&[&fixed, arguments].concat()).map(|renewed| renewed.pace)
        };
        let seconds = Duration::from_secs;
        assert_eq!(
            pace(&["15m"]),
            Ok(Some(Pace {
                every: seconds(30),
                wait: seconds(900)
            }))
        );
        assert_eq!(
            pace(&["20s"]),
            Err(UsageError::WaitBelowEvery {
                wait: seconds(20),
                every: seconds(30)
            })
        );
        assert_eq!(
            pace(&["5s", "--every", "1s"]),
            Err(UsageError::WaitBelowRound {
                wait: seconds(5),
                timeout: seconds(10)
            })
        );
        assert!(pace(&["5s", "--every", "1s", "--timeout", "2s"]).is_ok());
        assert_eq!(
            renewed(&["--since", "b.ndjson"]).map(|renewed| renewed.pace),
            Ok(None)
        );
    }

    #[test]
    fn what_is_new_is_said_in_one_way() {
        for line in [
            &["renewed", "a"][..],
            &["renewed", "--since", "b", "--expect", "c"],
            &[
                "renewed",
                "--since",
                "b",
                "--issued-after",
                "2026-11-22T20:15:04Z",
            ],
            &["renewed", "--since", "b", "--every", "1s"],
        ] {
            let line = ["sameca"].iter().chain(line);
            assert!(Cli::try_parse_from(line).is_err());
        }
        assert_eq!(
            renewed(&["--since", "-", "-l", "-"]).map(|_| ()),
            Err(UsageError::StdinTwice)
        );
    }
}
