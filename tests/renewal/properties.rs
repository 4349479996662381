//! What holds for any two runs.

use proptest::prelude::*;
use sameca::model::change::Class;
use sameca::model::observation::Observation;
use sameca::renewal::{Baseline, Wanted, diff};

use crate::{answer, rules};

/// An observation of one of few endpoints, which was captured or not.
fn observation() -> impl Strategy<Value = Observation> {
    let variant = prop_oneof![Just(None), Just(Some("rsa")), Just(Some("sample"))];
    (0..3_u8, 0..2_u16, 0..3_u8, 0..3_u8, variant).prop_map(|(host, port, address, leaf, variant)| {
        let host = format!("lync0{host}.contoso.com");
        let (port, chain) = (443 + port, ["MAA=", "MAE="].get(usize::from(leaf)));
        let address = (address > 0).then(|| format!("192.0.2.{address}"));
        let chain = chain.filter(|_| address.is_some());
        let outcome = match (&address, chain) {
            (None, _) => "no_address",
            (Some(_), None) => "refused",
            (Some(_), Some(_)) => "captured",
        };
        let json = serde_json::json!({
            "schema": "sameca.observation/1", "run": "01J", "at": "2026-11-22T20:15:04Z", "roles": ["front-end"],
            "group": "internal", "pool": null, "required": true, "names": [host], "variant": variant, "count": 1,
            "target": format!("{host}:{port}"), "host": host, "address": address, "port": port, "sni": host,
            "outcome": outcome, "detail": null, "elapsed_ms": 1, "attempts": [], "tls": null,
            "chain": chain.into_iter().collect::<Vec<_>>(),
        });
        serde_json::from_value(json).expect("an observation")
    })
}

fn run() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(observation(), 1..12)
}

fn kept(observations: Vec<Observation>) -> Baseline {
    Baseline {
        observations,
        older: Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_run_does_not_differ_from_itself(run in run()) {
        let diff = diff(&rules().policy, &kept(run.clone()), &kept(run), []);
        prop_assert!(diff.equal, "{diff:#?}");
    }

    #[test]
    fn the_order_of_observations_does_not_matter(old in run(), new in run()) {
        let said = |old: Vec<Observation>, new: &[Observation]| {
            answer(&Wanted::Baseline(kept(old)), &rules(), new)
        };
        let (mut reversed, mut backwards) = (old.clone(), new.clone());
        reversed.reverse();
        backwards.reverse();
        prop_assert_eq!(said(old, &new), said(reversed, &backwards));
    }

    #[test]
    fn each_endpoint_that_was_asked_has_one_row(old in run(), new in run()) {
        let report = answer(&Wanted::Baseline(kept(old)), &rules(), &new);
        let mut asked: Vec<_> = new.iter().map(|seen| (seen.target.clone(), seen.address)).collect();
        asked.sort();
        asked.dedup();
        for (target, address) in asked {
            let of = |row: &&sameca::model::change::Change| {
                row.target == target && row.class != Class::Vanished && (address.is_none() || row.address == address)
            };
            prop_assert!(report.endpoints.iter().any(|row| of(&row)), "{target} {address:?}");
        }
    }
}
