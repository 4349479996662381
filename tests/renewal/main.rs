//! The smoke test after a renewal: servers on loopback that change their certificates, and the program as a user meets it.

mod bad_input;
mod classes;
mod pki;
mod program;
mod properties;
mod servers;
mod tables;
mod waiting;

use std::collections::BTreeSet;

use sameca::capture;
use sameca::judge::Rules;
use sameca::model::change::Change;
use sameca::model::observation::Observation;
use sameca::model::renewal::RenewalReport;
use sameca::model::report::Policy;
use sameca::model::target::{Group, Inventory};
use sameca::model::timestamp::Timestamp;
use sameca::renewal::{Baseline, Question, Scope, Wanted, assess};
use sameca::resolve;
use sameca::sweep::{self, Observed, observe_all};
use tokio_util::sync::CancellationToken;

/// What is served now.
async fn look(inventory: &Inventory) -> Observed {
    let settings = sweep::Settings {
        run: "01JDTEST000000000000000000".to_owned(),
        capture: capture::Settings::default(),
        concurrency: 8,
        rate: None,
        resolve: resolve::Settings::default(),
    };
    observe_all(inventory, &settings, &CancellationToken::new(), |_| {}).await
}

/// What is served now, as a baseline that was taken yesterday.
async fn baseline(inventory: &Inventory) -> Wanted {
    let mut observations = look(inventory).await.observations;
    for seen in &mut observations {
        seen.at = Timestamp::new(pki::day(-1));
    }
    Wanted::Baseline(Baseline {
        observations,
        older: Vec::new(),
    })
}

fn rules() -> Rules {
    Rules {
        policy: Policy::default(),
        judged: BTreeSet::from([Group::Internal]),
        require_possession: false,
        expected: Default::default(),
        expires_within_days: 30,
        run: "01JDTEST000000000000000000".to_owned(),
        now: Timestamp::parse(pki::NOW).expect("a time"),
        partial: false,
    }
}

fn answer(wanted: &Wanted, rules: &Rules, seen: &[Observation]) -> RenewalReport {
    let question = Question {
        wanted,
        rules,
        scope: Scope::Whole,
        candidates: &[],
    };
    assess(question, seen)
}

/// The row of an endpoint.
fn row<'r>(report: &'r RenewalReport, target: &str) -> &'r Change {
    let mut rows = report.endpoints.iter();
    rows.find(|row| row.target == target)
        .unwrap_or_else(|| panic!("no row for {target}: {report:#?}"))
}
