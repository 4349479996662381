//! Questions and answers in lines for people.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::IpAddr;

use super::answer::{End, Lookup, Offer};
use super::gather::{Addresses, Gathered, OfDomain};
use super::name::Name;
use super::view;

/// How many values a line shows.
const SHOWN: usize = 8;

/// What was asked and what answered, a line each.
pub(super) fn asked(gathered: &Gathered) -> Vec<String> {
    let mut lines = vec![format!("Asked {}:", servers(gathered))];
    for domain in &gathered.domains {
        lines.extend(of_domain(domain));
    }
    let usual: BTreeSet<String> = gathered.domains.iter().flat_map(usual_names).collect();
    let others = gathered.targets.iter();
    for (name, addresses) in others.filter(|(name, _)| !usual.contains(*name)) {
        lines.push(format!("  {name}: {}", of_addresses(addresses)));
    }
    if gathered.targets_left > 0 {
        lines.push(format!(
            "  {} more servers that SRV records name were not asked for",
            gathered.targets_left
        ));
    }
    lines
}

fn usual_names(of: &OfDomain) -> Vec<String> {
    let names = of.usual.iter().map(|(usual, _)| usual.of(&of.domain));
    names.collect()
}

/// Who was asked.
pub(super) fn servers(gathered: &Gathered) -> String {
    listed(&gathered.servers)
}

fn of_domain(domain: &OfDomain) -> Vec<String> {
    let mut lines = Vec::new();
    for (service, offers) in &domain.services {
        let name = service.of(&domain.domain);
        lines.push(format!("  SRV {name}: {}", of_offers(offers)));
    }
    for (usual, addresses) in &domain.usual {
        let name = usual.of(&domain.domain);
        lines.push(format!("  {name}: {}", of_addresses(addresses)));
    }
    let nobody = domain.nobody.first().map(of_addresses).unwrap_or_default();
    lines.push(format!("  a random name below {}: {nobody}", domain.domain));
    lines
}

fn of_offers(offers: &Lookup<Offer>) -> String {
    match &offers.end {
        End::Values(values, more) => {
            let words: Vec<String> = values.iter().map(offer).collect();
            format!(
                "{}{}{}",
                via(&offers.aliases),
                listed(&words),
                and_more(*more)
            )
        }
        end => format!("{}{}", via(&offers.aliases), negative(end, "SRV")),
    }
}

fn offer(offer: &Offer) -> String {
    match &offer.target {
        Name::Root => "not offered (target `.`)".to_owned(),
        target => format!("{target}:{}", offer.port),
    }
}

/// The addresses of a name, and the way to them.
pub(super) fn of_addresses(addresses: &Addresses) -> String {
    let (v4, v6) = (&addresses.v4, &addresses.v6);
    let all: Vec<IpAddr> = addresses.all().collect();
    let via = via(addresses.aliases());
    if !all.is_empty() {
        let more = [v4, v6].map(|lookup| match &lookup.end {
            End::Values(_, more) => *more,
            _ => 0,
        });
        let failed = [(v4, "A"), (v6, "AAAA")].map(|(lookup, kind)| {
            let failure = lookup.failure();
            failure.map_or_else(String::new, |failure| format!("; {kind}: {failure}"))
        });
        return format!(
            "{via}{}{}{}",
            listed(&all),
            and_more(more.iter().sum()),
            failed.concat()
        );
    }
    let (four, six) = (negative(&v4.end, "A"), negative(&v6.end, "AAAA"));
    match (&v4.end, &v6.end) {
        (End::NoData, End::NoData) => {
            format!("{via}the name is there, without an address (no data)")
        }
        _ if four == six => format!("{via}{four}"),
        _ => format!("{via}A: {four}; AAAA: {six}"),
    }
}

fn via(aliases: &[String]) -> String {
    aliases
        .iter()
        .map(|alias| format!("alias of {alias}, "))
        .collect()
}

fn negative<T>(end: &End<T>, kind: &str) -> String {
    match end {
        End::Values(..) => String::new(),
        End::NoSuchName => "no such name (NXDOMAIN)".to_owned(),
        End::NoData => format!("the name is there, without {kind} records (no data)"),
        End::Loop(name) => format!("its aliases go round in a circle, back to {name}"),
        End::TooDeep => format!(
            "more than {} aliases after one another",
            super::answer::MAX_ALIASES
        ),
        End::Odd(name) => format!("alias of {name}, which is no server's name"),
        End::Failed(failure) => failure.to_string(),
    }
}

/// Values with commas between, as many as fit.
pub(super) fn listed<T: Display>(values: &[T]) -> String {
    let shown: Vec<String> = values.iter().take(SHOWN).map(ToString::to_string).collect();
    format!(
        "{}{}",
        shown.join(", "),
        and_more(values.len().saturating_sub(SHOWN))
    )
}

fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        _ => format!(" and {more} more"),
    }
}

/// Why nothing was found, in a sentence.
pub(super) fn nothing(gathered: &Gathered, left_out: bool) -> String {
    let names: Vec<String> = gathered
        .domains
        .iter()
        .map(|d| d.domain.to_string())
        .collect();
    let unanswered: Vec<String> = view::unanswered(gathered).into_iter().collect();
    let servers = servers(gathered);
    let names = listed(&names);
    if left_out {
        format!(
            "nothing is left that could be asked in {names}: everything that was found is left out, as said above"
        )
    } else if unanswered.is_empty() {
        format!(
            "{servers} knows none of Lync's names in {names}; is it the SIP domain, and the DNS of its network (--dns)?"
        )
    } else {
        format!(
            "nothing was found out of {names}; {servers}: {}",
            listed(&unanswered)
        )
    }
}
