//! SMTP: greeting, `EHLO`, `STARTTLS` (RFC 5321 §3.1, RFC 3207 §4).

use crate::capture::starttls::talk::{Talk, Trouble};

pub(super) async fn converse(talk: &mut Talk<'_>) -> Result<(), Trouble> {
    let greeting = reply(talk).await?;
    accepted(greeting, b"220")?;
    // An address literal, as RFC 5321 §4.1.4 wants of a client without a name.
    talk.say(b"EHLO [127.0.0.1]\r\n").await?;
    let abilities = accepted(reply(talk).await?, b"250")?;
    let offers = |line: &Vec<u8>| {
        line.get(4..)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"STARTTLS"))
    };
    if !abilities.iter().any(offers) {
        return Err(Trouble::NotOffered);
    }
    talk.say(b"STARTTLS\r\n").await?;
    accepted(reply(talk).await?, b"220")?;
    Ok(())
}

/// A reply: lines that begin with the same number, all but the last with a hyphen after it (RFC 5321 §4.2.1).
async fn reply(talk: &mut Talk<'_>) -> Result<Vec<Vec<u8>>, Trouble> {
    let mut lines = Vec::new();
    loop {
        let line = talk.line().await?;
        let is_reply = line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit);
        if !is_reply {
            return Err(Trouble::Unexpected(line));
        }
        let goes_on = line.get(3) == Some(&b'-');
        lines.push(line);
        if !goes_on {
            return Ok(lines);
        }
    }
}

fn accepted(lines: Vec<Vec<u8>>, number: &[u8]) -> Result<Vec<Vec<u8>>, Trouble> {
    match lines.last() {
        Some(last) if last.starts_with(number) => Ok(lines),
        last => Err(Trouble::Refused(last.cloned().unwrap_or_default())),
    }
}
