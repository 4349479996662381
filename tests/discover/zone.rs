//! An authoritative DNS server in this process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, PTR, SOA, SRV};
use hickory_server::proto::rr::{LowerName, Name, RData, Record};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

/// How often a port for both UDP and TCP is looked for.
const TRIES: usize = 50;

/// Serves zones, given as lines `OWNER TYPE DATA...`, until the test's process ends. Owners are below the first zone that
/// holds them; a name without a dot at its end is whole too.
pub(crate) fn serve(zones: &[&str], records: &str) -> SocketAddr {
    let mut catalog = Catalog::new();
    for origin in zones.iter().copied() {
        catalog.upsert(
            LowerName::from(name(origin)),
            vec![Arc::new(zone(origin, records))],
        );
    }
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (udp, tcp) = sockets().await;
            let address = udp.local_addr().expect("it is bound");
            let mut server = Server::new(catalog);
            server.register_socket(udp);
            server.register_listener(tcp, Duration::from_secs(60), 65_535);
            send.send(address).expect("the test waits for it");
            let _ = server.block_until_done().await;
        });
    });
    receive.recv().expect("the server starts")
}

async fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..TRIES {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("it is bound");
        if let Ok(udp) = UdpSocket::bind(address).await {
            return (udp, tcp);
        }
    }
    panic!("no port is free for UDP and TCP");
}

fn zone(origin: &str, records: &str) -> InMemoryZoneHandler<TokioRuntimeProvider> {
    let mut zone = InMemoryZoneHandler::empty(name(origin), ZoneType::Primary, AxfrPolicy::Deny);
    let soa = SOA::new(name("ns.test"), name("admin.test"), 1, 60, 60, 60, 60);
    zone.upsert_mut(Record::from_rdata(name(origin), 60, RData::SOA(soa)), 1);
    for line in records
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (owner, rest) = line.split_once(' ').expect(line);
        if owner == origin || owner.ends_with(&format!(".{origin}")) {
            let record = Record::from_rdata(name(owner), 60, data(rest));
            assert!(
                zone.upsert_mut(record, 1),
                "{line} does not fit into the zone"
            );
        }
    }
    zone
}

fn data(text: &str) -> RData {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["A", address] => RData::A(A(address.parse().expect(text))),
        ["AAAA", address] => RData::AAAA(AAAA(address.parse().expect(text))),
        ["PTR", to] => RData::PTR(PTR(name(to))),
        ["CNAME", to] => RData::CNAME(CNAME(name(to))),
        ["SRV", priority, weight, port, target] => RData::SRV(SRV::new(
            priority.parse().expect(text),
            weight.parse().expect(text),
            port.parse().expect(text),
            if *target == "." {
                Name::root()
            } else {
                name(target)
            },
        )),
        _ => panic!("{text} is no record that a test needs"),
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).expect(text)
}
