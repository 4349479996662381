//! L3: the inventory → what every endpoint of it showed.
//!
//! Resolves, connects in parallel within bounds, and keeps everything: an endpoint that fails has its observation too.
//! It gives no verdict and prints nothing; who wants to watch gets events.

mod files;
mod issuers;
mod ledger;
mod lines;
mod names;
mod network;
mod pace;
mod permutation;
mod plan;
mod space;

use std::future::Future;
use std::sync::Arc;

use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::capture::{self, Capturer};
use crate::model::observation::{Observation, Outcome};
use crate::model::target::{Endpoint, Inventory, Target};
use crate::model::timestamp::Timestamp;
use crate::resolve;
pub use issuers::{Fetched, Fetching, fetch_issuers};
pub use ledger::{Ledger, Shard};
pub use lines::List;
pub use names::Names;
pub use network::{Bounds, Showed, SweepEnd, SweepEvent, SweepSettings, sweep};
use pace::Pace;
pub use permutation::Permutation;
pub use plan::Scope;
pub use space::{Space, TooLarge};

/// How a run is carried out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The run's id (a ULID).
    pub run: String,
    /// How one endpoint is observed.
    pub capture: capture::Settings,
    /// How many endpoints are observed at a time; at least 1.
    pub concurrency: usize,
    /// How many endpoints are begun a second; `None`: as many as the concurrency allows.
    pub rate: Option<u32>,
    /// How names become addresses.
    pub resolve: resolve::Settings,
}

impl Settings {
    /// The settings of a few endpoints.
    pub fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            capture: capture::Settings::default(),
            concurrency: 64,
            rate: None,
            resolve: resolve::Settings::default(),
        }
    }
}

/// What a run showed.
#[derive(Debug, Default)]
pub struct Observed {
    /// One observation or more for every endpoint, and one for every name that led to none.
    pub observations: Vec<Observation>,
    /// Whether the run was interrupted.
    pub partial: bool,
}

/// Something to watch a run by.
#[derive(Debug)]
pub enum RunEvent<'e> {
    /// Names are resolved; this many endpoints will be observed.
    Started {
        /// The number of endpoints.
        endpoints: usize,
    },
    /// An endpoint is done.
    Observed(&'e [Observation]),
}

/// Observes every endpoint of the inventory. Ends early, with the rest marked `not_attempted`, when `cancel` fires.
pub async fn observe_all(
    inventory: &Inventory,
    settings: &Settings,
    cancel: &CancellationToken,
    mut events: impl FnMut(RunEvent<'_>),
) -> Observed {
    let mut observed = Observed::default();
    for file in &inventory.files {
        observed
            .observations
            .push(files::observe(file, &settings.run, now()));
    }
    let resolved = unless(
        cancel,
        resolve::all(inventory.targets.clone(), &settings.resolve),
    )
    .await;
    let Some(resolved) = resolved else {
        let detail = "interrupted before its name was resolved";
        let rest = inventory
            .targets
            .iter()
            .map(|target| failed(target, Outcome::NotAttempted, detail, settings));
        observed.observations.extend(rest);
        observed.partial = true;
        return observed;
    };
    let mut found = Vec::new();
    for (target, addresses) in resolved {
        match addresses {
            Ok(addresses) => found.push((target, addresses)),
            Err(detail) => {
                observed
                    .observations
                    .push(failed(&target, Outcome::NoAddress, &detail, settings))
            }
        }
    }
    let endpoints = resolve::merge(found);
    events(RunEvent::Started {
        endpoints: endpoints.len(),
    });
    let mut batch = Batch::new(endpoints, settings);
    batch.run(cancel, &mut observed, &mut events).await;
    observed
}

/// The future's result, or `None` when the run is cancelled first.
async fn unless<T>(cancel: &CancellationToken, future: impl Future<Output = T>) -> Option<T> {
    cancel.run_until_cancelled(future).await
}

/// The time: here and nowhere else is the clock read.
#[expect(
    clippy::disallowed_methods,
    reason = "every other place is handed the time"
)]
pub fn now() -> Timestamp {
    Timestamp::new(OffsetDateTime::now_utc())
}

fn failed(target: &Target, outcome: Outcome, detail: &str, settings: &Settings) -> Observation {
    capture::unconnected(target, outcome, detail, &settings.run, now())
}

/// The endpoints of a run and which of them are done.
struct Batch<'s> {
    endpoints: Vec<Endpoint>,
    done: Vec<bool>,
    capturer: Arc<Capturer>,
    settings: &'s Settings,
}

impl<'s> Batch<'s> {
    fn new(endpoints: Vec<Endpoint>, settings: &'s Settings) -> Self {
        let done = vec![false; endpoints.len()];
        Self {
            endpoints,
            done,
            capturer: Arc::new(Capturer::new(settings.capture.clone())),
            settings,
        }
    }

    async fn run(
        &mut self,
        cancel: &CancellationToken,
        observed: &mut Observed,
        events: &mut impl FnMut(RunEvent<'_>),
    ) {
        let finished = unless(cancel, self.observe(observed, events)).await;
        // A task that is not done after an orderly end broke down; its endpoint was not checked, and must not vanish.
        let (outcome, detail) = match finished {
            Some(()) => (Outcome::LocalError, "this program failed while asking"),
            None => (Outcome::NotAttempted, "interrupted before it was done"),
        };
        observed.partial |= finished.is_none();
        let rest = self
            .endpoints
            .iter()
            .zip(&self.done)
            .filter(|(_, done)| !**done);
        let run = &self.settings.run;
        let rest = rest.map(|(endpoint, _)| {
            capture::unconnected_endpoint(endpoint, outcome, detail, run, now())
        });
        observed.observations.extend(rest);
    }

    /// Keeps `concurrency` endpoints in the works. Dropping this future ends them all: the set owns its tasks.
    async fn observe(&mut self, observed: &mut Observed, events: &mut impl FnMut(RunEvent<'_>)) {
        let mut tasks = JoinSet::new();
        let pace = Pace::new(self.settings.rate);
        for index in 0..self.endpoints.len() {
            while tasks.len() >= self.settings.concurrency.max(1) {
                let joined = tasks.join_next().await;
                self.keep(joined, observed, events);
            }
            pace.wait().await;
            let endpoint = self.endpoints[index].clone();
            let (capturer, run) = (Arc::clone(&self.capturer), self.settings.run.clone());
            tasks.spawn(async move { (index, capturer.observe(&endpoint, &run, now()).await) });
        }
        while !tasks.is_empty() {
            let joined = tasks.join_next().await;
            self.keep(joined, observed, events);
        }
    }

    fn keep(
        &mut self,
        joined: Option<Result<(usize, Vec<Observation>), tokio::task::JoinError>>,
        observed: &mut Observed,
        events: &mut impl FnMut(RunEvent<'_>),
    ) {
        if let Some(Ok((index, observations))) = joined {
            self.done[index] = true;
            events(RunEvent::Observed(&observations));
            observed.observations.extend(observations);
        }
    }
}
