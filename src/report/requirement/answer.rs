//! A report -> what it says about the requirement.

use std::io;

use serde::Serialize;

use crate::model::issuer::Evidence;
use crate::model::observation::Possession;
use crate::model::report::{EndpointReport, Policy, Reference, ReferenceOrigin, Report, RunReport};
use crate::model::target::{Group, Role};
use crate::model::timestamp::Timestamp;
use crate::model::verdict::Verdict;
use crate::report::text;

/// The requirement, in our words: Microsoft, "Certificate requirements for Persistent Chat Server" (Lync Server 2013).
const REQUIREMENT: &str = "Each server that runs the Persistent Chat web services for file upload/download needs a certificate from the same CA as the internal Lync servers.";

/// The ports of the chat service itself, which is not the file service.
const CHAT: [u16; 2] = [5041, 881];

/// What is never seen from the network.
const NEVER_SEEN: [&str; 3] = [
    "servers that were not named to this program",
    "certificates that no connection shows, such as OAuthTokenIssuer",
    "whether servers and clients trust the CA, and whether the service uses what IIS presents",
];

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct Requirement {
    pub(super) schema: &'static str,
    pub(super) requirement: &'static str,
    pub(super) answer: Answer,
    /// Why, in a sentence.
    pub(super) reason: String,
    /// The CA of the internal servers; `null` when there is not one.
    pub(super) internal_ca: Option<InternalCa>,
    /// Those of the file upload/download service.
    pub(super) servers: Vec<Server>,
    pub(super) not_checked: Vec<String>,
    /// When the verdict was given.
    pub(super) date: Timestamp,
    pub(super) run: String,
    pub(super) tool: String,
    pub(super) policy: Policy,
}

/// Whether the requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Met,
    NotMet,
    NotKnown,
}

/// The CA of the internal servers.
#[derive(Debug, Serialize)]
pub(super) struct InternalCa {
    pub(super) name: String,
    /// How it is known to be that of the internal servers.
    pub(super) from: ReferenceOrigin,
    /// How many captured endpoints of front ends use it, and how many were captured.
    pub(super) front_ends_with_it: usize,
    pub(super) front_ends: usize,
}

/// A server of the file upload/download service.
#[derive(Debug, Serialize)]
pub(super) struct Server {
    pub(super) target: String,
    pub(super) address: Option<std::net::IpAddr>,
    /// Whether its certificate is from the internal servers' CA; `null` when that is not known.
    pub(super) same_ca: Option<bool>,
    pub(super) certificate: Option<Shown>,
    /// The name of the issuing CA.
    pub(super) ca: Option<String>,
    pub(super) evidence: Option<Evidence>,
    pub(super) reason: String,
}

/// What identifies a certificate.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) subject: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) not_after: Option<Timestamp>,
    pub(super) sha1: String,
    pub(super) sha256: String,
}

/// What is taken from the rows, one by one.
#[derive(Default)]
struct Gathered {
    servers: Vec<Server>,
    /// Rows that had to be captured and were not, and upload servers that were not.
    missing: Vec<String>,
    /// A server of the service that had to be captured was not.
    incomplete: bool,
    front_ends: usize,
    front_ends_agree: usize,
    external: usize,
    unproven: usize,
}

/// What a report says about the requirement.
pub(super) fn answer(report: &dyn Report) -> io::Result<Requirement> {
    let head = report.head();
    let reference = internal_reference(head);
    let mut gathered = Gathered::default();
    for row in report.rows() {
        let row = row?;
        gathered.take(head, &row);
    }
    let internal_ca = reference.and_then(|reference| {
        let named = head
            .cas
            .iter()
            .find(|ca| Some(&ca.id) == reference.ca.as_ref());
        let name = named.map(|ca| ca.name.clone()).or(reference.name)?;
        Some(InternalCa {
            name,
            from: reference.from,
            front_ends_with_it: gathered.front_ends_agree,
            front_ends: gathered.front_ends,
        })
    });
    let (answer, reason) = decide(head, &gathered, internal_ca.as_ref());
    Ok(Requirement {
        schema: "sameca.requirement/1",
        requirement: REQUIREMENT,
        answer,
        reason,
        internal_ca,
        not_checked: not_checked(head, &gathered),
        servers: gathered.servers,
        date: head.finished,
        run: head.run.clone(),
        tool: format!("sameca {}", env!("CARGO_PKG_VERSION")),
        policy: head.policy.clone(),
    })
}

/// What the internal group was compared with. The report's own reference is that of the first judged group.
fn internal_reference(head: &RunReport) -> Option<Reference> {
    let first = head.groups.iter().find(|group| group.judged)?;
    head.reference
        .clone()
        .filter(|_| first.name == Group::Internal)
}

/// Whether a row is one of the file upload/download service: a Persistent Chat endpoint that is not the chat itself.
fn is_upload(row: &EndpointReport) -> bool {
    let chat = row.port.is_some_and(|port| CHAT.contains(&port.number()));
    row.roles.contains(&Role::PersistentChat) && !chat
}

impl Gathered {
    fn take(&mut self, head: &RunReport, row: &EndpointReport) {
        let captured = !row.chain.is_empty();
        let internal = row.group == Group::Internal;
        self.external += usize::from(!internal);
        if row.roles.contains(&Role::FrontEnd) && internal && captured {
            self.front_ends += 1;
            self.front_ends_agree += usize::from(row.agrees == Some(true));
        }
        let upload = is_upload(row);
        if !captured && (row.required && internal || upload) {
            let detail = row.detail.as_deref().unwrap_or("not captured");
            self.missing.push(format!("{}: {detail}", row.target));
        }
        if !upload {
            return;
        }
        self.incomplete |= !captured && row.required;
        let possession = row.tls.as_ref().and_then(|tls| tls.possession);
        self.unproven += usize::from(captured && possession != Some(Possession::Proven));
        // An optional endpoint that is silent is no server of the service.
        if captured || row.required {
            self.servers.push(server(head, row));
        }
    }
}

fn server(head: &RunReport, row: &EndpointReport) -> Server {
    let ca = head.cas.iter().find(|ca| Some(&ca.id) == row.ca.as_ref());
    let issuer = row.leaf.as_ref().and_then(|leaf| leaf.issuer.clone());
    Server {
        target: row.target.clone(),
        address: row.address,
        same_ca: row.agrees.filter(|_| row.group == Group::Internal),
        certificate: row.leaf.as_ref().map(|leaf| Shown {
            subject: leaf.subject.clone(),
            serial: leaf.serial.clone(),
            not_after: leaf.not_after,
            sha1: leaf.sha1.to_string(),
            sha256: leaf.sha256.to_string(),
        }),
        ca: ca.map(|ca| ca.name.clone()).or(issuer),
        evidence: row.evidence,
        reason: row.reason.clone(),
    }
}

fn decide(
    head: &RunReport,
    gathered: &Gathered,
    internal_ca: Option<&InternalCa>,
) -> (Answer, String) {
    let count = gathered.servers.len();
    let of = |wanted| {
        gathered
            .servers
            .iter()
            .filter(|s| s.same_ca == wanted)
            .count()
    };
    let internal = head
        .groups
        .iter()
        .find(|group| group.name == Group::Internal);
    let judged = internal.filter(|group| group.judged);
    let inconclusive = judged.is_none_or(|group| group.verdict == Verdict::Inconclusive);
    let compared = internal_ca.is_some() || gathered.front_ends > 0;
    if count == 0 {
        let why = "no server of the file upload/download service was captured; name them with --persistent-chat, in Lync Server 2013 the front ends themselves";
        (Answer::NotKnown, why.to_owned())
    } else if of(Some(false)) > 0 && compared {
        let wrong = of(Some(false));
        let why = match internal_ca {
            Some(_) => format!(
                "{wrong} of {} {} a certificate from another CA",
                text::count(count, "endpoint"),
                has(wrong)
            ),
            None => "the internal servers do not use one CA".to_owned(),
        };
        (Answer::NotMet, why)
    } else if !compared || internal_ca.is_none() {
        let why = "no internal server was captured, or it is not known that they use one CA";
        (Answer::NotKnown, why.to_owned())
    } else if of(None) > 0 || gathered.incomplete || head.partial {
        let right = of(Some(true));
        let known = if right == 1 { "is" } else { "are" };
        let endpoints = text::count(count, "endpoint");
        let why =
            format!("of {endpoints}, {right} {known} known to have a certificate from that CA");
        (Answer::NotKnown, why)
    } else if inconclusive {
        let why = "every endpoint of the service is right, but not every internal server was seen";
        (Answer::NotKnown, why.to_owned())
    } else {
        let why = match count {
            1 => "the endpoint has a certificate from the internal servers' CA".to_owned(),
            _ => format!("all {count} endpoints have a certificate from the internal servers' CA"),
        };
        (Answer::Met, why)
    }
}

fn has(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn not_checked(head: &RunReport, gathered: &Gathered) -> Vec<String> {
    let mut lines = gathered.missing.clone();
    if head.partial {
        lines.push("the run was interrupted; the rest of it".to_owned());
    }
    let external = head
        .groups
        .iter()
        .find(|group| group.name == Group::External);
    lines.push(match external {
        Some(group) => format!(
            "the external side (4443, published names) against the internal CA: {} endpoints, judged for themselves: {}",
            gathered.external, group.verdict
        ),
        None => "the external side (port 4443, published names)".to_owned(),
    });
    if gathered.unproven > 0 {
        lines.push(format!(
            "whether the server holds the private key, on {} of the endpoints",
            gathered.unproven
        ));
    }
    lines.extend(NEVER_SEEN.map(str::to_owned));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::Outcome;

    fn sample(name: &str) -> RunReport {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reports");
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a sample");
        serde_json::from_str(&text).expect("a report")
    }

    fn of(report: &RunReport) -> Requirement {
        answer(report).expect("memory has no errors")
    }

    #[test]
    fn a_wrong_certificate_is_not_met_and_named() {
        let page = of(&sample("different"));
        assert_eq!(page.answer, Answer::NotMet);
        let wrong: Vec<&str> = page
            .servers
            .iter()
            .filter(|server| server.same_ca == Some(false))
            .map(|server| server.target.as_str())
            .collect();
        assert_eq!(wrong, ["pchat01.contoso.com:443"]);
        let ca = page.internal_ca.expect("the front ends agree");
        assert_eq!((ca.front_ends_with_it, ca.front_ends), (4, 4));
    }

    #[test]
    fn all_right_is_met_whatever_the_external_side_uses() {
        let page = of(&sample("groups"));
        assert_eq!(page.answer, Answer::Met, "{}", page.reason);
        assert!(page.not_checked[0].contains("judged for themselves: different"));
    }

    #[test]
    fn what_was_not_seen_is_not_met() {
        let page = of(&sample("inconclusive"));
        assert_eq!(page.answer, Answer::NotKnown);
        assert!(
            page.not_checked
                .iter()
                .any(|line| line.starts_with("lync03.contoso.com:5061"))
        );
        let mut report = sample("groups");
        report.partial = true;
        assert_eq!(of(&report).answer, Answer::NotKnown, "a partial run");
        let mut report = sample("groups");
        report.groups[0].verdict = Verdict::Inconclusive;
        assert_eq!(
            of(&report).answer,
            Answer::NotKnown,
            "an internal server is missing"
        );
        let mut report = sample("groups");
        report.reference = None;
        assert_eq!(
            of(&report).answer,
            Answer::NotKnown,
            "no CA of the internal servers"
        );
        let mut report = sample("groups");
        report.groups[0].judged = false;
        assert_eq!(
            of(&report).answer,
            Answer::NotKnown,
            "the internal group is not judged"
        );
    }

    #[test]
    fn without_a_server_of_the_service_nothing_is_known() {
        let page = of(&sample("none"));
        assert_eq!(page.answer, Answer::NotKnown);
        assert!(page.reason.contains("--persistent-chat"));
    }

    #[test]
    fn the_chat_itself_is_not_the_file_service() {
        let mut report = sample("different");
        let wrong = report
            .endpoints
            .iter_mut()
            .find(|row| row.agrees == Some(false));
        wrong.expect("a wrong row").port = crate::model::target::Port::new(5041);
        assert_eq!(of(&report).answer, Answer::Met);
    }

    #[test]
    fn a_silent_optional_port_is_said_and_counts_for_nothing() {
        let mut report = sample("groups");
        let mut silent = report.endpoints[0].clone();
        silent.target = "pchat01.contoso.com:443".to_owned();
        silent.required = false;
        silent.chain = Vec::new();
        silent.outcome = Outcome::Refused;
        silent.detail = Some("refused".to_owned());
        report.endpoints.push(silent);
        let page = of(&report);
        assert_eq!((page.answer, page.servers.len()), (Answer::Met, 1));
        assert_eq!(page.not_checked[0], "pchat01.contoso.com:443: refused");
    }
}
