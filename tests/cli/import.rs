//! Exports of a topology become estates, and are checked directly.

use std::path::{Path, PathBuf};

use super::{code, flight, replay, report, sameca, stderr, stdout};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/topology");
    folder.join(name).display().to_string()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("estate.toml");
    (folder, path)
}

#[test]
fn every_kind_of_export_becomes_an_estate_that_can_be_used() {
    for exports in [
        &["published-2013.xml"][..],
        &["published-2015-standard-edition.xml"],
        &["builder-2013.tbxml"],
        &["configuration-2013.zip"],
        &["pools.json", "services.json"],
        &["services.csv", "computers.csv"],
    ] {
        let (_folder, path) = folder();
        let path = path.to_str().expect("a path");
        let exports: Vec<String> = exports.iter().map(|name| fixture(name)).collect();
        let mut arguments = vec!["import", "-o", path];
        arguments.extend(exports.iter().map(String::as_str));
        let output = sameca(&arguments);
        assert_eq!(code(&output), 0, "{exports:?}: {}", stderr(&output));
        let checked = sameca(&["estate", "check", path, "--group", "all"]);
        assert_eq!(code(&checked), 0, "{exports:?}: {}", stderr(&checked));
        assert!(
            stdout(&checked).contains("internal"),
            "{}",
            stdout(&checked)
        );
    }
}

#[test]
fn an_estate_that_is_there_is_replaced_only_on_demand() {
    let (_folder, path) = folder();
    std::fs::write(&path, "# mine\n").expect("writes");
    let path = path.to_str().expect("a path");
    let topology = fixture("published-2013.xml");
    let refused = sameca(&["import", &topology, "-o", path]);
    assert_eq!(code(&refused), 2);
    assert!(
        stderr(&refused).contains("--update adds to it"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(std::fs::read_to_string(path).expect("reads"), "# mine\n");
    let forced = sameca(&["import", &topology, "-o", path, "--force"]);
    assert_eq!(code(&forced), 0, "{}", stderr(&forced));
    assert!(
        stderr(&forced).contains("11 things were left out"),
        "{}",
        stderr(&forced)
    );
    assert!(
        std::fs::read_to_string(path)
            .expect("reads")
            .starts_with("# Made by")
    );
}

#[test]
fn an_update_keeps_what_is_there_and_shows_the_difference() {
    let (_folder, path) = folder();
    let mine = "[[endpoint]]   # mine\nrole = \"web\"\nhost = \"printer.contoso.com\"\n";
    std::fs::write(&path, mine).expect("writes");
    let text = path.to_str().expect("a path");
    let topology = fixture("published-2013.xml");
    let update = || sameca(&["import", &topology, "-o", text, "--update"]);
    let first = update();
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    assert!(
        stderr(&first).contains("+ front-end lync01.contoso.com"),
        "{}",
        stderr(&first)
    );
    assert!(
        stderr(&first).contains("- printer.contoso.com"),
        "{}",
        stderr(&first)
    );
    let estate = std::fs::read_to_string(&path).expect("reads");
    assert!(estate.starts_with(mine), "{estate}");
    assert_eq!(code(&update()), 0);
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), estate);
}

#[test]
fn a_file_of_two_gigabytes_is_not_read() {
    let (_folder, path) = folder();
    let file = std::fs::File::create(&path).expect("a file");
    file.set_len(2 << 30).expect("a sparse file");
    let output = sameca(&["import", path.to_str().expect("a path")]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("is larger than 64 MiB"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_wrong_file_is_one_clear_error() {
    let output = sameca(&[
        "import",
        concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/certs/leaf.pem"),
    ]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("this is a PEM file; a topology is exported with"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_topology_is_checked_directly() {
    let server = replay(flight("ndpi/adcs-three-tier.bin"));
    let (_folder, path) = folder();
    let topology = format!(
        "<Topology><Clusters><Cluster Fqdn='fe01.test'><ClusterId SiteId='1' Number='1'/><Machine Fqdn='fe01.test'/></Cluster>\
         <Cluster Fqdn='fe02.test'><ClusterId SiteId='1' Number='2'/><Machine Fqdn='fe02.test'/></Cluster></Clusters><Services>{}{}</Services></Topology>",
        service(1, server.port()),
        service(2, server.port()),
    );
    std::fs::write(&path, topology).expect("writes");
    let output = sameca(&[
        "check",
        "-f",
        path.to_str().expect("a path"),
        "--resolve=fe01.test=127.0.0.1",
        "--resolve=fe02.test=127.0.0.1",
        "--format=json",
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = report(&output);
    assert_eq!(report["summary"]["captured"], 2, "{report:#}");
    assert_eq!(report["endpoints"][0]["roles"][0], "front-end");
}

fn service(cluster: u8, port: u16) -> String {
    format!(
        "<Service><ServiceId RoleName='Registrar'/><InstalledOn><ClusterId SiteId='1' Number='{cluster}'/></InstalledOn>\
         <Ports><Port Port='{port}' Protocol='Mtls'/></Ports></Service>"
    )
}

#[test]
fn dns_is_asked_for_the_names_of_an_estate_on_demand() {
    let (_folder, path) = folder();
    std::fs::write(&path, "[[endpoint]]\nhost = \"localhost\"\n").expect("writes");
    let path = path.to_str().expect("a path");
    let silent = sameca(&["estate", "check", path]);
    assert!(
        !stdout(&silent).contains("127.0.0.1"),
        "{}",
        stdout(&silent)
    );
    let asked = sameca(&["estate", "check", path, "--resolve-names"]);
    assert_eq!(code(&asked), 0, "{}", stderr(&asked));
    assert!(
        stdout(&asked).contains("localhost: 127.0.0.1"),
        "{}",
        stdout(&asked)
    );
}

#[test]
fn a_file_is_compared_with_a_topology_and_with_dns() {
    let (_folder, path) = folder();
    let mine = "[[endpoint]]\nrole = \"front-end\"\nhost = \"localhost\"\n";
    std::fs::write(&path, mine).expect("writes");
    let path = path.to_str().expect("a path");
    let topology = fixture("published-2013.xml");
    let output = sameca(&["estate", "check", path, &topology]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(
        shown.contains("  localhost\n    file      front-end; internal 443,444,5061\n    topology  does not name it\n"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "  lync01.contoso.com\n    file      does not name it\n    topology  front-end"
        ),
        "{shown}"
    );
    assert!(shown.contains("they agree on no name"), "{shown}");
    // Names that no DNS has (RFC 6761), so that nothing but the answer of this machine is asked for.
    let invalid = format!(
        "<Topology><Clusters><Cluster Fqdn='lync01.invalid'><ClusterId SiteId='1' Number='1'/><Machine Fqdn='lync01.invalid'/>\
         </Cluster></Clusters><Services>{}</Services></Topology>",
        service(1, 5061),
    );
    let (_folder, other) = folder();
    std::fs::write(&other, invalid).expect("writes");
    let other = other.to_str().expect("a path");
    let output = sameca(&["estate", "check", path, other, "--resolve-names"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains("    DNS       127.0.0.1"), "{shown}");
    assert!(
        shown.contains("    DNS       no address (lync01.invalid does not resolve"),
        "{shown}"
    );
    let alone = sameca(&["estate", "check", other]);
    assert!(!stdout(&alone).contains("they agree"), "{}", stdout(&alone));
}
