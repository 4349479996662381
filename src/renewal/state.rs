//! Whether an endpoint is as it should be, and why.

use crate::model::change::{Change, Class, KeyChange, State};
use crate::model::timestamp::Timestamp;
use crate::renewal::Wanted;
use crate::renewal::assess::{Case, Judged};
use crate::renewal::matching::Matched;

/// The finding that a leaf lacks the name it was asked for under.
const NAME_MISSING: &str = "name-missing";

/// How far CAs date certificates back, in whole hours at most: AD CS by ten minutes, others by an hour.
const BACKDATED_HOURS: i64 = 1;

/// Sets class, state and reason of a row.
pub(super) fn settle(case: &Case<'_>, pair: &Matched<'_>, judged: &Judged, change: &mut Change) {
    accept_planned_ca(case, judged, change);
    let (state, reason) = decide(case, pair, judged, change);
    change.state = change.counted.then_some(state);
    change.reason = reason;
}

/// A new CA that the user gave as the reference is the one that is wanted.
fn accept_planned_ca(case: &Case<'_>, judged: &Judged, change: &mut Change) {
    let moved = matches!(
        change.class,
        Class::CaChanged | Class::CaKeyGenerationChanged
    );
    let given = case.question.rules.expected.contains_key(&change.group);
    if moved && given && judged.agrees == Some(true) {
        let was = change.class;
        let heaviest = change.remarks.iter().copied().min();
        change.class = heaviest.unwrap_or(Class::Renewed);
        change.remarks.retain(|class| Some(*class) != heaviest);
        change.remarks.push(was);
    }
}

fn decide(
    case: &Case<'_>,
    pair: &Matched<'_>,
    judged: &Judged,
    change: &Change,
) -> (State, String) {
    match change.class {
        Class::NotCaptured => (State::Open, not_captured(change)),
        Class::Vanished => (
            State::Wrong,
            "in the baseline, and not there any more".to_owned(),
        ),
        Class::Unchanged => (State::Wrong, unchanged(case, pair, change)),
        Class::CaChanged => (
            State::Wrong,
            format!(
                "the new certificate comes from another CA: {}, before {}",
                issuer(&change.new),
                issuer(&change.old)
            ),
        ),
        Class::CaKeyGenerationChanged => (
            State::Wrong,
            "the new certificate comes from another key of its CA's name".to_owned(),
        ),
        Class::RolledBack => (
            State::Wrong,
            "the certificate was issued before the one that was served last".to_owned(),
        ),
        Class::NamesLost => (
            State::Wrong,
            format!("the new certificate lacks {}", change.lost_names.join(", ")),
        ),
        Class::ShorterLived => (
            State::Wrong,
            "the new certificate ends before the old one".to_owned(),
        ),
        Class::New | Class::Renewed => fresh(case, judged, change),
    }
}

/// A leaf that is new is right if it is valid, has its names and comes from the CA that it should.
fn fresh(case: &Case<'_>, judged: &Judged, change: &Change) -> (State, String) {
    if let Some(fault) = fault(case, judged, change) {
        return (State::Wrong, fault);
    }
    if change.class == Class::New && issued_before_baseline(case, change) {
        let reason = "the baseline has no certificate of it, and this one was issued before the baseline was kept";
        return (State::Open, reason.to_owned());
    }
    if change.old.is_some() && change.same_ca.is_none() {
        let reason = "whether the new certificate comes from the same CA cannot be told; --ca-file gives the CA's certificate";
        return (State::Open, reason.to_owned());
    }
    if counts(case, judged, change) && judged.agrees.is_none() {
        return (State::Open, judged.reason.clone());
    }
    (State::Right, praise(change))
}

/// Whether it matters to this endpoint what the others show. One that kept its CA is right, unless that CA is not the one
/// that was given; who does not agree with it has its own row.
fn counts(case: &Case<'_>, judged: &Judged, change: &Change) -> bool {
    let given = case.question.rules.expected.contains_key(&change.group);
    judged.counts && (given || change.same_ca != Some(true))
}

fn fault(case: &Case<'_>, judged: &Judged, change: &Change) -> Option<String> {
    let now = case.question.rules.now;
    let leaf = change.new.as_ref()?;
    if leaf.not_after.is_some_and(|end| end < now) {
        return Some("the new certificate has expired".to_owned());
    }
    if let Some(start) = leaf.not_before.filter(|start| *start > now) {
        return Some(format!("the new certificate is valid only from {start}"));
    }
    let nameless = judged
        .findings
        .iter()
        .find(|finding| finding.code == NAME_MISSING);
    // What the old leaf lacked too was not lost by the renewal, and works without.
    if let Some(finding) = nameless.filter(|_| change.old.is_none()) {
        return Some(finding.message.clone());
    }
    let differs = counts(case, judged, change) && judged.agrees == Some(false);
    differs.then(|| judged.reason.clone())
}

fn issued_before_baseline(case: &Case<'_>, change: &Change) -> bool {
    let Wanted::Baseline(baseline) = case.question.wanted else {
        return false;
    };
    let start = change.new.as_ref().and_then(|leaf| leaf.not_before);
    let hours = |from: Timestamp, to: Timestamp| (to.date_time() - from.date_time()).whole_hours();
    match (start, baseline.taken()) {
        (Some(start), Some(taken)) => hours(start, taken) >= BACKDATED_HOURS,
        _ => true,
    }
}

fn praise(change: &Change) -> String {
    let key = match change.key {
        Some(KeyChange::Rekeyed) => ", with a new key",
        Some(KeyChange::SameKey) => ", with the same key",
        None => "",
    };
    let moved = change
        .remarks
        .iter()
        .any(|remark| matches!(remark, Class::CaChanged | Class::CaKeyGenerationChanged));
    match (change.class, moved) {
        (Class::New, _) => "new in the estate".to_owned(),
        (_, true) => format!("new certificate of another CA, as given{key}"),
        (_, false) if change.old.is_some() => format!("new certificate of the same CA{key}"),
        (_, false) => "the certificate that is wanted".to_owned(),
    }
}

fn not_captured(change: &Change) -> String {
    let word = change.outcome.map_or("not asked", |outcome| outcome.word());
    let detail = change.detail.as_ref();
    detail.map_or_else(|| word.to_owned(), |detail| format!("{word}: {detail}"))
}

fn unchanged(case: &Case<'_>, pair: &Matched<'_>, change: &Change) -> String {
    let several = pair.new.as_ref().is_some_and(|new| new.leaves.len() > 1);
    let some = if several {
        "some connections still show "
    } else {
        "still "
    };
    match case.question.wanted {
        Wanted::Baseline(_) if change.old.is_none() => {
            "a certificate that another endpoint of the baseline showed".to_owned()
        }
        Wanted::Baseline(_) => format!("{some}the old certificate"),
        Wanted::IssuedAfter(_) => {
            let start = change.new.as_ref().and_then(|leaf| leaf.not_before);
            start.map_or_else(
                || "the start of its certificate's validity cannot be read".to_owned(),
                |start| format!("issued before that: valid from {start}"),
            )
        }
        Wanted::Expected(_) => {
            let sha1 = change.new.as_ref().map(|leaf| leaf.sha1.to_string());
            format!(
                "another certificate: thumbprint {}",
                sha1.unwrap_or_default()
            )
        }
    }
}

fn issuer(leaf: &Option<std::sync::Arc<crate::model::report::Leaf>>) -> String {
    let name = leaf.as_ref().and_then(|leaf| leaf.issuer.as_deref());
    format!("\"{}\"", name.unwrap_or_default())
}
