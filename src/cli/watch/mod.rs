//! `sameca watch`: the check again and again, with metrics and a page.

mod estate;
mod history;
mod signals;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::cli::exit::Exit;
use crate::cli::settings::Watch;
use crate::cli::verdict::Judge;
use crate::cli::{network, present};
use crate::model::observation::Observation;
use crate::renewal::{self, Baseline};
use crate::report::json;
use crate::sweep;
use crate::watch::{self, Changed, Door, Previous, Round, Say, Server, Shared};
use estate::Estate;
use history::Kept;
use signals::Signals;

/// Watches until it is told to end.
pub(super) fn run(settings: &Watch) -> Result<Exit> {
    let estate = Estate::read(settings)?;
    present::warnings(&estate.judge.warnings, &settings.output);
    let (history, previous) = match &settings.history {
        Some(path) => Kept::open(path).map(|(kept, previous)| (Some(kept), previous))?,
        None => (None, None),
    };
    let watching = Watching {
        previous: previous.filter(|previous| is_of(&estate, previous, settings)),
        settings,
        estate,
        history,
    };
    network::block_on(run_until_told(settings, watching))??;
    Ok(Exit::Same)
}

/// Whether a run can be compared with those of this estate.
fn is_of(estate: &Estate, previous: &Previous, settings: &Watch) -> bool {
    let baseline = Baseline {
        observations: previous.observations.clone(),
        older: Vec::new(),
    };
    match renewal::known(&baseline, &estate.inventory) {
        Ok(()) => true,
        Err(why) => {
            let line = format!("the history's last run is not compared with: {why}");
            present::note(&line, &settings.output);
            false
        }
    }
}

async fn run_until_told(settings: &Watch, mut watching: Watching<'_>) -> Result<()> {
    let signals = Signals::catch().context("cannot catch signals")?;
    let (end, reload) = (CancellationToken::new(), Notify::new());
    let shared = Shared::new(settings.every, sweep::now);
    let server = match settings.listen {
        Some(address) => Some(listen(address, settings).await?),
        None => None,
    };
    let serve = async {
        if let Some(server) = server {
            server.serve(shared.clone(), &end).await;
        }
    };
    let watched = watch::watch(&mut watching, settings.every, &shared, &reload, &end);
    tokio::join!(signals.pass_on(&reload, &end), serve, watched);
    Ok(())
}

async fn listen(address: SocketAddr, settings: &Watch) -> Result<Server> {
    let server = Server::bind(address).await;
    let server = server.with_context(|| {
        format!("cannot listen on {address}; give another address with --listen, or `none`")
    })?;
    let address = server.address().unwrap_or(address);
    if watch::is_open(&address) {
        let warning = format!(
            "everybody who reaches {address} can read the status page: there is no authentication and no encryption"
        );
        present::warnings(&[warning], &settings.output);
    }
    let line = format!("status page and metrics: http://{address}/");
    present::note(&line, &settings.output);
    Ok(server)
}

/// Files, connections, judgement and log of a watch.
struct Watching<'s> {
    settings: &'s Watch,
    estate: Estate,
    history: Option<Kept>,
    previous: Option<Previous>,
}

impl Door for Watching<'_> {
    fn reload(&mut self) -> Result<Option<String>, String> {
        let newer = Estate::read(self.settings).map_err(|error| present::sentence(&error))?;
        let difference = self.estate.difference(&newer);
        self.estate = newer;
        Ok(difference)
    }

    fn is_stale(&mut self) -> bool {
        self.estate.is_stale()
    }

    async fn run(&mut self) -> Result<Round, String> {
        let settings = self.settings;
        let sweep = network::settings(&settings.connect, &settings.resolve);
        // Ending drops the run as a whole, so that nobody is to be told to end it early.
        let never = CancellationToken::new();
        let seen = sweep::observe_all(&self.estate.inventory, &sweep, &never, |_| {}).await;
        let mut judge = self.estate.judge.clone();
        if settings.connect.fetch_issuers {
            let fetching = sweep::Fetching {
                resolve: settings.resolve.clone(),
                ..sweep::Fetching::default()
            };
            let fetched =
                sweep::fetch_issuers(&seen.observations, judge.candidates(), &fetching).await;
            present::warnings(&fetched.warnings, &settings.output);
            judge.add(fetched.candidates);
        }
        // Page and signals are served meanwhile.
        let judged =
            tokio::task::spawn_blocking(move || round(judge, seen.observations, &sweep.run));
        match judged.await {
            Ok(Ok(round)) => Ok(round),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("this program failed while judging".to_owned()),
        }
    }

    fn previous(&mut self) -> Option<Previous> {
        self.previous.take()
    }

    async fn keep(&mut self, round: &Arc<Round>) -> Result<(), String> {
        match &self.history {
            Some(history) => history.keep(round).await,
            None => Ok(()),
        }
    }

    async fn tell(&mut self, changed: &Changed) -> Result<(), String> {
        let Some(command) = &self.settings.on_change else {
            return Ok(());
        };
        let mut document = Vec::new();
        json::document(&changed.diff, &mut document).map_err(|error| error.to_string())?;
        let before = changed.before.map_or("", |verdict| verdict.word());
        let variables = [
            ("SAMECA_VERDICT", changed.verdict.word()),
            ("SAMECA_VERDICT_BEFORE", before),
        ];
        let told = command.run(&document, &variables).await;
        told.map_err(|error| error.to_string())
    }

    fn say(&mut self, say: Say, line: &str) {
        match say {
            Say::News => present::note(line, &self.settings.output),
            Say::Trouble => present::trouble(line),
        }
    }
}

/// The verdict on what was seen.
fn round(judge: Judge, observations: Vec<Observation>, run: &str) -> std::io::Result<Round> {
    let candidates = judge.candidates().to_vec();
    let looked = judge.look(&observations, run)?;
    Ok(Round {
        report: looked.complete(&observations)?,
        observations,
        candidates,
    })
}
