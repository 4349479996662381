//! The program as a user meets it: arguments in, exit status and output out, servers on loopback.

mod documents;
mod forms;
mod groups;
mod import;
#[cfg(unix)]
mod interrupted;
mod kept;
mod look;
mod plugin;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;

use sameca::demo;
use sameca::model::bytes::Der;
use sameca::model::timestamp::Timestamp;
use serde_json::Value;

fn sameca(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(arguments)
        .args(if matches!(arguments[0], "check" | "judge" | "show") {
            &["--no-system-roots"][..]
        } else {
            &[]
        })
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

fn code(output: &Output) -> i32 {
    output
        .status
        .code()
        .unwrap_or_else(|| panic!("ended by a signal: {}", stderr(output)))
}

/// A server that answers any first bytes with recorded ones. It ends with the test's process.
fn replay(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mut stream, bytes) = (stream, bytes.clone());
            thread::spawn(move || {
                let mut hello = [0; 2048];
                if stream.read(&mut hello).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(&bytes);
                    let _ = stream.read(&mut hello);
                }
            });
        }
    });
    address
}

fn flight(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/flights")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The demo's estate in this process: the arguments that name its servers, and its root.
fn estate(all_same: bool) -> (Vec<String>, Der) {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let now = Timestamp::parse("2026-11-23T00:00:00Z").expect("a time");
            let estate = demo::start(all_same, now).await.expect("the estate starts");
            let mut arguments: Vec<String> = estate
                .command
                .split(' ')
                .skip(2)
                .map(str::to_owned)
                .collect();
            for host in ["lync01", "lync02", "pchat01", "pchat02"] {
                arguments.push(format!("--resolve={host}.contoso.com=127.0.0.1"));
            }
            send.send((arguments, estate.root.clone()))
                .expect("the test waits");
            std::future::pending::<()>().await;
        });
    });
    receive.recv().expect("the estate starts")
}

fn check(estate: &[String], more: &[&str]) -> Output {
    let mut arguments = vec!["check", "--now", "2026-11-23T12:00:00Z"];
    arguments.extend(estate.iter().map(String::as_str));
    arguments.extend(more);
    sameca(&arguments)
}

#[test]
fn the_demo_finds_the_wrong_certificate_and_ends_with_1() {
    let output = sameca(&["demo"]);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(
        text.starts_with("DIFFERENT  pchat01.contoso.com:"),
        "{text}"
    );
    assert!(
        stderr(&output).contains("sameca check --front-end lync01.contoso.com:"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_good_demo_ends_with_0() {
    let output = sameca(&["demo", "--all-same", "--format", "json"]);
    assert_eq!(code(&output), 0);
    let report = report(&output);
    assert_eq!(
        (report["verdict"].as_str(), report["evidence"].as_str()),
        (Some("same"), Some("proven"))
    );
    assert_eq!(report["summary"]["captured"], 6);
}

#[test]
fn judging_what_was_kept_gives_the_same_report_to_the_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("run.ndjson");
    let root = folder.path().join("root.cer");
    let (servers, certificate) = estate(false);
    std::fs::write(&root, certificate.as_bytes()).expect("writes");
    let (kept, root) = (
        kept.to_str().expect("a path"),
        root.to_str().expect("a path"),
    );
    let written = check(&servers, &["--format", "ndjson", "-o", kept]);
    assert_eq!(code(&written), 1, "{}", stderr(&written));
    assert!(
        stderr(&written).contains("DIFFERENT"),
        "the verdict is on standard error"
    );
    for options in [
        &["--ca-file", root][..],
        &["--same", "root", "--ca-file", root],
        &["--evidence", "proven"],
    ] {
        let judge = |format: &str| {
            let fixed = [
                "judge",
                kept,
                "--now",
                "2026-11-23T12:00:00Z",
                "--format",
                format,
            ];
            sameca(&[&fixed[..], options].concat())
        };
        assert_eq!(judge("json").stdout, judge("json").stdout);
        let again = folder.path().join("again.ndjson");
        std::fs::write(&again, judge("ndjson").stdout).expect("writes");
        assert_eq!(
            std::fs::read(&again).expect("reads"),
            std::fs::read(kept).expect("reads"),
            "observations survive"
        );
    }
    // One capture, judged while it is fresh and judged from the file.
    let live = check(&servers, &["--format", "json", "--ca-file", root]);
    let mut fresh = report(&live);
    let mut later = report(&sameca(&[
        "judge",
        kept,
        "--now",
        "2026-11-23T12:00:00Z",
        "--format",
        "json",
        "--ca-file",
        root,
    ]));
    for report in [&mut fresh, &mut later] {
        report["run"] = Value::Null;
        report["started"] = Value::Null;
        for row in report["endpoints"].as_array_mut().expect("rows") {
            for attempt in row["attempts"].as_array_mut().expect("attempts") {
                attempt["elapsed_ms"] = Value::Null;
            }
        }
    }
    assert_eq!(fresh, later);
}

#[test]
fn a_recorded_server_2008_r2_is_read_like_any_other() {
    let adcs = replay(flight("ndpi/adcs-three-tier.bin")).to_string();
    let iis = replay(flight("zeek/schannel-tls10-0004-www.cviis.org.bin")).to_string();
    let same = sameca(&[
        "check",
        &adcs,
        &replay(flight("ndpi/adcs-three-tier.bin")).to_string(),
        "--format",
        "json",
    ]);
    assert_eq!(code(&same), 0, "{}", stdout(&same));
    let row = &report(&same)["endpoints"][0];
    assert_eq!(row["tls"]["version"], "TLSv1.0");
    assert_eq!(row["tls"]["possession"], "not-shown");
    assert_eq!(row["evidence"], "proven");
    let different = sameca(&["check", &adcs, &iis, "--format", "json"]);
    assert_eq!(code(&different), 1, "{}", stdout(&different));
}

#[test]
fn every_kind_of_failure_has_its_row_and_keeps_same_away() {
    let good = replay(flight("ndpi/adcs-three-tier.bin")).to_string();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    let http = replay(b"HTTP/1.1 400 Bad Request\r\nServer: test\r\n\r\n".to_vec()).to_string();
    let garbage = replay(vec![0xff; 300]).to_string();
    let arguments = [
        "check",
        &good,
        &closed,
        &http,
        &garbage,
        "does-not-exist.invalid",
        "--format",
        "json",
    ];
    let output = sameca(&arguments);
    assert_eq!(code(&output), 3);
    let report = report(&output);
    let outcome = |target: &str| {
        let rows = report["endpoints"].as_array().expect("rows");
        let row = rows
            .iter()
            .find(|row| row["target"] == target)
            .unwrap_or_else(|| panic!("no row for {target}"));
        assert!(
            row["outcome"] == "captured" || row["detail"].is_string(),
            "{row}"
        );
        row["outcome"].as_str().expect("a word").to_owned()
    };
    assert_eq!(outcome(&good), "captured");
    assert_eq!(outcome(&closed), "refused");
    assert_eq!(outcome(&http), "not_tls");
    assert_eq!(outcome(&garbage), "not_tls");
    assert_eq!(outcome("does-not-exist.invalid:443"), "no_address");
}

#[test]
fn a_certificate_that_does_not_parse_is_kept_and_the_others_are_judged() {
    let good = replay(flight("ndpi/adcs-three-tier.bin")).to_string();
    let other = replay(flight("ndpi/adcs-three-tier.bin")).to_string();
    let damaged = replay(flight(
        "suricata/schannel-tls12-c014-tls-der-incomplete-content.bin",
    ))
    .to_string();
    let output = sameca(&["check", &good, &other, &damaged, "--format", "json"]);
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    let report = report(&output);
    let rows = report["endpoints"].as_array().expect("rows");
    let row = rows
        .iter()
        .find(|row| row["target"] == damaged.as_str())
        .expect("a row");
    assert_eq!(
        (row["outcome"].as_str(), row["evidence"].as_str()),
        (Some("captured"), Some("none"))
    );
    let digest = row["chain"][0].as_str().expect("a digest");
    assert!(
        report["certificates"][digest].is_string(),
        "its bytes are kept"
    );
    assert_eq!(report["cas"][0]["endpoints"], 2);
}

#[test]
fn wrong_input_ends_with_2_and_says_what_would_be_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("writes");
        path.to_str().expect("a path").to_owned()
    };
    let text = file("text.pem", "no certificate\n");
    let torn = file(
        "torn.pem",
        "-----BEGIN CERTIFICATE-----\nMIIB!!!\n-----END CERTIFICATE-----\n",
    );
    let key = file(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
    );
    let ca = include_str!("../../testdata/pki/certificates/issuing-1.pem");
    let root = include_str!("../../testdata/pki/certificates/root.pem");
    let secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    let bundle = file("bundle.pem", &format!("{ca}{secret}{root}"));
    let garbled = file(
        "garbled.pem",
        &format!("{ca}-----BEGIN CERTIFICATE-----\n***\n"),
    );
    let two = file("two.pem", &format!("{ca}any text between\n{root}"));
    let empty = file("empty.pem", "");
    let estate = file(
        "estate.toml",
        "[[endpoint]]\nrol = \"peer\"\nhost = \"a\"\n[[endpoint]]\nhost = 5\n",
    );
    let report = file("report.json", "{\"schema\":\"sameca.report/1\"}\n");
    let bare = file("bare.txt", "# nobody yet\r\n\r\n");
    let blank = file("blank.toml", "name = \"Contoso\"\n");
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/reports/same.json").to_owned();
    let newer = file("newer.ndjson", "{\"schema\":\"sameca.observation/9\"}\n");
    let half = file(
        "half.ndjson",
        "{\"schema\":\"sameca.observation/1\",\"run\"",
    );
    let missing = folder
        .path()
        .join("missing/out.json")
        .to_str()
        .expect("a path")
        .to_owned();
    let cases: &[(&[&str], &[&str])] = &[
        (&["check"], &["no target was given", "--front-end"]),
        (
            &["check", "127.0.0.1", "-l", &bare],
            &["bare.txt", "no target in it"],
        ),
        (
            &["check", "127.0.0.1", "-f", &blank],
            &["blank.toml", "no `[[endpoint]]` in it"],
        ),
        (
            &["check", "127.0.0.1:0"],
            &["`0` is not a port", "1 to 65535"],
        ),
        (&["check", "127.0.0.1:70000"], &["`70000` is not a port"]),
        (
            &["check", "127.0.0.1", "--ca-file", &text],
            &["text.pem", "holds no certificate"],
        ),
        (
            &["check", "127.0.0.1", "--ca-file", &torn],
            &["torn.pem", "line 2"],
        ),
        (
            &["check", "127.0.0.1", "--ca-file", &key],
            &["key.pem", "private key"],
        ),
        (&["check", &format!("file:{key}")], &["private key"]),
        (
            &["check", "127.0.0.1", "--ca-file", &bundle],
            &["bundle.pem", "private key"],
        ),
        (
            &["check", "127.0.0.1", "--ca-file", &garbled],
            &["garbled.pem", "BEGIN line without its END line"],
        ),
        (
            &["check", "127.0.0.1", "--ca-file", &empty],
            &["empty.pem", "an empty file"],
        ),
        (
            &["check", "127.0.0.1", "--reference-ca", &two],
            &["two.pem", "several CAs", "give exactly one"],
        ),
        (
            &["check", "127.0.0.1", "-4", "-6"],
            &["--ipv4", "cannot be used with", "--ipv6"],
        ),
        (&["check", "-l", "-", "-l", "-"], &["given twice"]),
        (
            &["explain", &kept, "--fetch-issuers"],
            &["is a report", "wants a server or observations"],
        ),
        (
            &["judge", &half, "--fetch-issuers"],
            &["unexpected argument"],
        ),
        (
            &["check", "127.0.0.1", "--reference-ca", &text],
            &["reference CA", "holds no certificate"],
        ),
        (
            &["check", "127.0.0.1", "-o", &missing],
            &["cannot write to", "out.json"],
        ),
        (
            &["check", "-f", &estate],
            &["estate.toml:2:1", "did you mean `role`?", "estate.toml:5:"],
        ),
        (
            &["estate", "check", &estate],
            &["estate.toml:2:1", "estate.toml:5:"],
        ),
        (&["judge", &report], &["report.json:1", "this is a report"]),
        (&["judge", &newer], &["newer.ndjson:1", "newer version"]),
        (&["judge", &half], &["half.ndjson:1", "torn"]),
        (&["judge", &text], &["text.pem:1", "begins with `{`"]),
        (&["judge", &missing], &["cannot read"]),
    ];
    for (arguments, fragments) in cases {
        let output = sameca(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(
            output.stdout.is_empty(),
            "{arguments:?} wrote results: {}",
            stdout(&output)
        );
        let said = stderr(&output);
        assert!(!said.contains("c2VjcmV0"), "the key was shown: {said}");
        for fragment in *fragments {
            assert!(
                said.contains(fragment),
                "{arguments:?} said {said}, without {fragment}"
            );
        }
    }
}

#[test]
fn a_file_with_results_is_written_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    let path = path.to_str().expect("a path");
    let output = sameca(&["demo", "--format", "json", "-o", path]);
    assert_eq!(code(&output), 1);
    assert!(output.stdout.is_empty() && stderr(&output).contains("DIFFERENT"));
    let report: Value =
        serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("a document");
    assert_eq!(report["schema"], "sameca.report/1");
    let explained = sameca(&["explain", path]);
    assert_eq!(code(&explained), 0);
    assert!(
        stdout(&explained).contains("verified by the key of"),
        "{}",
        stdout(&explained)
    );
}

#[test]
fn help_and_usage_are_as_documented() {
    trycmd::TestCases::new().case("tests/cli/cmd/*.trycmd");
}
