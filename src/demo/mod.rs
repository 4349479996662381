//! L3: a small Lync estate on loopback, inside this process: two front ends with two ports each and two Persistent Chat
//! endpoints, under an enterprise CA made on the spot.
//!
//! It serves TLS and nothing else; it knows nothing of how it is checked.

mod pki;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::model::bytes::Der;
use crate::model::target::{Group, Host, Inventory, Port, Requirement, Role, Target};
use crate::model::timestamp::Timestamp;
use pki::Ca;
pub use pki::PkiError;

/// Why the estate could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A listening socket.
    #[error("listen on loopback: {0}")]
    Listen(#[from] std::io::Error),
    /// A key or a certificate.
    #[error("make the demo's certificates: {0}")]
    Pki(#[from] PkiError),
}

/// The running estate. Its servers end when it is dropped.
pub struct Estate {
    /// What to check.
    pub inventory: Inventory,
    /// The command line that the check stands for.
    pub command: String,
    /// The certificate of the root, as an administrator would give it with `--ca-file`.
    pub root: Der,
    _servers: JoinSet<()>,
}

/// Starts the estate. One Persistent Chat endpoint holds a certificate of another CA, unless `all_same`.
pub async fn start(all_same: bool, now: Timestamp) -> Result<Estate, DemoError> {
    let now = now.date_time();
    let root = Ca::root("Contoso Root CA", now)?;
    let issuing = root.subordinate("Contoso Issuing CA 01")?;
    let fabrikam = Ca::root("Fabrikam Root CA", now)?.subordinate("Fabrikam Web CA")?;
    let mut estate = Estate {
        inventory: Inventory::default(),
        command: "sameca check".to_owned(),
        root: root.certificate(),
        _servers: JoinSet::new(),
    };
    for host in ["lync01.contoso.com", "lync02.contoso.com"] {
        let server = issuing.server(host, "lyncpool.contoso.com")?;
        let ports = [estate.serve(&server).await?, estate.serve(&server).await?];
        estate.add(Role::FrontEnd, host, &ports);
    }
    for (host, ca) in [
        ("pchat01.contoso.com", &fabrikam),
        ("pchat02.contoso.com", &issuing),
    ] {
        let ca = if all_same { &issuing } else { ca };
        let port = estate.serve(&ca.server(host, host)?).await?;
        estate.add(Role::PersistentChat, host, &[port]);
    }
    Ok(estate)
}

impl Estate {
    /// Serves one certificate on a free port.
    async fn serve(&mut self, config: &Arc<ServerConfig>) -> Result<Port, std::io::Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let acceptor = TlsAcceptor::from(Arc::clone(config));
        self._servers.spawn(accept(listener, acceptor));
        Ok(Port::new(port).expect("the system never binds port 0"))
    }

    fn add(&mut self, role: Role, host: &str, ports: &[Port]) {
        use std::fmt::Write as _;
        let listed: Vec<String> = ports.iter().map(ToString::to_string).collect();
        write!(self.command, " --{role} {host}:{}", listed.join(","))
            .expect("writing to a String cannot fail");
        self.inventory
            .targets
            .extend(ports.iter().map(|port| Target {
                host: Host::Name(host.to_owned()),
                port: *port,
                addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
                sni: Some(host.to_owned()),
                roles: [role].into(),
                group: Group::Internal,
                pool: None,
                requirement: Requirement::Required,
            }));
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let acceptor = acceptor.clone();
                // A client that leaves after the certificate is what this estate is for.
                connections.spawn(async move { acceptor.accept(stream).await.map(drop).ok() });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
