//! The schedule, what is said, and what is compared; the clock is simulated.

use std::time::Duration;

use sameca::model::verdict::Verdict;
use sameca::watch::{Previous, Shared, watch};
use tokio::sync::Notify;

use crate::door::{Act, SECOND, Script, observations, round, sample, shared};

/// Runs a script to its end, with 10 seconds from one run to the next.
async fn play(script: &mut Script) -> Shared {
    let shared = shared(10 * SECOND);
    let end = script.end.clone();
    watch(script, 10 * SECOND, &shared, &Notify::new(), &end).await;
    shared
}

fn same(takes: Duration) -> Act {
    let gives = Ok(round(&sample("same"), &observations()));
    Act { takes, gives }
}

#[tokio::test(start_paused = true)]
async fn runs_begin_at_once_and_then_a_period_apart() {
    let mut script = Script::new([same(SECOND), same(3 * SECOND), same(9 * SECOND)]);
    play(&mut script).await;
    assert_eq!(script.began, [0, 10, 20, 30]);
    assert_eq!(script.news("  SAME  "), 3, "{:?}", script.said);
    assert_eq!(script.troubles(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_run_longer_than_the_period_is_said_and_its_ticks_are_left_out() {
    let mut script = Script::new([same(25 * SECOND), same(SECOND)]);
    play(&mut script).await;
    assert_eq!(script.began, [0, 30, 40]);
    let [line] = script.troubles()[..] else {
        panic!("one line is said: {:?}", script.said);
    };
    assert!(line.contains("the run took 25 s"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn an_end_in_the_middle_of_a_run_leaves_nothing_of_it() {
    let mut script = Script::new([same(SECOND), same(3600 * SECOND)]);
    let end = script.end.clone();
    let shared = shared(10 * SECOND);
    let reload = Notify::new();
    let stop = async {
        tokio::time::sleep(15 * SECOND).await;
        end.cancel();
    };
    tokio::join!(
        watch(&mut script, 10 * SECOND, &shared, &reload, &end),
        stop
    );
    assert_eq!(script.start.elapsed(), 15 * SECOND);
    assert_eq!(
        (script.began, script.kept),
        (vec![0, 10], vec![Verdict::Same])
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_and_what_stays_is_not() {
    let (seen, other) = (observations(), observations());
    let acts = [
        ("same", &seen),
        ("same", &seen),
        ("different", &other),
        ("different", &other),
    ];
    let acts = acts.map(|(name, seen)| Act {
        takes: SECOND,
        gives: Ok(round(&sample(name), seen)),
    });
    let mut script = Script::new(acts);
    script.tells = Err("it is not there".to_owned());
    play(&mut script).await;
    let [changed] = &script.told[..] else {
        panic!("one change: {}", script.told.len());
    };
    assert_eq!(
        (changed.before, changed.verdict),
        (Some(Verdict::Same), Verdict::Different)
    );
    assert_eq!(changed.rows().count(), 3);
    assert!(!changed.diff.equal);
    assert_eq!(script.news("CHANGED  different (was same): 3 of 3"), 1);
    let troubles = script.troubles();
    assert!(
        troubles[0].ends_with("--on-change: it is not there"),
        "{troubles:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_turns_is_a_change_even_with_the_same_certificates() {
    let seen = observations();
    let acts = ["same", "inconclusive"].map(|name| Act {
        takes: SECOND,
        gives: Ok(round(&sample(name), &seen)),
    });
    let mut script = Script::new(acts);
    play(&mut script).await;
    assert_eq!(script.told.len(), 1);
    assert!(script.told[0].diff.equal);
}

#[tokio::test(start_paused = true)]
async fn the_first_run_is_compared_with_the_last_one_kept() {
    let gives = Ok(round(&sample("different"), &observations()));
    let mut script = Script::new([Act {
        takes: SECOND,
        gives,
    }]);
    script.previous = Some(Previous {
        verdict: Some(Verdict::Same),
        observations: observations(),
    });
    play(&mut script).await;
    assert_eq!(script.told.len(), 1);

    let mut script = Script::new([same(SECOND)]);
    play(&mut script).await;
    assert_eq!(script.told.len(), 0, "there was nothing to compare with");
}

#[tokio::test(start_paused = true)]
async fn a_bad_estate_keeps_the_old_one_and_is_said_once() {
    let mut script = Script::new([same(SECOND), same(SECOND), same(SECOND), same(SECOND)]);
    let bad = || Err("estate.toml:3:1: not TOML".to_owned());
    // Every five seconds its file looks new, and each run reads it too.
    script.stale = true;
    script.reloads = (0..5).map(|_| bad()).collect();
    script
        .reloads
        .push_back(Ok(Some("4 targets, 3 before".to_owned())));
    script.reloads.push_back(Ok(None));
    play(&mut script).await;
    assert_eq!(script.began, [0, 10, 20, 30, 40]);
    let troubles = script.troubles();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert!(troubles[0].contains("the old one stays: estate.toml:3:1"));
    assert_eq!(script.news("the estate was read again: 4 targets"), 1);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_estate_to_be_read_hears_of_it() {
    let mut script = Script::new([same(SECOND)]);
    let end = script.end.clone();
    let (shared, reload) = (shared(10 * SECOND), Notify::new());
    let ask = async {
        tokio::time::sleep(3 * SECOND).await;
        reload.notify_one();
    };
    tokio::join!(watch(&mut script, 10 * SECOND, &shared, &reload, &end), ask);
    assert_eq!(script.news("read again; it is as it was"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_said_and_the_watch_goes_on() {
    let gives = Err("out of memory".to_owned());
    let mut script = Script::new([
        Act {
            takes: SECOND,
            gives,
        },
        same(SECOND),
    ]);
    script.keeps = Err("the disk is full".to_owned());
    play(&mut script).await;
    let troubles = script.troubles();
    assert!(troubles[0].ends_with("the run failed: out of memory"));
    assert!(troubles[1].ends_with("the history: the disk is full"));
    assert_eq!((script.began, script.told.len()), (vec![0, 10, 20], 0));
}
