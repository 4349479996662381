//! A sweep over networks: every item of a scope, observed in bounded memory and handed on as soon as it is known.
//!
//! What waits for a connection costs next to nothing and is bounded by descriptors; what talks is bounded apart.
//! Nothing but what is in flight is held here.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::capture::{self, Capturer, Connection, NotConnected, Slots};
use crate::inventory::{self, InventoryError, Selection};
use crate::model::observation::{Attempt, Method, Observation, Outcome};
use crate::model::target::{Endpoint, Host, Port, Role, Target};
use crate::resolve;
use crate::sweep::ledger::Ledger;
use crate::sweep::names::Names;
use crate::sweep::pace::Pace;
use crate::sweep::permutation::mix;
use crate::sweep::plan::{Item, Plan, Scope};
use crate::sweep::{files, now};

/// The shortest pause before an endpoint that was silent is asked again; the longest is three times that.
const BEFORE_RETRY: Duration = Duration::from_millis(250);

/// Items that are begun before those in flight have their turn. The runtime polls 61 tasks a turn, and an endpoint takes
/// three polls: were more begun, those that are done would wait behind them, ever more of them.
const BURST: u32 = 16;

/// A connection on which nothing is settled after so long waits, and talks no more: a server that takes connections and
/// says nothing holds up nobody.
const QUIET: Duration = Duration::from_millis(250);

/// How much is done at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Items in flight: connections that are waited for and those that talk. At least 1.
    pub in_flight: usize,
    /// Connections that talk: on which something was begun or came a moment ago. At least 1.
    pub captures: usize,
    /// Names that are resolved. At least 1.
    pub lookups: usize,
}

/// How a sweep is carried out.
#[derive(Clone, Debug)]
pub struct SweepSettings {
    /// The run's id (a ULID).
    pub run: String,
    /// How one endpoint is observed. Its retries do not count here.
    pub capture: capture::Settings,
    /// How names become addresses.
    pub resolve: resolve::Settings,
    /// Connections that are begun a second; `None`: as many as the bounds allow.
    pub rate: Option<u32>,
    /// Connections to one address at a time; `None`: no limit.
    pub per_host: Option<usize>,
    /// How often an endpoint that was silent is asked again.
    pub retries: u32,
    /// How much is done at a time.
    pub bounds: Bounds,
    /// What is said for addresses: the server name.
    pub selection: Selection,
    /// What captured addresses are called; `None`: that is not asked.
    pub names: Option<Arc<Names>>,
}

/// What a sweep tells while it runs.
#[derive(Debug)]
pub enum SweepEvent {
    /// So many items there are at least, and whether lists may add to that.
    Started(u64, bool),
    /// An item is done; the ledger knows it.
    Done(Showed),
    /// A line of a list is wrong.
    Wrong(InventoryError),
    /// All that is ready was handed on.
    Idle,
}

/// What an item showed.
#[derive(Debug, Default)]
pub struct Showed {
    /// What is worth a line each.
    pub observations: Vec<Observation>,
    /// What is only counted: no server was there.
    pub absent: Vec<Outcome>,
}

/// How a sweep ended.
#[derive(Debug)]
pub enum SweepEnd {
    /// Everything is done.
    Complete,
    /// It was cancelled, or the listener wanted no more.
    Stopped,
    /// A list could not be read to its end.
    Failed(std::io::Error),
}

/// Observes what the scope holds and `ledger` does not know as done.
///
/// `listener` gets everything at once, with the ledger as it is then; it may stop the sweep. What the ledger knows at
/// the end comes back.
pub async fn sweep(
    scope: Scope,
    settings: &SweepSettings,
    ledger: Ledger,
    cancel: &CancellationToken,
    listener: impl FnMut(SweepEvent, &Ledger) -> ControlFlow<()>,
) -> (SweepEnd, Ledger) {
    let mut plan = Plan::new(scope);
    let mut flight = Flight {
        prober: Arc::new(Prober::new(settings)),
        tasks: JoinSet::new(),
        ledger,
        listener,
    };
    let flown = cancel
        .run_until_cancelled(flight.run(&mut plan, settings.bounds))
        .await;
    let end = match flown {
        Some(Ok(())) => SweepEnd::Complete,
        Some(Err(Stop::Failed(error))) => SweepEnd::Failed(error),
        Some(Err(Stop::Unwanted)) | None => SweepEnd::Stopped,
    };
    (end, flight.ledger)
}

/// Why a sweep ends early.
enum Stop {
    Unwanted,
    Failed(std::io::Error),
}

/// The items in flight. Dropping it ends them: the set owns its tasks.
struct Flight<L> {
    prober: Arc<Prober>,
    tasks: JoinSet<(u64, Showed)>,
    ledger: Ledger,
    listener: L,
}

impl<L: FnMut(SweepEvent, &Ledger) -> ControlFlow<()>> Flight<L> {
    async fn run(&mut self, plan: &mut Plan, bounds: Bounds) -> Result<(), Stop> {
        self.tell(SweepEvent::Started(plan.size(), plan.may_grow()))?;
        let (mut from, mut more, mut begun) = (0, true, 0_u32);
        while more || !self.tasks.is_empty() {
            let begins = more && self.tasks.len() < bounds.in_flight.max(1);
            let room = self.prober.has_room();
            let all_talk = self.prober.all_talk();
            let next = async {
                let next = pin!(plan.next(from, &self.ledger));
                next.await
            };
            tokio::select! {
                Some(joined) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    self.settle(joined)?;
                    while let Some(joined) = self.tasks.try_join_next() {
                        self.settle(joined)?;
                    }
                    self.tell(SweepEvent::Idle)?;
                }
                // Whoever talks no more makes room without being done.
                () = self.prober.room(), if begins && all_talk => {}
                next = next, if begins && room => match next.map_err(Stop::Failed)? {
                    Some((number, item)) => {
                        from = number + 1;
                        self.begin(number, item)?;
                        begun += 1;
                    }
                    None => more = false,
                },
            }
            if begun == BURST {
                begun = 0;
                tokio::task::yield_now().await;
            }
        }
        self.tell(SweepEvent::Idle)
    }

    fn begin(&mut self, number: u64, item: Item) -> Result<(), Stop> {
        self.ledger.begin(number);
        let prober = Arc::clone(&self.prober);
        match item {
            Item::Address(address, role) => {
                self.tasks
                    .spawn(async move { (number, prober.address(address, role).await) });
            }
            Item::Host(targets) => {
                let work = async move { (number, prober.host(targets).await) };
                self.tasks.spawn(Box::pin(work));
            }
            Item::Expected(targets) => {
                let work = async move { (number, prober.expected(targets).await) };
                self.tasks.spawn(Box::pin(work));
            }
            Item::File(file) => {
                let observations = vec![files::observe(&file, &self.prober.settings.run, now())];
                self.done(number, observations.into())?;
            }
            Item::Known => self.done(number, Showed::default())?,
            Item::Wrong(error) => {
                self.done(number, Showed::default())?;
                self.tell(SweepEvent::Wrong(error))?;
            }
        }
        Ok(())
    }

    /// An item whose task broke down stays open: it was not asked, and going on with the sweep asks it again.
    fn settle(&mut self, joined: Result<(u64, Showed), JoinError>) -> Result<(), Stop> {
        match joined {
            Ok((number, showed)) => self.done(number, showed),
            Err(error) => Err(Stop::Failed(std::io::Error::other(error))),
        }
    }

    fn done(&mut self, number: u64, showed: Showed) -> Result<(), Stop> {
        self.ledger.finish(number);
        self.tell(SweepEvent::Done(showed))
    }

    fn tell(&mut self, event: SweepEvent) -> Result<(), Stop> {
        match (self.listener)(event, &self.ledger) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Unwanted),
        }
    }
}

impl From<Vec<Observation>> for Showed {
    fn from(observations: Vec<Observation>) -> Self {
        Self {
            observations,
            absent: Vec::new(),
        }
    }
}

/// Asks items; one for a whole sweep.
struct Prober {
    capturer: Capturer,
    settings: SweepSettings,
    talking: Semaphore,
    looking: Semaphore,
    pace: Pace,
    hosts: Option<Slots<IpAddr>>,
}

impl Prober {
    fn new(settings: &SweepSettings) -> Self {
        let capture = capture::Settings {
            retries: 0,
            ..settings.capture.clone()
        };
        Self {
            capturer: Capturer::new(capture),
            talking: Semaphore::new(settings.bounds.captures.max(1)),
            looking: Semaphore::new(settings.bounds.lookups.max(1)),
            pace: Pace::new(settings.rate),
            hosts: settings.per_host.map(Slots::new),
            settings: settings.clone(),
        }
    }

    /// Whether one more may talk. Where none may, connecting to more would leave servers waiting for our hello.
    fn has_room(&self) -> bool {
        let names = self.settings.names.as_ref();
        !self.all_talk() && names.is_none_or(|names| names.has_room())
    }

    fn all_talk(&self) -> bool {
        self.talking.available_permits() == 0
    }

    /// Waits until one more may talk.
    async fn room(&self) {
        // Given back at once: whoever is begun takes its own.
        let _permit = self.talking.acquire().await;
    }

    /// An address of a range. Until it is connected, this holds its number and little else.
    async fn address(&self, address: SocketAddr, role: Role) -> Showed {
        let mut showed = self
            .ask(address, || {
                endpoint(address, role, &self.settings.selection)
            })
            .await;
        self.name(&mut showed.observations).await;
        showed
    }

    /// Looks up what is captured and has no name. Nothing is held meanwhile that others need for connecting.
    async fn name(&self, found: &mut [Observation]) {
        if let Some(names) = &self.settings.names
            && !found.is_empty()
        {
            Box::pin(names.add(found, &self.looking)).await;
        }
    }

    /// Every address of a host of which nothing is expected.
    async fn host(&self, targets: Vec<Target>) -> Showed {
        let (endpoints, unresolved) = self.resolve(targets).await;
        let mut showed = Showed::from(unresolved);
        for endpoint in endpoints {
            let address = endpoint.address;
            let more = self.ask(address, move || Some(endpoint)).await;
            showed.observations.extend(more.observations);
            showed.absent.extend(more.absent);
        }
        showed
    }

    /// Every address of a host that must be there: each has its observation.
    async fn expected(&self, targets: Vec<Target>) -> Showed {
        let (endpoints, mut observations) = self.resolve(targets).await;
        for endpoint in endpoints {
            let _slot = self.slot(endpoint.address).await;
            for tried in 0..=self.settings.retries {
                self.pace.wait().await;
                let _talks = self.talking.acquire().await;
                let run = &self.settings.run;
                let found = self.capturer.observe(&endpoint, run, now()).await;
                self.pace.owe(connections(&found).saturating_sub(1)).await;
                if tried == self.settings.retries || !is_silent(&found) {
                    observations.extend(found);
                    break;
                }
                pause(endpoint.address).await;
            }
        }
        self.name(&mut observations).await;
        observations.into()
    }

    async fn resolve(&self, targets: Vec<Target>) -> (Vec<Endpoint>, Vec<Observation>) {
        let _turn = self.looking.acquire().await;
        let (mut found, mut failed) = (Vec::new(), Vec::new());
        for (target, addresses) in resolve::all(targets, &self.settings.resolve).await {
            match addresses {
                Ok(addresses) => found.push((target, addresses)),
                Err(detail) => {
                    let (outcome, run) = (Outcome::NoAddress, &self.settings.run);
                    failed.push(capture::unconnected(&target, outcome, detail, run, now()));
                }
            }
        }
        (resolve::merge(found), failed)
    }

    /// Connects and asks, again after silence. The endpoint is made when there is something to say of it.
    async fn ask(
        &self,
        address: SocketAddr,
        endpoint: impl FnOnce() -> Option<Endpoint>,
    ) -> Showed {
        let _slot = self.slot(address).await;
        let mut endpoint = Some(endpoint);
        let mut known = None;
        let mut left = self.settings.retries;
        loop {
            self.pace.wait().await;
            let connected = self.capturer.connect(address).await;
            if let Err(NotConnected { outcome, .. }) = connected
                && is_absence(outcome)
            {
                if outcome == Outcome::Timeout && left > 0 {
                    left -= 1;
                    Box::pin(pause(address)).await;
                    continue;
                }
                return Showed {
                    absent: vec![outcome],
                    ..Showed::default()
                };
            }
            if let Some(endpoint) = endpoint.take() {
                known = endpoint();
            }
            let Some(endpoint) = &known else {
                return Showed::default();
            };
            let found = match connected {
                Ok(connection) => Box::pin(self.talk(connection, endpoint)).await,
                Err(why) => vec![not_connected(endpoint, why, &self.settings.run)],
            };
            if left == 0 || !is_silent(&found) {
                return found.into();
            }
            left -= 1;
            Box::pin(pause(address)).await;
        }
    }

    async fn talk(&self, connection: Connection, endpoint: &Endpoint) -> Vec<Observation> {
        let talks = self.talking.acquire().await;
        let run = &self.settings.run;
        let work = self.capturer.observe_on(connection, endpoint, run, now());
        let mut work = pin!(work);
        let found = match timeout(QUIET, &mut work).await {
            Ok(found) => found,
            Err(_) => {
                drop(talks);
                work.await
            }
        };
        self.pace.owe(connections(&found).saturating_sub(1)).await;
        found
    }

    async fn slot(&self, address: SocketAddr) -> Option<capture::Slot<'_, IpAddr>> {
        match &self.hosts {
            Some(hosts) => Some(hosts.acquire(address.ip()).await),
            None => None,
        }
    }
}

/// Whether there is simply no server: in a sweep nothing is expected to exist.
fn is_absence(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Refused | Outcome::Unreachable | Outcome::Timeout
    )
}

fn is_silent(found: &[Observation]) -> bool {
    found.iter().all(|seen| seen.outcome == Outcome::Timeout)
}

fn connections(found: &[Observation]) -> u32 {
    let attempts = found.iter().map(|seen| seen.attempts.len()).sum::<usize>();
    u32::try_from(attempts).unwrap_or(u32::MAX)
}

/// A pause whose length depends on the address, so that those who were silent together are not asked together.
async fn pause(address: SocketAddr) {
    let bits = match address.ip() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => u64::try_from(address.to_bits() & u128::from(u64::MAX)).unwrap_or(0),
    };
    let share = u32::try_from(mix(bits) % 2001).unwrap_or(0);
    tokio::time::sleep(BEFORE_RETRY + BEFORE_RETRY * share / 1000).await;
}

fn endpoint(address: SocketAddr, role: Role, selection: &Selection) -> Option<Endpoint> {
    let port = Port::new(address.port())?;
    let host = Host::Address(address.ip());
    Some(Endpoint {
        address,
        target: inventory::target_in_range(role, host, port, selection),
        names: Vec::new(),
    })
}

fn not_connected(endpoint: &Endpoint, why: NotConnected, run: &str) -> Observation {
    let attempt = Attempt {
        method: Method::Capture,
        outcome: why.outcome,
        detail: Some(why.detail.clone()),
        elapsed_ms: u64::try_from(why.took.as_millis()).unwrap_or(u64::MAX),
    };
    Observation {
        elapsed_ms: attempt.elapsed_ms,
        attempts: vec![attempt],
        ..capture::unconnected_endpoint(endpoint, why.outcome, why.detail, run, now())
    }
}
