//! What is asked of a SIP domain.

use super::name::Domain;

/// What records are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Services (RFC 2782).
    Srv,
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// What an address is called (RFC 1035 §3.5).
    Ptr,
}

/// A service that clients and partners look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    /// Clients inside, with TLS.
    InternalTls,
    /// Clients inside, without TLS.
    InternalTcp,
    /// Clients outside.
    ExternalTls,
    /// Partners.
    Federation,
}

impl Service {
    /// All, in the order in which clients ask.
    pub(super) const ALL: [Self; 4] = [
        Self::InternalTls,
        Self::InternalTcp,
        Self::ExternalTls,
        Self::Federation,
    ];

    /// What stands before the domain.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::InternalTls => "_sipinternaltls._tcp",
            Self::InternalTcp => "_sipinternal._tcp",
            Self::ExternalTls => "_sip._tls",
            Self::Federation => "_sipfederationtls._tcp",
        }
    }

    /// The port that Lync's own instructions give it.
    pub(super) fn usual_port(self) -> u16 {
        match self {
            Self::InternalTls | Self::Federation => 5061,
            Self::InternalTcp => 5060,
            Self::ExternalTls => 443,
        }
    }

    /// Whether it leads to front ends rather than to Edge servers.
    pub(super) fn is_internal(self) -> bool {
        matches!(self, Self::InternalTls | Self::InternalTcp)
    }

    /// The whole name.
    pub(super) fn of(self, domain: &Domain) -> String {
        domain.below(self.label())
    }
}

/// A name that Lync gives a meaning in every SIP domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Usual {
    /// Autodiscovery inside.
    DiscoverInternal,
    /// Autodiscovery outside, and inside where it has to be.
    Discover,
    /// The first that clients try without SRV records.
    SipInternal,
    /// The second.
    Sip,
    /// The third, which is an Edge server's.
    SipExternal,
    /// Simple URL of conferences.
    Meet,
    /// Simple URL of dial-in conferencing.
    DialIn,
    /// Simple URL of the control panel.
    Admin,
    /// Updates of phones.
    Updates,
}

impl Usual {
    /// All; those that say where the internal web services are come first.
    pub(super) const ALL: [Self; 9] = [
        Self::DiscoverInternal,
        Self::Discover,
        Self::SipInternal,
        Self::Sip,
        Self::SipExternal,
        Self::Meet,
        Self::DialIn,
        Self::Admin,
        Self::Updates,
    ];

    /// What stands before the domain.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::DiscoverInternal => "lyncdiscoverinternal",
            Self::Discover => "lyncdiscover",
            Self::SipInternal => "sipinternal",
            Self::Sip => "sip",
            Self::SipExternal => "sipexternal",
            Self::Meet => "meet",
            Self::DialIn => "dialin",
            Self::Admin => "admin",
            Self::Updates => "ucupdates-r2",
        }
    }

    /// Whether it is in the DNS of the internal network only.
    pub(super) fn is_internal(self) -> bool {
        matches!(
            self,
            Self::DiscoverInternal | Self::SipInternal | Self::Updates
        )
    }

    /// The whole name.
    pub(super) fn of(self, domain: &Domain) -> String {
        domain.below(self.label())
    }
}

/// Names that nobody has registered: what resolves there resolves everywhere.
pub(super) fn nobody(domain: &Domain, nonce: u64) -> [String; 2] {
    // Some servers rotate what a wildcard gives: two names see more of it than one.
    [nonce, nonce.rotate_left(32) ^ 0x5bd1_e995].map(|n| domain.below(&format!("sameca-{n:016x}")))
}

/// A service that nobody offers.
pub(super) fn no_service(domain: &Domain, nonce: u64) -> String {
    domain.below(&format!("_sameca-{nonce:016x}._tcp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_question_about_the_longest_domain_is_a_name() {
        let labels = [
            "a".repeat(57),
            "b".repeat(57),
            "c".repeat(57),
            "d".repeat(56),
        ];
        let domain = Domain::new(&labels.join(".")).expect("the longest domain");
        assert_eq!(domain.as_str().len(), 230);
        let mut names: Vec<String> = Service::ALL.iter().map(|s| s.of(&domain)).collect();
        names.extend(Usual::ALL.iter().map(|usual| usual.of(&domain)));
        assert!(names.iter().all(|name| name.len() <= 253), "{names:?}");
    }

    #[test]
    fn names_of_nobody_differ_each_time() {
        let domain = Domain::new("contoso.com").expect("a domain");
        let [one, two] = nobody(&domain, 1);
        assert_ne!(one, two);
        assert_ne!(nobody(&domain, 2)[0], one);
        assert!(domain.holds(&one) && domain.holds(&no_service(&domain, 1)));
    }
}
