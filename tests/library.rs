//! The library as the example of its front page uses it, with servers on loopback.

use sameca::model::report::RunReport;
use sameca::model::target::Role;
use sameca::model::timestamp::Timestamp;
use sameca::model::verdict::Verdict;
use sameca::{demo, identify, inventory, judge, sweep};
use tokio_util::sync::CancellationToken;

/// The example, with other targets.
async fn judged(front_end: &str, chat: &str) -> RunReport {
    let mut targets = inventory::Builder::new(inventory::Selection::default());
    targets.command_line(Role::FrontEnd, front_end);
    targets.command_line(Role::PersistentChat, chat);
    let inventory = targets.finish().expect("good targets");

    let settings = sweep::Settings::new("run-1");
    let observed =
        sweep::observe_all(&inventory, &settings, &CancellationToken::new(), |_| ()).await;

    let identified = identify::identify(&observed.observations, []);
    let rules = judge::Rules::new("run-1", sweep::now());
    judge::judge(&rules, &observed.observations, &identified)
}

/// The address of a server of the demo's estate.
fn address(estate: &demo::Estate, host: &str) -> String {
    let mut words = estate.command.split(' ');
    let ports = words.find_map(|word| word.strip_prefix(host)?.strip_prefix(':'));
    let first = ports.and_then(|ports| ports.split(',').next());
    format!("127.0.0.1:{}", first.expect("the estate has the server"))
}

async fn estate() -> demo::Estate {
    let now = Timestamp::parse("2026-11-23T00:00:00Z").expect("a time");
    demo::start(false, now).await.expect("the estate starts")
}

#[tokio::test]
async fn two_servers_of_one_ca_are_the_same() {
    let estate = estate().await;
    let lync = address(&estate, "lync01.contoso.com");
    let report = judged(&lync, &address(&estate, "pchat02.contoso.com")).await;
    assert_eq!(report.verdict, Verdict::Same, "{}", report.headline);
    assert_eq!(report.summary.captured, 2);
}

#[tokio::test]
async fn two_servers_of_two_cas_are_different() {
    let estate = estate().await;
    let lync = address(&estate, "lync01.contoso.com");
    let report = judged(&lync, &address(&estate, "pchat01.contoso.com")).await;
    assert_eq!(report.verdict, Verdict::Different, "{}", report.headline);
    assert_eq!(report.summary.cas, 2);
}
