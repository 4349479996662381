//! Running a sweep for a person: progress, Ctrl-C, one thread.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::capture;
use crate::cli::options::StartTls;
use crate::cli::progress::Progress;
use crate::cli::settings::{Connect, Output};
use crate::model::target::Inventory;
use crate::resolve;
use crate::sweep::{self, Observed};

/// How long work lasts before progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// The settings of a run, with a fresh run id.
pub(super) fn settings(connect: &Connect, resolve: &resolve::Settings) -> sweep::Settings {
    sweep::Settings {
        run: run_id(),
        capture: capture(connect),
        concurrency: connect.concurrency,
        rate: connect.rate.map(Into::into),
        resolve: resolve.clone(),
    }
}

/// How one endpoint is asked.
pub(super) fn capture(connect: &Connect) -> capture::Settings {
    capture::Settings {
        timeout: connect.timeout,
        connect_timeout: connect.connect_timeout,
        handshake: connect.handshake,
        starttls: connect.starttls.map(starttls),
        all_certificates: connect.all_certificates,
        samples: connect.samples,
        retries: connect.retries,
        ..capture::Settings::default()
    }
}

/// A fresh run id: a ULID, so that runs sort by time.
pub(super) fn run_id() -> String {
    ulid::Ulid::r#gen().to_string()
}

fn starttls(protocol: StartTls) -> capture::StartTls {
    match protocol {
        StartTls::Smtp => capture::StartTls::Smtp,
        StartTls::Ldap => capture::StartTls::Ldap,
        StartTls::Imap => capture::StartTls::Imap,
        StartTls::Pop3 => capture::StartTls::Pop3,
    }
}

/// Runs a future on one thread. What the resolver still does in the background is not waited for.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(result)
}

/// The future's result, or `None` when Ctrl-C or SIGTERM comes first.
pub(super) async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        result = work => Some(result),
        () = interrupted() => None,
    }
}

/// Observes the inventory; Ctrl-C and SIGTERM end it early.
pub(super) async fn observe(
    inventory: &Inventory,
    settings: &sweep::Settings,
    output: &Output,
) -> Observed {
    let cancel = CancellationToken::new();
    interruptible(&cancel, watched(inventory, settings, output, &cancel)).await
}

/// Does the work to its end; Ctrl-C and SIGTERM tell it to come to one.
pub(super) async fn interruptible<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => return result,
            () = interrupted(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    }
}

/// A number from 0 to 1, another one each time and in each process.
pub(super) fn chance() -> f64 {
    use std::hash::BuildHasher as _;
    let bits = std::hash::RandomState::new().hash_one(());
    f64::from(u32::try_from(bits >> 32).expect("32 bits are left")) / f64::from(u32::MAX)
}

/// Observes the inventory until it is done or cancelled, and shows progress when that takes long.
pub(super) async fn watched(
    inventory: &Inventory,
    settings: &sweep::Settings,
    output: &Output,
    cancel: &CancellationToken,
) -> Observed {
    let progress = RefCell::new(Progress::new(output.progress));
    let work = sweep::observe_all(inventory, settings, cancel, |event| {
        progress.borrow_mut().event(&event)
    });
    tokio::pin!(work);
    let patience = tokio::time::sleep(PATIENCE);
    tokio::pin!(patience);
    let mut waiting = true;
    loop {
        tokio::select! {
            observed = &mut work => {
                progress.borrow().finish();
                return observed;
            }
            () = &mut patience, if waiting => {
                waiting = false;
                progress.borrow_mut().show();
            }
        }
    }
}

/// Does work that a signal ends early, and something else once in a while.
pub(super) async fn until_interrupted<W: Future>(
    work: impl FnOnce(CancellationToken) -> W,
    every: Duration,
    mut tick: impl FnMut(),
) -> W::Output {
    let cancel = CancellationToken::new();
    let mut work = pin!(work(cancel.clone()));
    let mut ticks = tokio::time::interval(every);
    let mut interrupted = pin!(interrupted());
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => tick(),
            () = &mut interrupted, if !cancel.is_cancelled() => cancel.cancel(),
        }
    }
}

/// Ctrl-C, or the request to end that service managers and Kubernetes send.
#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut ended) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = ended.recv() => {}
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
