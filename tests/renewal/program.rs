//! The program: baseline, renewal, exit status, documents.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::pki::{Ca, NOW, leaf};
use crate::servers::Server;

/// The program's end and what it said.
pub(crate) fn sameca(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
    command.args(arguments).env_remove("CLICOLOR_FORCE");
    if !arguments.contains(&"schema") {
        command.arg("--no-system-roots");
    }
    command.output().expect("the program runs")
}

/// The same, while servers of this process run.
async fn beside(arguments: Vec<String>) -> Output {
    let run = move || sameca(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.expect("it ran")
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

/// Two front ends, the arguments that name them, and a folder.
struct Estate {
    ca: Ca,
    servers: Vec<Server>,
    folder: tempfile::TempDir,
}

const HOSTS: [&str; 2] = ["lync01.contoso.com", "lync02.contoso.com"];

impl Estate {
    async fn new() -> Self {
        let ca = Ca::new("Contoso Issuing CA 01");
        let mut servers = Vec::new();
        for host in HOSTS {
            servers.push(Server::start(host, ca.issue(&leaf(&[host], 600))).await);
        }
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            ca,
            servers,
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn renew(&self, index: usize) {
        let server = &self.servers[index];
        server.assign(self.ca.issue(&leaf(&[&server.host], 0)));
    }

    fn targets(&self) -> Vec<String> {
        let named = |server: &Server| {
            let resolve = format!("--resolve={}=127.0.0.1", server.host);
            ["--front-end".to_owned(), server.label(), resolve]
        };
        self.servers.iter().flat_map(named).collect()
    }

    async fn check(&self, into: &Path) -> Output {
        let fixed = ["check", "--now", NOW, "--format", "ndjson", "-o"];
        let mut arguments: Vec<String> = fixed.map(str::to_owned).into();
        arguments.push(into.display().to_string());
        arguments.extend(self.targets());
        beside(arguments).await
    }

    async fn renewed(&self, more: &[&str]) -> Output {
        let baseline = self.path("before.ndjson").display().to_string();
        let fixed = ["renewed", "--now", NOW, "--since", &baseline];
        let arguments = fixed.iter().chain(more);
        beside(arguments.map(ToString::to_string).collect()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_from_the_baseline_to_the_next_one() {
    let estate = Estate::new().await;
    let before = estate.path("before.ndjson");
    assert_eq!(code(&estate.check(&before).await), 0);
    let output = estate.renewed(&[]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("RENEWED 0 of 2: lync01 still serves the old certificate on "),
        "{}",
        stdout(&output)
    );
    estate.renew(0);
    let output = estate.renewed(&["--format", "json"]).await;
    assert_eq!(code(&output), 1);
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(document["schema"], "sameca.renewal/1");
    assert_eq!(
        document["summary"]["classes"],
        serde_json::json!({"renewed": 1, "unchanged": 1})
    );
    follows("renewal", &document);
    estate.renew(1);
    let after = estate.path("after.ndjson");
    let output = estate
        .renewed(&["--format", "ndjson", "-o", after.to_str().expect("a path")])
        .await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("RENEWED 2 of 2: both endpoints"),
        "{}",
        stderr(&output)
    );
    // What was written is the next baseline, and the other side of a diff.
    let (before, after) = (before.display().to_string(), after.display().to_string());
    let diff = sameca(&["diff", &before, &after, "--format", "json"]);
    assert_eq!(code(&diff), 1);
    let document: Value = serde_json::from_slice(&diff.stdout).expect("a document");
    assert_eq!(
        (&document["equal"], &document["classes"]),
        (&Value::Bool(false), &serde_json::json!({"renewed": 2}))
    );
    follows("diff", &document);
    let text = sameca(&["diff", &before, &after]);
    assert!(
        stdout(&text).starts_with("CHANGED  2 of 2 endpoints: 2 renewed\n"),
        "{}",
        stdout(&text)
    );
    let equal = sameca(&["diff", &after, &after]);
    assert_eq!(code(&equal), 0);
    assert!(stdout(&equal).starts_with("EQUAL  "), "{}", stdout(&equal));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_that_is_denied_ends_with_1() {
    let estate = Estate::new().await;
    assert_eq!(code(&estate.check(&estate.path("before.ndjson")).await), 0);
    (0..2).for_each(|index| estate.renew(index));
    assert_eq!(code(&estate.renewed(&[]).await), 0);
    assert_eq!(code(&estate.renewed(&["--deny", "warning"]).await), 0);
    let soon = ["--expires-within", "800d"];
    assert_eq!(code(&estate.renewed(&soon).await), 0, "said, not denied");
    let denied = estate
        .renewed(&[&soon[..], &["--deny", "warning"]].concat())
        .await;
    assert_eq!(code(&denied), 1);
    assert!(
        stdout(&denied).contains("expires-soon: the certificate expires on "),
        "{}",
        stdout(&denied)
    );
}

/// Holds a document against the schema that is printed for it.
fn follows(name: &str, document: &Value) {
    let schema: Value =
        serde_json::from_slice(&sameca(&["schema", name]).stdout).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_ends_when_all_is_right() {
    let estate = Estate::new().await;
    assert_eq!(code(&estate.check(&estate.path("before.ndjson")).await), 0);
    estate.renew(0);
    // Renewed when the program has seen that it is not: the first connections are over.
    let seen = estate.servers[1].connections();
    let wait = estate.renewed(&["--wait", "50m", "--every", "100ms"]);
    let renew = async {
        while estate.servers[1].connections() == seen {
            tokio::task::yield_now().await;
        }
        estate.renew(1);
    };
    let (output, ()) = tokio::join!(wait, renew);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert!(
        stdout(&output).starts_with("RENEWED 2 of 2"),
        "{}",
        stdout(&output)
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_wait_says_how_far_it_is() {
    let estate = Estate::new().await;
    assert_eq!(code(&estate.check(&estate.path("before.ndjson")).await), 0);
    estate.renew(0);
    let seen = estate.servers[1].connections();
    let baseline = estate.path("before.ndjson");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sameca"));
    command.args([
        "renewed",
        "--now",
        NOW,
        "--no-system-roots",
        "--wait",
        "50m",
        "--every",
        "100ms",
        "--since",
    ]);
    let child = command
        .arg(baseline)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.expect("the program runs");
    // In the third round it has listened for interruptions for long.
    while estate.servers[1].connections() < seen + 3 {
        tokio::task::yield_now().await;
    }
    let signalled = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(signalled.expect("kill runs").success());
    let wait = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = wait.await.expect("it ran").expect("it ended");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("RENEWED 1 of 2: interrupted; lync02 still"),
        "{}",
        stdout(&output)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_baseline_the_servers_are_named() {
    let estate = Estate::new().await;
    let certificate = estate.path("new.cer");
    let fresh = estate.ca.issue(&leaf(&HOSTS, 0));
    std::fs::write(&certificate, fresh.cert[0].as_ref()).expect("writes");
    let mut arguments = vec![
        "renewed".to_owned(),
        "--now".to_owned(),
        NOW.to_owned(),
        "--expect".to_owned(),
    ];
    arguments.push(certificate.display().to_string());
    arguments.extend(estate.targets());
    estate.servers[0].assign(fresh.clone());
    let output = beside(arguments.clone()).await;
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("RENEWED 1 of 2: lync02 on "),
        "{}",
        stdout(&output)
    );
    estate.servers[1].assign(fresh);
    assert_eq!(code(&beside(arguments).await), 0);
}
