//! What became of each endpoint's certificate, by class.

use rcgen::KeyPair;
use sameca::judge::{Expected, reference_ca};
use sameca::model::bytes::Der;
use sameca::model::change::{Class, KeyChange, State};
use sameca::model::observation::Observation;
use sameca::model::renewal::{Answer, RenewalReport};
use sameca::model::target::Group;
use sameca::model::timestamp::Timestamp;
use sameca::renewal::{Baseline, Wanted, diff};

use crate::pki::{Ca, Wish, day, leaf};
use crate::servers::{Server, inventory};
use crate::{answer, baseline, look, row, rules};

const HOST: &str = "lync01.contoso.com";
const POOL: &str = "lyncpool.contoso.com";

/// One server with a certificate from 600 days ago, which is then given another.
async fn renewed(old: (&Ca, &Wish), new: (&Ca, &Wish)) -> RenewalReport {
    let server = Server::start(HOST, old.0.issue(old.1)).await;
    let estate = inventory([&server]);
    let before = baseline(&estate).await;
    server.assign(new.0.issue(new.1));
    answer(&before, &rules(), &look(&estate).await.observations)
}

#[tokio::test]
async fn a_new_certificate_of_the_same_ca_is_renewed() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let names = leaf(&[HOST, POOL], 600);
    let report = renewed((&ca, &names), (&ca, &leaf(&[HOST, POOL], 0))).await;
    let row = &report.endpoints[0];
    assert_eq!(
        (row.class, row.key, row.same_ca, row.state),
        (
            Class::Renewed,
            Some(KeyChange::Rekeyed),
            Some(true),
            Some(State::Right)
        ),
        "{row:#?}"
    );
    assert_eq!(
        report.answer,
        Answer::Renewed,
        "one endpoint alone is enough"
    );
    assert_eq!(
        report.headline,
        "1 of 1: the endpoint presents a new certificate"
    );
}

#[tokio::test]
async fn each_way_to_go_wrong_has_its_class() {
    let (ca, other) = (Ca::new("Contoso Issuing CA 01"), Ca::new("Fabrikam CA"));
    let renewed_ca = Ca::new("Contoso Issuing CA 01");
    let old = leaf(&[HOST, POOL], 600);
    let new = leaf(&[HOST, POOL], 0);
    for (issuer, wish, class, remarks) in [
        (&other, new.clone(), Class::CaChanged, vec![]),
        (
            &renewed_ca,
            new.clone(),
            Class::CaKeyGenerationChanged,
            vec![],
        ),
        (
            &ca,
            leaf(&[HOST, POOL], 900),
            Class::RolledBack,
            vec![Class::ShorterLived],
        ),
        (&ca, leaf(&[HOST], 0), Class::NamesLost, vec![]),
        (
            &ca,
            Wish {
                until: 60,
                ..new.clone()
            },
            Class::ShorterLived,
            vec![],
        ),
        // The weightiest first, the others beside it.
        (
            &other,
            leaf(&[HOST], 900),
            Class::CaChanged,
            vec![Class::RolledBack, Class::NamesLost, Class::ShorterLived],
        ),
    ] {
        let report = renewed((&ca, &old), (issuer, &wish)).await;
        let row = &report.endpoints[0];
        assert_eq!((row.class, &row.remarks), (class, &remarks), "{row:#?}");
        assert_eq!(row.state, Some(State::Wrong), "{class:?}");
        assert_eq!(report.answer, Answer::NotRenewed, "{class:?}");
    }
}

#[tokio::test]
async fn a_new_certificate_that_is_not_valid_now_is_not_right() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let old = leaf(&[HOST], 600);
    let future = Wish {
        from: 1,
        ..leaf(&[HOST], 0)
    };
    let report = renewed((&ca, &old), (&ca, &future)).await;
    let row = &report.endpoints[0];
    assert_eq!((row.class, row.state), (Class::Renewed, Some(State::Wrong)));
    assert!(row.reason.contains("valid only from"), "{}", row.reason);
    let expired_before = leaf(&[HOST], 900);
    let expired = Wish {
        until: -1,
        ..leaf(&[HOST], 0)
    };
    let report = renewed((&ca, &expired_before), (&ca, &expired)).await;
    assert!(report.endpoints[0].reason.contains("expired"));
    assert_eq!(report.answer, Answer::NotRenewed);
}

#[tokio::test]
async fn the_same_key_is_marked() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let key = KeyPair::generate().expect("a key");
    let server = Server::start(HOST, ca.issue_for(&leaf(&[HOST], 600), &key)).await;
    let estate = inventory([&server]);
    let before = baseline(&estate).await;
    server.assign(ca.issue_for(&leaf(&[HOST], 0), &key));
    let report = answer(&before, &rules(), &look(&estate).await.observations);
    let row = &report.endpoints[0];
    assert_eq!(
        (row.class, row.key),
        (Class::Renewed, Some(KeyChange::SameKey))
    );
}

/// Two front ends with two ports each: the first is renewed, of the second only one port is.
#[tokio::test]
async fn a_partial_renewal_says_what_is_left() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let hosts = [HOST, "lync02.contoso.com"];
    let mut servers = Vec::new();
    for host in hosts {
        let held = ca.issue(&leaf(&[host, POOL], 600));
        for _ in 0..2 {
            servers.push(Server::start(host, held.clone()).await);
        }
    }
    let estate = inventory(&servers);
    let before = baseline(&estate).await;
    let unchanged = answer(&before, &rules(), &look(&estate).await.observations);
    assert_eq!(unchanged.summary.right, 0);
    assert_eq!(unchanged.summary.classes, [(Class::Unchanged, 4)].into());
    let fresh = ca.issue(&leaf(&[HOST, POOL], 0));
    servers[0].assign(fresh.clone());
    servers[1].assign(fresh);
    servers[2].assign(ca.issue(&leaf(&["lync02.contoso.com", POOL], 0)));
    let report = answer(&before, &rules(), &look(&estate).await.observations);
    assert_eq!(report.answer, Answer::NotRenewed);
    let (new, old) = (servers[2].address.port(), servers[3].address.port());
    assert_eq!(
        report.headline,
        format!("3 of 4: lync02 still serves the old certificate on {old} ({new} is new)")
    );
    let [pool] = report.pools.as_slice() else {
        panic!("one pool: {:#?}", report.pools);
    };
    assert_eq!((pool.name.as_str(), pool.members), (POOL, 2));
    assert_eq!(
        (&pool.renewed, &pool.not_renewed),
        (
            &vec![HOST.to_owned()],
            &vec!["lync02.contoso.com".to_owned()]
        )
    );
}

/// A whole estate that moved to another CA: caught; and right when the move was planned.
#[tokio::test]
async fn a_change_of_the_ca_is_caught_unless_it_was_given() {
    let (old, new) = (Ca::new("Contoso Old CA"), Ca::new("Contoso New CA"));
    let hosts = [HOST, "lync02.contoso.com"];
    let mut servers = Vec::new();
    for host in hosts {
        servers.push(Server::start(host, old.issue(&leaf(&[host], 600))).await);
    }
    let estate = inventory(&servers);
    let before = baseline(&estate).await;
    for server in &servers {
        server.assign(new.issue(&leaf(&[&server.host], 0)));
    }
    let seen = look(&estate).await.observations;
    let report = answer(&before, &rules(), &seen);
    assert_eq!(report.answer, Answer::NotRenewed);
    assert_eq!(report.summary.classes, [(Class::CaChanged, 2)].into());
    assert!(
        report
            .headline
            .contains("every endpoint serves a certificate of another CA")
            && report.headline.contains("--reference-ca"),
        "{}",
        report.headline
    );
    // One that kept its CA is right beside one that did not.
    servers[0].assign(old.issue(&leaf(&[HOST], 0)));
    let mixed = answer(&before, &rules(), &look(&estate).await.observations);
    assert_eq!(mixed.answer, Answer::NotRenewed);
    assert_eq!(
        mixed.summary.classes,
        [(Class::CaChanged, 1), (Class::Renewed, 1)].into()
    );
    assert_eq!(row(&mixed, &servers[0].label()).state, Some(State::Right));
    assert!(
        mixed
            .headline
            .contains("lync02 serves a certificate of another CA on"),
        "{}",
        mixed.headline
    );
    let reference = reference_ca(&[Der::from(new.certificate().to_vec())]).expect("a CA");
    let mut planned = rules();
    planned.expected = [(Group::Internal, Expected::Ca(Box::new(reference)))].into();
    let report = answer(&before, &planned, &seen);
    assert_eq!(report.answer, Answer::Renewed, "{report:#?}");
    assert_eq!(report.endpoints[0].remarks, [Class::CaChanged]);
}

#[tokio::test]
async fn what_came_and_what_went_is_told() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let mut servers = Vec::new();
    for host in [HOST, "lync02.contoso.com", "lync03.contoso.com"] {
        servers.push(Server::start(host, ca.issue(&leaf(&[host], 600))).await);
    }
    let before = baseline(&inventory(&servers[..2])).await;
    servers[0].assign(ca.issue(&leaf(&[HOST], 0)));
    let report = answer(
        &before,
        &rules(),
        &look(&inventory([&servers[0], &servers[2]]))
            .await
            .observations,
    );
    assert_eq!(row(&report, &servers[1].label()).class, Class::Vanished);
    assert_eq!(row(&report, &servers[1].label()).state, Some(State::Wrong));
    let new = row(&report, &servers[2].label());
    assert_eq!(
        (new.class, new.state),
        (Class::New, Some(State::Open)),
        "issued before the baseline"
    );
    servers[2].assign(ca.issue(&leaf(&["lync03.contoso.com"], 0)));
    let report = answer(
        &before,
        &rules(),
        &look(&inventory([&servers[0], &servers[2]]))
            .await
            .observations,
    );
    let new = row(&report, &servers[2].label());
    assert_eq!(
        (new.class, new.state),
        (Class::New, Some(State::Right)),
        "{new:#?}"
    );
    // A certificate that somebody else had before is not new at all.
    servers[2].assign(ca.issue(&leaf(&["lync03.contoso.com"], 600)));
    let shared = ca.issue(&leaf(&[HOST, "lync03.contoso.com"], 600));
    servers[0].assign(shared.clone());
    let before = baseline(&inventory([&servers[0]])).await;
    servers[2].assign(shared);
    let report = answer(
        &before,
        &rules(),
        &look(&inventory([&servers[0], &servers[2]]))
            .await
            .observations,
    );
    assert_eq!(row(&report, &servers[2].label()).class, Class::Unchanged);
}

/// One member of a pool left and another came: they are not one server that moved.
#[tokio::test]
async fn a_member_that_left_is_not_the_one_that_came() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let server = Server::start(POOL, ca.issue(&leaf(&[POOL], 600))).await;
    let estate = inventory([&server]);
    let Wanted::Baseline(mut before) = baseline(&estate).await else {
        panic!("a baseline");
    };
    let mut seen = look(&estate).await.observations;
    let member = |run: &mut Vec<Observation>, address: &str| {
        let mut row = run[0].clone();
        row.address = Some(address.parse().expect("an address"));
        run.push(row);
    };
    member(&mut before.observations, "192.0.2.2");
    member(&mut seen, "192.0.2.3");
    let report = answer(&Wanted::Baseline(before), &rules(), &seen);
    let of = |address: &str| {
        let address = Some(address.parse().expect("an address"));
        let mut rows = report.endpoints.iter();
        rows.find(|row| row.address == address).map(|row| row.class)
    };
    assert_eq!(of("192.0.2.2"), Some(Class::Vanished));
    assert_eq!(
        of("192.0.2.3"),
        Some(Class::Unchanged),
        "a certificate of the baseline"
    );
    assert!(
        report
            .endpoints
            .iter()
            .all(|row| row.former_address.is_none())
    );
}

/// What is of a group that is not asked for has not vanished.
#[tokio::test]
async fn another_group_is_left_out() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let server = Server::start(HOST, ca.issue(&leaf(&[HOST], 600))).await;
    let estate = inventory([&server]);
    let Wanted::Baseline(mut before) = baseline(&estate).await else {
        panic!("a baseline");
    };
    let mut web = before.observations[0].clone();
    (web.host, web.target) = (
        "meet.contoso.com".to_owned(),
        "meet.contoso.com:443".to_owned(),
    );
    (web.group, web.address) = (Group::External, None);
    before.observations.push(web);
    server.assign(ca.issue(&leaf(&[HOST], 0)));
    let report = answer(
        &Wanted::Baseline(before),
        &rules(),
        &look(&estate).await.observations,
    );
    assert_eq!(
        (report.answer, report.summary.left_out),
        (Answer::Renewed, 1)
    );
}

#[tokio::test]
async fn a_server_that_is_silent_leaves_it_open() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let first = Server::start(HOST, ca.issue(&leaf(&[HOST], 600))).await;
    let second = Server::start(
        "lync02.contoso.com",
        ca.issue(&leaf(&["lync02.contoso.com"], 600)),
    )
    .await;
    let estate = inventory([&first, &second]);
    let before = baseline(&estate).await;
    first.assign(ca.issue(&leaf(&[HOST], 0)));
    let label = second.label();
    second.stop().await;
    let report = answer(&before, &rules(), &look(&estate).await.observations);
    assert_eq!(report.answer, Answer::Inconclusive);
    let row = row(&report, &label);
    assert_eq!(
        (row.class, row.state),
        (Class::NotCaptured, Some(State::Open))
    );
    assert!(row.old.is_some(), "what it showed is still known");
}

#[tokio::test]
async fn a_server_is_known_by_its_name_when_it_moved() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let server = Server::start(HOST, ca.issue(&leaf(&[HOST], 600))).await;
    let estate = inventory([&server]);
    let Wanted::Baseline(mut before) = baseline(&estate).await else {
        panic!("a baseline");
    };
    before.observations[0].address = Some("192.0.2.1".parse().expect("an address"));
    server.assign(ca.issue(&leaf(&[HOST], 0)));
    let report = answer(
        &Wanted::Baseline(before),
        &rules(),
        &look(&estate).await.observations,
    );
    let row = &report.endpoints[0];
    assert_eq!((report.endpoints.len(), row.class), (1, Class::Renewed));
    assert_eq!(
        row.former_address
            .map(|address| address.to_string())
            .as_deref(),
        Some("192.0.2.1")
    );
}

#[tokio::test]
async fn without_a_baseline_time_or_thumbprint_tell_what_is_new() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let (old, new) = (
        leaf(&[HOST, "lync02.contoso.com"], 600),
        leaf(&[HOST, "lync02.contoso.com"], 1),
    );
    let fresh = ca.issue(&new);
    let first = Server::start(HOST, fresh.clone()).await;
    let second = Server::start("lync02.contoso.com", ca.issue(&old)).await;
    let estate = inventory([&first, &second]);
    let thumbprint = Der::from(fresh.cert[0].to_vec()).sha1().to_string();
    for wanted in [
        Wanted::IssuedAfter(Timestamp::new(day(-2))),
        Wanted::Expected([thumbprint].into()),
    ] {
        let report = answer(&wanted, &rules(), &look(&estate).await.observations);
        assert_eq!(row(&report, &first.label()).state, Some(State::Right));
        let other = row(&report, &second.label());
        assert_eq!(
            (other.class, other.state),
            (Class::Unchanged, Some(State::Wrong))
        );
        assert_eq!(report.answer, Answer::NotRenewed);
    }
    second.assign(fresh);
    let report = answer(
        &Wanted::IssuedAfter(Timestamp::new(day(-2))),
        &rules(),
        &look(&estate).await.observations,
    );
    assert_eq!(report.answer, Answer::Renewed, "{report:#?}");
}

#[tokio::test]
async fn a_diff_has_the_same_classes_and_no_opinion() {
    let ca = Ca::new("Contoso Issuing CA 01");
    let server = Server::start(HOST, ca.issue(&leaf(&[HOST, POOL], 600))).await;
    let estate = inventory([&server]);
    let kept = |observations| Baseline {
        observations,
        older: Vec::new(),
    };
    let old = kept(look(&estate).await.observations);
    let equal = diff(&rules().policy, &old, &old.clone(), []);
    assert!(
        equal.equal
            && equal
                .endpoints
                .iter()
                .all(|row| row.class == Class::Unchanged)
    );
    server.assign(ca.issue(&leaf(&[HOST], 0)));
    let new = kept(look(&estate).await.observations);
    let changed = diff(&rules().policy, &old, &new, []);
    assert!(!changed.equal);
    assert_eq!(changed.endpoints[0].class, Class::NamesLost);
    assert_eq!(changed.endpoints[0].state, None);
    assert_eq!(changed.headline, "1 of 1 endpoints: 1 names-lost");
}
