//! Results as observations.

use std::net::IpAddr;

use crate::capture::ladder::{Ask, Run, milliseconds};
use crate::model::observation::{Observation, ObservationSchema, Outcome, Variant};
use crate::model::target::{Endpoint, Requirement, Target};
use crate::model::timestamp::Timestamp;

/// A target that was never connected to: its name has no address, or the run ended before its turn.
pub fn unconnected(
    target: &Target,
    outcome: Outcome,
    detail: impl Into<String>,
    run: &str,
    at: Timestamp,
) -> Observation {
    Observation {
        schema: ObservationSchema::V1,
        run: run.to_owned(),
        at,
        roles: target.roles.clone(),
        group: target.group,
        pool: target.pool.clone(),
        required: target.requirement == Requirement::Required,
        one_of_host: target.requirement == Requirement::OneOfHost,
        names: vec![target.host.to_string()],
        variant: None,
        count: 1,
        target: target.label(),
        host: target.host.to_string(),
        address: None,
        port: Some(target.port),
        sni: target.sni.clone(),
        outcome,
        detail: Some(detail.into()),
        elapsed_ms: 0,
        attempts: Vec::new(),
        tls: None,
        chain: Vec::new(),
    }
}

/// An endpoint whose address is known and that was never connected to.
pub fn unconnected_endpoint(
    endpoint: &Endpoint,
    outcome: Outcome,
    detail: impl Into<String>,
    run: &str,
    at: Timestamp,
) -> Observation {
    Observation {
        names: endpoint.names.clone(),
        address: Some(address(endpoint)),
        ..unconnected(&endpoint.target, outcome, detail, run, at)
    }
}

/// The observation that a run of the ladder came to.
pub(super) fn observed(
    ask: &Ask<'_>,
    found: Run,
    variant: Option<Variant>,
    run: &str,
    at: Timestamp,
) -> Observation {
    let ended = found.ended;
    Observation {
        variant,
        sni: ask.server_name.map(str::to_owned),
        detail: ended.detail,
        elapsed_ms: milliseconds(found.elapsed),
        attempts: found.attempts,
        tls: ended.tls.map(|tls| *tls),
        chain: ended.chain,
        ..unconnected_endpoint(ask.endpoint, ended.outcome, String::new(), run, at)
    }
}

/// An IPv4 address in IPv6 clothes is shown as what it is.
fn address(endpoint: &Endpoint) -> IpAddr {
    endpoint.address.ip().to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::{Group, Host, Port, Role};

    #[test]
    fn a_target_without_an_address_keeps_what_was_expected_of_it() {
        let target = Target {
            host: Host::Name("pchat01.contoso.com".to_owned()),
            port: Port::HTTPS,
            addresses: Vec::new(),
            sni: Some("pchat01.contoso.com".to_owned()),
            roles: [Role::PersistentChat].into(),
            group: Group::Internal,
            pool: None,
            requirement: Requirement::OneOfHost,
        };
        let at = Timestamp::from_unix(0).expect("a time");
        let row = unconnected(&target, Outcome::NoAddress, "no such name", "run", at);
        assert_eq!(row.outcome, Outcome::NoAddress);
        assert_eq!((row.required, row.one_of_host), (false, true));
        assert_eq!(row.address, None);
        assert_eq!(row.names, ["pchat01.contoso.com"]);
    }
}
