//! What an endpoint showed, look after look → what happened on it. Pure.

use std::collections::BTreeSet;

use crate::model::bytes::Sha256;
use crate::model::history::{CaIdentity, Event, EventKind, Look, Shown};
use crate::model::observation::Outcome;
use crate::model::timestamp::Timestamp;

/// What is known of an endpoint so far.
#[derive(Default)]
pub(super) struct Story {
    state: State,
    /// The leaves that it presented last.
    last: Vec<Shown>,
    /// The leaves whose end was told.
    ended: BTreeSet<Sha256>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Captured,
    Failed,
    Gone,
}

impl Story {
    /// Takes the next look. Looks come in the order of time.
    pub(super) fn look(&mut self, look: &Look) -> Vec<Event> {
        let mut events = Vec::new();
        let captured = look.outcome == Outcome::Captured;
        let first = look.leaves.first();
        match (self.state, captured) {
            (State::Unknown, _) => events.push(self.event(look, EventKind::FirstSeen, first)),
            (State::Failed | State::Gone, true) if self.last.is_empty() => {
                events.push(self.event(look, EventKind::FirstCaptured, first));
            }
            (State::Failed | State::Gone, true) => {
                events.push(self.event(look, EventKind::Back, first));
            }
            (State::Captured | State::Gone, false) => {
                events.push(self.event(look, EventKind::Failed, None));
            }
            (State::Captured, true) | (State::Failed, false) => {}
        }
        if captured {
            events.extend(self.replaced(look));
            events.extend(self.expired(look));
            self.last.clone_from(&look.leaves);
        }
        self.state = match captured {
            true => State::Captured,
            false => State::Failed,
        };
        events
    }

    /// Whether it was ever looked at.
    pub(super) fn is_known(&self) -> bool {
        self.state != State::Unknown
    }

    /// Nobody asked for it in a run that asked for the rest of its estate.
    pub(super) fn gone(&mut self, run: &str, at: Timestamp) -> Event {
        self.state = State::Gone;
        Event {
            at,
            run: run.to_owned(),
            kind: EventKind::Gone,
            outcome: None,
            leaf: None,
            ca: None,
            former_leaf: self.last.first().map(|shown| shown.leaf.clone()),
            former_ca: self.last.first().and_then(|shown| shown.ca.clone()),
        }
    }

    /// The leaves that it did not present when it was captured last.
    fn replaced(&self, look: &Look) -> Vec<Event> {
        if self.last.is_empty() {
            return Vec::new();
        }
        let is_new = |shown: &&Shown| !holds(&self.last, shown);
        let new = look.leaves.iter().filter(is_new);
        new.map(|shown| self.event(look, self.kind(shown), Some(shown)))
            .collect()
    }

    fn kind(&self, shown: &Shown) -> EventKind {
        let mut former = self.last.iter().map(|shown| shown.ca.as_ref());
        let other = |former: Option<&CaIdentity>| {
            let (now, former) = (shown.ca.as_ref()?, former?);
            Some(!now.may_be(former))
        };
        match former.all(|former| other(former) == Some(true)) {
            true => EventKind::NewCa,
            false => EventKind::NewLeaf,
        }
    }

    /// The leaves whose validity has ended, each once.
    fn expired(&mut self, look: &Look) -> Vec<Event> {
        let mut events = Vec::new();
        for shown in &look.leaves {
            let over = shown.leaf.not_after.is_some_and(|end| end < look.at);
            if over && self.ended.insert(shown.leaf.sha256) {
                events.push(self.event(look, EventKind::Expired, Some(shown)));
            }
        }
        events
    }

    fn event(&self, look: &Look, kind: EventKind, shown: Option<&Shown>) -> Event {
        let former = self.former(look, shown);
        Event {
            at: look.at,
            run: look.run.clone(),
            kind,
            outcome: Some(look.outcome),
            leaf: shown.map(|shown| shown.leaf.clone()),
            ca: shown.and_then(|shown| shown.ca.clone()),
            former_leaf: former.map(|former| former.leaf.clone()),
            former_ca: former.and_then(|former| former.ca.clone()),
        }
    }

    /// The leaf that one took the place of: one that is not presented any more.
    fn former(&self, look: &Look, shown: Option<&Shown>) -> Option<&Shown> {
        match shown {
            Some(shown) if holds(&self.last, shown) => {
                self.last.iter().find(|last| last.leaf == shown.leaf)
            }
            _ => {
                let mut last = self.last.iter();
                last.find(|last| !holds(&look.leaves, last))
                    .or(self.last.first())
            }
        }
    }
}

fn holds(leaves: &[Shown], wanted: &Shown) -> bool {
    leaves
        .iter()
        .any(|shown| shown.leaf.sha256 == wanted.leaf.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::LeafBrief;

    fn time(day: u8) -> Timestamp {
        Timestamp::parse(&format!("2026-11-{day:02}T03:00:00Z")).expect("a time")
    }

    fn shown(leaf: u8, ca: &str, end: u8) -> Shown {
        let ca = CaIdentity {
            name: format!("CN={ca}"),
            spki_sha256: None,
            key_id: None,
        };
        Shown {
            leaf: LeafBrief {
                sha256: Sha256([leaf; 32]),
                subject: None,
                not_before: None,
                not_after: Some(time(end)),
            },
            ca: Some(ca),
            evidence: None,
            agrees: None,
        }
    }

    fn look(day: u8, leaves: &[Shown]) -> Look {
        Look {
            run: day.to_string(),
            at: time(day),
            outcome: match leaves {
                [] => Outcome::Refused,
                _ => Outcome::Captured,
            },
            leaves: leaves.to_vec(),
        }
    }

    fn kinds(events: &[Event]) -> Vec<EventKind> {
        events.iter().map(|event| event.kind).collect()
    }

    #[test]
    fn each_thing_is_told_when_it_happens_and_once() {
        use EventKind::{Back, Expired, Failed, FirstSeen, NewCa, NewLeaf};
        let mut story = Story::default();
        let (one, two, other) = (shown(1, "a", 20), shown(2, "a", 8), shown(3, "b", 20));
        let mut next = |look: Look| kinds(&story.look(&look));
        assert_eq!(next(look(1, std::slice::from_ref(&one))), [FirstSeen]);
        assert_eq!(next(look(2, std::slice::from_ref(&one))), []);
        assert_eq!(next(look(3, &[])), [Failed]);
        assert_eq!(next(look(4, &[])), []);
        assert_eq!(next(look(5, &[one])), [Back]);
        assert_eq!(next(look(6, std::slice::from_ref(&two))), [NewLeaf]);
        assert_eq!(next(look(9, std::slice::from_ref(&two))), [Expired]);
        assert_eq!(next(look(10, &[two])), []);
        assert_eq!(next(look(11, &[other])), [NewCa]);
    }

    #[test]
    fn what_went_and_came_back_is_compared_with_what_it_was() {
        let mut story = Story::default();
        let one = shown(1, "a", 20);
        story.look(&look(1, std::slice::from_ref(&one)));
        let gone = story.gone("2", time(2));
        assert_eq!(
            (gone.kind, gone.former_leaf),
            (EventKind::Gone, Some(one.leaf))
        );
        let back = story.look(&look(3, &[shown(2, "b", 20)]));
        assert_eq!(kinds(&back), [EventKind::Back, EventKind::NewCa]);
    }

    #[test]
    fn what_never_answered_is_captured_for_the_first_time() {
        let mut story = Story::default();
        assert_eq!(kinds(&story.look(&look(1, &[]))), [EventKind::FirstSeen]);
        let first = story.look(&look(2, &[shown(1, "a", 20)]));
        assert_eq!(kinds(&first), [EventKind::FirstCaptured]);
    }

    #[test]
    fn a_second_certificate_is_new_and_the_first_one_stays() {
        let mut story = Story::default();
        story.look(&look(1, &[shown(1, "a", 20)]));
        let events = story.look(&look(2, &[shown(1, "a", 20), shown(2, "b", 20)]));
        assert_eq!(kinds(&events), [EventKind::NewCa]);
        assert_eq!(kinds(&story.look(&look(3, &[shown(1, "a", 20)]))), []);
    }

    #[test]
    fn a_ca_whose_key_became_known_is_no_other() {
        let mut story = Story::default();
        story.look(&look(1, &[shown(1, "a", 20)]));
        let mut known = shown(2, "a", 20);
        known.ca.as_mut().expect("it has one").key_id = Some("0a".to_owned());
        assert_eq!(kinds(&story.look(&look(2, &[known]))), [EventKind::NewLeaf]);
        let mut other = shown(3, "a", 20);
        other.ca.as_mut().expect("it has one").key_id = Some("0b".to_owned());
        assert_eq!(kinds(&story.look(&look(3, &[other]))), [EventKind::NewCa]);
    }
}
