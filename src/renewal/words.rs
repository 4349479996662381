//! The answer in a sentence: which server still does what on which port.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::change::{Change, Class, State};
use crate::model::observation::Outcome;
use crate::model::renewal::{Answer, RenewalSummary};
use crate::model::report::RunReport;
use crate::model::verdict::Verdict;
use crate::renewal::pools;

/// How many sentences a headline has before it counts.
const SENTENCES: usize = 3;

/// The answer without its first word: `9 of 12: lync02 still serves the old certificate on 5061 (443 is new)`.
pub(super) fn headline(
    answer: Answer,
    endpoints: &[Change],
    summary: &RenewalSummary,
    report: &RunReport,
) -> String {
    let count = format!("{} of {}", summary.right, summary.endpoints);
    let sentence = match answer {
        Answer::Renewed if report.verdict == Verdict::Same => report.headline.clone(),
        Answer::Renewed => "the endpoint presents a new certificate".to_owned(),
        Answer::NotRenewed | Answer::Inconclusive => faults(endpoints, report),
    };
    let interrupted = if report.partial { "interrupted; " } else { "" };
    format!("{count}: {interrupted}{sentence}")
}

fn faults(endpoints: &[Change], report: &RunReport) -> String {
    let mut sentences = sentences(endpoints);
    if sentences.is_empty() {
        return report.headline.clone();
    }
    if all_moved(endpoints) {
        return "every endpoint serves a certificate of another CA than in the baseline; one that was changed on purpose is given with --reference-ca".to_owned();
    }
    let more = sentences.len().saturating_sub(SENTENCES);
    sentences.truncate(SENTENCES);
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", sentences.join("; "))
}

/// Whether nothing comes from a CA that the baseline has.
fn all_moved(endpoints: &[Change]) -> bool {
    let mut counted = endpoints.iter().filter(|change| change.counted);
    counted.all(|change| {
        matches!(
            change.class,
            Class::CaChanged | Class::CaKeyGenerationChanged
        )
    })
}

/// One sentence for each server and what is the matter with it, wrong ones before open ones.
fn sentences(endpoints: &[Change]) -> Vec<String> {
    let several = pools::several(endpoints);
    let short = short_names(endpoints);
    let mut servers: BTreeMap<String, Server<'_>> = BTreeMap::new();
    for change in endpoints.iter().filter(|change| change.counted) {
        let name = pools::member(change, &several);
        let name = name.replacen(
            &change.host,
            short
                .get(change.host.as_str())
                .copied()
                .unwrap_or(&change.host),
            1,
        );
        let server = servers.entry(name).or_default();
        let port = change.port.map_or(0, |port| port.number());
        match change.state {
            Some(State::Right) => server.right.insert(port),
            Some(state) => {
                let matter = (std::cmp::Reverse(state), matter(change));
                server.matters.entry(matter).or_default().insert(port)
            }
            None => false,
        };
    }
    let mut all: Vec<_> = servers
        .iter()
        .flat_map(|(name, server)| {
            let matters = server.matters.iter().enumerate();
            matters.map(move |(number, ((state, matter), ports))| {
                (*state, server.sentence(number, name, matter, ports))
            })
        })
        .collect();
    all.sort_by_key(|(state, _)| *state);
    all.into_iter().map(|(_, sentence)| sentence).collect()
}

#[derive(Default)]
struct Server<'c> {
    right: BTreeSet<u16>,
    matters: BTreeMap<(std::cmp::Reverse<State>, Matter<'c>), BTreeSet<u16>>,
}

/// What is the matter, as far as it is said alike for several ports.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Matter<'c> {
    /// A predicate of the server.
    Does(&'static str),
    /// No certificate, and what came instead.
    Silent(&'static str),
    /// Something that needs its own words.
    Says(&'c str),
}

fn matter(change: &Change) -> Matter<'_> {
    match change.class {
        Class::Unchanged if change.old.is_some() => {
            Matter::Does("still serves the old certificate")
        }
        Class::NotCaptured => Matter::Silent(change.outcome.map_or("not asked", Outcome::word)),
        Class::CaChanged => Matter::Does("serves a certificate of another CA"),
        Class::CaKeyGenerationChanged => {
            Matter::Does("serves a certificate of another key of its CA")
        }
        Class::RolledBack => Matter::Does("serves an older certificate than before"),
        Class::Vanished => Matter::Does("is not there any more"),
        Class::ShorterLived => Matter::Does("serves a certificate that ends before the old one"),
        _ => Matter::Says(&change.reason),
    }
}

impl Server<'_> {
    /// The first sentence about a server also says on which ports all is well.
    fn sentence(
        &self,
        number: usize,
        name: &str,
        matter: &Matter<'_>,
        ports: &BTreeSet<u16>,
    ) -> String {
        let outcome = match matter {
            Matter::Silent(word) => Some((*word).to_owned()),
            Matter::Does(_) | Matter::Says(_) => None,
        };
        let verb = if self.right.len() == 1 { "is" } else { "are" };
        let others = (number == 0 && !self.right.is_empty())
            .then(|| format!("{} {verb} new", list(&self.right)));
        let beside: Vec<String> = outcome.into_iter().chain(others).collect();
        let beside = match beside.join("; ") {
            nothing if nothing.is_empty() => nothing,
            beside => format!(" ({beside})"),
        };
        let ports = list(ports);
        match matter {
            Matter::Does(does) => format!("{name} {does} on {ports}{beside}"),
            Matter::Silent(_) => format!("{name} gave no certificate on {ports}{beside}"),
            Matter::Says(says) => format!("{name} on {ports}: {says}{beside}"),
        }
    }
}

/// `443`, `443 and 5061`, `443, 444 and 5061`.
fn list(ports: &BTreeSet<u16>) -> String {
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    match ports.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The first label of each name, where no other has the same.
fn short_names(endpoints: &[Change]) -> BTreeMap<&str, &str> {
    let mut hosts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for change in endpoints {
        let is_name = change.host.parse::<std::net::IpAddr>().is_err();
        let label = change.host.split('.').next().filter(|_| is_name);
        let label = label.unwrap_or(&change.host);
        hosts.entry(label).or_default().insert(&change.host);
    }
    let alone = hosts.into_iter().filter(|(_, hosts)| hosts.len() == 1);
    alone
        .flat_map(|(label, hosts)| hosts.into_iter().map(move |host| (host, label)))
        .collect()
}
