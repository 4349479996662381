//! Would a client trust the chain that a server presents? Path building by webpki; a question apart from *who issued*.

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use crate::model::bytes::Der;
use crate::model::identified::Identified;
use crate::model::report::{Trust, Trusted};
use crate::model::timestamp::Timestamp;

/// The roots that the platform or the user gave, and the time at which chains are assessed.
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    now: Timestamp,
}

impl Roots {
    /// The self-issued certificates among those given. `now` is the time of the handshake.
    pub fn new(identified: &Identified, now: Timestamp) -> Self {
        let given = identified
            .certificates
            .values()
            .filter(|known| (known.platform || known.given) && known.certificate.is_self_issued());
        let mut given: Vec<&Der> = given.map(|known| &known.certificate.der).collect();
        given.sort_unstable();
        let anchors = given.into_iter().filter_map(|root| {
            let root = CertificateDer::from(root.as_bytes());
            Some(anchor_from_trusted_cert(&root).ok()?.to_owned())
        });
        Self {
            anchors: anchors.collect(),
            now,
        }
    }

    /// Whether a client would trust a chain presented: a question apart from who issued.
    pub fn assess(&self, chain: &[Der]) -> Trust {
        trust(chain, &self.anchors, self.now)
    }
}

fn trust(chain: &[Der], anchors: &[TrustAnchor<'_>], now: Timestamp) -> Trust {
    if anchors.is_empty() {
        return Trust {
            trusted: Trusted::CannotTell,
            reason: "no roots are known to trust".to_owned(),
        };
    }
    let certificates: Vec<CertificateDer<'_>> = chain
        .iter()
        .map(|der| CertificateDer::from(der.as_bytes()))
        .collect();
    let Some((leaf, intermediates)) = certificates.split_first() else {
        return Trust {
            trusted: Trusted::CannotTell,
            reason: "no certificate was presented".to_owned(),
        };
    };
    let seconds = u64::try_from(now.unix()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let path = EndEntityCert::try_from(leaf).and_then(|leaf| {
        let usage = KeyUsage::server_auth();
        leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            anchors,
            intermediates,
            time,
            usage,
            None,
            None,
        )
        .map(drop)
    });
    match path {
        Ok(()) => Trust {
            trusted: Trusted::Yes,
            reason: "a path leads to a root that is trusted here".to_owned(),
        },
        Err(error) => explain(&error),
    }
}

/// What the library says, in words. What it cannot do says nothing about the chain.
fn explain(error: &Error) -> Trust {
    let (trusted, reason) = match error {
        Error::UnknownIssuer => (Trusted::No, "no path leads to a root that is trusted here"),
        Error::CertExpired { .. } => (Trusted::No, "a certificate of the path has expired"),
        Error::CertNotValidYet { .. } => {
            (Trusted::No, "a certificate of the path is not valid yet")
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => (
            Trusted::No,
            "a certificate of the path is not meant for server authentication",
        ),
        Error::CaUsedAsEndEntity => (Trusted::No, "the leaf is the certificate of a CA"),
        Error::EndEntityUsedAsCa => (
            Trusted::No,
            "a certificate that is not a CA's issued another",
        ),
        Error::NameConstraintViolation => {
            (Trusted::No, "a CA of the path may not issue for this name")
        }
        Error::PathLenConstraintViolated => {
            (Trusted::No, "the path is longer than one of its CAs allows")
        }
        Error::InvalidSignatureForPublicKey => {
            (Trusted::No, "a signature of the path does not verify")
        }
        Error::UnsupportedCriticalExtension => (
            Trusted::No,
            "a certificate has a critical extension that is not known",
        ),
        other => {
            return Trust {
                trusted: Trusted::CannotTell,
                reason: format!("it cannot be told: {other}"),
            };
        }
    };
    Trust {
        trusted,
        reason: reason.to_owned(),
    }
}
