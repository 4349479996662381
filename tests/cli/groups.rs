//! Groups: each is compared with its own reference, and reported beside the others.

use base64::Engine as _;
use serde_json::Value;

use super::{check, code, estate, report, stderr, stdout};

/// The demo's estate as a file: front ends inside, and one server of another CA published.
struct Estate {
    _folder: tempfile::TempDir,
    path: String,
}

impl Estate {
    /// `published` is the host of the server that is published; `rule` stands at the end of the file.
    fn new(servers: &[String], published: &str, rule: &str, ca: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let target = |host: &str| -> String {
            let with_ports = servers.iter().find(|argument| argument.starts_with(host));
            with_ports.expect("the host is in the estate").clone()
        };
        let endpoint = |role: &str, host: &str| {
            format!(
                "[[endpoint]]\nrole = \"{role}\"\nhost = \"{}\"\n",
                target(host)
            )
        };
        let text = format!(
            "{}{}{}{rule}",
            endpoint("front-end", "lync01"),
            endpoint("front-end", "lync02"),
            endpoint("web", published)
        );
        std::fs::write(folder.path().join("ca.cer"), ca).expect("writes");
        let path = folder.path().join("estate.toml");
        std::fs::write(&path, text).expect("writes");
        Self {
            path: path.display().to_string(),
            _folder: folder,
        }
    }
}

/// Checks the estate file with the demo's addresses.
fn checked(servers: &[String], estate: &Estate, more: &[&str]) -> (i32, Value) {
    let resolve: Vec<String> = servers
        .iter()
        .filter(|argument| argument.starts_with("--resolve"))
        .cloned()
        .collect();
    let output = check(
        &resolve,
        &[&["-f", &estate.path, "--format", "json"], more].concat(),
    );
    assert!(!stdout(&output).is_empty(), "{}", stderr(&output));
    (code(&output), report(&output))
}

fn group<'r>(report: &'r Value, name: &str) -> &'r Value {
    let groups = report["groups"].as_array().expect("groups");
    let group = groups.iter().find(|group| group["name"] == name);
    group.expect("the group has endpoints")
}

/// The certificate of the CA that issued the front ends' certificates, as one of them sends it.
fn issuing_ca(servers: &[String]) -> Vec<u8> {
    let output = check(servers, &["--format", "ndjson"]);
    let text = stdout(&output);
    let line = text
        .lines()
        .find(|line| line.contains("lync01"))
        .expect("a front end");
    let observation: Value = serde_json::from_str(line).expect("an observation");
    let der = observation["chain"][1].as_str().expect("its CA");
    base64::engine::general_purpose::STANDARD
        .decode(der)
        .expect("base64")
}

#[test]
fn a_published_name_of_another_ca_is_reported_beside_the_internal_verdict() {
    let (servers, _) = estate(false);
    let ca = issuing_ca(&servers);
    let rule = "[group.external]\nreference_ca = \"ca.cer\"\n";
    let wrong = Estate::new(&servers, "pchat01", rule, &ca);
    let (code, report) = checked(&servers, &wrong, &[]);
    assert_eq!((code, &report["verdict"]), (0, &"same".into()));
    let external = group(&report, "external");
    assert_eq!(external["verdict"], "different", "it has a rule of its own");
    assert_eq!(external["judged"], false);
    assert_eq!(group(&report, "internal")["judged"], true);
    let (code, report) = checked(&servers, &wrong, &["--group", "all"]);
    assert_eq!((code, &report["verdict"]), (1, &"different".into()));
    assert_eq!(group(&report, "internal")["verdict"], "same");
}

#[test]
fn a_group_with_a_reference_needs_no_second_certificate() {
    let (servers, _) = estate(false);
    let ca = issuing_ca(&servers);
    let rule = "[group.external]\nreference_ca = \"ca.cer\"\n";
    let right = Estate::new(&servers, "pchat02", rule, &ca);
    let (code, report) = checked(&servers, &right, &["--group", "all"]);
    assert_eq!((code, &report["verdict"]), (0, &"same".into()));
    let alone = Estate::new(&servers, "pchat02", "", &ca);
    let (code, report) = checked(&servers, &alone, &["--group", "all"]);
    assert_eq!(code, 3, "one certificate, and nothing to compare it with");
    assert_eq!(group(&report, "external")["verdict"], "inconclusive");
}

#[test]
fn a_private_certificate_is_not_public() {
    let (servers, _) = estate(false);
    let rule = "[group.external]\nexpect = \"public\"\n";
    let estate = Estate::new(&servers, "pchat02", rule, b"");
    let (code, report) = checked(&servers, &estate, &["--group", "external"]);
    assert_ne!(code, 0);
    assert_ne!(group(&report, "external")["verdict"], "same");
    assert_eq!(group(&report, "internal")["judged"], false);
    assert_eq!(group(&report, "internal")["verdict"], "same");
}
