//! What to do next, in one sentence.

use crate::judge::group::{Judgement, Obstacle};
use crate::judge::reason::{Against, subject_of_comparison};
use crate::judge::{Brief, Case};
use crate::model::issuer::Evidence;
use crate::model::observation::Outcome;
use crate::model::target::Group;
use crate::model::verdict::{Same, Verdict};

/// The next step; `None` when nothing is to be done.
pub(super) fn advice(case: &Case<'_>, verdict: Verdict) -> Option<String> {
    if case.rules.partial {
        return Some("run the check again without interrupting it".to_owned());
    }
    let (group, judgement) = case
        .judged()
        .find(|(_, judgement)| judgement.verdict == verdict)?;
    match verdict {
        Verdict::Same
            if judgement
                .evidence
                .is_some_and(|evidence| evidence.strength() < Evidence::Recovered.strength()) =>
        {
            Some(get_the_ca_certificate(case, group))
        }
        Verdict::Same => None,
        Verdict::Different => Some(replace(case, group, judgement)),
        Verdict::Inconclusive => judgement
            .obstacles
            .first()
            .map(|obstacle| clear(case, group, obstacle)),
    }
}

/// How to prove what is only claimed so far; for `--same root` it is the root that is missing.
fn get_the_ca_certificate(case: &Case<'_>, group: Group) -> String {
    let weak = case.rows.iter().find(|row| {
        row.group == group
            && row.known(case.identified).is_some_and(|known| {
                known.standing.evidence().strength() < Evidence::Recovered.strength()
            })
    });
    let name = weak
        .and_then(|row| row.leaf)
        .map(|leaf| case.short.quoted(&case.names.issuer_of(leaf)));
    let whose = match (name, case.rules.policy.same) {
        (Some(name), _) => name,
        (None, Same::Root) => "each root".to_owned(),
        (None, _) => "each issuing CA".to_owned(),
    };
    format!(
        "give the certificate of {whose} to prove it: `certutil -ca.cert ca.cer` on the CA, then `--ca-file ca.cer`"
    )
}

fn replace(case: &Case<'_>, group: Group, judgement: &Judgement) -> String {
    let wrong = |row: &&Brief| {
        row.group == group
            && row
                .leaf
                .is_some_and(|leaf| judgement.agrees.get(leaf) == Some(Some(false)))
    };
    let Some(first) = case.rows.iter().find(wrong) else {
        return "decide which CA the servers should use and name it with `--reference-ca`; each row shows its own".to_owned();
    };
    let host = first.host();
    let from = |ca: &str| match first.is_file() {
        true => format!("request a certificate from {ca} in place of {host}, then check again"),
        false => format!(
            "request a certificate for {host} from {ca} and assign it there, then check again"
        ),
    };
    match subject_of_comparison(case, group) {
        Some(Against::FrontEnds(leaf)) => from(&case.short.quoted(&case.names.issuer_of(leaf))),
        Some(Against::ReferenceCa(name)) => from(&case.short.quoted(&name)),
        Some(Against::Public) => format!("give {host} a certificate of a public CA, then check again"),
        None => "decide which CA the servers should use and name it with `--reference-ca`; each row shows its own".to_owned(),
    }
}

fn clear(case: &Case<'_>, group: Group, obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NotCaptured(row) => case.rows.get(*row).map_or_else(String::new, reach),
        Obstacle::HostSilent(host, _) => format!("see whether {host} is up and reachable from here, or leave it out, then check again"),
        Obstacle::ServiceNotSeen => "name the servers that run the file upload/download web service: in Lync Server 2013 the front ends, on port 443".to_owned(),
        Obstacle::PossessionFailed(row) | Obstacle::PossessionNotProven(row) => {
            let target = case.rows.get(*row).map_or("it".into(), Brief::target);
            format!("look at what answers on {target}: `sameca show {target}`")
        }
        Obstacle::Unreadable(row) => {
            let target = case.rows.get(*row).map_or("it".into(), Brief::target);
            format!("keep the certificate with `sameca show {target} --format pem` and look at it with another tool")
        }
        Obstacle::NothingToCompare if !case.rows.iter().any(|row| row.group == group && row.leaf.is_some()) => {
            "see why nothing was captured; each row says it".to_owned()
        }
        Obstacle::NothingToCompare => "name at least two endpoints, or the CA that is expected with `--reference-ca ca.cer`".to_owned(),
        Obstacle::Difference | Obstacle::Unknown | Obstacle::Exhausted => get_the_ca_certificate(case, group),
    }
}

fn reach(row: &Brief) -> String {
    let target = row.target();
    match row.outcome {
        Outcome::NoAddress => format!(
            "correct the name of {target}, or give its address with `--resolve {}=ADDRESS`",
            row.host()
        ),
        Outcome::Refused => {
            format!("see whether the service on {target} is running, then check again")
        }
        Outcome::Unreachable if row.address.is_some_and(|address| address.is_ipv6()) => {
            format!(
                "{target} has an IPv6 address that cannot be reached from here; use `-4` to check only IPv4"
            )
        }
        Outcome::Timeout | Outcome::Unreachable => {
            format!("open the way to {target} (firewall, routing) or check from another machine")
        }
        Outcome::LocalError => {
            "free descriptors or memory on this machine (`ulimit -n`), or lower `--concurrency`"
                .to_owned()
        }
        Outcome::NotTls => {
            format!("see whether {target} is the right port; what answered is not TLS")
        }
        _ => format!("look at it more closely: `sameca show {target}`"),
    }
}
