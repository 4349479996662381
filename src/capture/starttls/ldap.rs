//! LDAP: the extended operation StartTLS (RFC 4511 §4.12, §4.14).

use crate::capture::starttls::talk::{Talk, Trouble};

/// LDAPMessage 1 with an ExtendedRequest that names 1.3.6.1.4.1.1466.20037.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// The longest answer that is read.
const LONGEST: usize = 8 * 1024;

pub(super) async fn converse(talk: &mut Talk<'_>) -> Result<(), Trouble> {
    talk.say(REQUEST).await?;
    let message = message(talk).await?;
    match result_code(&message) {
        Some(0) => Ok(()),
        Some(code) => Err(Trouble::Refused(declined(code).into_bytes())),
        None => Err(Trouble::Unexpected(message)),
    }
}

fn declined(code: u8) -> String {
    match code {
        1 => "operationsError (1)".to_owned(),
        2 => "protocolError (2): StartTLS is not supported".to_owned(),
        52 => "unavailable (52): TLS is not set up".to_owned(),
        _ => format!("result code {code}"),
    }
}

/// One message with its header.
async fn message(talk: &mut Talk<'_>) -> Result<Vec<u8>, Trouble> {
    let mut message = talk.octets(2).await?;
    if message[0] != 0x30 {
        return Err(Trouble::Unexpected(message));
    }
    let length = match message[1] {
        short @ 0..=0x7f => usize::from(short),
        // Active Directory writes lengths in four octets, whatever their value.
        long @ 0x81..=0x84 => {
            let octets = talk.octets(usize::from(long - 0x80)).await?;
            message.extend_from_slice(&octets);
            octets
                .iter()
                .fold(0, |length, octet| length * 256 + usize::from(*octet))
        }
        _ => return Err(Trouble::Unexpected(message)),
    };
    if length > LONGEST {
        return Err(Trouble::TooLong(LONGEST));
    }
    message.extend(talk.octets(length).await?);
    Ok(message)
}

/// The result code of the ExtendedResponse in a message; `None` when it is something else.
fn result_code(message: &[u8]) -> Option<u8> {
    let (0x30, body, _) = element(message)? else {
        return None;
    };
    let (0x02, [1], rest) = element(body)? else {
        return None;
    };
    let (0x78, response, _) = element(rest)? else {
        return None;
    };
    let (0x0a, [code], _) = element(response)? else {
        return None;
    };
    Some(*code)
}

/// Tag, contents, and what follows (X.690 §8.1, definite lengths only as RFC 4511 §5.1 demands).
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = octets
                .iter()
                .fold(0, |length, octet| length * 256 + usize::from(*octet));
            (length, rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_well_formed() {
        let (tag, body, rest) = element(REQUEST).expect("an element");
        assert_eq!((tag, rest.len()), (0x30, 0));
        let (_, _, operation) = element(body).expect("the number");
        let (tag, request, rest) = element(operation).expect("the operation");
        assert_eq!((tag, rest.len()), (0x77, 0));
        let (_, name, _) = element(request).expect("the name");
        assert_eq!(name, b"1.3.6.1.4.1.1466.20037");
    }

    #[test]
    fn the_result_is_read_in_both_forms_of_length() {
        let plain = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert_eq!(result_code(plain), Some(0));
        let active_directory =
            b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x34\x04\x00\x04\x00";
        assert_eq!(result_code(active_directory), Some(52));
    }

    #[test]
    fn no_prefix_of_an_answer_is_taken_for_one() {
        let answer = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        for end in 0..answer.len() {
            assert_eq!(result_code(&answer[..end]), None, "{end}");
        }
    }
}
