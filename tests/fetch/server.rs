//! A web server on loopback that answers each path as it was told to, and remembers what was asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is answered.
#[derive(Clone)]
pub enum Reply {
    /// These octets, then the end.
    Whole(Vec<u8>),
    /// These octets, then nothing for ever.
    Stuck(Vec<u8>),
    /// These octets, then zeros for ever.
    Endless(Vec<u8>),
}

impl Reply {
    /// This content, with its length before it.
    pub fn content(body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::Whole([head.as_bytes(), body].concat())
    }

    pub fn status(line: &str) -> Self {
        Self::Whole(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into())
    }

    pub fn redirect(to: &str) -> Self {
        Self::status(&format!("302 Found\r\nLocation: {to}"))
    }
}

/// The server; it ends with its runtime.
pub struct Server {
    address: SocketAddr,
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            replies: Arc::default(),
            asked: Arc::default(),
        };
        let (replies, asked) = (Arc::clone(&server.replies), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&replies), Arc::clone(&asked)));
            }
        });
        server
    }

    /// What a path is answered with from now on; others are not found.
    pub fn reply(&self, path: &str, reply: Reply) -> String {
        let mut replies = self.replies.lock().expect("no test panicked with it");
        replies.insert(path.to_owned(), reply);
        self.url(path)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths asked for so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked with it").clone()
    }
}

async fn answer(
    mut stream: TcpStream,
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(octet) = stream.read_u8().await else {
            return;
        };
        head.push(octet);
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let reply = replies.lock().expect("whole").get(&path).cloned();
    asked.lock().expect("whole").push(path);
    // A client that has seen enough hangs up: writing may fail.
    match reply.unwrap_or_else(|| Reply::status("404 Not Found")) {
        Reply::Whole(octets) => drop(stream.write_all(&octets).await),
        Reply::Stuck(octets) => {
            drop(stream.write_all(&octets).await);
            drop(stream.read_u8().await);
        }
        Reply::Endless(octets) => {
            drop(stream.write_all(&octets).await);
            while stream.write_all(&[0; 65_536]).await.is_ok() {}
        }
    }
}
