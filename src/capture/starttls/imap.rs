//! IMAP: greeting, tagged `STARTTLS` (RFC 3501 §6.2.1, §7.1).

use crate::capture::starttls::talk::{Talk, Trouble};

pub(super) async fn converse(talk: &mut Talk<'_>) -> Result<(), Trouble> {
    let greeting = talk.line().await?;
    match greeting.get(..2) {
        Some(b"* ") if begins(&greeting[2..], b"OK") => {}
        Some(b"* ") => return Err(Trouble::Refused(greeting)),
        _ => return Err(Trouble::Unexpected(greeting)),
    }
    talk.say(b"a1 STARTTLS\r\n").await?;
    loop {
        let line = talk.line().await?;
        match line.get(..3) {
            Some(b"a1 ") if begins(&line[3..], b"OK") => return Ok(()),
            Some(b"a1 ") => return Err(Trouble::Refused(line)),
            // Untagged lines may come at any time.
            Some([b'*', b' ', _]) => {}
            _ => return Err(Trouble::Unexpected(line)),
        }
    }
}

fn begins(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
}
