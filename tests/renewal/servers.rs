//! Servers on loopback whose certificate can be changed while they run, as `Set-CsCertificate` does.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sameca::model::target::{Group, Host, Inventory, Port, Requirement, Role, Target};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A running server.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) address: SocketAddr,
    held: Arc<Held>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Held(Mutex<Arc<CertifiedKey>>);

impl ResolvesServerCert for Held {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.lock().expect("nobody panics with it").clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts on a free port.
    pub(crate) async fn start(host: &str, certificate: Arc<CertifiedKey>) -> Self {
        Self::start_at(host, (Ipv4Addr::LOCALHOST, 0).into(), certificate).await
    }

    /// Starts on this port.
    pub(crate) async fn start_at(
        host: &str,
        at: SocketAddr,
        certificate: Arc<CertifiedKey>,
    ) -> Self {
        let held = Arc::new(Held(Mutex::new(certificate)));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of the provider")
            .with_no_client_auth()
            .with_cert_resolver(held.clone());
        let listener = TcpListener::bind(at).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let task = tokio::spawn(serve(listener, acceptor, connections.clone()));
        Self {
            host: host.to_owned(),
            address,
            held,
            connections,
            task,
        }
    }

    /// Assigns another certificate.
    pub(crate) fn assign(&self, certificate: Arc<CertifiedKey>) {
        *self.held.0.lock().expect("nobody panics with it") = certificate;
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends, and frees the port.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.address
    }

    /// `host:port`.
    pub(crate) fn label(&self) -> String {
        format!("{}:{}", self.host, self.address.port())
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, connections: Arc<AtomicUsize>) {
    let mut tasks = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        let acceptor = acceptor.clone();
        tasks.spawn(async move { acceptor.accept(stream).await.map(drop).ok() });
    }
}

/// The servers as front ends of one pool.
pub(crate) fn inventory<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Inventory {
    let target = |server: &Server| Target {
        host: Host::Name(server.host.clone()),
        port: Port::new(server.address.port()).expect("a port that was bound"),
        addresses: vec![server.address.ip()],
        sni: Some(server.host.clone()),
        roles: [Role::FrontEnd].into(),
        group: Group::Internal,
        pool: Some("lyncpool.contoso.com".to_owned()),
        requirement: Requirement::Required,
    };
    Inventory {
        targets: servers.into_iter().map(target).collect(),
        ..Inventory::default()
    }
}
