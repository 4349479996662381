//! What changed between two kept runs, without an opinion on it.

use crate::model::bytes::Der;
use crate::model::change::{Change, Class};
use crate::model::diff::{DiffSchema, RunDiff, Side};
use crate::model::issuer::Source;
use crate::model::observation::Outcome;
use crate::model::report::Policy;
use crate::renewal::assess::classes;
use crate::renewal::baseline::Baseline;
use crate::renewal::class;
use crate::renewal::leaves::Leaves;
use crate::renewal::matching::{self, Matched, Seen};
use crate::renewal::row::row;

/// Compares two runs. Neither may be empty.
pub fn diff(
    policy: &Policy,
    old: &Baseline,
    new: &Baseline,
    candidates: impl IntoIterator<Item = (Der, Source)>,
) -> RunDiff {
    let observations = old.observations.iter().chain(&new.observations);
    let candidates = candidates.into_iter();
    let leaves = Leaves::new(observations, [old, new].into_iter(), candidates);
    let (before, after) = (
        matching::endpoints(&old.observations),
        matching::endpoints(&new.observations),
    );
    let (old, new) = (side(old, &before), side(new, &after));
    let pairs = matching::pair(before, after);
    let endpoints: Vec<Change> = pairs
        .iter()
        .filter_map(|pair| change(policy, pair, &leaves))
        .collect();
    let changed = endpoints.iter().filter(|change| is_change(change)).count();
    RunDiff {
        schema: DiffSchema::V1,
        old,
        new,
        policy: policy.clone(),
        equal: changed == 0,
        headline: headline(changed, &endpoints),
        classes: classes(&endpoints),
        endpoints,
    }
}

fn side(baseline: &Baseline, endpoints: &[Seen<'_>]) -> Side {
    let times = || baseline.observations.iter().map(|seen| seen.at);
    let (from, to) = (times().min(), times().max());
    Side {
        runs: baseline.runs(),
        from: from.expect("a run that was read has an observation"),
        to: to.expect("a run that was read has an observation"),
        endpoints: endpoints.len() as u64,
    }
}

fn change(policy: &Policy, pair: &Matched<'_>, leaves: &Leaves) -> Option<Change> {
    let new = pair.new.as_ref().filter(|new| new.is_captured());
    let old = pair.old.as_ref().filter(|old| old.is_captured());
    let compared = match (old, new) {
        (Some(old), Some(new)) => class::compare(policy, old, new, leaves),
        (None, Some(new)) => new
            .leaves
            .first()
            .map(|(_, leaf)| class::alone(Class::New, *leaf)),
        (_, None) => None,
    };
    let mut change = row(pair, compared, leaves)?;
    // What was not captured then either has not changed, and what it would show is not known.
    change.counted &= old.is_some() || new.is_some();
    change.reason = reason(&change);
    Some(change)
}

/// Whether a row is a change.
fn is_change(change: &Change) -> bool {
    change.counted && change.class != Class::Unchanged
}

fn reason(change: &Change) -> String {
    let issuer = |leaf: &Option<_>| {
        let leaf: Option<&std::sync::Arc<crate::model::report::Leaf>> = leaf.as_ref();
        leaf.and_then(|leaf| leaf.issuer.clone())
            .unwrap_or_default()
    };
    match change.class {
        Class::NotCaptured => {
            let word = change.outcome.map_or("", Outcome::word);
            let before = if change.counted {
                "captured before, now"
            } else {
                "not captured before either, now"
            };
            format!("{before} {word}")
        }
        Class::Vanished => "only in the old run".to_owned(),
        Class::New => "no certificate of it in the old run".to_owned(),
        Class::Unchanged => "the same certificate".to_owned(),
        Class::CaChanged => format!(
            "from another CA: \"{}\", before \"{}\"",
            issuer(&change.new),
            issuer(&change.old)
        ),
        Class::CaKeyGenerationChanged => "from another key of the CA's name".to_owned(),
        Class::RolledBack => "a certificate that was issued earlier".to_owned(),
        Class::NamesLost => format!("a new certificate without {}", change.lost_names.join(", ")),
        Class::ShorterLived => "a new certificate that ends earlier".to_owned(),
        Class::Renewed => match change.same_ca {
            Some(_) => "a new certificate of the same CA".to_owned(),
            None => "a new certificate; whether of the same CA cannot be told".to_owned(),
        },
    }
}

fn headline(changed: usize, endpoints: &[Change]) -> String {
    let compared = endpoints.iter().filter(|change| change.counted).count();
    if changed == 0 {
        return format!("the {compared} endpoints present the same certificates");
    }
    let mut counts: Vec<(Class, u64)> = classes(endpoints).into_iter().collect();
    counts.retain(|(class, _)| *class != Class::Unchanged);
    let counts: Vec<String> = counts
        .iter()
        .map(|(class, count)| format!("{count} {}", class.word()))
        .collect();
    format!("{changed} of {compared} endpoints: {}", counts.join(", "))
}
