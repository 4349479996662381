//! Does the server hold the private key of the leaf it shows?
//!
//! With ephemeral key exchange it signs both randoms and its parameters (RFC 5246 §7.4.3); with RSA key exchange it
//! signs nothing, and only a finished handshake would tell.

use crate::model::bytes::Der;
use crate::model::certificate::KeyKind;
use crate::model::codepoint::{CipherSuite, KeyExchange, SignatureScheme};
use crate::model::observation::Possession;
use crate::wire::flight::{Flight, ServerKeyExchange};
use crate::x509::parse;
use crate::x509::signature::{Check, verify_tls};

/// The answer, and the reason where it needs one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// `None` when the handshake ended before the server could show it.
    pub possession: Option<Possession>,
    /// Why it is `failed` or `unchecked`.
    pub detail: Option<String>,
}

impl Shown {
    /// The handshake ended too early.
    pub(super) const NOTHING: Self = Self {
        possession: None,
        detail: None,
    };

    fn plainly(possession: Possession) -> Self {
        Self {
            possession: Some(possession),
            detail: None,
        }
    }

    fn because(possession: Possession, detail: impl Into<String>) -> Self {
        Self {
            possession: Some(possession),
            detail: Some(detail.into()),
        }
    }

    /// A signature was there, and nobody asked for the check.
    pub(super) fn not_asked() -> Self {
        Self::because(Possession::Unchecked, "the check was not asked for")
    }
}

/// What a flight in the clear shows. The signature is verified only when that is `wanted`.
pub(super) fn of_flight(flight: &Flight, client_random: &[u8; 32], wanted: bool) -> Shown {
    let Some(leaf) = flight.chain.as_ref().and_then(|chain| chain.first()) else {
        return Shown::NOTHING;
    };
    let Some(exchange) = &flight.key_exchange else {
        // CertificateRequest and ServerHelloDone come after the place of ServerKeyExchange: none was sent.
        let is_past = flight.done || flight.certificate_request.is_some();
        return match is_past {
            true => unsigned(flight),
            false => Shown::NOTHING,
        };
    };
    if !wanted {
        return Shown::not_asked();
    }
    let Some(message) = signed(flight, client_random, exchange) else {
        return Shown::NOTHING;
    };
    of_signature(leaf, exchange.scheme, &message, &exchange.signature)
}

/// A flight that came by the place of the signature and has none that could be read.
fn unsigned(flight: &Flight) -> Shown {
    let suite = flight
        .cipher_suite
        .unwrap_or(CipherSuite::NULL_WITH_NULL_NULL);
    match suite.key_exchange() {
        KeyExchange::Rsa | KeyExchange::StaticDh | KeyExchange::Anonymous | KeyExchange::Psk => {
            Shown::plainly(Possession::NotShown)
        }
        KeyExchange::Dhe | KeyExchange::Ecdhe | KeyExchange::Tls13 | KeyExchange::Unknown => {
            let detail = format!("no ServerKeyExchange that this program can read, with {suite}");
            Shown::because(Possession::Unchecked, detail)
        }
    }
}

/// Whether the leaf's key made this signature. `scheme` is absent before TLS 1.2.
pub(super) fn of_signature(
    leaf: &Der,
    scheme: Option<SignatureScheme>,
    message: &[u8],
    signature: &[u8],
) -> Shown {
    let key = match parse::certificate(leaf).public_key {
        Ok(key) => key,
        Err(error) => {
            let detail = format!("the leaf's key does not parse: {error}");
            return Shown::because(Possession::Unchecked, detail);
        }
    };
    if let Some(scheme) = scheme
        && !fits(scheme, &key.kind)
    {
        let detail = format!("signed as {scheme}, but the leaf's key is {}", key.kind);
        return Shown::because(Possession::Failed, detail);
    }
    match verify_tls(&key, scheme, message, signature) {
        Check::Verifies => Shown::plainly(Possession::Proven),
        Check::Fails => {
            let detail = "the signature of this handshake does not verify with the leaf's key";
            Shown::because(Possession::Failed, detail)
        }
        Check::CannotTell(why) => Shown::because(Possession::Unchecked, why),
    }
}

fn signed(
    flight: &Flight,
    client_random: &[u8; 32],
    exchange: &ServerKeyExchange,
) -> Option<Vec<u8>> {
    let server_random = flight.server_random.as_ref()?;
    Some([client_random.as_slice(), server_random, &exchange.params].concat())
}

/// Whether a key of this kind can make signatures of this scheme. Of schemes unknown here, all may.
fn fits(scheme: SignatureScheme, key: &KeyKind) -> bool {
    let [high, low] = scheme.0.to_be_bytes();
    match (high, low) {
        (0x08, 0x04..=0x06 | 0x09..=0x0b) | (1..=6, 1) => matches!(key, KeyKind::Rsa { .. }),
        (1..=6, 2) => matches!(key, KeyKind::Other(_)),
        (1..=6, 3) => matches!(key, KeyKind::Ec { .. } | KeyKind::ExplicitEc),
        (0x08, 0x07) => matches!(key, KeyKind::Ed25519(_)),
        (0x08, 0x08) => matches!(key, KeyKind::Other(_)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA_WITH_AES_128_CBC_SHA: CipherSuite = CipherSuite(0x002f);

    fn flight(exchange: Option<ServerKeyExchange>, done: bool) -> Flight {
        Flight {
            chain: Some(vec![Der::from(vec![0x30, 0x00])]),
            cipher_suite: Some(RSA_WITH_AES_128_CBC_SHA),
            server_random: Some([2; 32]),
            key_exchange: exchange,
            done,
            ..Flight::default()
        }
    }

    fn exchange() -> ServerKeyExchange {
        ServerKeyExchange {
            params: vec![3],
            scheme: Some(SignatureScheme::RSA_PKCS1_SHA1),
            signature: vec![4],
        }
    }

    #[test]
    fn rsa_key_exchange_shows_nothing() {
        let shown = of_flight(&flight(None, true), &[1; 32], true);
        assert_eq!(shown.possession, Some(Possession::NotShown));
    }

    #[test]
    fn a_suite_that_signs_without_a_signature_is_no_rsa_key_exchange() {
        let mut flight = flight(None, true);
        flight.cipher_suite = Some(CipherSuite(0xc013));
        let shown = of_flight(&flight, &[1; 32], true);
        assert_eq!(shown.possession, Some(Possession::Unchecked));
    }

    #[test]
    fn a_flight_cut_after_the_chain_leaves_it_open() {
        let shown = of_flight(&flight(None, false), &[1; 32], true);
        assert_eq!(shown, Shown::NOTHING);
    }

    #[test]
    fn a_signature_nobody_asked_about_is_unchecked() {
        let shown = of_flight(&flight(Some(exchange()), true), &[1; 32], false);
        assert_eq!(shown, Shown::not_asked());
    }

    #[test]
    fn a_leaf_without_a_readable_key_cannot_be_checked() {
        let shown = of_flight(&flight(Some(exchange()), true), &[1; 32], true);
        assert_eq!(shown.possession, Some(Possession::Unchecked));
        assert!(
            shown
                .detail
                .is_some_and(|detail| detail.contains("does not parse"))
        );
    }

    #[test]
    fn the_signed_bytes_are_both_randoms_and_the_parameters() {
        let flight = flight(Some(exchange()), true);
        let message = signed(&flight, &[1; 32], &exchange()).expect("a server random");
        assert_eq!(message.len(), 65);
        assert_eq!((message[0], message[32], message[64]), (1, 2, 3));
    }

    #[test]
    fn a_scheme_is_for_one_kind_of_key() {
        let rsa = KeyKind::Rsa {
            modulus: Box::new([1]),
            exponent: Box::new([3]),
        };
        assert!(fits(SignatureScheme::RSA_PSS_RSAE_SHA256, &rsa));
        assert!(fits(SignatureScheme::RSA_PKCS1_SHA224, &rsa));
        assert!(!fits(SignatureScheme::ECDSA_SHA1, &rsa));
        assert!(!fits(SignatureScheme::ED25519, &rsa));
        assert!(fits(SignatureScheme(0x0904), &rsa), "not known here");
    }
}
