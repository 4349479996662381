//! The listener: few connections at a time, each for one request and a short while.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::watch::answer::answer;
use crate::watch::state::Shared;

/// Connections at a time; who comes then waits.
const CONNECTIONS: usize = 64;
/// The time for the head of a request.
const HEAD: Duration = Duration::from_secs(5);
/// The time for a whole connection: a slow reader of the report gets this long.
const WHOLE: Duration = Duration::from_secs(30);
/// The most octets of a request's head.
const HEAD_SIZE: usize = 8 * 1024;
/// The most headers.
const HEADERS: usize = 64;
/// The pause after a connection could not be accepted: without descriptors the next attempt fails too.
const PAUSE: Duration = Duration::from_millis(100);
/// How long answers under way have when the watch ends.
const GRACE: Duration = Duration::from_millis(250);

/// Who can reach a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// This machine alone.
    Loopback,
    /// Others too.
    Network,
}

/// Whether others than this machine can reach a listener at this address. There is no authentication.
pub fn is_open(address: &SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// A listener that serves nobody yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    reach: Reach,
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    ///
    /// It is taken, not of this machine, or not allowed.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let reach = match is_open(&address) {
            true => Reach::Network,
            false => Reach::Loopback,
        };
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            reach,
        })
    }

    /// The address, with the port that the system chose where none was named.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is told to end; then those who wait for an answer get it within a moment or not at all.
    pub async fn serve(self, shared: Shared, end: &CancellationToken) {
        let mut connections = JoinSet::new();
        end.run_until_cancelled(self.accept(&shared, &mut connections))
            .await;
        drop(self.listener);
        let _ = timeout(GRACE, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
    }

    async fn accept(&self, shared: &Shared, connections: &mut JoinSet<()>) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let permit = Arc::clone(&permits).acquire_owned().await;
            while connections.try_join_next().is_some() {}
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let (shared, reach) = (shared.clone(), self.reach);
            connections.spawn(async move {
                let _permit = permit;
                let _ = timeout(WHOLE, connection(stream, shared, reach)).await;
            });
        }
    }
}

/// One request and its answer. What the other side does wrong is its own business.
async fn connection(stream: TcpStream, shared: Shared, reach: Reach) {
    let service = service_fn(move |request: hyper::Request<_>| {
        let (parts, _body): (_, hyper::body::Incoming) = request.into_parts();
        let response = answer(&parts, &shared, reach);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_header_size(HEAD_SIZE)
        .max_buf_size(2 * HEAD_SIZE)
        .max_headers(HEADERS)
        .keep_alive(false)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // A request that cannot be read was answered as such by the connection itself.
    drop(served);
}
