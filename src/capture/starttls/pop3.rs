//! POP3: greeting, `STLS` (RFC 1939 §4, RFC 2595 §4).

use crate::capture::starttls::talk::{Talk, Trouble};

pub(super) async fn converse(talk: &mut Talk<'_>) -> Result<(), Trouble> {
    consent(talk).await?;
    talk.say(b"STLS\r\n").await?;
    consent(talk).await
}

async fn consent(talk: &mut Talk<'_>) -> Result<(), Trouble> {
    let line = talk.line().await?;
    match line.as_slice() {
        [b'+', b'O', b'K', ..] => Ok(()),
        [b'-', b'E', b'R', b'R', ..] => Err(Trouble::Refused(line)),
        _ => Err(Trouble::Unexpected(line)),
    }
}
