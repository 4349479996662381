//! What a stapled OCSP response says of a certificate (RFC 6960 §4.2).
//!
//! The responder's signature is not checked and nothing is fetched: the status is shown, never judged by.

use der::Decode as _;
use x509_ocsp::{BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspResponse};
use x509_ocsp::{OcspResponseStatus, SingleResponse};

use crate::model::bytes::Der;
use crate::model::certificate::Certificate;
use crate::model::report::{Revocation, Stapled};
use crate::model::timestamp::Timestamp;

/// The part of the response that speaks of this certificate, found by its serial number.
pub fn status(response: &Der, certificate: &Certificate) -> Stapled {
    single(response, certificate).map_or_else(unusable, |single| Stapled {
        status: match single.cert_status {
            CertStatus::Good(_) => Revocation::Good,
            CertStatus::Revoked(_) => Revocation::Revoked,
            CertStatus::Unknown(_) => Revocation::Unknown,
        },
        detail: detail(&single.cert_status),
        this_update: timestamp(single.this_update),
        next_update: single.next_update.and_then(timestamp),
    })
}

fn unusable(why: String) -> Stapled {
    Stapled {
        status: Revocation::Unusable,
        detail: Some(why),
        this_update: None,
        next_update: None,
    }
}

fn single(response: &Der, certificate: &Certificate) -> Result<SingleResponse, String> {
    let unreadable = |error: der::Error| format!("the response cannot be read: {error}");
    let response = OcspResponse::from_der(response.as_bytes()).map_err(unreadable)?;
    let bytes = match (response.response_status, response.response_bytes) {
        (OcspResponseStatus::Successful, Some(bytes)) => bytes.response.into_bytes(),
        (OcspResponseStatus::Successful, None) => return Err("the response is empty".to_owned()),
        (status, _) => return Err(format!("the responder refused: {}", refusal(status))),
    };
    let basic = BasicOcspResponse::from_der(&bytes).map_err(unreadable)?;
    let serial = certificate.serial.as_deref().unwrap_or_default();
    let speaks_of_it = |single: &SingleResponse| {
        significant(single.cert_id.serial_number.as_bytes()) == significant(serial)
    };
    let mut answers = basic.tbs_response_data.responses.into_iter();
    answers
        .find(speaks_of_it)
        .ok_or_else(|| "the response speaks of another certificate".to_owned())
}

/// A serial number without the zeros in front, which certificates keep and this response's reader drops.
fn significant(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

/// The names of RFC 6960 §4.2.1.
fn refusal(status: OcspResponseStatus) -> &'static str {
    match status {
        OcspResponseStatus::Successful => "successful",
        OcspResponseStatus::MalformedRequest => "malformedRequest",
        OcspResponseStatus::InternalError => "internalError",
        OcspResponseStatus::TryLater => "tryLater",
        OcspResponseStatus::SigRequired => "sigRequired",
        OcspResponseStatus::Unauthorized => "unauthorized",
    }
}

fn detail(status: &CertStatus) -> Option<String> {
    match status {
        CertStatus::Good(_) => None,
        CertStatus::Unknown(_) => Some("the responder does not know the certificate".to_owned()),
        CertStatus::Revoked(revoked) => {
            let since = timestamp(revoked.revocation_time)
                .map_or_else(String::new, |time| format!(" since {}", time.date()));
            let reason = revoked
                .revocation_reason
                .map_or_else(String::new, |reason| format!(", reason {reason:?}"));
            Some(format!("revoked{since}{reason}"))
        }
    }
}

fn timestamp(time: OcspGeneralizedTime) -> Option<Timestamp> {
    let seconds = time.0.to_unix_duration().as_secs();
    Timestamp::from_unix(i64::try_from(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::parse;

    fn leaf() -> Certificate {
        let bytes: &[u8] = include_bytes!("../../testdata/ocsp/leaf.der");
        parse::certificate(&Der::from(bytes))
    }

    fn read(bytes: &[u8]) -> Stapled {
        status(&Der::from(bytes), &leaf())
    }

    #[test]
    fn each_answer_is_told_with_its_dates() {
        let good = read(include_bytes!("../../testdata/ocsp/good.der"));
        assert_eq!((good.status, good.detail), (Revocation::Good, None));
        assert!(good.this_update.is_some() && good.next_update > good.this_update);
        let revoked = read(include_bytes!("../../testdata/ocsp/revoked.der"));
        assert_eq!(revoked.status, Revocation::Revoked);
        assert_eq!(
            revoked.detail.as_deref(),
            Some("revoked since 2026-03-01, reason KeyCompromise")
        );
        let unknown = read(include_bytes!("../../testdata/ocsp/unknown.der"));
        assert_eq!(unknown.status, Revocation::Unknown);
    }

    #[test]
    fn what_says_nothing_of_the_leaf_is_unusable_with_its_reason() {
        let other = read(include_bytes!("../../testdata/ocsp/other.der"));
        assert_eq!(other.status, Revocation::Unusable);
        assert_eq!(
            other.detail.as_deref(),
            Some("the response speaks of another certificate")
        );
        let later = read(&[0x30, 3, 0x0a, 1, 3]);
        assert_eq!(
            later.detail.as_deref(),
            Some("the responder refused: tryLater")
        );
        let empty = read(&[0x30, 3, 0x0a, 1, 0]);
        assert_eq!(empty.detail.as_deref(), Some("the response is empty"));
    }

    #[test]
    fn a_response_cut_at_any_octet_is_unusable() {
        let good: &[u8] = include_bytes!("../../testdata/ocsp/good.der");
        for end in 0..good.len() {
            let cut = read(good.get(..end).unwrap_or_default());
            assert_eq!(cut.status, Revocation::Unusable, "{end}");
        }
    }
}
