//! `sameca discover` against Knot DNS as Debian packages it.

use std::fs;
use std::process::{Command, Output};

use crate::pki::Folder;
use crate::server::knot;

/// What an administrator would have in the internal zone, with each kind of record that is asked for.
const INSIDE: &str = "\
_sipinternaltls._tcp SRV 0 0 5061 lyncpool
_sip._tls SRV 0 0 443 sip
_sipfederationtls._tcp SRV 0 0 5061 sip
lyncpool A 10.0.0.11
lyncpool A 10.0.0.12
lyncpool AAAA fd00::11
lyncdiscoverinternal CNAME webint
webint A 10.0.0.20
meet CNAME dialin
dialin CNAME meet
admin TXT \"a name without an address\"
sip A 203.0.113.6
";

/// A zone in which any name resolves.
const WILDCARD: &str = "\
* A 203.0.113.80
_sip._tls SRV 0 0 443 edge
edge A 203.0.113.6
";

/// More servers of one pool than a datagram has room for.
fn many() -> String {
    let names = "_sipinternaltls._tcp SRV 0 0 5061 lyncpool\n".to_owned();
    (1..=200).fold(names, |zone, n| zone + &format!("lyncpool A 10.0.0.{n}\n"))
}

fn discover(zone: &str) -> (Output, String, String) {
    let folder = Folder::new();
    let server = knot(&folder, "contoso.test", zone);
    let output = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(["discover", "contoso.test", "--dns"])
        .arg(format!("127.0.0.1:{}", server.port))
        .output()
        .expect("the program can be started");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    let (estate, said) = (text(&output.stdout), text(&output.stderr));
    (output, estate, said)
}

fn says(text: &str, sentence: &str) {
    assert!(text.contains(sentence), "{sentence}: {text}");
}

#[test]
fn an_internal_zone_becomes_an_estate() {
    let (output, estate, said) = discover(INSIDE);
    assert_eq!(output.status.code(), Some(0), "{said}");
    says(
        &estate,
        "role = \"front-end\"\nhost = \"lyncpool.contoso.test\"\n",
    );
    says(
        &estate,
        "host = \"lyncdiscoverinternal.contoso.test\"\nports = [443]\noptional = true\ngroup = \"internal\"",
    );
    says(&estate, "host = \"sip.contoso.test\"\nports = [443, 5061]");
    says(&estate, "3 addresses (10.0.0.11, 10.0.0.12, fd00::11)");
    says(
        &said,
        "lyncdiscoverinternal.contoso.test: alias of webint.contoso.test, 10.0.0.20",
    );
    says(&said, "its aliases go round in a circle");
    says(
        &said,
        "admin.contoso.test: the name is there, without an address (no data)",
    );
    says(&said, "lyncdiscover.contoso.test: no such name (NXDOMAIN)");
    let folder = Folder::new();
    let path = folder.path("estate.toml");
    fs::write(&path, &estate).expect("the folder can be written");
    let checked = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(["estate", "check"])
        .arg(&path)
        .output()
        .expect("the program can be started");
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

#[test]
fn a_wildcard_is_known() {
    let (output, estate, said) = discover(WILDCARD);
    assert_eq!(output.status.code(), Some(0), "{said}");
    says(
        &said,
        "any name below it resolves (a wildcard: 203.0.113.80)",
    );
    says(
        &estate,
        "- meet.contoso.test: it has only the addresses that any name",
    );
    assert_eq!(estate.matches("[[endpoint]]").count(), 1, "{estate}");
}

#[test]
fn an_answer_that_does_not_fit_a_datagram_is_read_over_tcp() {
    let (output, estate, said) = discover(&many());
    assert_eq!(output.status.code(), Some(0), "{said}");
    says(&estate, "64 addresses (10.0.0.1, ");
    says(&said, "and 56 more and 136 more");
}

#[test]
fn another_domain_is_refused_and_that_is_no_absence() {
    let folder = Folder::new();
    let server = knot(&folder, "other.test", "www A 10.0.0.1\n");
    let output = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args(["discover", "contoso.test", "--dns"])
        .arg(format!("127.0.0.1:{}", server.port))
        .output()
        .expect("the program can be started");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    says(&String::from_utf8_lossy(&output.stderr), "REFUSED");
}
