//! Names: the SIP domains that are asked about, and what answers name.

use std::fmt;

/// The longest name in its written form (RFC 1035 §3.1: 255 octets on the wire).
const MAX_NAME: usize = 253;
/// The longest label (RFC 1035 §3.1).
const MAX_LABEL: usize = 63;
/// What the longest question puts before a domain.
const LONGEST_QUESTION: usize = "_sipfederationtls._tcp.".len();
/// How much of a name that is no server's is repeated, in characters.
const SHOWN: usize = 60;

/// A SIP domain: the part of an address after the `@`, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain(String);

/// Why a text is no SIP domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// It has one part.
    #[error(
        "`{0}` has no dot; a SIP domain is the part of an address after the `@`, as in contoso.com"
    )]
    OnePart(String),
    /// It has characters that no SIP domain of Lync has.
    #[error(
        "`{0}` is no SIP domain: {1:?} does not belong in it; letters, digits, hyphens and dots do"
    )]
    Character(String, char),
    /// It is no name at all.
    #[error("`{0}` is no SIP domain; one is written contoso.com")]
    Shape(String),
    /// There would be no room for what is asked below it.
    #[error("the domain has {0} characters; at most {max} leave room for the names that are asked below it", max = MAX_NAME - LONGEST_QUESTION)]
    Long(usize),
}

impl Domain {
    /// Reads a domain.
    ///
    /// # Errors
    ///
    /// The text is no domain that Lync could have.
    pub fn new(text: &str) -> Result<Self, DomainError> {
        let lower = text.to_ascii_lowercase();
        let name = lower.strip_suffix('.').unwrap_or(&lower);
        let odd = |c: &char| !(c.is_ascii_alphanumeric() || *c == '-' || *c == '.');
        if let Some(odd) = name.chars().find(odd) {
            return Err(DomainError::Character(shown(text), odd));
        }
        if name.len() > MAX_NAME - LONGEST_QUESTION {
            return Err(DomainError::Long(name.len()));
        }
        if is_server(name) && !name.contains('.') {
            return Err(DomainError::OnePart(shown(text)));
        }
        if !is_server(name) {
            return Err(DomainError::Shape(shown(text)));
        }
        Ok(Self(name.to_owned()))
    }

    /// The domain, without a dot at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name below it.
    pub(super) fn below(&self, label: &str) -> String {
        format!("{label}.{}", self.0)
    }

    /// Whether a name is the domain or below it.
    pub(super) fn holds(&self, name: &str) -> bool {
        name.strip_suffix(&self.0)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name in an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// One that a server can have, lower case.
    Server(String),
    /// The root: as a target of SRV it means that the service is not offered (RFC 2782).
    Root,
    /// Anything else, escaped: DNS can hold any bytes.
    Odd(String),
}

impl Name {
    /// The name with these labels.
    pub(super) fn of_labels<'l>(labels: impl Iterator<Item = &'l [u8]>) -> Self {
        let labels: Vec<&[u8]> = labels.collect();
        if labels.is_empty() {
            return Self::Root;
        }
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        let text: Vec<String> = labels
            .iter()
            .map(|label| label.escape_ascii().to_string())
            .collect();
        let text = text.join(".");
        let lower = text.to_ascii_lowercase();
        if labels.iter().all(|label| label.iter().all(plain)) && is_server(&lower) {
            Self::Server(lower)
        } else {
            Self::Odd(shown(&text))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(name) => f.write_str(name),
            Self::Root => f.write_str("."),
            Self::Odd(text) => write!(f, "\"{text}\""),
        }
    }
}

/// Whether a text in lower case is a name that an estate takes as a host.
fn is_server(name: &str) -> bool {
    let label = |label: &str| {
        let known = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
        let edge = label.starts_with('-') || label.ends_with('-');
        (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(known) && !edge
    };
    // What ends in a number would be taken for an address.
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    name.len() <= MAX_NAME && name.split('.').all(label) && !number
}

fn shown(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{more}", shown.escape_debug())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(labels: &[&str]) -> Name {
        Name::of_labels(labels.iter().map(|label| label.as_bytes()))
    }

    #[test]
    fn a_domain_has_a_dot_and_no_other_characters() {
        assert_eq!(
            Domain::new("Contoso.COM.").map(|d| d.0),
            Ok("contoso.com".to_owned())
        );
        assert!(Domain::new("xn--bcher-kva.example").is_ok());
        for (bad, why) in [
            ("contoso", "has no dot"),
            ("_sip.contoso.com", "'_' does not belong"),
            ("b\u{fc}cher.example", "does not belong"),
            ("contoso..com", "is no SIP domain"),
            ("-a.com", "is no SIP domain"),
            ("192.0.2.1", "is no SIP domain"),
            ("", "is no SIP domain"),
            ("a b.com", "does not belong"),
            (&["a".repeat(60).as_str(); 4].join("."), "at most 230"),
        ] {
            let error = Domain::new(bad).expect_err(bad).to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn a_domain_holds_what_is_below_it() {
        let domain = Domain::new("contoso.com").expect("a domain");
        assert!(domain.holds("contoso.com") && domain.holds("a.b.contoso.com"));
        assert!(
            !domain.holds("xcontoso.com")
                && !domain.holds("com")
                && !domain.holds("contoso.com.evil.example")
        );
    }

    #[test]
    fn what_is_no_servers_name_is_escaped() {
        assert_eq!(
            name(&["LYNC01", "contoso", "com"]),
            Name::Server("lync01.contoso.com".into())
        );
        assert_eq!(name(&[]), Name::Root);
        for odd in [
            &["a b", "com"][..],
            &["a.b", "com"],
            &["\u{1b}[2J"],
            &["192", "0", "2", "1"],
            &["a", "0x7f"],
            &["-a", "com"],
        ] {
            let name = name(odd);
            assert!(matches!(name, Name::Odd(_)), "{name:?}");
            assert!(!name.to_string().contains(char::is_control), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_labels_are_a_name_that_can_be_shown(labels in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..70), 0..12)) {
            let name = Name::of_labels(labels.iter().map(Vec::as_slice));
            let text = name.to_string();
            prop_assert!(text.chars().all(|c| !c.is_control()), "{}", text);
            match name {
                Name::Server(name) => prop_assert!(name.len() <= MAX_NAME && name.split('.').count() == labels.len()),
                Name::Root => prop_assert!(labels.is_empty()),
                Name::Odd(text) => prop_assert!(text.len() <= SHOWN * 12),
            }
        }

        #[test]
        fn no_text_makes_a_domain_panic(text in any::<String>()) {
            if let Ok(domain) = Domain::new(&text) {
                prop_assert_eq!(Domain::new(domain.as_str()), Ok(domain.clone()));
            }
        }
    }
}
