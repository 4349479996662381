//! What answered when it was not TLS: told by its first bytes.

use std::time::Duration;

/// How long to wait for the rest of a first line that has begun.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// Bytes after which nothing more is waited for.
const ENOUGH: usize = 128;

/// Characters of the server's text that are shown.
const SHOWN: usize = 60;

/// Whether the bytes are all that naming needs: a whole line, many of them, or a protocol that its octets tell.
pub(super) fn is_enough(first: &[u8]) -> bool {
    first.len() >= ENOUGH || first.contains(&b'\n') || binary(first).is_some()
}

/// Whether these can be the first octets of a TLS record (RFC 8446 §5.1).
pub(super) fn is_tls(first: &[u8]) -> bool {
    matches!(first, [20..=23] | [20..=23, 3, ..])
}

/// A sentence that names what answered.
pub(super) fn name(first: &[u8]) -> String {
    if let Some(protocol) = binary(first) {
        return format!("{protocol} answered");
    }
    let line = line(first);
    match text(&line) {
        Some(protocol) => format!("{protocol} answered: `{line}`"),
        None if is_text(first) => format!("plain text answered: `{line}`"),
        None => format!("something unknown answered, beginning with {}", hex(first)),
    }
}

/// Protocols whose first line is text.
fn text(line: &str) -> Option<&'static str> {
    const STARTS: [(&str, &str); 8] = [
        ("HTTP/", "HTTP"),
        ("<!DOCTYPE", "HTTP (a page without a header)"),
        ("<html", "HTTP (a page without a header)"),
        ("SIP/2.0", "SIP without TLS"),
        ("SSH-", "SSH"),
        ("* OK", "IMAP"),
        ("+OK", "POP3"),
        ("RFB ", "VNC"),
    ];
    let starts = |(start, protocol): &(&str, &'static str)| {
        let head = line.get(..start.len())?;
        head.eq_ignore_ascii_case(start).then_some(*protocol)
    };
    STARTS.iter().find_map(starts).or_else(|| greeting(line))
}

/// SMTP and FTP greet alike (RFC 5321 §4.2, RFC 959 §4.2); the words after the number tell them apart.
fn greeting(line: &str) -> Option<&'static str> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_reply = code.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(code.as_bytes().first(), Some(b'1'..=b'5'))
        && matches!(rest.bytes().next(), Some(b' ' | b'-'));
    if !is_reply {
        return None;
    }
    let rest = rest.to_ascii_lowercase();
    match code {
        _ if rest.contains("ftp") => Some("FTP"),
        "220" | "421" | "554" if rest.contains("smtp") || rest.contains("mail") => Some("SMTP"),
        "220" => Some("SMTP or FTP"),
        "500" | "501" | "502" | "503" | "421" | "554" => Some("SMTP or FTP"),
        _ => None,
    }
}

/// Protocols that are known by their octets.
fn binary(first: &[u8]) -> Option<&'static str> {
    match first {
        // TPKT (RFC 1006) around an X.224 connection confirm or disconnect request.
        [0x03, 0x00, _, _, _, 0xd0 | 0x80, ..] => Some("RDP (X.224)"),
        [0x03, 0x00, 0x00, _, ..] => Some("RDP or another protocol over TPKT"),
        // LDAPMessage (RFC 4511 §4.1.1) with a message number of one octet; what is not TLS gets number 0.
        [0x30, 0x84, _, _, _, _, 0x02, 0x01, ..] | [0x30, _, 0x02, 0x01, ..] => Some("LDAP"),
        [_, _, 0x00, 0x00, 0x0a, b'0'..=b'9', ..] | [_, _, 0x00, 0x00 | 0x01, 0xff, ..] => {
            Some("MySQL")
        }
        [b'E', 0x00, 0x00, _, _, b'S', ..] => Some("PostgreSQL"),
        [0x04, 0x01, _, _, _, _, _, 0x00, ..] => Some("SQL Server (TDS)"),
        // A STUN message (RFC 8489 §5), perhaps with the length before it (RFC 4571).
        [0x00 | 0x01, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..]
        | [_, _, 0x00 | 0x01, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..] => Some("STUN"),
        [b'S', b'M', b'B', ..] | [0x00, _, _, _, 0xff | 0xfe, b'S', b'M', b'B', ..] => Some("SMB"),
        [0x00, 0x00, _, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, ..] => Some("HTTP/2 without TLS"),
        [0x80..=0xff, _, 0x04, 0x00, ..] => Some("SSL 2.0"),
        _ => None,
    }
}

fn is_text(first: &[u8]) -> bool {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t' | 0x80..);
    !first.is_empty() && std::str::from_utf8(first).is_ok() && first.iter().all(is_plain)
}

/// The first line, cut short, with what does not print replaced.
pub(super) fn line(first: &[u8]) -> String {
    let end = first.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let line = String::from_utf8_lossy(&first[..end.unwrap_or(first.len())]);
    let mut shown: String = line
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if line.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn hex(first: &[u8]) -> String {
    crate::model::bytes::hex(&first[..first.len().min(16)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_is_named_by_its_first_bytes() {
        let table: [(&[u8], &str); 22] = [
            (
                b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n",
                "HTTP answered: `HTTP/1.1 400 Bad Request`",
            ),
            (
                b"<html><body>",
                "HTTP (a page without a header) answered: `<html><body>`",
            ),
            (
                b"SIP/2.0 400 Bad Request\r\n",
                "SIP without TLS answered: `SIP/2.0 400 Bad Request`",
            ),
            (
                b"SSH-2.0-OpenSSH_9.9\r\n",
                "SSH answered: `SSH-2.0-OpenSSH_9.9`",
            ),
            (
                b"220 mail.contoso.com ESMTP Postfix\r\n",
                "SMTP answered: `220 mail.contoso.com ESMTP Postfix`",
            ),
            (
                b"220 (vsFTPd 3.0.5)\r\n",
                "FTP answered: `220 (vsFTPd 3.0.5)`",
            ),
            (b"220 ready\r\n", "SMTP or FTP answered: `220 ready`"),
            (
                b"500 5.5.1 Invalid command\r\n",
                "SMTP or FTP answered: `500 5.5.1 Invalid command`",
            ),
            (b"* OK IMAP4 ready\r\n", "IMAP answered: `* OK IMAP4 ready`"),
            (b"+OK ready\r\n", "POP3 answered: `+OK ready`"),
            (
                &[0x03, 0, 0, 0x0b, 0x06, 0xd0, 0, 0, 0x12, 0x34, 0],
                "RDP (X.224) answered",
            ),
            (&[0x30, 0x24, 0x02, 0x01, 0x00, 0x78, 0x1f], "LDAP answered"),
            (
                &[0x30, 0x84, 0, 0, 0, 0x28, 0x02, 0x01, 0x00],
                "LDAP answered",
            ),
            (b"\x4a\x00\x00\x00\x0a8.0.36\x00", "MySQL answered"),
            (b"E\x00\x00\x00\x8bSFATAL\x00", "PostgreSQL answered"),
            (
                &[0x04, 0x01, 0x00, 0x25, 0, 0, 1, 0],
                "SQL Server (TDS) answered",
            ),
            (
                &[0x01, 0x11, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42],
                "STUN answered",
            ),
            (
                b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
                "HTTP/2 without TLS answered",
            ),
            (b"hello there\n", "plain text answered: `hello there`"),
            (
                b"\xde\xad\xbe\xef",
                "something unknown answered, beginning with deadbeef",
            ),
            (b"", "something unknown answered, beginning with "),
            (
                b"a\x1b[2J",
                "something unknown answered, beginning with 611b5b324a",
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(name(bytes), expected);
        }
    }

    #[test]
    fn text_from_the_network_is_short_and_prints() {
        let shown = line(format!("HTTP/1.1 \x1b]0;\u{9b}{}", "x".repeat(500)).as_bytes());
        assert_eq!(shown.chars().count(), SHOWN + 1);
        assert!(shown.starts_with("HTTP/1.1 \u{fffd}]0;\u{fffd}xx"));
        assert!(!shown.contains(char::is_control));
    }

    #[test]
    fn a_line_or_many_bytes_or_a_known_head_are_enough() {
        assert!(is_enough(&[0x03, 0, 0, 0x0b, 0x06, 0xd0]));
        assert!(is_enough(b"HTTP/1.0 400\r\n"));
        assert!(!is_enough(b"HTTP/1.0"));
        assert!(is_enough(&[b'x'; ENOUGH]));
    }
}
