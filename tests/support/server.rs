//! Servers on 127.0.0.1, each with a task of its own that ends with the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A server that counts its connections.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    open: Arc<Open>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Open {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Serves every connection with `serve`, which learns how many came before.
    pub async fn new<F>(serve: impl Fn(usize, TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let open = Arc::new(Open::default());
        let (counter, gauge) = (connections.clone(), open.clone());
        let task = tokio::spawn(async move {
            let mut tasks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let served = serve(counter.fetch_add(1, Ordering::SeqCst), stream);
                let gauge = gauge.clone();
                tasks.spawn(async move {
                    let now = gauge.now.fetch_add(1, Ordering::SeqCst) + 1;
                    gauge.most.fetch_max(now, Ordering::SeqCst);
                    served.await;
                    gauge.now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            address,
            connections,
            open,
            task,
        }
    }

    /// A server that follows a script: the first entry for the first connection and so on, the last for all others.
    pub async fn scripted(scripts: Vec<Vec<Act>>) -> Self {
        let scripts = Arc::new(scripts);
        Self::new(move |nth, stream| {
            let scripts = scripts.clone();
            async move {
                let script = &scripts[nth.min(scripts.len() - 1)];
                act(stream, script).await;
            }
        })
        .await
    }

    /// A rustls server that hangs up when the client does.
    pub async fn tls(config: ServerConfig) -> Self {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        Self::new(move |_, stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.read(&mut [0]).await;
                }
            }
        })
        .await
    }

    /// How many connections have been accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many were served at the same time, at most.
    pub fn most_at_a_time(&self) -> usize {
        self.open.most.load(Ordering::SeqCst)
    }
}

/// A step of a script.
#[derive(Clone, Debug)]
pub enum Act {
    /// Waits for the client to say something.
    Hear,
    /// Sends.
    Send(Vec<u8>),
    /// Sends in pieces of so many bytes, with a pause before each.
    Drip(Vec<u8>, usize, Duration),
    /// Sends the same again and again until the client is gone.
    Forever(Vec<u8>),
    /// Ends its side in order, and waits until the client is gone.
    Leave,
    /// Breaks the connection off.
    Reset,
    /// Says nothing more until the client is gone.
    Silence,
}

async fn act(mut stream: TcpStream, script: &[Act]) {
    for step in script {
        let gone = match step {
            Act::Hear => matches!(stream.read(&mut [0; 4096]).await, Ok(0) | Err(_)),
            Act::Send(bytes) => stream.write_all(bytes).await.is_err(),
            Act::Drip(bytes, size, pause) => drip(&mut stream, bytes, *size, *pause).await,
            Act::Forever(bytes) => {
                while stream.write_all(bytes).await.is_ok() {}
                true
            }
            Act::Reset => {
                let _ = stream.set_zero_linger();
                true
            }
            Act::Leave => {
                let _ = stream.shutdown().await;
                until_gone(&mut stream).await
            }
            Act::Silence => until_gone(&mut stream).await,
        };
        if gone {
            return;
        }
    }
}

async fn until_gone(stream: &mut TcpStream) -> bool {
    while !matches!(stream.read(&mut [0; 4096]).await, Ok(0) | Err(_)) {}
    true
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], size: usize, pause: Duration) -> bool {
    for piece in bytes.chunks(size) {
        tokio::time::sleep(pause).await;
        if stream.write_all(piece).await.is_err() {
            return true;
        }
    }
    false
}
