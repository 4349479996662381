//! Real servers on loopback, each a child process that ends with its value.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio::net::TcpSocket;

use crate::pki::{Folder, Leaf, openssl};

/// A running server.
pub(crate) struct Server {
    /// The port it listens on, on 127.0.0.1.
    pub(crate) port: u16,
    child: Child,
    log: PathBuf,
    /// Held open: a server that writes to a closed pipe dies.
    _output: Output,
    /// Keeps the port from being given to another process. It listens to nobody.
    _reserved: Option<TcpSocket>,
}

/// What a server sends of what it has.
pub(crate) enum Sent {
    /// The leaf, as Windows does when it does not find the issuer's certificate in its store.
    LeafAlone,
    /// The leaf and the CAs above it, without the root.
    Chain,
}

type Output = BufReader<Box<dyn Read>>;

/// `openssl s_server` with what is given: protocol versions, suites, `-Verify`.
pub(crate) fn s_server(leaf: &Leaf, sent: Sent, options: &[&str]) -> Server {
    let log = leaf.key.with_extension("log");
    // The system picks the port and the server says which one it was: no other process can take it in between.
    let mut command = openssl(&["s_server", "-accept", "127.0.0.1:0", "-www"]);
    command.arg("-cert").arg(&leaf.certificate);
    command.arg("-key").arg(&leaf.key);
    if let Sent::Chain = sent {
        command.arg("-cert_chain").arg(&leaf.above);
    }
    let file = File::create(&log).expect("the folder can be written");
    command.args(options).stdout(Stdio::piped()).stderr(file);
    let mut child = start(command, "openssl");

    let mut output: Output = BufReader::new(Box::new(child.stdout.take().expect("it is piped")));
    let accepts = |line: &str| {
        line.strip_prefix("ACCEPT ")?
            .rsplit(':')
            .next()?
            .trim()
            .parse()
            .ok()
    };
    let Some(port) = await_line(&mut output, accepts) else {
        panic!("`openssl s_server` did not start:\n{}", said(&log));
    };
    Server {
        port,
        child,
        log,
        _output: output,
        _reserved: None,
    }
}

/// nginx with the settings of Debian's package for TLS: versions 1.0 to 1.3 as far as OpenSSL allows, its own suites.
pub(crate) fn nginx(leaf: &Leaf) -> Server {
    let reserved = reserve();
    let port = reserved.local_addr().expect("it is bound").port();
    let home = leaf.key.with_extension("nginx");
    fs::create_dir(&home).expect("the folder can be written");
    fs::write(home.join("nginx.conf"), nginx_conf(&home, leaf, port))
        .expect("the folder can be written");

    let mut command = Command::new(daemon("/usr/sbin/nginx", "nginx"));
    command
        .arg("-p")
        .arg(&home)
        .args(["-c", "nginx.conf", "-e", "stderr"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = start(command, "nginx-light");

    let mut output: Output = BufReader::new(Box::new(child.stderr.take().expect("it is piped")));
    let log = home.join("error.log");
    // The last that it says of its start, when it listens already.
    if await_line(&mut output, |line| line.contains("getrlimit").then_some(())).is_none() {
        panic!("nginx did not start:\n{}", said(&log));
    }
    Server {
        port,
        child,
        log,
        _output: output,
        _reserved: Some(reserved),
    }
}

/// Knot DNS with one zone, given without its SOA and NS records.
pub(crate) fn knot(folder: &Folder, zone: &str, records: &str) -> Server {
    let reserved = reserve();
    let port = reserved.local_addr().expect("it is bound").port();
    let home = folder.path("knot");
    fs::create_dir(&home).expect("the folder can be written");
    let head = "$TTL 60\n@ SOA ns admin 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n";
    fs::write(
        home.join(format!("{zone}.zone")),
        format!("{head}{records}"),
    )
    .expect("the folder can be written");
    fs::write(home.join("knot.conf"), knot_conf(&home, zone, port))
        .expect("the folder can be written");

    let mut command = Command::new(daemon("/usr/sbin/knotd", "knotd"));
    command.arg("-c").arg(home.join("knot.conf"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = start(command, "knot");

    let mut output: Output = BufReader::new(Box::new(child.stderr.take().expect("it is piped")));
    // It says so when the zone is loaded and it answers.
    let ready = |line: &str| line.contains("server started").then_some(());
    let log = home.join("knot.conf");
    assert!(
        await_line(&mut output, ready).is_some(),
        "knotd did not start with:\n{}",
        said(&log)
    );
    Server {
        port,
        child,
        log,
        _output: output,
        _reserved: Some(reserved),
    }
}

/// One process with few threads, which shares the port that is reserved for it.
fn knot_conf(home: &Path, zone: &str, port: u16) -> String {
    let home = home.display();
    format!(
        "server:
    rundir: {home}
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-reuseport: on
log:
  - target: stderr
    any: info
database:
    storage: {home}/db
template:
  - id: default
    storage: {home}
    file: \"%s.zone\"
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: {zone}
"
    )
}

/// A port of this process that a server can share, and no other process is given.
fn reserve() -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    socket.set_reuseport(true).expect("it is not bound yet");
    socket
        .bind(([127, 0, 0, 1], 0).into())
        .expect("loopback has a free port");
    socket
}

/// The first line that `find` finds something in; nothing when the server ends before.
fn await_line<T>(output: &mut Output, find: impl Fn(&str) -> Option<T>) -> Option<T> {
    output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| find(&line))
}

/// Daemons' folder of programs is not on every user's path.
fn daemon(usual: &'static str, name: &'static str) -> &'static str {
    if Path::new(usual).exists() {
        usual
    } else {
        name
    }
}

/// One process only, so that nothing is left when it is killed.
fn nginx_conf(home: &Path, leaf: &Leaf, port: u16) -> String {
    let (home, chain, key) = (home.display(), leaf.chain.display(), leaf.key.display());
    format!(
        "daemon off;
master_process off;
pid {home}/nginx.pid;
error_log stderr notice;
error_log {home}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    server {{
        listen 127.0.0.1:{port} ssl reuseport;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        return 204;
    }}
}}
"
    )
}

fn start(mut command: Command, package: &str) -> Child {
    match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = command.get_program().to_string_lossy();
            panic!("the live tests need `{program}` (apt-get install {package}): {error}");
        }
    }
}

fn said(log: &Path) -> String {
    fs::read_to_string(log).unwrap_or_default()
}

impl Server {
    /// Ends it. Its port stays reserved if it was, and refuses.
    pub(crate) fn stop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and its log tells why.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), said(&self.log));
        }
    }
}
