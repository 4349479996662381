use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::inventory::{Builder, Selection};

/// An export of each kind.
const FORMS: [&str; 6] = [
    "published-2013.xml",
    "published-2015-standard-edition.xml",
    "builder-2013.tbxml",
    "configuration-2013.zip",
    "services.json",
    "services.csv",
];

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/topology");
    std::fs::read(path.join(name)).expect("a fixture")
}

fn of_fixtures(names: &[&str]) -> Import {
    let files: Vec<Vec<u8>> = names.iter().map(|name| fixture(name)).collect();
    let named = names.iter().zip(&files);
    let sources: Vec<Source<'_>> = named.map(|(name, bytes)| Source { name, bytes }).collect();
    import(&sources).unwrap_or_else(|errors| panic!("{names:?}: {errors:#?}"))
}

fn errors(files: &[(&str, &[u8])]) -> Vec<String> {
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|(name, bytes)| Source { name, bytes })
        .collect();
    let errors = import(&sources).expect_err("must be refused");
    errors.iter().map(ToString::to_string).collect()
}

/// The one error that a file gives.
fn error(text: &[u8]) -> String {
    let mut errors = errors(&[("t.xml", text)]);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.remove(0)
}

/// A topology of one front end, with more inside its clusters and in its registrar.
fn topology(clusters: &str, ports: &str) -> String {
    format!(
        "<Topology>\n<Clusters><Cluster Fqdn='pool.test'><ClusterId SiteId='1' Number='1'/><Machine Fqdn='fe01.test'/></Cluster>{clusters}</Clusters>\n\
         <Services><Service><ServiceId RoleName='Registrar'/><InstalledOn><ClusterId SiteId='1' Number='1'/></InstalledOn><Ports>{ports}</Ports></Service></Services></Topology>"
    )
}

const PORT: &str = "<Port Port='5061' Protocol='Mtls'/>";

#[test]
fn a_published_topology_becomes_an_estate() {
    insta::assert_snapshot!(of_fixtures(&["published-2013.xml"]).estate());
}

#[test]
fn other_ports_and_other_prefixes_are_read() {
    insta::assert_snapshot!(of_fixtures(&["published-2015-standard-edition.xml"]).estate());
}

#[test]
fn objects_as_json_become_an_estate() {
    insta::assert_snapshot!(of_fixtures(&["pools.json", "services.json"]).estate());
}

#[test]
fn objects_as_csv_become_an_estate() {
    insta::assert_snapshot!(of_fixtures(&["services.csv", "computers.csv"]).estate());
}

#[test]
fn the_same_topology_in_another_form_is_the_same_estate() {
    let published = of_fixtures(&["published-2013.xml"]).plan;
    assert_eq!(published, of_fixtures(&["builder-2013.tbxml"]).plan);
    assert_eq!(published, of_fixtures(&["configuration-2013.zip"]).plan);
}

#[test]
fn a_topology_inside_a_text_is_read_too() {
    let inner = topology("", PORT);
    let escaped = inner.replace('&', "&amp;").replace('<', "&lt;");
    for data in [escaped, format!("<![CDATA[{inner}]]>")] {
        let text = format!("<DocItemSet><DocItem><Data>{data}</Data></DocItem></DocItemSet>");
        let source = Source {
            name: "t.xml",
            bytes: text.as_bytes(),
        };
        let plain = Source {
            name: "t.xml",
            bytes: inner.as_bytes(),
        };
        assert_eq!(import(&[source]), import(&[plain]));
    }
}

#[test]
fn the_path_in_a_file_of_topology_builder_is_told_to_nobody() {
    assert!(
        !of_fixtures(&["builder-2013.tbxml"])
            .estate()
            .contains("somebody")
    );
}

#[test]
fn a_dependency_is_not_mistaken_for_the_service() {
    let text = topology("", PORT).replace(
        "<InstalledOn>",
        "<DependsOn><Dependency><ServiceId RoleName='UserStore'/></Dependency></DependsOn><InstalledOn>",
    );
    let source = Source {
        name: "t.xml",
        bytes: text.as_bytes(),
    };
    let import = import(&[source]).expect("a topology");
    assert!(
        import.estate().contains("role = \"front-end\""),
        "{}",
        import.estate()
    );
}

#[test]
fn a_file_of_another_kind_is_called_what_it_looks_like() {
    for (bytes, what) in [
        (&b""[..], "the file is empty"),
        (b"%PDF-1.4", "a PDF file"),
        (b"\x30\x82\x01\x02", "a certificate"),
        (b"-----BEGIN CERTIFICATE-----", "a PEM file"),
        (b"<!DOCTYPE html><html></html>", "DTD"),
        (b"<html></html>", "an HTML page"),
        (b"<Objs></Objs>", "Export-Clixml"),
        (b"<plan/>", "its root is `plan`"),
        (b"[[endpoint]]\nhost = \"a\"", "an estate already"),
        (b"{\"a\": 1}", "these are not objects of Get-CsPool"),
        (b"lync01\nlync02", "neither XML nor an archive"),
    ] {
        let error = error(bytes);
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn half_an_export_is_called_so() {
    let whole = fixture("published-2013.xml");
    let cut = error(&whole[..whole.len() / 2]);
    assert!(cut.contains("it was cut off"), "{cut}");
    let services = topology("", PORT);
    let (clusters, _) = services.split_once("<Services>").expect("services");
    let half = error(format!("{clusters}</Topology>").as_bytes());
    assert!(half.contains("half of the topology is missing"), "{half}");
    let foreign = services.replace("Number='1'/></InstalledOn>", "Number='7'/></InstalledOn>");
    assert!(error(foreign.as_bytes()).contains("on the cluster `1:7`, which is not in the file"));
    let json = error(br#"[{"PoolFqdn": "a.test""#);
    assert!(json.contains("cut off"), "{json}");
    let row = error(b"Identity,PoolFqdn,Version\nRegistrar:a.test,a.test\n");
    assert!(
        row.contains("t.xml:2: a row has not as many fields"),
        "{row}"
    );
}

#[test]
fn computers_without_services_are_half_an_export() {
    let computers = fixture("computers.csv");
    let errors = errors(&[("computers.csv", &computers)]);
    assert!(
        errors[0].contains("give the export of Get-CsService too"),
        "{errors:?}"
    );
}

#[test]
fn pools_whose_members_were_not_written_need_the_computers() {
    let (pools, services) = (fixture("pools.csv"), fixture("services.csv"));
    let errors = errors(&[("pools.csv", &pools), ("services.csv", &services)]);
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        errors[0].contains("pools.csv:2: the members of the pool `lyncpool.contoso.com` are not known; give the export of Get-CsComputer too"),
        "{errors:#?}"
    );
}

#[test]
fn two_topologies_with_clashing_pools_are_refused() {
    let one = topology("", PORT);
    let other = one.replace("fe01.test", "fe02.test");
    let errors = errors(&[("a.xml", one.as_bytes()), ("b.xml", other.as_bytes())]);
    assert_eq!(
        errors,
        [
            "b.xml:2: the pool `pool.test` has other members here (fe02.test) than at a.xml:2 (fe01.test); these are exports of two topologies, or of two times; import one after the other"
        ]
    );
}

#[test]
fn a_computer_that_its_pool_does_not_list_is_a_clash() {
    let pools = fixture("pools.json");
    let services = fixture("services.json");
    let computer = b"Identity,Fqdn,Pool\nx,lync09.contoso.com,lyncpool.contoso.com\n";
    let errors = errors(&[("p", &pools), ("s", &services), ("c", computer)]);
    assert!(
        errors[0].contains("other members here (lync09.contoso.com)"),
        "{errors:?}"
    );
}

#[test]
fn a_member_without_a_pool_is_refused() {
    let text = "<Topology>\n<Machine Fqdn='fe09.test'/></Topology>";
    assert!(error(text.as_bytes()).contains("t.xml:2: the machine `fe09.test` is in no pool"));
    let csv = b"Identity,Fqdn,Pool\nfe09.test,fe09.test,\n";
    assert!(error(csv).contains("t.xml:2: the computer `fe09.test` is in no pool"));
}

#[test]
fn every_wrong_value_is_told_with_its_line() {
    let clusters = "\n<Cluster Fqdn='a b'><ClusterId SiteId='1' Number='2'/></Cluster>";
    let ports = "\n<Port Port='65536' Protocol='Tls'/>";
    let text = topology(clusters, ports);
    let errors = errors(&[("t.xml", text.as_bytes())]);
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[0].starts_with("t.xml:3: `a b` is not a server's name"));
    assert!(errors[1].starts_with("t.xml:5: `65536` is not a port"));
}

#[test]
fn a_hundred_thousand_machines_are_no_estate() {
    let machines: String = (0..100_000)
        .map(|number| format!("<Machine Fqdn='m{number}.test'/>\n"))
        .collect();
    let cluster =
        format!("<Cluster Fqdn='x.test'><ClusterId SiteId='1' Number='2'/>{machines}</Cluster>");
    let error = error(topology(&cluster, PORT).as_bytes());
    assert_eq!(
        error,
        "t.xml: there are 100001 machines in it, at most 20000 are read; is it the right file?"
    );
}

#[test]
fn an_entity_bomb_does_not_go_off() {
    let bomb =
        b"<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><Topology>&b;</Topology>";
    assert!(error(bomb).contains("has a DTD"));
}

#[test]
fn a_configuration_without_a_topology_is_refused_and_so_are_two() {
    let settings = "<DocItemSet><DocItem><Data><Other/></Data></DocItem></DocItemSet>";
    assert!(error(settings.as_bytes()).contains("there is no topology in it"));
    assert!(error(b"<Topology/>").contains("or an empty one"));
    let twice = format!("<DocItemSet>{}{0}</DocItemSet>", topology("", PORT));
    assert!(error(twice.as_bytes()).contains("there are 2 topologies in it"));
}

#[test]
fn a_front_end_without_a_port_is_left_out_and_said() {
    assert!(error(topology("", "").as_bytes()).contains("no server in it that could be asked"));
    let more = "<Cluster Fqdn='fe02.test'><ClusterId SiteId='1' Number='2'/><Machine Fqdn='fe02.test'/></Cluster>";
    let text = topology(more, PORT).replace(
        "</Services>",
        "<Service><ServiceId RoleName='Registrar'/><InstalledOn><ClusterId SiteId='1' Number='2'/></InstalledOn></Service></Services>",
    );
    let source = Source {
        name: "t.xml",
        bytes: text.as_bytes(),
    };
    let import = import(&[source]).expect("a topology");
    assert!(import.left_out()[0].starts_with("fe02.test: registrar"));
}

#[test]
fn a_topology_without_lync_servers_is_refused() {
    let text = topology("", "").replace("Registrar", "UserStore");
    assert!(error(text.as_bytes()).contains("there is no server in it that could be asked"));
}

#[test]
fn text_of_the_file_cannot_leave_its_comment() {
    let text = topology("", PORT).replace(
        "<Topology>",
        "<Topology><Sites><CentralSite SiteId='1'><Name>HQ&#10;[[endpoint]]</Name></CentralSite></Sites>",
    );
    let source = Source {
        name: "dir/t\n.xml",
        bytes: text.as_bytes(),
    };
    let estate = import(&[source]).expect("a topology").estate();
    let tables = estate.lines().filter(|line| line.starts_with("[[")).count();
    assert_eq!(tables, 2, "the front end and its pool's name:\n{estate}");
}

#[test]
fn an_update_adds_and_keeps_everything_that_was_there() {
    let old = "# mine\nname = \"X\"   # kept\n\n[[endpoint]]\nrole = [\"front-end\", \"persistent-chat\"] # by hand\nhost = 'SE01.fabrikam.com'\nports = [8443]\n\n[[endpoint]]\nhost = \"printer.fabrikam.com\" # not Lync";
    let import = of_fixtures(&["published-2015-standard-edition.xml"]);
    let update = import.update(old).expect("TOML");
    assert!(
        update.text.starts_with(old),
        "nothing that was there is changed"
    );
    insta::assert_snapshot!(format!(
        "{}\n---\n{}",
        update.differences.join("\n"),
        update.text
    ));
    let again = import.update(&update.text).expect("TOML");
    assert_eq!(again.text, update.text, "a second update adds nothing");
}

#[test]
fn a_new_estate_needs_no_update() {
    let import = of_fixtures(&["published-2013.xml"]);
    let estate = import.estate();
    let update = import.update(&estate).expect("TOML");
    assert_eq!((update.text, update.differences), (estate, vec![]));
}

#[test]
fn an_estate_that_is_not_toml_is_not_touched() {
    let import = of_fixtures(&["published-2013.xml"]);
    let error = import.update("[[endpoint]\n").expect_err("not TOML");
    assert!(error.to_string().starts_with("not TOML"), "{error}");
}

#[test]
fn no_export_is_taken_for_an_estate_or_the_other_way() {
    let forms = [
        "published-2013.xml",
        "builder-2013.tbxml",
        "configuration-2013.zip",
        "pools.csv",
        "services.json",
    ];
    assert!(forms.iter().all(|name| is_topology(&fixture(name))));
    let estate = of_fixtures(&["published-2013.xml"]).estate();
    for text in [
        &estate,
        "endpoint = [{ host = \"a\" }]",
        "front-end lync01:443,5061",
        "",
    ] {
        assert!(!is_topology(text.as_bytes()), "{text}");
    }
}

#[test]
fn every_name_of_the_estate_is_given_once_for_each_role_and_group() {
    let plan = of_fixtures(&["published-2013.xml"]).plan;
    let endpoints = plan.sections.iter().flat_map(|section| &section.endpoints);
    let mut seen = BTreeSet::new();
    for endpoint in endpoints {
        let key = (
            endpoint.role,
            &endpoint.host,
            endpoint.group,
            endpoint.optional,
        );
        assert!(seen.insert(key), "{endpoint:?}");
    }
}

proptest! {
    /// As the fuzz target has it: errors, or an estate that can be used and lacks nothing.
    #[test]
    fn no_change_to_an_export_makes_it_panic(
        form in 0..FORMS.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        length in any::<proptest::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = fixture(FORMS[form]);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let source = Source { name: "t", bytes: &bytes };
        match import(&[source]) {
            Ok(import) => {
                let estate = import.estate();
                let mut builder = Builder::new(Selection::default());
                builder.estate(Path::new("estate.toml"), estate.as_bytes());
                prop_assert!(builder.finish().is_ok(), "{}", estate);
                let update = import.update(&estate);
                prop_assert_eq!(update.map(|update| update.text), Ok(estate));
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }
}
