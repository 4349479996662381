//! Where to look: the inventory as the user gave it, and the endpoints that it leads to.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a server is in the estate. Ordered as rows are shown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A Lync front end, Standard Edition server or Director.
    FrontEnd,
    /// A server of the Persistent Chat file upload/download web service.
    PersistentChat,
    /// A published name: reverse proxy, Office Web Apps.
    Web,
    /// No role was given.
    Peer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::FrontEnd, Self::PersistentChat, Self::Web, Self::Peer];

    /// The role's word in files and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::FrontEnd => "front-end",
            Self::PersistentChat => "persistent-chat",
            Self::Web => "web",
            Self::Peer => "peer",
        }
    }

    /// The role that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A set of endpoints inside which one CA is expected.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// What Lync's own servers and clients inside use.
    Internal,
    /// What is published: 4443 and web names, which often hold a public CA's certificate on purpose.
    External,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 2] = [Self::Internal, Self::External];

    /// The group's word in files and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::External => "external",
        }
    }

    /// The group that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.word() == word)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What it means when an endpoint is not captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requirement {
    /// It is a note.
    Optional,
    /// It is a note, as long as another such endpoint of the same host is captured (Persistent Chat's default ports).
    OneOfHost,
    /// The check is incomplete.
    Required,
}

/// A TCP port, never 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u16", into = "u16")]
#[schemars(with = "u16")]
pub struct Port(std::num::NonZeroU16);

impl Port {
    /// HTTPS.
    pub const HTTPS: Self = Self(std::num::NonZeroU16::new(443).expect("443 is not zero"));

    /// The port; `None` for 0.
    pub const fn new(port: u16) -> Option<Self> {
        match std::num::NonZeroU16::new(port) {
            Some(port) => Some(Self(port)),
            None => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0.get()
    }
}

impl TryFrom<u16> for Port {
    type Error = &'static str;

    fn try_from(port: u16) -> Result<Self, Self::Error> {
        Self::new(port).ok_or("port 0 cannot be connected to")
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> Self {
        port.number()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A server by name or by address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A DNS name in lower-case ASCII form (IDNA A-labels), without a trailing dot.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// One service that the user named: a host, a port, and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server.
    pub host: Host,
    /// Its port.
    pub port: Port,
    /// Addresses to use instead of asking the resolver; empty: ask.
    pub addresses: Vec<IpAddr>,
    /// The server name to send (RFC 6066 §3); `None` for address literals.
    pub sni: Option<String>,
    /// What it is in the estate; never empty.
    pub roles: BTreeSet<Role>,
    /// The group it is judged in.
    pub group: Group,
    /// The pool whose member it is.
    pub pool: Option<String>,
    /// What it means when it is not captured.
    pub requirement: Requirement,
}

impl Target {
    /// The target as documents name it: `host:port`, addresses of IPv6 in brackets.
    pub fn label(&self) -> String {
        match &self.host {
            Host::Name(name) => format!("{name}:{}", self.port),
            Host::Address(address) => SocketAddr::new(*address, self.port.number()).to_string(),
        }
    }
}

/// A certificate in a file, judged like an endpoint before it is served anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTarget {
    /// The file's path as the user wrote it.
    pub path: std::path::PathBuf,
    /// What the server that gets it will be; never empty.
    pub roles: BTreeSet<Role>,
    /// The group it is judged in.
    pub group: Group,
    /// The pool whose member it will be.
    pub pool: Option<String>,
}

/// What the user asked to be checked, in the order given, duplicates merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The estate's name, when it has one.
    pub name: Option<String>,
    /// The services.
    pub targets: Vec<Target>,
    /// Certificates from files.
    pub files: Vec<FileTarget>,
    /// What a group is expected to come from, apart from its front ends.
    pub expectations: Vec<(Group, Expectation)>,
}

/// What the certificates of a group are expected to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// From a CA that the platform's trust store reaches (`expect = "public"`).
    Public,
    /// From the CA whose certificate is in this file.
    ReferenceCa(std::path::PathBuf),
}

/// A name of an inventory, and what the inventory and DNS say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedName {
    /// The name.
    pub name: String,
    /// The pool whose member it is by the inventory.
    pub pool: Option<String>,
    /// The addresses that the inventory gives; empty: DNS was asked.
    pub given: Vec<IpAddr>,
    /// The addresses that will be connected to, or why there are none.
    pub addresses: Result<Vec<IpAddr>, String>,
}

/// One address of one or more targets: what is connected to, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where to connect.
    pub address: SocketAddr,
    /// The target that is shown; of several that met here, the first given.
    pub target: Target,
    /// Every name that led here, in the order given.
    pub names: Vec<String>,
}
