//! Observations, one JSON document (`sameca.observation/1`) a line.

use std::io::{self, Write};

use crate::model::observation::Observation;
use crate::report::json;

/// Writes one observation as one line, in a single write, so that lines of several writers never mix.
pub fn line(observation: &Observation, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(4096);
    append(&mut observation.clone(), &mut line)?;
    out.write_all(&line)
}

/// Adds one observation as one line to a buffer, which is used again for the next.
///
/// The chain, nine tenths of a line, comes last and is only base64: it is taken out for a moment, and put behind the rest
/// without a look at each of its characters.
pub fn append(observation: &mut Observation, line: &mut Vec<u8>) -> io::Result<()> {
    let chain = std::mem::take(&mut observation.chain);
    let written = json::compact(observation, line);
    observation.chain = chain;
    written?;
    debug_assert!(line.ends_with(br#","chain":[]}"#), "the chain comes last");
    line.truncate(line.len() - b"]}".len());
    for (number, der) in observation.chain.iter().enumerate() {
        line.extend(if number == 0 { &br#"""#[..] } else { br#",""# });
        der.append_base64(line);
        line.push(b'"');
    }
    line.extend(b"]}\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"schema":"sameca.observation/1","run":"01J","at":"2026-11-22T20:15:04.120Z","roles":["front-end"],"group":"internal","pool":null,"required":true,"one_of_host":false,"names":["a\nb"],"variant":null,"count":1,"target":"a:443","host":"a","address":null,"port":443,"sni":null,"outcome":"no_address","detail":null,"elapsed_ms":14,"attempts":[],"tls":null,"chain":[]}"#;

    /// Counts the writes it gets.
    struct Counting(Vec<u8>, u32);

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_observation_is_one_line_written_at_once() {
        let observation: Observation = serde_json::from_str(LINE).expect("an observation");
        let mut out = Counting(Vec::new(), 0);
        line(&observation, &mut out).expect("memory takes it");
        assert_eq!(out.1, 1);
        assert_eq!(String::from_utf8(out.0).expect("text"), format!("{LINE}\n"));
    }

    #[test]
    fn a_chain_is_written_as_json_has_it() {
        let mut observation: Observation = serde_json::from_str(LINE).expect("an observation");
        for length in [1, 1000, 0] {
            observation.chain.push(vec![0xfb; length].into());
            let mut out = Vec::new();
            append(&mut observation, &mut out).expect("memory takes it");
            let expected = serde_json::to_string(&observation).expect("memory takes it");
            assert_eq!(
                String::from_utf8(out).expect("text"),
                format!("{expected}\n")
            );
        }
    }
}
