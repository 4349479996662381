//! `sameca sweep`: whole networks, one observation a line, and the verdict over what was found.

mod descriptors;
mod issuers;
pub(super) mod log;
mod resume;
mod scope;
mod sidecar;
mod taken;
mod watch;

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};
use tokio_util::sync::CancellationToken;

use crate::cli::args::{Format, SweepArgs, SweepFormat};
use crate::cli::exit::Exit;
use crate::cli::keep::Keeping;
use crate::cli::network;
use crate::cli::output::Destination;
use crate::cli::present;
use crate::cli::settings::{Consent, Environment, Naming, Output, Source, Sweep, Verbosity};
use crate::cli::verdict::Judge;
use crate::model::observation::Outcome;
use crate::model::report::Report;
use crate::report::json;
use crate::report::summary::{self, Extent};
use crate::sweep::{self, Ledger, Names, Scope, Showed, SweepEnd, SweepEvent, SweepSettings};
use crate::wire::client_hello::SuiteOrder;

use issuers::Named;
use log::Log;
use sidecar::{Counts, Progress};
use taken::{Taken, judged};
use watch::Watch;

/// How often progress is made to last.
const SAVE: Duration = Duration::from_secs(1);

/// Wrong lines that are shown; all are counted.
const WRONG_SHOWN: u64 = 10;

/// Sweeps, or goes on with a sweep. `typed` is what stands after `sameca sweep`.
pub(super) fn run(args: SweepArgs, typed: &[String], environment: Environment) -> Result<Exit> {
    let (args, earlier) = match args.scope.resume.clone() {
        Some(file) => {
            let (args, progress) = resume::read(&file, typed)?;
            (args, Some(progress))
        }
        None => (args, None),
    };
    let settings = Sweep::new(args, environment)?;
    let progress = match earlier.clone() {
        Some(progress) => progress,
        None => begin(&settings, typed)?,
    };
    if earlier.is_some() {
        progress.check(&settings)?;
    }
    let scope = scope::read(&settings, progress.seed)?;
    let known = issuers::known(&settings.known).context("cannot use --known")?;
    let judge = Judge::prepare(&settings.policy, &settings.ca, &scope.estate.expectations)?;
    present::warnings(&judge.warnings, &settings.output);
    announce(&scope, &settings, &progress)?;
    let keeping = Keeping::open(settings.history.as_deref())?;
    let log = Log::open(
        settings.output.file.as_deref(),
        &progress,
        earlier.is_some(),
    )?;
    let taken = earlier.is_none().then(|| Taken::new(&judge, &settings));
    let swept = sweep_all(scope, &settings, progress, log, taken)?;
    let conclusion = Conclusion {
        judge,
        known,
        keeping,
        settings: &settings,
    };
    conclusion.draw(swept)
}

fn begin(settings: &Sweep, typed: &[String]) -> Result<Progress> {
    let chance = ulid::Ulid::r#gen().random();
    let by_chance = match settings.shard.parts() {
        (_, 1) => u64::try_from(chance & u128::from(u64::MAX)).unwrap_or(0),
        // Parts are disjoint only in one order.
        _ => 0,
    };
    let seed = settings.seed.unwrap_or(by_chance);
    Progress::new(network::run_id(), seed, typed.to_vec(), settings)
}

/// Says how much there is to do, and asks whether that is meant when it is much.
fn announce(scope: &Scope, settings: &Sweep, progress: &Progress) -> Result<()> {
    let known = scope.space.size() + (scope.hosts.len() + scope.estate.targets.len()) as u64;
    if known == 0 && scope.lists.is_empty() {
        bail!("there is nothing to look for: everything in the ranges is excluded");
    }
    let listed = match scope.lists.is_empty() {
        true => "",
        false => ", and those of lists",
    };
    let part = match settings.shard.parts() {
        (_, 1) => String::new(),
        (index, count) => format!("; part {}/{count} of that", index + 1),
    };
    let done = match progress.counts.done {
        0 => String::new(),
        done => format!("; {done} done before"),
    };
    let sentence = format!(
        "{known} endpoints{listed}{part}{done} (seed {})",
        progress.seed
    );
    present::note(&sentence, &settings.output);
    match settings.consent {
        _ if known <= scope::MANY || progress.counts.done > 0 => Ok(()),
        Consent::Given => Ok(()),
        Consent::Absent => bail!("{known} endpoints are many; add --yes if that is meant"),
        Consent::Asked => ask(known),
    }
}

fn ask(endpoints: u64) -> Result<()> {
    let mut error = io::stderr().lock();
    write!(error, "Look for {endpoints} endpoints? [y/N] ")?;
    error.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!("not begun; name smaller ranges, or add --yes"),
    }
}

/// A sweep at its end.
struct Swept {
    end: SweepEnd,
    ledger: Ledger,
    log: Log,
    taken: Option<Taken>,
    progress: Progress,
    failure: Option<Failure>,
}

/// Why the sweep was stopped from here.
enum Failure {
    /// Whoever read the observations has gone.
    Unread,
    Output(Error),
}

fn sweep_all(
    scope: Scope,
    settings: &Sweep,
    progress: Progress,
    log: Log,
    taken: Option<Taken>,
) -> Result<Swept> {
    let (bounds, warning) = descriptors::bounds(settings.connect.concurrency);
    present::warnings(warning.as_slice(), &settings.output);
    let sweep = SweepSettings {
        run: progress.run.clone(),
        capture: crate::capture::Settings {
            order: match settings.policy.require_possession {
                true => SuiteOrder::EcdheFirst,
                false => SuiteOrder::RsaFirst,
            },
            possession: settings.policy.require_possession,
            ..network::capture(&settings.connect)
        },
        resolve: settings.resolve.clone(),
        rate: settings.connect.rate.map(Into::into),
        per_host: Some(settings.per_host),
        retries: settings.connect.retries,
        bounds,
        selection: settings.given.selection.clone(),
        names: names(settings),
    };
    let ledger = progress.ledger();
    let listener = Listener {
        names: sweep.names.clone(),
        ..Listener::new(log, taken, progress, &settings.output)
    };
    let listener = RefCell::new(listener);
    let (end, ledger) = network::block_on(network::until_interrupted(
        |cancel: CancellationToken| {
            let listener = &listener;
            let sweep = &sweep;
            async move {
                let take =
                    |event: SweepEvent, ledger: &Ledger| listener.borrow_mut().take(event, ledger);
                sweep::sweep(scope, sweep, ledger, &cancel, take).await
            }
        },
        SAVE,
        || listener.borrow_mut().pause(),
    ))?;
    let listener = listener.into_inner();
    listener.watch.finish();
    listener.tell_of_names();
    let untold = listener.names.as_ref().and_then(|names| names.untold());
    present::warnings(untold.as_slice(), &settings.output);
    Ok(Swept {
        end,
        ledger,
        log: listener.log,
        taken: listener.taken,
        progress: listener.progress,
        failure: listener.failure,
    })
}

/// Who tells what captured addresses are called. That there is nobody to ask keeps no sweep from its work.
fn names(settings: &Sweep) -> Option<Arc<Names>> {
    let server = match settings.naming {
        Naming::Nobody => return None,
        Naming::System => None,
        Naming::Server(server) => Some(server),
    };
    match Names::new(server) {
        Ok(names) => Some(Arc::new(names)),
        Err(why) => {
            let warning = format!("the names of addresses are not looked up: {why}");
            present::warnings(&[warning], &settings.output);
            None
        }
    }
}

/// Takes what the sweep finds: writes, counts, keeps the progress.
struct Listener<'o> {
    log: Log,
    /// Absent where a sweep is gone on with: then all is read from the file at the end.
    taken: Option<Taken>,
    progress: Progress,
    watch: Watch<'o>,
    named: Named,
    names: Option<Arc<Names>>,
    output: &'o Output,
    saved: Instant,
    failure: Option<Failure>,
}

impl<'o> Listener<'o> {
    fn new(log: Log, taken: Option<Taken>, progress: Progress, output: &'o Output) -> Self {
        Self {
            watch: Watch::new(output, progress.counts.done),
            named: Named::default(),
            names: None,
            log,
            taken,
            progress,
            output,
            saved: Instant::now(),
            failure: None,
        }
    }

    fn take(&mut self, event: SweepEvent, ledger: &Ledger) -> ControlFlow<()> {
        let taken = match event {
            SweepEvent::Started(total, may_grow) => {
                self.watch.started(total, may_grow);
                Ok(())
            }
            SweepEvent::Done(mut showed) => self.done(&mut showed),
            SweepEvent::Wrong(error) => {
                self.wrong(&error.to_string());
                Ok(())
            }
            SweepEvent::Idle => self.idle(ledger),
        };
        let Err(error) = taken else {
            return ControlFlow::Continue(());
        };
        self.failure = Some(match is_unread(&error) {
            true => Failure::Unread,
            false => Failure::Output(error),
        });
        ControlFlow::Break(())
    }

    fn done(&mut self, showed: &mut Showed) -> Result<()> {
        let counts = &mut self.progress.counts;
        counts.done += 1;
        for outcome in &showed.absent {
            match outcome {
                Outcome::Refused => counts.refused += 1,
                Outcome::Unreachable => counts.unreachable += 1,
                _ => counts.timeout += 1,
            }
        }
        for observation in &mut showed.observations {
            counts.written += 1;
            self.named.see(observation);
            counts.captured += u64::from(observation.outcome == Outcome::Captured);
            let length = self
                .log
                .write(observation)
                .with_context(|| cannot_write(&self.log))?;
            if let Some(taken) = &mut self.taken {
                taken.see(observation, length);
            }
        }
        Ok(())
    }

    fn wrong(&mut self, line: &str) {
        self.progress.counts.wrong += 1;
        if self.progress.counts.wrong <= WRONG_SHOWN {
            present::warnings(&[line.to_owned()], self.output);
        }
    }

    fn idle(&mut self, ledger: &Ledger) -> Result<()> {
        self.log
            .pass_on()
            .with_context(|| cannot_write(&self.log))?;
        if self.saved.elapsed() >= SAVE {
            self.log.save_with(&mut self.progress, ledger)?;
            self.saved = Instant::now();
        }
        Ok(())
    }

    /// Once in a while, also when nothing happens.
    fn pause(&mut self) {
        self.watch.tick(&self.progress.counts, self.named.count());
        // A failure comes again with the next line, and is told then.
        let _ = self.log.show();
        self.tell_of_names();
    }

    /// That they are not looked up any more, as soon as that is so.
    fn tell_of_names(&self) {
        let warning = self.names.as_ref().and_then(|names| names.given_up());
        present::warnings(warning.as_slice(), self.output);
    }
}

fn cannot_write(log: &Log) -> String {
    format!("cannot write to {}", log.name())
}

fn is_unread(error: &Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// What the end of a sweep needs.
struct Conclusion<'s> {
    judge: Judge,
    /// The names of the CAs that are not new.
    known: Option<HashSet<String>>,
    keeping: Keeping<'s>,
    settings: &'s Sweep,
}

impl Conclusion<'_> {
    fn draw(self, swept: Swept) -> Result<Exit> {
        let settings = self.settings;
        let Swept {
            end,
            ledger,
            mut log,
            taken,
            mut progress,
            failure,
        } = swept;
        let how = log.file().map(|file| how_to_go_on(file, settings));
        match (failure, end) {
            (Some(Failure::Unread), _) => self.keep_part(log, taken, &progress),
            (Some(Failure::Output(error)), _) => Err(told(error, how)),
            (None, SweepEnd::Complete) => self.verdict(log, taken, &progress),
            (None, SweepEnd::Failed(error)) => {
                log.save_with(&mut progress, &ledger)?;
                Err(told(error.into(), how))
            }
            (None, SweepEnd::Stopped) => {
                log.save_with(&mut progress, &ledger)?;
                let done = progress.counts.done;
                let how = how.unwrap_or_else(|| "the rest is lost; -o FILE keeps it".to_owned());
                present::note(
                    &format!("interrupted after {done}; {how}"),
                    &settings.output,
                );
                self.keep_part(log, taken, &progress)
            }
        }
    }

    /// Keeps what an interrupted sweep found; when it is gone on with, the whole of it takes its place.
    fn keep_part(self, log: Log, taken: Option<Taken>, progress: &Progress) -> Result<Exit> {
        let keeping = self.keeping;
        if keeping.is_wanted() {
            let judge = self.judge;
            judged(
                log.again()?,
                taken,
                progress,
                self.settings,
                judge,
                |looked, seen| {
                    let looked = looked.partial(true);
                    looked.report(seen, [Format::Table], |report| {
                        keeping.record("sweep", seen, report)
                    })
                },
            )?;
        }
        Ok(Exit::Interrupted)
    }

    /// The verdict over the observations, and what was found in numbers.
    fn verdict(self, log: Log, taken: Option<Taken>, progress: &Progress) -> Result<Exit> {
        let Self {
            judge,
            known,
            keeping,
            settings,
        } = self;
        let to_stdout = log.file().is_some();
        let format = match settings.format {
            SweepFormat::Table => Format::Table,
            SweepFormat::Json => Format::Json,
        };
        let absent = absent(&progress.counts);
        let extent = Extent {
            absent: &absent,
            known: known.as_ref(),
            top: settings.top,
            expires_within_days: settings.policy.expires_within_days,
        };
        let exit = judged(
            log.finish()?,
            taken,
            progress,
            settings,
            judge,
            |looked, seen| {
                looked.report(seen, [format], |report| {
                    show(report, extent, to_stdout, settings)?;
                    keeping.record("sweep", seen, report)?;
                    anyhow::Ok(Exit::of(report, settings.policy.deny)?)
                })
            },
        )?;
        match progress.counts.wrong {
            0 => Ok(exit),
            wrong => {
                bail!("wrong lines of lists that were not swept: {wrong}; everything else was")
            }
        }
    }
}

fn how_to_go_on(file: &Path, settings: &Sweep) -> String {
    match settings.given.lists.contains(&Source::Stdin) {
        true => "the list came from standard input: the sweep cannot be gone on with".to_owned(),
        false => format!("go on with `sameca sweep --resume {}`", file.display()),
    }
}

fn told(error: Error, how: Option<String>) -> Error {
    match how {
        Some(how) => Error::msg(format!("{error:#}; {how}")),
        None => error,
    }
}

fn show(report: &dyn Report, extent: Extent<'_>, to_stdout: bool, settings: &Sweep) -> Result<()> {
    let style = present::style(&settings.output);
    if settings.format == SweepFormat::Json {
        return Destination::open(None)?.write(|out| json::render(report, out));
    }
    let render = |out: &mut dyn io::Write| summary::render(report, extent, &style, out);
    match to_stdout {
        true => Destination::open(None)?.write(render),
        false if settings.output.verbosity > Verbosity::Quiet => {
            Ok(render(&mut io::stderr().lock())?)
        }
        false => Ok(()),
    }
}

/// What is only counted, by outcome.
fn absent(counts: &Counts) -> [(Outcome, u64); 3] {
    [
        (Outcome::Refused, counts.refused),
        (Outcome::Timeout, counts.timeout),
        (Outcome::Unreachable, counts.unreachable),
    ]
}
