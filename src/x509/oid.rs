//! Object identifiers: dotted form from their encoding (X.690 §8.19).

use crate::x509::der::DerError;

/// Content octets as dotted decimal. An arc may have up to 128 bits (a UUID under 2.25 has that many).
pub(super) fn dotted(content: &[u8]) -> Result<Box<str>, DerError> {
    let mut text = String::with_capacity(content.len().saturating_mul(3));
    each_arc(content, |arc| push(&mut text, arc))?;
    Ok(text.into())
}

/// Refuses what [`dotted`] refuses.
pub(super) fn check(content: &[u8]) -> Result<(), DerError> {
    each_arc(content, |_| ())
}

fn each_arc(content: &[u8], mut take: impl FnMut(u128)) -> Result<(), DerError> {
    if content.last().is_none_or(|last| last & 0x80 != 0) {
        return Err(DerError::Value("an object identifier that is cut off"));
    }
    let mut arc: u128 = 0;
    for octet in content {
        if arc.leading_zeros() < 7 {
            let reason = "an object identifier with an arc of more than 128 bits";
            return Err(DerError::Value(reason));
        }
        arc = (arc << 7) | u128::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            take(arc);
            arc = 0;
        }
    }
    Ok(())
}

/// The first encoded arc holds two: 40 times the first, which is at most 2, plus the second.
fn push(text: &mut String, arc: u128) {
    if text.is_empty() {
        let first = (arc / 40).min(2);
        push_number(text, first);
        text.push('.');
        push_number(text, arc.saturating_sub(first.saturating_mul(40)));
    } else {
        text.push('.');
        push_number(text, arc);
    }
}

fn push_number(text: &mut String, number: u128) {
    text.push_str(itoa::Buffer::new().format(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_are_split_and_joined() {
        let text = |content: &[u8]| dotted(content).expect("an identifier").to_string();
        assert_eq!(
            text(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
            "1.2.840.113549.1.1.11"
        );
        assert_eq!(text(&[0x55, 0x04, 0x03]), "2.5.4.3");
        assert_eq!(text(&[0x00]), "0.0");
        assert_eq!(text(&[0x88, 0x37, 0x03]), "2.999.3");
        assert_eq!(text(&[0x2a, 0x83, 0xff, 0x7f]), "1.2.65535");
        assert_eq!(text(&[0x2a, 0x84, 0x80, 0x00]), "1.2.65536");
        assert_eq!(text(&[0x2a, 0x0a, 0x64]), "1.2.10.100");
    }

    #[test]
    fn hostile_identifiers_are_refused() {
        assert!(dotted(&[]).is_err());
        assert!(dotted(&[0x2a, 0x86]).is_err());
        assert!(dotted(&[&[0xff; 40][..], &[0x01]].concat()).is_err());
    }
}
