//! What would be asked of an estate: [`Inventory`] as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::net::IpAddr;

use crate::model::target::{
    Expectation, FileTarget, Group, Inventory, Requirement, ResolvedName, Target,
};
use crate::report::page::Page;
use crate::report::style::Style;
use crate::report::text;

/// Writes one line for each host and what its ports have in common.
pub fn render(inventory: &Inventory, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let name = inventory
        .name
        .as_deref()
        .map_or_else(String::new, |name| format!("{name}: "));
    let endpoints = inventory.targets.len() + inventory.files.len();
    let hosts: BTreeSet<_> = inventory
        .targets
        .iter()
        .map(|target| &target.host)
        .collect();
    page.hang(
        "",
        0,
        &format!(
            "{name}{endpoints} endpoints on {} hosts would be asked; nothing was contacted",
            hosts.len()
        ),
    )?;
    for group in Group::ALL {
        section(&mut page, inventory, group)?;
    }
    Ok(())
}

fn section(page: &mut Page<'_>, inventory: &Inventory, group: Group) -> io::Result<()> {
    let targets: Vec<&Target> = inventory
        .targets
        .iter()
        .filter(|target| target.group == group)
        .collect();
    let files: Vec<&FileTarget> = inventory
        .files
        .iter()
        .filter(|file| file.group == group)
        .collect();
    if targets.is_empty() && files.is_empty() {
        return Ok(());
    }
    page.section(&format!("{group}{}", expected(inventory, group)))?;
    let lines = lines(&targets);
    let widest = lines
        .iter()
        .map(|line| text::width(&page.style.harmless(&line.host)))
        .max()
        .unwrap_or(0);
    let column = widest.min(page.style.columns() / 2) + 2;
    for line in &lines {
        let host = page.style.short(&line.host, column - 2);
        page.hang(
            &format!("  {}", text::pad(&host, column)),
            column + 2,
            &line.words(),
        )?;
    }
    for file in files {
        let roles: Vec<&str> = file.roles.iter().map(|role| role.word()).collect();
        page.indented(
            2,
            &format!("file:{}  {}", file.path.display(), roles.join(", ")),
        )?;
    }
    Ok(())
}

fn expected(inventory: &Inventory, group: Group) -> String {
    let rule = inventory
        .expectations
        .iter()
        .find(|(of, _)| *of == group)
        .map(|(_, rule)| rule);
    match rule {
        None => String::new(),
        Some(Expectation::Public) => ", from a public CA".to_owned(),
        Some(Expectation::ReferenceCa(path)) => format!(", from the CA in {}", path.display()),
    }
}

/// Writes what DNS says of each name, and where it and the estate disagree. Writes nothing when no name was asked for.
pub fn names(names: &[ResolvedName], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut page = Page::new(style, out);
    page.section("names")?;
    let mut members: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    for one in names {
        if let Some(pool) = one.pool.as_deref().filter(|pool| *pool != one.name) {
            let found = one.addresses.iter().flatten().copied();
            members.entry(pool).or_default().extend(found);
        }
    }
    for one in names {
        let words = in_dns(one, members.get(one.name.as_str()));
        page.hang("  ", 4, &format!("{}: {words}", one.name))?;
    }
    Ok(())
}

fn in_dns(one: &ResolvedName, members: Option<&BTreeSet<IpAddr>>) -> String {
    let listed = |addresses: &[IpAddr]| {
        let words: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        words.join(", ")
    };
    let addresses = match &one.addresses {
        Ok(_) if !one.given.is_empty() => {
            return format!("{} by the estate; DNS was not asked", listed(&one.given));
        }
        Ok(addresses) => addresses,
        Err(why) => return format!("not in DNS ({why})"),
    };
    let foreign: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|address| members.is_some_and(|members| !members.contains(address)))
        .collect();
    let missing: Vec<IpAddr> = members
        .into_iter()
        .flatten()
        .copied()
        .filter(|address| !addresses.contains(address))
        .collect();
    let mut words = listed(addresses);
    if !foreign.is_empty() {
        words.push_str(&format!("; of no member: {}", listed(&foreign)));
    }
    if !missing.is_empty() {
        words.push_str(&format!(
            "; of members, but not behind the pool's name: {}",
            listed(&missing)
        ));
    }
    words
}

/// The ports of one host that are alike in everything else.
struct Line {
    host: String,
    ports: Vec<String>,
    rest: Vec<String>,
}

impl Line {
    fn words(&self) -> String {
        let ports = self.ports.join(",");
        std::iter::once(ports)
            .chain(self.rest.iter().cloned())
            .collect::<Vec<_>>()
            .join("  ")
    }
}

fn lines(targets: &[&Target]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut known: BTreeMap<(String, Vec<String>), usize> = BTreeMap::new();
    for target in targets {
        let (host, rest) = (target.host.to_string(), rest(target));
        let index = *known
            .entry((host.clone(), rest.clone()))
            .or_insert_with(|| {
                lines.push(Line {
                    host,
                    ports: Vec::new(),
                    rest,
                });
                lines.len() - 1
            });
        if let Some(line) = lines.get_mut(index) {
            line.ports.push(target.port.to_string());
        }
    }
    lines
}

/// Everything about a target but its host and port.
fn rest(target: &Target) -> Vec<String> {
    let roles: Vec<&str> = target.roles.iter().map(|role| role.word()).collect();
    let mut words = vec![roles.join(", ")];
    words.push(match target.requirement {
        Requirement::Required => "required".to_owned(),
        Requirement::OneOfHost => "one of them must answer".to_owned(),
        Requirement::Optional => "optional".to_owned(),
    });
    words.extend(target.pool.as_ref().map(|pool| format!("pool {pool}")));
    let usual = target.sni.as_deref() == Some(target.host.to_string().as_str());
    words.extend(
        target
            .sni
            .as_ref()
            .filter(|_| !usual)
            .map(|sni| format!("server name {sni}")),
    );
    if !target.addresses.is_empty() {
        let addresses: Vec<String> = target.addresses.iter().map(ToString::to_string).collect();
        words.push(format!("at {}", addresses.join(", ")));
    }
    words
}
