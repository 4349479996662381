//! A watch in its habitat: Prometheus scrapes it and raises an alert, its tools find nothing to say, a browser shows its page.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::renewal_pki::{Ca, leaf};
use crate::servers::Server;

/// How often something is looked for that comes within seconds, and how far apart.
const LOOKS: usize = 300;
const PAUSE: Duration = Duration::from_millis(200);

/// A child that ends with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command, package: &str) -> Running {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).spawn() {
        Ok(child) => Running(child),
        Err(error) => {
            panic!("the live tests need `{program}` (apt-get install {package}): {error}")
        }
    }
}

/// What `promtool` says of its input, and how it ends.
fn promtool(arguments: &[&str], input: &[u8]) {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!("the live tests need `promtool` (apt-get install prometheus): {error}")
    });
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{arguments:?}: {said}"
    );
}

fn get(address: &str, path: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return String::new();
    };
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    let mut answer = String::new();
    // What is not ready yet is asked again.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut answer);
    let body = answer.split_once("\r\n\r\n");
    body.map_or_else(String::new, |(_, body)| body.to_owned())
}

/// Two front ends, a watch over them a second apart, and where it shows what it knows.
struct Watched {
    other: Ca,
    servers: Vec<Server>,
    folder: TempDir,
    address: String,
    _watch: Running,
}

impl Watched {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ca = Ca::new("Contoso Issuing CA 01");
        let mut servers = Vec::new();
        let mut estate = String::new();
        for host in ["lync01.contoso.com", "lync02.contoso.com"] {
            let server = Server::start(host, ca.issue(&leaf(&[host], 10))).await;
            estate += &format!(
                "[[endpoint]]\nrole = \"front-end\"\nhost = \"{host}\"\naddresses = [\"127.0.0.1\"]\nports = [{}]\n",
                server.address.port()
            );
            servers.push(server);
        }
        let file = folder.path().join("estate.toml");
        fs::write(&file, estate).expect("it takes that");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
        command.args(["watch", "--no-system-roots", "--every", "1s"]);
        command.args(["--listen", "127.0.0.1:0", "-f"]).arg(file);
        let mut watch = start(command.stderr(Stdio::piped()), "sameca");
        let mut log = BufReader::new(watch.0.stderr.take().expect("it is piped"));
        let address = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            log.read_line(&mut line).expect("text");
            // Somebody must read on, or the watch stops when the pipe is full.
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
            let address = line.trim().trim_end_matches('/').rsplit('/').next();
            address.expect("an address").to_owned()
        });
        let address = address.await.expect("it goes well");
        Self {
            other: Ca::new("Fabrikam Web CA"),
            servers,
            folder,
            address,
            _watch: watch,
        }
    }

    /// Gives the second server a certificate of another CA, and waits until the watch has seen it.
    async fn turn(&self) {
        let server = &self.servers[1];
        server.assign(self.other.issue(&leaf(&[&server.host], 0)));
        self.until(&self.address, "/metrics", |text| {
            text.contains("sameca_verdict{verdict=\"different\"} 1")
        })
        .await;
    }

    async fn until(&self, address: &str, path: &str, is_there: impl Fn(&str) -> bool) {
        let mut last = String::new();
        for _ in 0..LOOKS {
            let (address, path) = (address.to_owned(), path.to_owned());
            let work = move || get(&address, &path);
            last = tokio::task::spawn_blocking(work)
                .await
                .expect("it goes well");
            if is_there(&last) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("it did not come to that at {path}: {last}");
    }
}

fn alerts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alerts.yml")
}

/// A Prometheus that scrapes `target` each second, and its address.
fn prometheus(folder: &Path, target: &str) -> (Running, String) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let config = folder.join("prometheus.yml");
    let text = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{}]\n\
         scrape_configs: [{{job_name: sameca, static_configs: [{{targets: ['{target}']}}]}}]\n",
        alerts().display()
    );
    fs::write(&config, text).expect("it takes that");
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!(
        "--storage.tsdb.path={}",
        folder.join("data").display()
    ));
    command.arg(format!("--web.listen-address={address}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    (start(&mut command, "prometheus"), address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_fires_when_a_server_goes_to_another_ca() {
    let watched = Watched::new().await;
    let (_prometheus, address) = prometheus(watched.folder.path(), &watched.address);
    let up = "/api/v1/query?query=sameca_verdict%7Bverdict%3D%22same%22%7D%20%3D%3D%201";
    watched
        .until(&address, up, |text| text.contains("\"value\""))
        .await;
    let before: Value = serde_json::from_str(&get(&address, "/api/v1/alerts")).expect("JSON");
    let raised = before["data"]["alerts"].as_array().expect("a list");
    let of_cas = raised
        .iter()
        .filter(|alert| alert["labels"]["severity"] == "critical");
    assert_eq!(of_cas.count(), 0, "{before:#}");
    watched.turn().await;
    for name in ["ServersOfAnotherCA", "ServerOfAnotherCA"] {
        watched
            .until(&address, "/api/v1/alerts", |text| {
                let document: Value = serde_json::from_str(text).unwrap_or_default();
                let alerts = document["data"]["alerts"].as_array().cloned();
                alerts
                    .unwrap_or_default()
                    .iter()
                    .any(|alert| alert["labels"]["alertname"] == name && alert["state"] == "firing")
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promtool_has_nothing_to_say_of_metrics_and_rules() {
    promtool(&["check", "rules", alerts().to_str().expect("a path")], b"");
    let watched = Watched::new().await;
    watched.turn().await;
    promtool(
        &["check", "metrics"],
        get(&watched.address, "/metrics").as_bytes(),
    );
    for name in [
        "none",
        "same",
        "different",
        "inconclusive",
        "groups",
        "findings",
        "hostile",
    ] {
        let path = format!(
            "{}/testdata/reports/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs::read_to_string(path).expect("it is there");
        let report: sameca::model::report::RunReport =
            serde_json::from_str(&text).expect("a report");
        let mut metrics = Vec::new();
        sameca::report::prometheus::render(&report, &mut metrics).expect("memory takes it");
        promtool(&["check", "metrics"], &metrics);
    }
}

/// What Chromium makes of the page: its picture, or its text after layout.
fn chromium(folder: &Path, options: &[&str], address: &str) -> Vec<u8> {
    let mut command = Command::new("chromium");
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
    ]);
    command.arg(format!(
        "--user-data-dir={}",
        folder.join("profile").display()
    ));
    command.args(options).arg(format!("http://{address}/"));
    let output = command.output().unwrap_or_else(|error| {
        panic!("the live tests need `chromium` (apt-get install chromium): {error}")
    });
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // What the page's own policy forbids would be said here.
    assert!(!said.contains("Content Security Policy"), "{said}");
    output.stdout
}

/// Width and height of a PNG (its first chunk).
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG"), "it is a picture");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four"));
    (number(16), number(20))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_the_page_in_both_themes_and_on_a_phone() {
    let watched = Watched::new().await;
    watched.turn().await;
    let shot = watched.folder.path().join("page.png");
    let into = format!("--screenshot={}", shot.display());
    let picture = |theme: &str, window: &str| {
        let scheme = format!("--blink-settings=preferredColorScheme={theme}");
        let window = format!("--window-size={window}");
        let options = [into.as_str(), &scheme, &window, "--enable-logging=stderr"];
        chromium(watched.folder.path(), &options, &watched.address);
        fs::read(&shot).expect("it was made")
    };
    let (dark, light) = (picture("0", "1100,1000"), picture("1", "1100,1000"));
    assert_eq!((size(&dark), size(&light)), ((1100, 1000), (1100, 1000)));
    assert!(dark != light, "the themes look alike");
    assert_eq!(size(&picture("1", "500,1400")), (500, 1400));
    let text = chromium(watched.folder.path(), &["--dump-dom"], &watched.address);
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains("<h1>DIFFERENT</h1>"), "{text}");
}
