//! What the server's request for a client certificate says.

use crate::model::bytes::hex;
use crate::model::observation::ClientCertificate;
use crate::x509::name;

/// The server asked, and named these CAs (each a DER `Name`), a list of so many octets on the wire.
pub(super) fn requested<'a>(
    authorities: impl IntoIterator<Item = &'a [u8]>,
    size: u32,
) -> ClientCertificate {
    ClientCertificate {
        requested: Some(true),
        authorities: authorities.into_iter().map(readable).collect(),
        authorities_size: Some(size),
    }
}

/// The server did not ask; or, when the flight is not complete, nobody knows.
pub(super) fn not_requested(flight_is_complete: bool) -> ClientCertificate {
    ClientCertificate {
        requested: flight_is_complete.then_some(false),
        ..ClientCertificate::default()
    }
}

/// The name in the form of RFC 4514; what does not parse as `#` and its bytes in hex, the escape of its §2.4.
fn readable(der: &[u8]) -> String {
    match name::parse(der) {
        Ok(name) => name::rfc4514(&name),
        Err(_) => format!("#{}", hex(der)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_is_no_name_is_shown_as_it_came() {
        let shown = requested([[0x30, 0x05, 0x00].as_slice()], 5);
        assert_eq!(shown.authorities, ["#300500"]);
        assert_eq!(shown.authorities_size, Some(5));
    }

    #[test]
    fn an_incomplete_flight_leaves_the_question_open() {
        assert_eq!(not_requested(false).requested, None);
        assert_eq!(not_requested(true).requested, Some(false));
    }
}
