//! What good answers become.

use crate::program::{Run, discover, folder, sameca, text};
use crate::zone;

/// An estate inside: a pool with DNS load balancing, web services behind a load balancer, an Edge server.
const INSIDE: &str = "
    _sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.contoso.test
    _sip._tls.contoso.test SRV 0 0 443 sip.contoso.test
    _sipfederationtls._tcp.contoso.test SRV 0 0 5061 sip.contoso.test
    lyncpool.contoso.test A 10.0.0.11
    lyncpool.contoso.test A 10.0.0.12
    lyncpool.contoso.test AAAA fd00::11
    lyncdiscoverinternal.contoso.test CNAME webint.contoso.test
    webint.contoso.test A 10.0.0.20
    lyncdiscover.contoso.test A 203.0.113.5
    meet.contoso.test A 10.0.0.20
    dialin.contoso.test CNAME meet.contoso.test
    admin.contoso.test A 10.0.0.99
    sip.contoso.test A 203.0.113.6
    sipinternal.contoso.test A 10.0.0.11
";

fn inside() -> Run {
    discover(zone::serve(&["contoso.test"], INSIDE), &["contoso.test"])
}

fn about(records: &str) -> Run {
    discover(zone::serve(&["contoso.test"], records), &["contoso.test"])
}

#[track_caller]
fn says(run: &Run, sentence: &str) {
    assert!(run.said.contains(sentence), "{sentence}: {}", run.said);
}

#[test]
fn the_records_of_an_estate_become_its_file() {
    let run = inside();
    assert_eq!(run.code, 0, "{}", run.said);
    assert_eq!(
        run.endpoints(),
        [
            "role = \"front-end\" host = \"lyncpool.contoso.test\"",
            "role = \"web\" host = \"dialin.contoso.test\" ports = [443] optional = true group = \"internal\"",
            "role = \"web\" host = \"lyncdiscoverinternal.contoso.test\" ports = [443] optional = true group = \"internal\"",
            "role = \"web\" host = \"meet.contoso.test\" ports = [443] optional = true group = \"internal\"",
            "role = \"peer\" host = \"sipinternal.contoso.test\" ports = [5061] optional = true",
            "role = \"web\" host = \"lyncdiscover.contoso.test\" ports = [443]",
            "role = \"web\" host = \"sip.contoso.test\" ports = [443, 5061]",
        ]
    );
    assert!(
        run.estate
            .contains("3 addresses (10.0.0.11, 10.0.0.12, fd00::11)"),
        "{}",
        run.estate
    );
    assert!(
        run.estate
            .contains("- admin.contoso.test: it has addresses of its own"),
        "{}",
        run.estate
    );
    says(
        &run,
        "lyncdiscoverinternal.contoso.test: alias of webint.contoso.test, 10.0.0.20",
    );
    says(
        &run,
        "SRV _sipinternal._tcp.contoso.test: no such name (NXDOMAIN)",
    );
    says(&run, "seems to give the internal view");
}

#[test]
fn the_estate_is_one_that_check_accepts() {
    let (_folder, path) = folder();
    let server = zone::serve(&["contoso.test"], INSIDE);
    let run = discover(server, &["contoso.test", "-o", text(&path)]);
    assert_eq!(run.code, 0, "{}", run.said);
    for group in ["internal", "external", "all"] {
        let checked = sameca(&["estate", "check", text(&path), "--group", group]);
        assert_eq!(checked.code, 0, "{group}: {}", checked.said);
    }
}

#[test]
fn the_file_is_a_snapshot() {
    let run = inside();
    let server = run
        .said
        .lines()
        .find_map(|line| line.strip_prefix("Asked "))
        .expect("it says whom it asked");
    let estate = run
        .estate
        .replace(server.trim_end_matches(':'), "192.0.2.53:53");
    insta::assert_snapshot!(estate);
}

#[test]
fn one_address_may_be_a_load_balancer_and_that_is_said() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.contoso.test
        lyncpool.contoso.test A 10.0.0.10
    ",
    );
    assert_eq!(run.code, 0, "{}", run.said);
    assert!(
        run.estate
            .contains("a load balancer, which says nothing about its members"),
        "{}",
        run.estate
    );
}

#[test]
fn a_name_without_data_is_not_a_name_that_is_none() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.contoso.test
        lyncpool.contoso.test A 10.0.0.10
        sip.contoso.test SRV 0 0 1 x.contoso.test
    ",
    );
    says(
        &run,
        "sip.contoso.test: the name is there, without an address (no data)",
    );
    says(&run, "meet.contoso.test: no such name (NXDOMAIN)");
}

#[test]
fn a_wildcard_is_no_evidence() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.contoso.test
        lyncpool.contoso.test A 10.0.0.10
        *.contoso.test A 203.0.113.80
        lyncdiscover.contoso.test A 203.0.113.81
    ",
    );
    assert_eq!(run.code, 0, "{}", run.said);
    assert_eq!(
        run.endpoints(),
        [
            "role = \"front-end\" host = \"lyncpool.contoso.test\"",
            "role = \"web\" host = \"lyncdiscover.contoso.test\" ports = [443]",
        ]
    );
    says(
        &run,
        "any name below it resolves (a wildcard: 203.0.113.80)",
    );
    assert!(
        run.estate
            .contains("- meet.contoso.test: it has only the addresses that any name"),
        "{}",
        run.estate
    );
}

#[test]
fn a_domain_that_is_nothing_but_a_wildcard_tells_nothing() {
    let run = about("*.contoso.test A 203.0.113.80\n*.contoso.test SRV 0 0 443 x.contoso.test");
    assert_eq!(run.code, 3, "{}", run.said);
    assert!(run.estate.is_empty(), "{}", run.estate);
    says(&run, "a wildcard");
}

#[test]
fn a_target_that_only_a_wildcard_resolves_is_left_out() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5061 gone.contoso.test
        *.contoso.test A 203.0.113.80
    ",
    );
    assert_eq!(run.code, 3, "{}{}", run.said, run.estate);
    says(
        &run,
        "left out: gone.contoso.test, named by _sipinternaltls._tcp.contoso.test: it has the addresses of any name",
    );
}

#[test]
fn the_outer_view_is_said_to_be_one() {
    let run = about(
        "
        _sip._tls.contoso.test SRV 0 0 443 sip.contoso.test
        sip.contoso.test A 203.0.113.6
        lyncdiscover.contoso.test A 203.0.113.5
    ",
    );
    assert_eq!(run.code, 0, "{}", run.said);
    says(
        &run,
        "seems to give the external view: internal names are absent, and published names have no private addresses",
    );
    assert!(
        run.endpoints()
            .iter()
            .all(|endpoint| endpoint.starts_with("role = \"web\"")),
        "{}",
        run.estate
    );
}

#[test]
fn a_service_that_is_not_offered_and_odd_ports_are_told() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5071 lyncpool.contoso.test
        _sipinternaltls._tcp.contoso.test SRV 5 0 0 zero.contoso.test
        _sip._tls.contoso.test SRV 0 0 0 .
        lyncpool.contoso.test A 10.0.0.10
    ",
    );
    assert_eq!(
        run.endpoints(),
        ["role = \"front-end\" host = \"lyncpool.contoso.test\" ports = [443, 5071]"]
    );
    says(
        &run,
        "names port 5071 of lyncpool.contoso.test; usual is 5061",
    );
    says(&run, "not offered (target `.`)");
    assert!(
        run.estate.contains("says that the service is not offered"),
        "{}",
        run.estate
    );
    assert!(
        run.estate.contains("names port 0 of zero.contoso.test"),
        "{}",
        run.estate
    );
}

#[test]
fn targets_outside_of_the_domains_are_told() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.corp.test
        _sipfederationtls._tcp.contoso.test SRV 0 0 5061 sipfed.hosted.test
        lyncdiscover.contoso.test CNAME webdir.hosted.test
    ",
    );
    assert_eq!(
        run.endpoints(),
        ["role = \"front-end\" host = \"lyncpool.corp.test\""]
    );
    says(
        &run,
        "leads to lyncpool.corp.test, outside of the domains asked about",
    );
    assert!(
        run.estate
            .contains("sipfed.hosted.test, named by _sipfederationtls._tcp.contoso.test: outside"),
        "{}",
        run.estate
    );
    assert!(
        run.estate
            .contains("No address of lyncpool.corp.test was found"),
        "{}",
        run.estate
    );
}

#[test]
fn a_domain_that_is_asked_about_too_is_not_outside() {
    let server = zone::serve(
        &["contoso.test", "corp.test"],
        "_sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.corp.test\nlyncpool.corp.test A 10.0.0.10",
    );
    let run = discover(server, &["contoso.test", "corp.test"]);
    assert_eq!(run.code, 0, "{}", run.said);
    assert!(!run.said.contains("outside of the domains"), "{}", run.said);
}

#[test]
fn without_srv_records_the_fallback_leads_to_the_front_ends() {
    let run = about("sipinternal.contoso.test A 10.0.0.10\nsip.contoso.test A 10.0.0.10");
    assert_eq!(
        run.endpoints(),
        [
            "role = \"front-end\" host = \"sipinternal.contoso.test\"",
            "role = \"peer\" host = \"sip.contoso.test\" ports = [5061] optional = true",
        ]
    );
    assert!(
        run.estate.contains("No SRV record names front ends"),
        "{}",
        run.estate
    );
}

#[test]
fn an_address_that_no_server_has_is_none() {
    let run = about(
        "
        _sipinternaltls._tcp.contoso.test SRV 0 0 5061 lyncpool.contoso.test
        lyncpool.contoso.test A 10.0.0.10
        lyncdiscover.contoso.test A 0.0.0.0
    ",
    );
    says(
        &run,
        "lyncdiscover.contoso.test: 0.0.0.0 is no server's address",
    );
    assert_eq!(run.endpoints().len(), 1, "{}", run.estate);
}

#[test]
fn a_domain_without_lync_is_nothing_found() {
    let (_folder, path) = folder();
    let server = zone::serve(&["contoso.test"], "www.contoso.test A 10.0.0.1");
    let run = discover(server, &["contoso.test", "-o", text(&path)]);
    assert_eq!(run.code, 3, "{}", run.said);
    says(&run, "knows none of Lync's names in contoso.test");
    assert!(!path.exists());
}

#[test]
fn a_domain_that_the_server_does_not_serve_is_said_to_be_refused() {
    let server = zone::serve(&["other.test"], "www.other.test A 10.0.0.1");
    let run = discover(server, &["contoso.test"]);
    assert_eq!(run.code, 3, "{}", run.said);
    says(&run, "REFUSED: the server does not answer this client");
}

#[test]
fn an_estate_that_is_there_is_kept_replaced_or_added_to() {
    let (_folder, path) = folder();
    let server = zone::serve(&["contoso.test"], INSIDE);
    let mine = "# mine\n[[endpoint]]   # by hand\nrole = \"front-end\"\nhost = \"lync01.contoso.test\"\npool = \"lyncpool.contoso.test\"\n";
    std::fs::write(&path, mine).expect("writes");
    let kept = discover(server, &["contoso.test", "-o", text(&path)]);
    assert_eq!(kept.code, 2, "{}", kept.said);
    says(&kept, "--update adds to it");
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), mine);

    let added = discover(server, &["contoso.test", "-o", text(&path), "--update"]);
    assert_eq!(added.code, 0, "{}", added.said);
    says(
        &added,
        "~ front-end lyncpool.contoso.test: a pool in the file, whose members are asked; left as it is",
    );
    says(&added, "+ web lyncdiscover.contoso.test:443");
    let first = std::fs::read_to_string(&path).expect("reads");
    assert!(first.starts_with(mine), "{first}");
    assert!(
        !first.contains("host = \"lyncpool.contoso.test\""),
        "{first}"
    );
    let again = discover(server, &["contoso.test", "-o", text(&path), "--update"]);
    assert_eq!(again.code, 0, "{}", again.said);
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), first);

    let replaced = discover(server, &["contoso.test", "-o", text(&path), "--force"]);
    assert_eq!(replaced.code, 0, "{}", replaced.said);
    assert!(
        std::fs::read_to_string(&path)
            .expect("reads")
            .starts_with("# Made by `sameca discover`")
    );
}

#[test]
fn wrong_usage_says_what_would_be_right() {
    for (domain, why) in [
        ("contoso", "has no dot"),
        (
            "b\u{fc}cher.example",
            "write it as DNS has it: xn--bcher-kva.example",
        ),
        ("192.0.2.1", "a DNS name is wanted"),
        ("admin@contoso.com", "write `contoso.com` alone"),
        ("_sip._tls.contoso.com", "does not belong in it"),
        ("a..b", "between its dots"),
    ] {
        let run = sameca(&["discover", domain]);
        assert_eq!(run.code, 2, "{domain}: {}", run.said);
        assert!(run.said.contains(why), "{domain}: {}", run.said);
    }
    for (server, why) in [
        ("dns.contoso.com", "is given by its address"),
        ("192.0.2.53:0", "is no port"),
        ("0.0.0.0", "any address"),
    ] {
        let run = sameca(&["discover", "contoso.com", "--dns", server]);
        assert_eq!(run.code, 2, "{server}: {}", run.said);
        assert!(run.said.contains(why), "{server}: {}", run.said);
    }
    let many: Vec<String> = (0..17).map(|n| format!("d{n}.test")).collect();
    let mut arguments = vec!["discover"];
    arguments.extend(many.iter().map(String::as_str));
    let run = sameca(&arguments);
    assert_eq!(run.code, 2, "{}", run.said);
    says(&run, "17 domains are too many");
}
