//! Where an estate file, a topology and DNS disagree about the servers of an estate.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::net::IpAddr;

use crate::model::target::{Group, Host, Inventory, Port, ResolvedName, Role, Target};
use crate::report::page::Page;
use crate::report::style::Style;

/// Writes each name of which the file and the topology say different things, with what DNS says where it was asked.
pub fn render(
    file: &Inventory,
    topology: &Inventory,
    dns: &[ResolvedName],
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.section(if dns.is_empty() {
        "file and topology"
    } else {
        "file, topology and DNS"
    })?;
    let (file, topology) = (of_names(file), of_names(topology));
    let dns: BTreeMap<&str, &Result<Vec<IpAddr>, String>> = dns
        .iter()
        .map(|one| (one.name.as_str(), &one.addresses))
        .collect();
    let names: BTreeSet<&String> = file.keys().chain(topology.keys()).collect();
    let mut alike = 0;
    for name in names {
        let said = [file.get(name), topology.get(name)];
        let lost = dns.get(name.as_str()).is_some_and(|found| found.is_err());
        if said[0] == said[1] && !lost {
            alike += 1;
            continue;
        }
        page.hang("  ", 4, name)?;
        page.hang("    file      ", 14, &words(said[0]))?;
        page.hang("    topology  ", 14, &words(said[1]))?;
        if let Some(found) = dns.get(name.as_str()) {
            page.hang("    DNS       ", 14, &in_dns(found))?;
        }
    }
    page.hang("  ", 2, &agreed(alike))
}

fn agreed(alike: usize) -> String {
    match alike {
        0 => "they agree on no name".to_owned(),
        1 => "they agree on one name".to_owned(),
        _ => format!("they agree on {alike} names"),
    }
}

/// What a source says of a name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    roles: BTreeSet<Role>,
    ports: BTreeSet<(Group, Port)>,
    pools: BTreeSet<String>,
}

fn of_names(inventory: &Inventory) -> BTreeMap<String, Said> {
    let mut names: BTreeMap<String, Said> = BTreeMap::new();
    for target in &inventory.targets {
        let Host::Name(name) = &target.host else {
            continue;
        };
        names.entry(name.clone()).or_default().add(target);
    }
    names
}

impl Said {
    fn add(&mut self, target: &Target) {
        self.roles.extend(&target.roles);
        self.ports.insert((target.group, target.port));
        self.pools.extend(target.pool.clone());
    }
}

fn words(said: Option<&Said>) -> String {
    let Some(said) = said else {
        return "does not name it".to_owned();
    };
    let roles: Vec<&str> = said.roles.iter().map(|role| role.word()).collect();
    let mut words = vec![roles.join(", ")];
    for group in Group::ALL {
        let ports = said.ports.iter().filter(|(of, _)| *of == group);
        let ports: Vec<String> = ports.map(|(_, port)| port.to_string()).collect();
        if !ports.is_empty() {
            words.push(format!("{group} {}", ports.join(",")));
        }
    }
    words.extend(said.pools.iter().map(|pool| format!("pool {pool}")));
    words.join("; ")
}

fn in_dns(found: &Result<Vec<IpAddr>, String>) -> String {
    match found {
        Ok(addresses) => {
            let words: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            words.join(", ")
        }
        Err(why) => format!("no address ({why})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::Requirement;

    fn target(host: &str, port: u16, pool: Option<&str>) -> Target {
        Target {
            host: Host::Name(host.to_owned()),
            port: Port::new(port).expect("not zero"),
            addresses: Vec::new(),
            sni: None,
            roles: BTreeSet::from([Role::FrontEnd]),
            group: Group::Internal,
            pool: pool.map(str::to_owned),
            requirement: Requirement::Required,
        }
    }

    fn inventory(targets: &[Target]) -> Inventory {
        Inventory {
            targets: targets.to_vec(),
            ..Inventory::default()
        }
    }

    fn found(name: &str, addresses: Result<Vec<IpAddr>, String>) -> ResolvedName {
        ResolvedName {
            name: name.to_owned(),
            pool: None,
            given: Vec::new(),
            addresses,
        }
    }

    fn shown(file: &[Target], topology: &[Target], dns: &[ResolvedName]) -> String {
        let mut out = Vec::new();
        let style = Style {
            width: 100,
            colour: false,
            ascii: true,
            verbose: 0,
            quiet: false,
        };
        render(
            &inventory(file),
            &inventory(topology),
            dns,
            &style,
            &mut out,
        )
        .expect("writes to memory");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn each_disagreement_is_shown_with_what_all_three_say() {
        let file = [
            target("fe1", 443, Some("pool")),
            target("fe2", 443, Some("pool")),
            target("same", 443, None),
            target("old", 443, None),
        ];
        let topology = [
            target("fe1", 443, Some("pool")),
            target("fe1", 5061, Some("pool")),
            target("fe2", 443, Some("other")),
            target("fe3", 443, Some("pool")),
            target("same", 443, None),
        ];
        let address: IpAddr = "192.0.2.3".parse().expect("an address");
        let dns = [
            found("fe3", Ok(vec![address])),
            found("old", Err("no such name".to_owned())),
        ];
        insta::assert_snapshot!(shown(&file, &topology, &dns), @r"

        file, topology and DNS
          fe1
            file      front-end; internal 443; pool pool
            topology  front-end; internal 443,5061; pool pool
          fe2
            file      front-end; internal 443; pool pool
            topology  front-end; internal 443; pool other
          fe3
            file      does not name it
            topology  front-end; internal 443; pool pool
            DNS       192.0.2.3
          old
            file      front-end; internal 443
            topology  does not name it
            DNS       no address (no such name)
          they agree on one name
        ");
    }

    #[test]
    fn what_both_name_and_dns_does_not_is_a_disagreement() {
        let one = [target("fe1", 443, None)];
        let lost = [found("fe1", Err("no such name".to_owned()))];
        assert!(shown(&one, &one, &lost).contains("DNS       no address (no such name)"));
        assert!(shown(&one, &one, &[]).contains("they agree on one name"));
    }
}
