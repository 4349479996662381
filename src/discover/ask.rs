//! The one door to the network: a question goes out, a [`Reply`] comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle as _, FirstAnswer as _, RetryDnsHandle};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{self, RData, RecordType};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig, system_conf};

use super::answer::{Data, Failure, Offer, Record, Reply};
use super::name::Name;
use super::question::Kind;

/// How often a question that got no answer is asked again.
const RETRIES: usize = 1;
/// How many records of one answer are looked at; the largest message holds some thousands.
const MAX_RECORDS: usize = 512;
/// The port of DNS.
const PORT: u16 = 53;

/// Why nothing can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDns {
    /// The system does not say which DNS servers to ask.
    #[error("the system names no DNS server ({0}); name one with --dns")]
    NoServers(String),
    /// The library cannot be set up.
    #[error("cannot ask DNS: {0}")]
    Setup(String),
}

/// DNS servers that can be asked.
#[derive(Clone)]
pub(super) struct Dns {
    pool: RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>,
    /// Which these are.
    pub(super) servers: Vec<SocketAddr>,
    limit: Duration,
}

impl Dns {
    /// The server given, or those that the system asks. Neither a hosts file nor a list of search domains is used.
    pub(super) fn new(server: Option<SocketAddr>, limit: Duration) -> Result<Self, NoDns> {
        let servers = match server {
            Some(server) => vec![server],
            None => of_the_system()?,
        };
        let mut options = ResolverOpts::default();
        options.timeout = limit;
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        // One after the other, as the system does: a second server may give another view.
        options.num_concurrent_reqs = 1;
        options.case_randomization = false;
        let tls = TlsConfig::new().map_err(|error| NoDns::Setup(error.to_string()))?;
        let context = Arc::new(PoolContext::new(options, tls));
        let configured = servers.iter().map(|server| name_server(*server));
        let provider = TokioRuntimeProvider::default();
        let pool = NameServerPool::from_config(configured, context, provider);
        Ok(Self {
            pool: RetryDnsHandle::new(pool, RETRIES),
            servers,
            limit,
        })
    }

    /// How long a question may take with its repetitions, from the outside.
    pub(super) fn longest(&self) -> Duration {
        let tries = u32::try_from(RETRIES + 1).unwrap_or(u32::MAX);
        self.limit.saturating_mul(tries) + Duration::from_secs(1)
    }

    /// Asks. A truncated answer is fetched over TCP; one with a wrong id or question is not taken for one.
    pub(super) async fn ask(&self, name: &str, kind: Kind) -> Reply {
        let Ok(name) = rr::Name::from_ascii(format!("{name}.")) else {
            return Reply::Failed(Failure::Broken("the name cannot be asked for".to_owned()));
        };
        let query = Query::query(name, record_type(kind));
        let mut options = DnsRequestOptions::default();
        options.recursion_desired = true;
        let answer = self.pool.lookup(query, options).first_answer();
        match tokio::time::timeout(self.longest(), answer).await {
            Ok(Ok(response)) => records(&response),
            Ok(Err(error)) => self.failed(error),
            Err(_) => Reply::Failed(Failure::Timeout(self.limit)),
        }
    }

    fn failed(&self, error: NetError) -> Reply {
        Reply::Failed(match error {
            NetError::Timeout => Failure::Timeout(self.limit),
            NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => return Reply::NoSuchName,
                ResponseCode::NoError => return Reply::NoData,
                code => Failure::Code(word(code)),
            },
            NetError::Dns(DnsError::ResponseCode(code)) => Failure::Code(word(code)),
            NetError::Truncated => {
                Failure::Broken("the answer is cut short, over TCP too".to_owned())
            }
            NetError::Io(error) => Failure::Broken(format!("cannot be asked: {error}")),
            NetError::NoConnections => Failure::Broken("cannot be asked: no connection".to_owned()),
            NetError::Proto(_) => Failure::Broken("the answer cannot be read".to_owned()),
            other => Failure::Broken(format!("cannot be asked: {other}")),
        })
    }
}

fn of_the_system() -> Result<Vec<SocketAddr>, NoDns> {
    let (config, _) =
        system_conf::read_system_conf().map_err(|error| NoDns::NoServers(error.to_string()))?;
    let servers: Vec<SocketAddr> = config
        .name_servers()
        .iter()
        .map(|server| SocketAddr::new(server.ip, PORT))
        .collect();
    if servers.is_empty() {
        return Err(NoDns::NoServers("there is none".to_owned()));
    }
    Ok(servers)
}

fn name_server(server: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    NameServerConfig::new(server.ip(), true, connections.to_vec())
}

fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::Srv => RecordType::SRV,
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Ptr => RecordType::PTR,
    }
}

/// The word of the RFCs for a response code.
fn word(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR: the server did not understand the question".to_owned(),
        ResponseCode::ServFail => "SERVFAIL: the server could not find out".to_owned(),
        ResponseCode::NotImp => "NOTIMP: the server does not answer such questions".to_owned(),
        ResponseCode::Refused => "REFUSED: the server does not answer this client".to_owned(),
        code => format!("response code {} ({code})", u16::from(code)),
    }
}

fn records(response: &DnsResponse) -> Reply {
    let no_such_name = match response.response_code {
        ResponseCode::NoError => false,
        ResponseCode::NXDomain => true,
        code => return Reply::Failed(Failure::Code(word(code))),
    };
    let taken = response.answers.iter().take(MAX_RECORDS);
    let records: Vec<Record> = taken.filter_map(record).collect();
    Reply::Records {
        records,
        no_such_name,
    }
}

fn record(record: &rr::Record) -> Option<Record> {
    let data = match &record.data {
        RData::A(address) => Data::Address(address.0.into()),
        RData::AAAA(address) => Data::Address(address.0.into()),
        RData::CNAME(alias) => Data::Alias(name(&alias.0)),
        RData::PTR(pointer) => Data::Pointer(name(&pointer.0)),
        RData::SRV(srv) => Data::Service(Offer {
            priority: srv.priority,
            target: name(&srv.target),
            port: srv.port,
        }),
        _ => return None,
    };
    Some(Record {
        owner: name(&record.name),
        data,
    })
}

fn name(name: &rr::Name) -> Name {
    Name::of_labels(name.iter())
}
