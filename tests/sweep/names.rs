//! `--resolve-names`: what DNS calls the addresses that were captured.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, PTR};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use serde_json::Value;

use crate::network::{Network, command, start, stderr, sweep, targets_of};
use crate::script::{Over, answer, asked, bytes, name, serve};
use crate::zone;

/// A reverse zone as networks have them: a name that is right, two for one address, one that is old, an alias, and
/// addresses without.
const RECORDS: &str = "
    0.0.100.127.in-addr.arpa PTR fe01.contoso.test
    fe01.contoso.test A 127.100.0.0
    1.0.100.127.in-addr.arpa PTR webint.contoso.test
    1.0.100.127.in-addr.arpa PTR FE02.contoso.test
    webint.contoso.test CNAME fe02.contoso.test
    fe02.contoso.test A 127.100.0.9
    fe02.contoso.test A 127.100.0.1
    2.0.100.127.in-addr.arpa PTR old.contoso.test
    old.contoso.test A 127.100.7.7
    3.0.100.127.in-addr.arpa PTR gone.contoso.test
    4.0.100.127.in-addr.arpa CNAME 4.part.contoso.test
    4.part.contoso.test PTR fe04.contoso.test
    fe04.contoso.test A 127.100.0.4
";

const ZONES: &[&str] = &["127.in-addr.arpa", "contoso.test"];

/// The names of each address in the lines of a sweep.
fn names_of(text: &str) -> BTreeMap<String, Vec<String>> {
    let names = |line: &str| {
        let seen: Value = serde_json::from_str(line).expect("a whole line");
        let names = seen["names"].as_array().expect("a list").iter();
        let names = names.map(|name| name.as_str().expect("a text").to_owned());
        (text_of(&seen["address"]), names.collect())
    };
    text.lines().map(names).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn is_reverse(question: &Message) -> bool {
    question.queries[0].query_type() == RecordType::PTR
}

fn pointer(to: &str) -> RData {
    RData::PTR(PTR(name(to)))
}

fn alias(to: Name) -> RData {
    RData::CNAME(CNAME(to))
}

fn address(octets: [u8; 4]) -> RData {
    RData::A(A(octets.into()))
}

/// The answer that the name asked for has these records; none: that there is no such name.
fn told(question: &Message, records: &[RData]) -> Message {
    let owner = asked(question);
    let code = match records.is_empty() {
        true => ResponseCode::NXDomain,
        false => ResponseCode::NoError,
    };
    let records = records.iter().map(|data| (owner.as_str(), data.clone()));
    answer(question, code, &records.collect::<Vec<_>>())
}

/// Sweeps a range and asks this server for names.
fn sweep_with(server: SocketAddr, range: &str, network: &Network) -> Output {
    let (server, port) = (server.to_string(), network.port.to_string());
    sweep(&[range, "-p", &port, "--resolve-names", "--dns", &server])
}

#[test]
fn names_that_lead_back_to_the_address_are_written() {
    let network = Network::new();
    let server = zone::serve(ZONES, RECORDS);
    let output = sweep_with(server, "127.100.0.0/29", &network);
    let names = names_of(&stdout(&output));
    assert_eq!(names.len(), 8, "{}", stderr(&output));
    let of = |last: u8| names[&format!("127.100.0.{last}")].join(" ");
    assert_eq!(of(0), "fe01.contoso.test");
    assert_eq!(of(1), "fe02.contoso.test webint.contoso.test");
    for (last, why) in [
        (2, "it has another address"),
        (3, "no such name"),
        (5, "none"),
    ] {
        assert_eq!(of(last), "", "{why}");
    }
    assert!(
        !stderr(&output).contains("warning"),
        "that an address has no name is no failure: {}",
        stderr(&output)
    );
}

/// As a resolver answers: the alias into the part, which is no server's name, and what is there (RFC 2317).
#[test]
fn a_reverse_zone_in_parts_is_followed() {
    let network = Network::new();
    let part = ["1", "0/25", "0", "107", "127", "in-addr", "arpa"];
    let part = Name::from_labels(part.map(str::as_bytes)).expect("a name");
    let server = serve(move |question, _| {
        let reply = match asked(question).as_str() {
            "1.0.107.127.in-addr.arpa" => {
                let mut reply = told(question, &[alias(part.clone()), pointer("fe.contoso.test")]);
                reply.answers[1].name = part.clone();
                reply
            }
            "fe.contoso.test" => told(question, &[address([127, 107, 0, 1])]),
            _ => told(question, &[]),
        };
        vec![bytes(&reply)]
    });
    let output = sweep_with(server, "127.107.0.1", &network);
    let names = names_of(&stdout(&output));
    let said = stderr(&output);
    assert_eq!(names["127.107.0.1"], ["fe.contoso.test"], "{said}");
}

#[test]
fn only_what_was_captured_is_looked_up_and_only_when_asked_to() {
    let network = Network::new();
    let questions = Arc::new(Mutex::new(BTreeSet::new()));
    let heard = Arc::clone(&questions);
    let server = serve(move |question, _| {
        heard
            .lock()
            .expect("nobody panicked")
            .insert(asked(question));
        vec![bytes(&told(question, &[]))]
    });
    let closed = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let closed = closed.local_addr().expect("it is bound").port();
    let absent = format!("127.101.0.0/28:{closed}");
    let here = format!("127.101.1.0-1:{}", network.port);
    let named = format!("fe.contoso.test:{}", network.port);
    let output = sweep(&[
        &absent,
        &here,
        &named,
        "--resolve",
        "fe.contoso.test=127.101.2.1",
        "--resolve-names",
        "--dns",
        &server.to_string(),
    ]);
    let names = names_of(&stdout(&output));
    assert_eq!(
        names["127.101.2.1"],
        ["fe.contoso.test"],
        "its name is known"
    );
    assert_eq!(names.len(), 3, "{}", stderr(&output));
    let asked = questions.lock().expect("nobody panicked").clone();
    let wanted = ["0.1.101.127.in-addr.arpa", "1.1.101.127.in-addr.arpa"];
    assert_eq!(asked, wanted.map(str::to_owned).into());

    let port = network.port.to_string();
    let refused = sweep(&["127.101.1.0", "-p", &port, "--dns", "192.0.2.53"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("--resolve-names"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn a_server_of_an_estate_that_is_given_by_its_address_has_its_name_too() {
    let network = Network::new();
    let server = zone::serve(ZONES, RECORDS);
    let folder = tempfile::tempdir().expect("a folder");
    let estate = folder.path().join("estate.toml");
    let port = network.port;
    let text = format!("[[endpoint]]\nhost = \"127.100.0.0\"\nports = [{port}]\n");
    std::fs::write(&estate, text).expect("writes");
    let output = sweep(&[
        "-f",
        estate.to_str().expect("UTF-8"),
        "--resolve-names",
        "--dns",
        &server.to_string(),
    ]);
    let names = names_of(&stdout(&output));
    assert_eq!(
        names["127.100.0.0"],
        ["fe01.contoso.test"],
        "{}",
        stderr(&output)
    );
}

/// What a hostile reverse zone gives for an address, by its last number.
fn hostile(last: u8) -> Vec<Name> {
    let odd = |label: &[u8]| {
        Name::from_labels([label, b"contoso", b"test"]).expect("DNS takes any bytes")
    };
    match last {
        // A hundred names, all of which are right.
        0 => (0..100)
            .map(|n| name(&format!("n{n:02}.contoso.test")))
            .collect(),
        1 => vec![
            odd(b"\x1b[2J"),
            odd(b"a\nb"),
            odd(b"a b"),
            odd(b"<script>"),
            odd(b"-x"),
            odd("\u{202e}".as_bytes()),
            Name::from_labels([&b"127"[..], b"102", b"0", b"1"]).expect("a name"),
            Name::root(),
            name("good.contoso.test"),
        ],
        // The longest name that there can be.
        2 => vec![name(
            &[
                &"a".repeat(63),
                &"b".repeat(63),
                &"c".repeat(63),
                &"d".repeat(61),
            ]
            .map(String::as_str)
            .join("."),
        )],
        // The name of somebody else.
        3 => vec![name("www.victim.test")],
        4 => vec![name("loop.contoso.test")],
        _ => Vec::new(),
    }
}

fn hostile_answer(question: &Message, over: Over) -> Vec<u8> {
    let owner = asked(question);
    let last = owner.split('.').next().and_then(|label| label.parse().ok());
    let mut reply = match owner.as_str() {
        _ if is_reverse(question) => {
            let names = last.map(hostile).unwrap_or_default().into_iter();
            let records: Vec<RData> = names.map(|name| RData::PTR(PTR(name))).collect();
            told(question, &records)
        }
        "loop.contoso.test" => told(question, &[alias(name("loop.contoso.test"))]),
        "www.victim.test" => told(question, &[address([203, 0, 113, 1])]),
        _ => told(
            question,
            &[0, 1, 2, 3, 4, 5].map(|last| address([127, 102, 0, last])),
        ),
    };
    if over == Over::Udp && reply.answers.len() > 50 {
        reply.answers.clear();
        reply.metadata.truncation = true;
    }
    let mut bytes = bytes(&reply);
    if owner.starts_with("5.") {
        // Neither an answer nor silence.
        bytes.truncate(20);
    }
    bytes
}

#[test]
fn a_hostile_reverse_zone_breaks_nothing() {
    let network = Network::new();
    let server = serve(|question, over| vec![hostile_answer(question, over)]);
    let output = sweep_with(server, "127.102.0.0-5", &network);
    let text = stdout(&output);
    assert_eq!(targets_of(&text).len(), 6, "{}", stderr(&output));
    let names = names_of(&text);
    let of = |last: u8| &names[&format!("127.102.0.{last}")];
    assert_eq!(of(0).len(), 8);
    assert_eq!(of(0)[7], "n07.contoso.test");
    assert_eq!(of(1), &["good.contoso.test"]);
    assert!(of(2).iter().all(|name| name.len() <= 253));
    for last in [3, 4, 5] {
        assert_eq!(of(last).len(), 0, "{last}");
    }
    assert!(
        stderr(&output)
            .contains("warning: captured endpoints whose names DNS did not tell: 1 (the first: "),
        "{}",
        stderr(&output)
    );
}

/// More addresses than silence is waited for one after the other, and a server that never says anything.
#[test]
fn a_dead_server_is_given_up_once_and_costs_no_line() {
    let network = Network::new();
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let server = silent.local_addr().expect("it is bound");
    let output = sweep_with(server, "127.103.0.0/23", &network);
    assert_eq!(targets_of(&stdout(&output)).len(), 512);
    let said = stderr(&output);
    let given_up = "DNS does not answer (no answer within 2s): the names of addresses are not looked up any more";
    assert_eq!(said.matches(given_up).count(), 1, "{said}");
    assert!(said.contains("DNS did not tell: 512"), "{said}");
}

#[test]
fn a_port_where_nobody_answers_is_given_up() {
    let network = Network::new();
    let closed = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr();
    let output = sweep_with(closed.expect("it is bound"), "127.104.0.0/25", &network);
    assert_eq!(targets_of(&stdout(&output)).len(), 128);
    assert_eq!(
        stderr(&output).matches("not looked up any more").count(),
        1,
        "{}",
        stderr(&output)
    );
}

/// A refusal is an answer: it comes at once, and the next address may be told of.
#[test]
fn refusals_do_not_end_the_questions() {
    let network = Network::new();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let server = serve(move |question, _| {
        seen.fetch_add(1, Ordering::Relaxed);
        vec![bytes(&answer(question, ResponseCode::Refused, &[]))]
    });
    let output = sweep_with(server, "127.105.0.0/26", &network);
    assert_eq!(targets_of(&stdout(&output)).len(), 64);
    let said = stderr(&output);
    assert!(
        said.contains("DNS did not tell: 64 (the first: REFUSED"),
        "{said}"
    );
    assert!(!said.contains("any more"), "{said}");
    assert!(count.load(Ordering::Relaxed) >= 64);
}

/// The kept lines have the names, so that every later report has them; the summary has them at once.
#[test]
fn names_stand_beside_addresses_in_reports() {
    let network = Network::new();
    let server = zone::serve(ZONES, RECORDS).to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.ndjson");
    let (path, port) = (file.to_str().expect("UTF-8"), network.port.to_string());
    // The certificate of the recorded flight has ended.
    let arguments = [
        "127.100.0.0",
        "-p",
        &port,
        "--resolve-names",
        "--dns",
        &server,
        "-o",
        path,
    ];
    let summary = stdout(&sweep(&arguments));
    let place = format!("127.100.0.0:{port} (fe01.contoso.test)");
    assert!(summary.contains(&place), "{summary}");
    let table = judged(&file, "table");
    let row = table.lines().find(|line| line.contains("127.100.0.0:"));
    assert!(
        row.is_some_and(|row| row.contains("fe01.contoso.test")),
        "{table}"
    );
    for format in ["json", "csv", "markdown", "html"] {
        let report = judged(&file, format);
        assert!(report.contains("fe01.contoso.test"), "{format}: {report}");
    }
}

fn judged(file: &Path, format: &str) -> String {
    let path = file.to_str().expect("UTF-8");
    let arguments = ["judge", "--no-system-roots", "--format", format, path];
    stdout(&command(&arguments).output().expect("the program runs"))
}

/// Begun without names, gone on with them: the rest has them.
#[test]
fn names_can_be_asked_for_when_a_sweep_is_gone_on_with() {
    let network = Network::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.ndjson");
    let (path, port) = (file.to_str().expect("UTF-8"), network.port.to_string());
    let server = serve(|question, _| {
        let owner = asked(question);
        let last = owner.trim_start_matches('n').split('.').next();
        let last: u8 = last.and_then(|label| label.parse().ok()).expect("a number");
        let record = match is_reverse(question) {
            true => pointer(&format!("n{last}.contoso.test")),
            false => address([127, 106, 0, last]),
        };
        vec![bytes(&told(question, &[record]))]
    });
    let mut child = start(&["127.106.0.0/24", "-p", &port, "--rate", "100", "-o", path]);
    network.wait_for(150);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let server = server.to_string();
    let output = sweep(&["--resume", path, "--resolve-names", "--dns", &server]);
    let text = std::fs::read_to_string(&file).expect("the file is there");
    let names = names_of(&text);
    assert_eq!(names.len(), 256, "{}", stderr(&output));
    let named = names.values().filter(|names| !names.is_empty()).count();
    assert!((1..256).contains(&named), "{named}");
}
