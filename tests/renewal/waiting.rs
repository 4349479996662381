//! Looking again: what is asked, how often, and when it ends.

use std::time::Duration;

use sameca::model::change::Class;
use sameca::model::observation::{Observation, Outcome};
use sameca::model::renewal::{Answer, RenewalReport};
use sameca::model::target::Inventory;
use sameca::renewal::{Pace, Rounds, Wanted, until_right};
use sameca::sweep::Observed;
use tokio::time::Instant;

use crate::pki::{Ca, leaf};
use crate::servers::{Server, inventory};
use crate::{answer, baseline, look, rules};

/// Real connections; between rounds, `between` is done instead of waiting.
struct Live<'l, F> {
    wanted: &'l Wanted,
    asked: Vec<usize>,
    classes: Vec<Vec<Class>>,
    between: F,
}

impl<F: AsyncFnMut(usize) -> bool> Rounds for Live<'_, F> {
    async fn look(&mut self, inventory: &Inventory) -> Observed {
        self.asked.push(inventory.targets.len());
        look(inventory).await
    }

    fn assess(&mut self, seen: &[Observation], partial: bool) -> RenewalReport {
        let mut rules = rules();
        rules.partial = partial;
        let report = answer(self.wanted, &rules, seen);
        self.classes
            .push(report.endpoints.iter().map(|row| row.class).collect());
        report
    }

    async fn pause(&mut self, _: &RenewalReport, _: Duration) -> bool {
        (self.between)(self.asked.len()).await
    }

    fn jitter(&mut self) -> f64 {
        0.5
    }
}

const HOUR: Pace = Pace {
    every: Duration::from_secs(30),
    wait: Duration::from_secs(3600),
};

/// Three front ends that are renewed one after the other.
#[tokio::test]
async fn only_what_is_not_right_yet_is_asked_again() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let mut servers = Vec::new();
    for host in [
        "lync01.contoso.com",
        "lync02.contoso.com",
        "lync03.contoso.com",
    ] {
        servers.push(Server::start(host, ca.issue(&leaf(&[host], 600))).await);
    }
    let estate = inventory(&servers);
    let wanted = baseline(&estate).await;
    let before: Vec<usize> = servers.iter().map(Server::connections).collect();
    let renew = |index: usize| {
        let server: &Server = &servers[index];
        server.assign(ca.issue(&leaf(&[&server.host], 0)));
    };
    let mut rounds = Live {
        wanted: &wanted,
        asked: Vec::new(),
        classes: Vec::new(),
        between: async |round| {
            renew(round - 1);
            true
        },
    };
    let (seen, report) = until_right(&estate, Some(HOUR), &mut rounds).await;
    assert_eq!(report.answer, Answer::Renewed, "{report:#?}");
    assert_eq!(
        rounds.asked,
        [3, 3, 2, 1],
        "each endpoint once, until it is right"
    );
    let unchanged = |classes: &Vec<Class>| {
        classes
            .iter()
            .filter(|class| **class == Class::Unchanged)
            .count()
    };
    assert_eq!(
        rounds.classes.iter().map(unchanged).collect::<Vec<_>>(),
        [3, 2, 1, 0]
    );
    assert_eq!(seen.len(), 3);
    let per_round = before[0];
    let connections: Vec<usize> = servers
        .iter()
        .zip(before)
        .map(|(server, before)| server.connections() - before)
        .collect();
    assert_eq!(
        connections,
        [2 * per_round, 3 * per_round, 4 * per_round],
        "one capture an endpoint and round"
    );
}

#[tokio::test]
async fn a_server_that_restarts_is_waited_for() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let host = "lync01.contoso.com";
    let server = Server::start(host, ca.issue(&leaf(&[host], 600))).await;
    let estate = inventory([&server]);
    let wanted = baseline(&estate).await;
    let mut running = Some(server);
    let mut address = None;
    let mut rounds = Live {
        wanted: &wanted,
        asked: Vec::new(),
        classes: Vec::new(),
        between: async |round| {
            match round {
                1 => address = Some(running.take().expect("it runs").stop().await),
                _ => {
                    let at = address.expect("it ran");
                    running = Some(Server::start_at(host, at, ca.issue(&leaf(&[host], 0))).await);
                }
            }
            true
        },
    };
    let (_, report) = until_right(&estate, Some(HOUR), &mut rounds).await;
    assert_eq!(report.answer, Answer::Renewed);
    assert_eq!(
        rounds.classes,
        [[Class::Unchanged], [Class::NotCaptured], [Class::Renewed]]
    );
}

/// No connections: what is seen never changes, and the clock is the test's.
struct Still<'s> {
    wanted: &'s Wanted,
    seen: Vec<Observation>,
    looks: Vec<Duration>,
    start: Instant,
    took: Duration,
    interrupt_after: usize,
}

impl Rounds for Still<'_> {
    async fn look(&mut self, _: &Inventory) -> Observed {
        self.looks.push(self.start.elapsed());
        tokio::time::sleep(self.took).await;
        Observed {
            observations: self.seen.clone(),
            partial: false,
        }
    }

    fn assess(&mut self, seen: &[Observation], partial: bool) -> RenewalReport {
        let mut rules = rules();
        rules.partial = partial;
        answer(self.wanted, &rules, seen)
    }

    async fn pause(&mut self, _: &RenewalReport, pause: Duration) -> bool {
        tokio::time::sleep(pause).await;
        self.looks.len() < self.interrupt_after
    }

    fn jitter(&mut self) -> f64 {
        // Nine tenths, then eleven tenths of the pause.
        (self.looks.len() % 2) as f64
    }
}

async fn unchanged() -> (Inventory, Wanted, Vec<Observation>) {
    let ca = Ca::new("Contoso Issuing CA 01");
    let host = "lync01.contoso.com";
    let server = Server::start(host, ca.issue(&leaf(&[host], 600))).await;
    let estate = inventory([&server]);
    let wanted = baseline(&estate).await;
    let seen = look(&estate).await.observations;
    (estate, wanted, seen)
}

fn still<'s>(wanted: &'s Wanted, seen: Vec<Observation>) -> Still<'s> {
    Still {
        wanted,
        seen,
        looks: Vec::new(),
        start: Instant::now(),
        took: Duration::from_secs(2),
        interrupt_after: usize::MAX,
    }
}

#[tokio::test]
async fn the_last_look_is_at_the_end_of_the_wait() {
    let (estate, wanted, seen) = unchanged().await;
    tokio::time::pause();
    let mut rounds = still(&wanted, seen);
    let pace = Pace {
        every: Duration::from_secs(30),
        wait: Duration::from_secs(100),
    };
    let (_, report) = until_right(&estate, Some(pace), &mut rounds).await;
    assert_eq!(report.answer, Answer::NotRenewed);
    let looks: Vec<u64> = rounds.looks.iter().map(Duration::as_secs).collect();
    // A look takes 2 s; pauses are of 33 and 27 s, and the last one ends with the wait.
    assert_eq!(looks, [0, 35, 64, 99]);
    assert!(rounds.start.elapsed() <= Duration::from_secs(103));
}

#[tokio::test]
async fn an_interrupted_wait_gives_the_state_so_far() {
    let (estate, wanted, seen) = unchanged().await;
    tokio::time::pause();
    let mut rounds = Still {
        interrupt_after: 2,
        ..still(&wanted, seen)
    };
    let (seen, report) = until_right(&estate, Some(HOUR), &mut rounds).await;
    assert_eq!((rounds.looks.len(), report.partial), (2, true));
    assert!(
        report.headline.contains("interrupted"),
        "{}",
        report.headline
    );
    assert_eq!(seen[0].outcome, Outcome::Captured);
}

#[tokio::test]
async fn without_a_wait_there_is_one_look() {
    let (estate, wanted, seen) = unchanged().await;
    let mut rounds = Still {
        took: Duration::ZERO,
        ..still(&wanted, seen)
    };
    let (_, report) = until_right(&estate, None, &mut rounds).await;
    assert_eq!((rounds.looks.len(), report.answer), (1, Answer::NotRenewed));
}
