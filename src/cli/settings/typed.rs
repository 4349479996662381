//! Arguments -> settings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::forms::forms;
use super::{
    CaSources, Check, Connect, Demo, DemoEstate, Environment, EstateCheck, Existing, Explain, Form,
    Given, Import, Judge, Output, Policy, Show, Source, UsageError, Verbosity,
};
use crate::cli::args::{
    CheckArgs, DemoArgs, EstateCheckArgs, ExplainArgs, ImportArgs, JudgeArgs, ShowArgs,
};
use crate::cli::options::{
    AddressArgs, CaArgs, ConnectArgs, Deny, EvidenceLevel, GroupChoice, OutputArgs, PolicyArgs,
    SameRule, SayingArgs, TargetArgs, When,
};
use crate::inventory::Selection;
use crate::model::report;
use crate::model::target::{Group, Role};
use crate::model::verdict::{Same, Severity, Threshold};
use crate::resolve::{self, Family};

impl Check {
    /// What is meant by `sameca check` and these arguments.
    ///
    /// # Errors
    ///
    /// Options that contradict each other.
    pub fn new(args: CheckArgs, environment: Environment) -> Result<Self, UsageError> {
        let forms = forms(args.forms)?;
        Ok(Self {
            given: given(
                args.targets,
                selection(&args.addresses, groups(args.policy.group)),
            )?,
            resolve: resolution(args.addresses),
            connect: args.connect.try_into()?,
            policy: args.policy.into(),
            ca: args.ca.into(),
            output: saying(args.saying, goes_to_standard_output(&forms), environment),
            forms,
            history: args.keep.history,
        })
    }
}

impl Show {
    /// What is meant by `sameca show` and these arguments.
    ///
    /// # Errors
    ///
    /// Options that contradict each other.
    pub fn new(args: ShowArgs, environment: Environment) -> Result<Self, UsageError> {
        Ok(Self {
            given: Given {
                selection: selection(&args.addresses, groups(GroupChoice::All)),
                targets: vec![(Role::Peer, args.target)],
                ..Given::default()
            },
            resolve: resolution(args.addresses),
            connect: args.connect.try_into()?,
            ca: args.ca.into(),
            format: args.format,
            output: output(args.output, environment),
        })
    }
}

impl Explain {
    /// What is meant by `sameca explain` and these arguments.
    ///
    /// # Errors
    ///
    /// Options that contradict each other.
    pub fn new(args: ExplainArgs, environment: Environment) -> Result<Self, UsageError> {
        Ok(Self {
            subject: args.subject,
            selection: selection(&args.addresses, groups(GroupChoice::All)),
            resolve: resolution(args.addresses),
            connect: args.connect.try_into()?,
            ca: args.ca.into(),
            output: output(args.output, environment),
        })
    }
}

impl Judge {
    /// What is meant by `sameca judge` and these arguments.
    ///
    /// # Errors
    ///
    /// Standard input given twice, or results that go astray.
    pub fn new(args: JudgeArgs, environment: Environment) -> Result<Self, UsageError> {
        let forms = forms(args.forms)?;
        Ok(Self {
            observations: sources(args.observations)?,
            policy: args.policy.into(),
            ca: args.ca.into(),
            output: saying(args.saying, goes_to_standard_output(&forms), environment),
            forms,
        })
    }
}

pub(super) fn with_role(role: Role, texts: Vec<String>) -> impl Iterator<Item = (Role, String)> {
    texts.into_iter().map(move |text| (role, text))
}

impl EstateCheck {
    /// What is meant by `sameca estate check` and these arguments.
    pub fn new(args: EstateCheckArgs, environment: Environment) -> Self {
        Self {
            given: Given {
                selection: Selection {
                    groups: groups(args.group),
                    ports: args.ports,
                    sni: None,
                },
                estates: args.estates,
                ..Given::default()
            },
            resolve: args.resolve_names.then(resolve::Settings::default),
            output: output(args.output, environment),
        }
    }
}

impl Import {
    /// What is meant by `sameca import` and these arguments.
    ///
    /// # Errors
    ///
    /// An update of standard output.
    pub fn new(args: ImportArgs, environment: Environment) -> Result<Self, UsageError> {
        Ok(Self {
            topologies: args.topologies,
            existing: existing(args.force, args.update, &args.output)?,
            output: output(args.output, environment),
        })
    }
}

impl Demo {
    /// What is meant by `sameca demo` and these arguments.
    ///
    /// # Errors
    ///
    /// Results that go astray.
    pub fn new(args: DemoArgs, environment: Environment) -> Result<Self, UsageError> {
        let forms = forms(args.forms)?;
        Ok(Self {
            estate: if args.all_same {
                DemoEstate::AllSame
            } else {
                DemoEstate::OneWrong
            },
            output: saying(args.saying, goes_to_standard_output(&forms), environment),
            forms,
        })
    }
}

/// What becomes of an estate that is there already.
pub(super) fn existing(
    force: bool,
    update: bool,
    output: &OutputArgs,
) -> Result<Existing, UsageError> {
    let standard = output.output.as_deref() == Some(Path::new("-"));
    match (force, update) {
        (true, _) => Ok(Existing::Replaced),
        (false, true) if standard => Err(UsageError::UpdateOfStdout),
        (false, true) => Ok(Existing::Updated),
        (false, false) => Ok(Existing::Kept),
    }
}

pub(super) fn given(args: TargetArgs, selection: Selection) -> Result<Given, UsageError> {
    Ok(Given {
        selection,
        targets: with_role(Role::FrontEnd, args.front_end)
            .chain(with_role(Role::PersistentChat, args.persistent_chat))
            .chain(with_role(Role::Web, args.web))
            .chain(with_role(Role::Peer, args.targets))
            .collect(),
        lists: sources(args.list)?,
        estates: args.estate,
    })
}

pub(super) fn sources(paths: Vec<PathBuf>) -> Result<Vec<Source>, UsageError> {
    let sources: Vec<_> = paths
        .into_iter()
        .map(|path| match path.to_str() {
            Some("-") => Source::Stdin,
            _ => Source::File(path),
        })
        .collect();
    if sources.iter().filter(|s| **s == Source::Stdin).count() > 1 {
        return Err(UsageError::StdinTwice);
    }
    Ok(sources)
}

pub(super) fn selection(args: &AddressArgs, groups: BTreeSet<Group>) -> Selection {
    Selection {
        groups,
        ports: args.ports.clone(),
        sni: args.sni.clone(),
    }
}

pub(super) fn resolution(args: AddressArgs) -> resolve::Settings {
    resolve::Settings {
        overrides: args.resolve,
        family: match (args.ipv4, args.ipv6) {
            (true, _) => Family::V4,
            (false, true) => Family::V6,
            (false, false) => Family::Any,
        },
        ..resolve::Settings::default()
    }
}

pub(super) fn groups(choice: GroupChoice) -> BTreeSet<Group> {
    match choice {
        GroupChoice::Internal => BTreeSet::from([Group::Internal]),
        GroupChoice::External => BTreeSet::from([Group::External]),
        GroupChoice::All => BTreeSet::from(Group::ALL),
    }
}

pub(super) fn output(args: OutputArgs, environment: Environment) -> Output {
    Output {
        file: args.output.clone(),
        ..saying(args.saying, args.output.is_none(), environment)
    }
}

/// Whether a terminal would see a result.
fn goes_to_standard_output(forms: &[Form]) -> bool {
    forms.iter().any(|form| form.file.is_none())
}

fn saying(args: SayingArgs, is_seen: bool, environment: Environment) -> Output {
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    let to_terminal = is_seen && environment.stdout_is_terminal;
    let obeys = |seen: bool| seen && !environment.dumb;
    let coloured = |seen: bool| (obeys(seen) || environment.force_color) && !environment.no_color;
    let watched = obeys(environment.stderr_is_terminal) && verbosity != Verbosity::Quiet;
    Output {
        file: None,
        verbosity,
        color: decide(args.color, coloured(to_terminal)),
        color_in_files: decide(args.color, coloured(false)),
        errors: environment.style_of_errors(),
        ascii: args.ascii || environment.ascii,
        width: environment
            .width
            .filter(|_| to_terminal)
            .map_or(Output::USUAL_WIDTH, |width| width.clamp(60, 200)),
        progress: decide(args.progress, watched),
    }
}

fn decide(when: When, auto: bool) -> bool {
    match when {
        When::Auto => auto,
        When::Always => true,
        When::Never => false,
    }
}

impl TryFrom<ConnectArgs> for Connect {
    type Error = UsageError;

    fn try_from(args: ConnectArgs) -> Result<Self, UsageError> {
        if let Some(connect) = args.connect_timeout.filter(|it| *it > args.timeout) {
            let timeout = args.timeout;
            return Err(UsageError::ConnectAboveTimeout { connect, timeout });
        }
        Ok(Self {
            concurrency: usize::try_from(args.concurrency).unwrap_or(usize::MAX),
            rate: args.rate,
            timeout: args.timeout,
            connect_timeout: args.connect_timeout,
            retries: args.retries.into(),
            handshake: args.handshake,
            starttls: args.starttls,
            samples: args.samples.into(),
            all_certificates: args.all_certificates,
            fetch_issuers: args.fetch_issuers,
        })
    }
}

impl From<PolicyArgs> for Policy {
    fn from(args: PolicyArgs) -> Self {
        Self {
            rules: report::Policy {
                same: args.same.into(),
                evidence: args.evidence.into(),
            },
            groups: groups(args.group),
            reference_ca: args.reference_ca,
            require_possession: args.require_possession,
            deny: args.deny.map(|Deny::Warning| Severity::Warning),
            expires_within_days: args.expires_within,
            now: args.now,
        }
    }
}

impl From<CaArgs> for CaSources {
    fn from(args: CaArgs) -> Self {
        Self {
            files: args.ca_file,
            system_roots: !args.no_system_roots,
        }
    }
}

impl From<SameRule> for Same {
    fn from(rule: SameRule) -> Self {
        match rule {
            SameRule::IssuingCa => Self::IssuingCa,
            SameRule::CaName => Self::CaName,
            SameRule::Root => Self::Root,
        }
    }
}

impl From<EvidenceLevel> for Threshold {
    fn from(level: EvidenceLevel) -> Self {
        match level {
            EvidenceLevel::Proven => Self::Proven,
            EvidenceLevel::Recovered => Self::Recovered,
            EvidenceLevel::KeyId => Self::KeyId,
            EvidenceLevel::Name => Self::Name,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::{Parser, ValueEnum};

    use super::*;
    use crate::cli::args::{Cli, Command};
    use crate::cli::options::StartTls;

    const TERMINAL: Environment = Environment {
        no_color: false,
        force_color: false,
        dumb: false,
        ascii: false,
        width: Some(120),
        stdout_is_terminal: true,
        stderr_is_terminal: true,
        stdin_is_terminal: true,
        job_index: None,
    };

    fn check_in(environment: Environment, arguments: &[&str]) -> Result<Check, UsageError> {
        let line = ["sameca", "check"].iter().chain(arguments);
        match Cli::try_parse_from(line)
            .expect("a good command line")
            .command
        {
            Command::Check(args) => Check::new(*args, environment),
            other => panic!("check was typed: {other:?}"),
        }
    }

    fn check(arguments: &[&str]) -> Check {
        check_in(Environment::default(), arguments).expect("nothing contradicts")
    }

    #[test]
    fn targets_keep_role_and_order() {
        let given = check(&[
            "c",
            "--persistent-chat",
            "p",
            "--front-end",
            "a",
            "--front-end",
            "b:443",
            "d",
            "--web",
            "w",
            "-l",
            "-",
            "-l",
            "hosts.txt",
            "-f",
            "e.toml",
        ])
        .given;
        let targets: Vec<_> = given
            .targets
            .iter()
            .map(|(r, t)| format!("{r} {t}"))
            .collect();
        assert_eq!(
            targets,
            [
                "front-end a",
                "front-end b:443",
                "persistent-chat p",
                "web w",
                "peer c",
                "peer d"
            ]
        );
        assert_eq!(
            given.lists,
            [Source::Stdin, Source::File("hosts.txt".into())]
        );
        assert_eq!(given.estates, [PathBuf::from("e.toml")]);
    }

    #[test]
    fn standard_input_is_read_once() {
        let twice = check_in(Environment::default(), &["-l", "-", "-l", "-"]);
        assert_eq!(twice, Err(UsageError::StdinTwice));
    }

    #[test]
    fn the_group_selects_ports_and_judgement_alike() {
        for (word, groups) in [
            ("internal", vec![Group::Internal]),
            ("external", vec![Group::External]),
            ("all", Group::ALL.to_vec()),
        ] {
            let check = check(&["a", "--group", word]);
            assert_eq!(check.policy.groups, groups.into_iter().collect());
            assert_eq!(check.given.selection.groups, check.policy.groups);
        }
    }

    #[test]
    fn options_arrive_where_they_are_used() {
        let check = check(&[
            "a",
            "-p",
            "443,5061",
            "-p",
            "444",
            "--sni",
            "Pool.Contoso.com",
            "-6",
            "--resolve",
            "a:443=192.0.2.1",
            "--timeout",
            "500ms",
            "--retries",
            "2",
            "--starttls",
            "smtp",
            "--deny",
            "warning",
            "--ca-file",
            "a.cer",
            "--ca-file",
            "b.cer",
            "--no-system-roots",
        ]);
        let ports: Vec<_> = check
            .given
            .selection
            .ports
            .iter()
            .map(|p| p.number())
            .collect();
        assert_eq!(ports, [443, 5061, 444]);
        assert_eq!(
            check.given.selection.sni.as_deref(),
            Some("pool.contoso.com")
        );
        assert_eq!(check.resolve.family, Family::V6);
        assert_eq!(check.resolve.overrides.len(), 1);
        assert_eq!(check.connect.timeout, Duration::from_millis(500));
        assert_eq!(check.connect.retries, 2);
        assert_eq!(check.connect.starttls, Some(StartTls::Smtp));
        assert_eq!(check.policy.deny, Some(Severity::Warning));
        assert_eq!(check.ca.files.len(), 2);
        assert!(!check.ca.system_roots);
    }

    #[test]
    fn the_words_of_the_options_are_those_of_the_documents() {
        for rule in SameRule::value_variants() {
            let word = rule.to_possible_value().map(|v| v.get_name().to_owned());
            assert_eq!(word.as_deref(), Some(Same::from(*rule).word()));
        }
        for level in EvidenceLevel::value_variants() {
            let word = level.to_possible_value().map(|v| v.get_name().to_owned());
            let evidence = Threshold::from(*level).evidence();
            assert_eq!(word.as_deref(), Some(evidence.word()));
        }
    }

    #[test]
    fn the_defaults_of_the_rule_are_those_of_the_model() {
        assert_eq!(check(&["a"]).policy.rules, report::Policy::default());
        assert_eq!(check(&["a"]).given.selection, Selection::default());
    }

    #[test]
    fn colour_and_progress_are_for_those_who_see_them() {
        let output = |environment, arguments: &[&str]| {
            let output = check_in(environment, arguments).expect("good").output;
            (output.color, output.progress)
        };
        let plain = Environment {
            no_color: true,
            ..TERMINAL
        };
        assert_eq!(output(TERMINAL, &["a"]), (true, true));
        assert_eq!(output(Environment::default(), &["a"]), (false, false));
        assert_eq!(output(TERMINAL, &["a", "-o", "f", "-q"]), (false, false));
        let dumb = Environment {
            dumb: true,
            ..TERMINAL
        };
        let forced = Environment {
            force_color: true,
            ..dumb
        };
        assert_eq!(output(dumb, &["a"]), (false, false));
        assert_eq!(output(forced, &["a"]), (true, false));
        assert_eq!(
            output(
                Environment {
                    no_color: true,
                    ..forced
                },
                &["a"]
            ),
            (false, false)
        );
        assert_eq!(output(plain, &["a"]), (false, true));
        assert_eq!(output(plain, &["a", "--color", "always"]), (true, true));
        assert_eq!(
            output(TERMINAL, &["a", "--progress", "never"]),
            (true, false)
        );
    }

    #[test]
    fn each_v_says_more() {
        let verbosity = |arguments: &[&str]| check(arguments).output.verbosity;
        assert_eq!(verbosity(&["a"]), Verbosity::Normal);
        assert_eq!(verbosity(&["a", "-v"]), Verbosity::Verbose);
        assert_eq!(verbosity(&["a", "-vvv"]), Verbosity::Debug);
        assert_eq!(verbosity(&["a", "-q"]), Verbosity::Quiet);
    }
}
