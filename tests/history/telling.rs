//! What is told of kept runs.

use std::collections::BTreeMap;
use std::path::Path;

use sameca::history::{History, Selector, Trouble};
use sameca::model::history::{EndpointHistory, EventKind};
use sameca::model::observation::Outcome;

use crate::runs::{Run, time};

const ONE: &str = "lync01.contoso.com";
const TWO: &str = "lync02.contoso.com";
const CHAT: &str = "pchat01.contoso.com";

/// A history of a week: a renewal, an outage, a wrong CA, a server that is taken away and comes back.
pub(crate) fn week(folder: &tempfile::TempDir) -> History {
    let path = folder.path().join("history.db");
    let mut history = History::open(&path).expect("a new history");
    let usual = |day: u8| {
        Run::of(day).with(ONE, "issuing-1-fe01", "issuing-1").with(
            TWO,
            "issuing-1-fe02",
            "issuing-1",
        )
    };
    let runs = [
        usual(1).with(CHAT, "issuing-1-pc01", "issuing-1"),
        usual(2).with(CHAT, "issuing-2-pc01", "issuing-2"),
        usual(3).without(CHAT, Outcome::Refused),
        usual(4).with(CHAT, "issuing-1-pc01", "issuing-1"),
        usual(5),
        Run::of(6).with(ONE, "issuing-1-fe03", "issuing-1").with(
            TWO,
            "issuing-1-fe02",
            "issuing-1",
        ),
        usual(7).with(CHAT, "issuing-1-pc01", "issuing-1"),
    ];
    for run in runs {
        run.record(&mut history);
    }
    history
}

/// What the file of this version was made from; see `testdata/history/README.md`.
#[test]
#[ignore = "makes a file: the path is in SAMECA_KEPT"]
fn make_a_kept_file() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(week(&folder));
    let into = std::env::var_os("SAMECA_KEPT").expect("where to");
    std::fs::copy(folder.path().join("history.db"), into).expect("copies");
}

#[test]
fn a_file_of_every_version_is_read_and_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/history/v1.history");
    let path = folder.path().join("v1.history");
    std::fs::copy(kept, &path).expect("copies");
    let mut history = History::open(&path).expect("a history");
    let runs = history.runs(None).expect("runs");
    assert_eq!(runs.len(), 7);
    let fresh = week(&folder);
    assert_eq!(runs, fresh.runs(None).expect("runs"));
    assert_eq!(
        history.host(CHAT).expect("a host"),
        fresh.host(CHAT).expect("a host")
    );
    let mut lines = Vec::new();
    for run in &runs {
        let visit = |seen| lines.push(serde_json::to_string(&seen).expect("a line"));
        history.observations(&run.id, visit).expect("a run");
    }
    assert_eq!(lines.len(), 19);
    let next = Run::of(8).with(ONE, "issuing-1-fe01", "issuing-1");
    next.record(&mut history);
    assert_eq!(history.count().expect("a count"), 8);
}

fn told(endpoint: &EndpointHistory) -> Vec<(String, EventKind)> {
    let day = |event: &sameca::model::history::Event| (event.at.date(), event.kind);
    endpoint.events.iter().map(day).collect()
}

fn days(expected: &[(u8, EventKind)]) -> Vec<(String, EventKind)> {
    let day = |(day, kind): &(u8, EventKind)| (format!("2022-11-{day:02}"), *kind);
    expected.iter().map(day).collect()
}

#[test]
fn a_host_is_told_with_all_that_happened_on_it() {
    use EventKind::{Back, Failed, FirstSeen, Gone, NewCa};
    let folder = tempfile::tempdir().expect("a folder");
    let history = week(&folder);
    let found = history.host(CHAT).expect("a history");
    let [chat] = &*found else {
        panic!("one endpoint: {found:#?}");
    };
    assert_eq!(
        told(chat),
        days(&[
            (1, FirstSeen),
            (2, NewCa),
            (3, Failed),
            (4, Back),
            (4, NewCa),
            (5, Gone),
            (7, Back),
        ])
    );
    assert_eq!((chat.looks, chat.gone), (5, None));
    let wrong = &chat.events[1];
    assert!(
        wrong.ca.as_ref().expect("a CA").name.contains("02"),
        "{wrong:#?}"
    );
    assert!(wrong.former_ca.as_ref().expect("a CA").name.contains("01"));
    let last = chat.last.leaves.first().expect("a leaf");
    assert_eq!(last.agrees, Some(true));
    assert!(last.leaf.not_after.is_some());
}

#[test]
fn a_host_is_found_by_name_address_pool_and_port() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = week(&folder);
    let count = |text: &str| history.host(text).expect("a history").len();
    assert_eq!(count("LYNC01.contoso.com."), 1);
    assert_eq!(count("lync01.contoso.com:443"), 1);
    assert_eq!(count("lync01.contoso.com:444"), 0);
    assert_eq!(count("192.0.2.11"), 3);
    assert_eq!(count("192.0.2.11:443"), 3);
    assert_eq!(count("lyncpool.contoso.com"), 3);
    assert_eq!(count("lync01"), 0);
    assert_eq!(count("' OR 1=1 --"), 0);
}

#[test]
fn a_renewal_and_its_undoing_are_new_leaves() {
    use EventKind::{FirstSeen, NewLeaf};
    let folder = tempfile::tempdir().expect("a folder");
    let found = week(&folder).host(ONE).expect("a history");
    assert_eq!(
        told(&found[0]),
        days(&[(1, FirstSeen), (6, NewLeaf), (7, NewLeaf)])
    );
}

#[test]
fn a_ca_is_told_with_who_came_and_left() {
    use EventKind::{Came, Left};
    let folder = tempfile::tempdir().expect("a folder");
    let history = week(&folder);
    let (cas, found) = history.ca("issuing ca 02").expect("a history");
    assert_eq!((cas.len(), found.len()), (1, 1), "{cas:#?}");
    assert_eq!(told(&found[0]), days(&[(2, Came), (4, Left)]));
    let digest = cas[0].spki_sha256.expect("its key was known").to_string();
    let (by_key, _) = history.ca(&digest[..12]).expect("a history");
    assert_eq!(by_key, cas);
    let (_, found) = history.ca("Issuing CA 01").expect("a history");
    let chat = found.iter().find(|endpoint| endpoint.host == CHAT);
    assert_eq!(
        told(chat.expect("it had one")),
        days(&[(1, Came), (2, Left), (4, Came), (5, Left), (7, Came)])
    );
    let (none, nobody) = history.ca("no such CA").expect("a history");
    assert!(none.is_empty() && nobody.is_empty());
}

#[test]
fn each_run_says_what_changed_against_the_one_before() {
    use EventKind::{Back, Failed, Gone, NewCa, NewLeaf};
    let folder = tempfile::tempdir().expect("a folder");
    let runs = week(&folder).runs(None).expect("a history");
    let changes: Vec<Option<BTreeMap<EventKind, u64>>> = runs
        .iter()
        .map(|run| run.changes.as_ref().map(|changes| changes.events.clone()))
        .collect();
    let of = |events: &[EventKind]| Some(events.iter().map(|kind| (*kind, 1)).collect());
    assert_eq!(
        changes,
        [
            None,
            of(&[NewCa]),
            of(&[Failed]),
            of(&[Back, NewCa]),
            of(&[Gone]),
            of(&[NewLeaf]),
            of(&[Back, NewLeaf]),
        ]
    );
    assert_eq!(runs[1].changes.as_ref().expect("some").since, runs[0].id);
}

#[test]
fn another_estate_has_its_own_past() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = week(&folder);
    let other = |day| Run::of(day).with("mail.contoso.com", "ec-fe01", "ec");
    let first = other(8).record(&mut history);
    assert_eq!(first.changes, None);
    // A part of the estate is no later run of the whole of it: nothing is gone.
    let part = Run::of(9).with(ONE, "issuing-1-fe01", "issuing-1");
    assert_eq!(part.record(&mut history).changes, None);
    let second = other(10).record(&mut history);
    let changes = second.changes.expect("a run before");
    assert_eq!((changes.since, changes.events.len()), (first.id, 0));
    for host in [ONE, TWO, CHAT] {
        let found = history.host(host).expect("a history");
        assert_eq!(found[0].gone, None, "{host}");
    }
}

#[test]
fn a_run_that_is_recorded_late_is_one_of_its_estate() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = week(&folder);
    let late = Run::at("2022-10-30T03:00:00Z")
        .with(ONE, "issuing-1-fe01", "issuing-1")
        .with(TWO, "issuing-1-fe02", "issuing-1");
    assert_eq!(late.record(&mut history).changes, None);
    let next = Run::at("2022-10-31T03:00:00Z").with(ONE, "issuing-1-fe01", "issuing-1");
    let changes = next.record(&mut history).changes.expect("a run before");
    assert_eq!(changes.since, late.id);
    // The next runs of the estate follow on it: it is missed in the one in between.
    let found = history.host(TWO).expect("a history");
    assert_eq!(
        told(&found[0])[1],
        ("2022-10-31".to_owned(), EventKind::Gone)
    );
}

#[test]
fn what_an_interrupted_run_lacks_is_not_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = week(&folder);
    let mut run = Run::of(8)
        .with(ONE, "issuing-1-fe01", "issuing-1")
        .without(TWO, Outcome::NotAttempted);
    run.partial = true;
    let recorded = run.record(&mut history);
    assert!(recorded.partial);
    assert_eq!(recorded.changes.expect("a run before").events.len(), 0);
    let found = history.host(TWO).expect("a history");
    assert_eq!(
        (found[0].gone, found[0].last.outcome),
        (None, Outcome::Captured)
    );
    let last = history.run(&selector("last")).expect("a complete run");
    assert_eq!(last.started, time("2022-11-07T03:00:00Z"));
}

#[test]
fn an_end_of_validity_is_told_when_it_is_seen() {
    use EventKind::{Expired, FirstSeen};
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = History::open(&folder.path().join("h.db")).expect("a new history");
    let at = |at: &str| Run::at(at).with(CHAT, "issuing-1-pc01", "issuing-1");
    at("2022-11-01T00:00:00Z").record(&mut history);
    let late = at("2199-01-01T00:00:00Z").record(&mut history);
    at("2199-01-02T00:00:00Z").record(&mut history);
    assert_eq!(
        late.changes.expect("a run before").events,
        BTreeMap::from([(Expired, 1)])
    );
    let found = history.host(CHAT).expect("a history");
    let kinds: Vec<_> = found[0].events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [FirstSeen, Expired]);
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|| panic!("`{text}` names a run"))
}

#[test]
fn runs_are_found_by_id_time_and_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = week(&folder);
    let day = |text: &str| {
        let run = history.run(&selector(text));
        run.map(|run| run.started.date())
    };
    for (text, date) in [
        ("last", "2022-11-07"),
        ("last~6", "2022-11-01"),
        ("2022-11-03", "2022-11-03"),
        ("2022-11-03T02", "2022-11-02"),
        ("2022-11-03T03:00", "2022-11-03"),
        ("2023-01-01", "2022-11-07"),
        ("01jd20221104", "2022-11-04"),
    ] {
        assert_eq!(day(text).expect("a run"), date, "{text}");
    }
    let trouble = |text: &str| day(text).expect_err("none").trouble;
    for text in ["last~7", "2022-10-31", "01JD9"] {
        assert!(matches!(trouble(text), Trouble::NoRun { .. }), "{text}");
    }
    assert!(matches!(trouble("01JD"), Trouble::Ambiguous { .. }));
}

#[test]
fn what_is_pruned_is_gone_and_the_rest_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = week(&folder);
    let pruned = history
        .prune(time("2022-11-05T00:00:00Z"))
        .expect("it prunes");
    assert_eq!((pruned.runs, pruned.left), (4, 3));
    assert_eq!(pruned.observations, 12);
    // Those of the other CA: no run that is left shows them.
    assert_eq!(pruned.certificates, 2);
    for run in history.runs(None).expect("a history") {
        let count = history.observations(&run.id, |seen| {
            assert!(seen.chain.iter().all(|der| !der.as_bytes().is_empty()));
            assert_eq!(seen.chain.len(), 2);
        });
        assert_eq!(count.expect("its observations"), run.summary.endpoints);
    }
    let found = history.host(CHAT).expect("a history");
    assert_eq!(told(&found[0]), days(&[(7, EventKind::FirstSeen)]));
    assert!(history.ca("Issuing CA 02").expect("a history").0.is_empty());
    let all = history
        .prune(time("2023-01-01T00:00:00Z"))
        .expect("it prunes");
    assert_eq!((all.runs, all.left), (3, 0));
    assert!(history.host(ONE).expect("a history").is_empty());
}

#[test]
fn a_run_that_is_recorded_again_takes_its_own_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = week(&folder);
    let mut again = Run::of(7).with(ONE, "issuing-1-fe01", "issuing-1");
    again.partial = true;
    again.record(&mut history);
    let runs = history.runs(None).expect("a history");
    assert_eq!(runs.len(), 7);
    assert_eq!(runs[6].summary.endpoints, 1);
}
