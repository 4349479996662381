//! What an export says, whatever its form: pools, their members, the services on them.

use super::refusal::{Place, TopologyError, quote};
use crate::model::target::Port;

/// The longest name in its written form (RFC 1035 §3.1: 255 octets on the wire).
const MAX_NAME: usize = 253;
/// The longest label (RFC 1035 §3.1).
const MAX_LABEL: usize = 63;

/// One export.
#[derive(Clone, Debug, Default)]
pub(super) struct Export {
    /// The default SIP domain.
    pub(super) title: Option<String>,
    /// Pools, as far as this export knows them.
    pub(super) pools: Vec<Pool>,
    /// Services.
    pub(super) services: Vec<Service>,
    /// The host names of simple URLs (meet, dialin, admin).
    pub(super) urls: Vec<String>,
    /// What was read past and why, in sentences.
    pub(super) notes: Vec<String>,
}

/// A pool: a name and the servers in it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// Lower case.
    pub(super) fqdn: String,
    /// Its members as far as they are known here, lower case.
    pub(super) members: Vec<String>,
    /// Whether these are all its members.
    pub(super) knows: Knows,
    /// The site's name.
    pub(super) site: Option<String>,
    /// Where it is said.
    pub(super) place: Place,
}

/// How much of a pool an export knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knows {
    /// Every member.
    All,
    /// Some members, or none (`Get-CsComputer`, `Get-CsService`).
    Some,
}

/// A service that is installed on a pool.
#[derive(Clone, Debug)]
pub(super) struct Service {
    /// What it is.
    pub(super) kind: Kind,
    /// The pool's name, lower case.
    pub(super) pool: String,
    /// 5 is Lync 2010, 6 Lync 2013, 7 and 8 Skype for Business 2015 and 2019.
    pub(super) version: Option<u8>,
    /// The ports named for it; `None` where the export names none for any service of this kind.
    pub(super) ports: Option<Vec<NamedPort>>,
    /// The web components, where the export lists them.
    pub(super) components: Option<Vec<String>>,
    /// The published name of its web services.
    pub(super) external_host: Option<String>,
    /// The internal name of its web services, where it is not the pool's.
    pub(super) internal_host: Option<String>,
    /// Servers that are not in use (`InactiveServers` of a Persistent Chat pool), lower case.
    pub(super) inactive: Vec<String>,
    /// Whether a registrar is a Director's.
    pub(super) director: bool,
    /// Where it is said.
    pub(super) place: Place,
}

/// What a service is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// SIP for clients and servers: front ends, Standard Edition servers, Directors, branch appliances.
    Registrar,
    /// Presence and conferencing control: front ends and Standard Edition servers.
    UserServices,
    /// The IIS sites.
    WebServices,
    /// The chat service itself.
    PersistentChat,
    /// Calls to gateways.
    Mediation,
    /// The servers in the perimeter network.
    Edge,
    /// Office Web Apps.
    OfficeWebApps,
    /// Parts of a front end that have no certificate of their own.
    PartOfFrontEnd,
    /// SQL Server and file shares.
    Store,
    /// A PSTN gateway.
    Gateway,
    /// A trusted application's server.
    TrustedApplication,
    /// A role that is not known here.
    Other(String),
}

impl Kind {
    /// The kind that a `RoleName` of XML or the first part of a service's `Identity` names.
    pub(super) fn of(word: &str) -> Self {
        let store = word.ends_with("Store") || word.ends_with("Database");
        match word {
            _ if store => Self::Store,
            "Registrar" => Self::Registrar,
            "UserServices" | "UserServer" => Self::UserServices,
            "WebServices" | "WebServer" => Self::WebServices,
            "MediationServer" => Self::Mediation,
            "EdgeServer" => Self::Edge,
            "WacService" | "WacServer" => Self::OfficeWebApps,
            "PstnGateway" => Self::Gateway,
            "ExternalServer" | "TrustedApplicationPool" | "TrustedApplicationServer" => {
                Self::TrustedApplication
            }
            "ConfServices" | "ConferencingServer" | "ApplicationServer" | "CentralMgmt"
            | "CentralManagement" | "ManagementServices" | "ManagementServer"
            | "MonitoringServer" | "ArchivingServer" | "ProvisionServices" => Self::PartOfFrontEnd,
            _ if word.starts_with("PersistentChat") => Self::PersistentChat,
            _ => Self::Other(word.to_owned()),
        }
    }
}

/// A TCP port that a service names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedPort {
    /// The port that the server listens on.
    pub(super) port: Port,
    /// What is spoken.
    pub(super) protocol: Protocol,
    /// Whether it is the side that is published.
    pub(super) side: Side,
    /// The component that listens, as in `urn:component:AccessEdge`.
    pub(super) owner: String,
    /// The port under which it is published, where it is another one.
    pub(super) published: Option<Port>,
    /// The name under which it is published.
    pub(super) published_as: Option<String>,
}

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP over TLS.
    Https,
    /// TLS, with client certificates (`Mtls`) or without.
    Tls,
    /// Without TLS from the first byte.
    Plain,
}

/// The side of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Primary or internal.
    Internal,
    /// External.
    External,
}

impl Side {
    /// The side that an `InterfaceSide` names.
    pub(super) fn of(word: Option<&str>) -> Self {
        match word {
            Some("External") => Self::External,
            _ => Self::Internal,
        }
    }
}

/// A server's name in lower case.
pub(super) fn fqdn(place: &Place, text: &str) -> Result<String, TopologyError> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        let known = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        let edge = label.starts_with('-') || label.ends_with('-');
        (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(known) && !edge
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if name.len() > MAX_NAME || !name.split('.').all(label) || number {
        return Err(place.refuse(
            format!("{} is not a server's name", quote(text)),
            "a name has letters, digits and hyphens between its dots, as in lync01.contoso.com",
        ));
    }
    Ok(name)
}

/// A port; `None` for 0, which means that the service does not listen.
pub(super) fn port(place: &Place, text: &str) -> Result<Option<Port>, TopologyError> {
    match text.trim().parse::<u16>() {
        Ok(number) => Ok(Port::new(number)),
        Err(_) => Err(place.refuse(
            format!("{} is not a port", quote(text)),
            "a port is a number from 1 to 65535, and 0 where a service does not listen",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_a_server() {
        let place = Place::file("t.xml");
        assert_eq!(
            fqdn(&place, " FE01.Contoso.com. "),
            Ok("fe01.contoso.com".to_owned())
        );
        assert!(fqdn(&place, "fe01").is_ok());
        let long = "a".repeat(64);
        for bad in [
            "",
            ".",
            "fe 01",
            "fe01;x",
            "-fe",
            "fe-",
            "a..b",
            "192.0.2.1",
            "fé.x",
            "*.x",
            &long,
        ] {
            assert!(fqdn(&place, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_port_is_in_range_or_absent() {
        let place = Place::file("t.xml");
        assert_eq!(port(&place, "443"), Ok(Port::new(443)));
        assert_eq!(port(&place, "0"), Ok(None));
        for bad in ["65536", "-1", "http", ""] {
            let error = port(&place, bad).expect_err(bad);
            assert!(error.to_string().contains("from 1 to 65535"), "{error}");
        }
    }

    #[test]
    fn a_store_is_no_chat_server() {
        assert_eq!(Kind::of("PersistentChatService"), Kind::PersistentChat);
        assert_eq!(Kind::of("PersistentChatServer"), Kind::PersistentChat);
        assert_eq!(Kind::of("PersistentChatComplianceStore"), Kind::Store);
        assert_eq!(Kind::of("PersistentChatDatabase"), Kind::Store);
    }
}
