//! The verdict in words: the sentence that every output begins with.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::judge::brief;
use crate::judge::group::{Judgement, Obstacle};
use crate::judge::reason::{Against, subject_of_comparison, the_others};
use crate::judge::targets::{Targets, listed};
use crate::judge::{Brief, Case};
use crate::model::identified::LeafNumber;
use crate::model::issuer::Evidence;
use crate::model::target::{Group, Role};
use crate::model::verdict::{Same, Verdict};

/// What the issuer of a self-signed certificate is called.
const ITSELF: &str = "itself (self-signed)";

/// The answer in a sentence, without the verdict's own word.
pub(super) fn headline(case: &Case<'_>, verdict: Verdict) -> String {
    let judged: Vec<_> = case.judged().collect();
    let deciding: Vec<_> = judged
        .iter()
        .filter(|(_, judgement)| judgement.verdict == verdict)
        .collect();
    let sentences: Vec<String> = deciding
        .iter()
        .map(|(group, judgement)| {
            let sentence = match verdict {
                Verdict::Same => same(case, *group),
                Verdict::Different => different(case, *group, judgement),
                Verdict::Inconclusive => inconclusive(case, *group, judgement),
            };
            if judged.len() > 1 {
                format!("{group}: {sentence}")
            } else {
                sentence
            }
        })
        .collect();
    if sentences.is_empty() {
        let groups: Vec<_> = case.rules.judged.iter().map(|group| group.word()).collect();
        return format!(
            "there is no endpoint in the judged group ({})",
            groups.join(", ")
        );
    }
    let sentence = sentences.join("; ");
    if case.rules.partial {
        format!("interrupted; of what was seen so far: {sentence}")
    } else {
        sentence
    }
}

fn rows_of<'c>(case: &'c Case<'_>, group: Group) -> impl Iterator<Item = &'c Brief> {
    case.rows.iter().filter(move |row| row.group == group)
}

fn captured(case: &Case<'_>, group: Group) -> u64 {
    brief::count(rows_of(case, group).filter(|row| row.leaf.is_some()))
}

fn same(case: &Case<'_>, group: Group) -> String {
    let count = captured(case, group);
    let all = match count {
        1 => "the one endpoint presents a certificate".to_owned(),
        2 => "both endpoints present certificates".to_owned(),
        _ => format!("all {count} endpoints present certificates"),
    };
    let issuers = issuers(case, group);
    let from = match (case.rules.policy.same, issuers.len()) {
        (Same::Root, 2..) => format!("of {} CAs under one root", issuers.len()),
        (_, 2..) => format!("of {} public CAs", issuers.len()),
        _ => format!("issued by {}", issuers.first().cloned().unwrap_or_default()),
    };
    format!("{all} {from}")
}

/// The issuers in a group by quoted short name.
fn issuers(case: &Case<'_>, group: Group) -> BTreeSet<String> {
    let leaves = rows_of(case, group).filter_map(|row| row.leaf);
    let leaves = leaves.filter(|leaf| case.names.issuer(*leaf).is_some());
    leaves
        .map(|leaf| case.short.quoted(&case.names.issuer_of(leaf)))
        .collect()
}

fn different(case: &Case<'_>, group: Group, judgement: &Judgement) -> String {
    match subject_of_comparison(case, group) {
        Some(against) => different_from(case, group, judgement, &against),
        None => among_themselves(case, group),
    }
}

fn different_from(
    case: &Case<'_>,
    group: Group,
    judgement: &Judgement,
    against: &Against,
) -> String {
    let wrong: Vec<&Brief> = rows_of(case, group)
        .filter(|row| {
            row.leaf
                .is_some_and(|leaf| judgement.agrees.get(leaf) == Some(Some(false)))
        })
        .collect();
    if wrong.is_empty() {
        return among_themselves(case, group);
    }
    let expected = match against {
        Against::FrontEnds(leaf) => Some(case.names.issuer_of(*leaf)),
        Against::ReferenceCa(name) => Some(name.clone()),
        Against::Public => None,
    };
    let targets: Targets<'_> = wrong.iter().copied().collect();
    let leaves = wrong.iter().filter_map(|row| row.leaf);
    let issuers: BTreeSet<String> = leaves
        .map(|leaf| unexpected_issuer(case, leaf, expected.as_deref()))
        .collect();
    let verb = if targets.count == 1 { "is" } else { "are" };
    let others = the_others(case, group, against);
    format!("{targets} {verb} issued by {}, {others}", list(&issuers))
}

/// The issuer of a leaf, told apart from the expected one when only the key differs.
fn unexpected_issuer(case: &Case<'_>, leaf: LeafNumber, expected: Option<&str>) -> String {
    let same_name = expected == Some(case.names.issuer_of(leaf).as_str());
    let issuer = issuer(case, leaf);
    if same_name && issuer != ITSELF {
        format!("another key of {issuer}")
    } else {
        issuer
    }
}

fn issuer(case: &Case<'_>, leaf: LeafNumber) -> String {
    match case.identified.leaves.known(leaf).standing.evidence() {
        Evidence::SelfSigned => ITSELF.to_owned(),
        _ => case.short.quoted(&case.names.issuer_of(leaf)),
    }
}

/// The CAs with their number of endpoints, where there is nothing to compare with.
fn among_themselves(case: &Case<'_>, group: Group) -> String {
    let mut counts: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    let mut order = Vec::new();
    for row in rows_of(case, group) {
        let Some((leaf, ca)) = row.leaf.and_then(|leaf| Some((leaf, case.cas.of(leaf)?))) else {
            continue;
        };
        let entry = counts.entry(ca.id.as_str()).or_insert_with(|| {
            order.push(ca.id.as_str());
            (issuer(case, leaf), 0)
        });
        entry.1 += row.weight();
    }
    order.sort_by_key(|id| std::cmp::Reverse(counts.get(id).map_or(0, |(_, count)| *count)));
    let shown: Vec<String> = order
        .iter()
        .filter_map(|id| counts.get(id))
        .map(|(name, count)| format!("{name} ({count})"))
        .collect();
    let front_ends_disagree =
        rows_of(case, group).any(|row| row.has(Role::FrontEnd) && row.leaf.is_some());
    let who = if front_ends_disagree {
        "the front ends do not agree; "
    } else {
        ""
    };
    format!(
        "{who}the {} endpoints use {} CAs: {}",
        captured(case, group),
        shown.len(),
        list(&shown)
    )
}

fn inconclusive(case: &Case<'_>, group: Group, judgement: &Judgement) -> String {
    let Some(first) = judgement.obstacles.first() else {
        return "nothing was decided".to_owned();
    };
    let missing: Vec<_> = judgement
        .obstacles
        .iter()
        .filter_map(|obstacle| match obstacle {
            Obstacle::NotCaptured(row) => case.rows.get(*row).map(Brief::target),
            _ => None,
        })
        .collect();
    let sentence = match (first, missing.len()) {
        (Obstacle::NotCaptured(_), 2..) => format!("{} were not captured", list(&missing)),
        _ => obstacle(case, group, first),
    };
    let all_agree = judgement.agrees.values().all(|agrees| agrees == Some(true));
    let (seen, issuers) = (captured(case, group), issuers(case, group));
    let rest = match issuers.first() {
        Some(name) if seen > 1 && issuers.len() == 1 && all_agree => {
            format!("; the {seen} captured agree on {name}")
        }
        _ => String::new(),
    };
    format!("{sentence}{rest}")
}

/// Why a group is not *same*, in a sentence.
pub(super) fn obstacle(case: &Case<'_>, group: Group, obstacle: &Obstacle) -> String {
    let target = |row: &usize| case.rows.get(*row).map_or(Cow::default(), Brief::target);
    let outcome = |row: &usize| case.rows.get(*row).map_or("", |row| row.outcome.word());
    match obstacle {
        Obstacle::Difference => match case.groups.get(&group) {
            Some(judgement) => different(case, group, judgement),
            None => "certificates come from different CAs".to_owned(),
        },
        Obstacle::NotCaptured(row) => format!("{} was not captured ({})", target(row), outcome(row)),
        Obstacle::HostSilent(host, address) => {
            let at = address.map_or_else(String::new, |address| format!(" ({address})"));
            format!("{host}{at} answered on none of its Persistent Chat ports")
        }

        Obstacle::ServiceNotSeen => {
            "no endpoint of the Persistent Chat file upload/download service was captured (443 of a front end or of a Persistent Chat server)".to_owned()
        }
        Obstacle::PossessionFailed(row) => format!("{} does not hold the private key of the certificate it shows", target(row)),
        Obstacle::PossessionNotProven(row) => format!("{} did not prove that it holds the private key of its certificate", target(row)),
        Obstacle::Unreadable(row) => format!("the certificate of {} cannot be read", target(row)),
        Obstacle::Unknown => unknown(case, group),
        Obstacle::Exhausted => "there are more different issuers of one name than can be compared one by one".to_owned(),
        Obstacle::NothingToCompare if captured(case, group) == 0 => "no certificate was captured".to_owned(),
        Obstacle::NothingToCompare => {
            "nothing to compare with: fewer than two certificates were captured and no reference CA was given".to_owned()
        }
    }
}

fn unknown(case: &Case<'_>, group: Group) -> String {
    let weak: Targets<'_> = rows_of(case, group)
        .filter(|row| {
            row.known(case.identified).is_some_and(|known| {
                known.standing.evidence().strength() < Evidence::Recovered.strength()
            })
        })
        .collect();
    if weak.count == 0 {
        return "whether the certificates come from one CA cannot be told".to_owned();
    }
    let wanted = case.rules.policy.evidence.evidence();
    format!("the issuer of {weak} is not known surely enough (wanted: {wanted})")
}

fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<T> = items.into_iter().collect();
    let texts: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    listed(&texts, items.len() as u64)
}
