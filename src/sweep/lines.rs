//! Lists of any length, read line by line ahead of need within a bounded window.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::sync::Arc;

use tokio::sync::mpsc;

/// A line longer than this is none of a list.
const LINE_LIMIT: u64 = 64 * 1024;
/// Lines that are handed over at a time, and how many such handfuls wait.
const HANDFUL: usize = 64;
const WAITING: usize = 4;

/// A list by its name, still to be read.
pub type List = (String, Box<dyn Read + Send>);

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) source: Arc<str>,
    /// Counted from 1.
    pub(super) number: u32,
    /// What stands on it, or why it is no text.
    pub(super) text: Result<String, &'static str>,
}

/// Lines as they come, one list after the other.
#[derive(Debug)]
pub(super) struct Lines {
    receiver: mpsc::Receiver<io::Result<Vec<Line>>>,
    ready: std::vec::IntoIter<Line>,
}

impl Lines {
    /// Begins to read. A thread does it, since a pipe may be slow; it ends when nobody takes its lines any more.
    pub(super) fn of(lists: Vec<List>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        std::thread::spawn(move || {
            for list in lists {
                if let Err(error) = hand_over(list, &sender) {
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            }
        });
        Self {
            receiver,
            ready: Vec::new().into_iter(),
        }
    }

    /// The next line; `None` after the last. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.ready.next() {
                return Ok(Some(line));
            }
            match self.receiver.recv().await {
                Some(lines) => self.ready = lines?.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

fn hand_over((name, input): List, sender: &mpsc::Sender<io::Result<Vec<Line>>>) -> io::Result<()> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot read {name}: {error}"));
    let source: Arc<str> = name.as_str().into();
    let mut text = Text::open(input).map_err(named)?;
    let mut handful = Vec::with_capacity(HANDFUL);
    let mut number = 0_u32;
    while let Some(line) = text.line().map_err(named)? {
        number = number.saturating_add(1);
        handful.push(Line {
            source: Arc::clone(&source),
            number,
            text: line,
        });
        // What a slow pipe has given is not held back for more.
        let full = handful.len() == HANDFUL || text.is_drained();
        if full
            && sender
                .blocking_send(Ok(std::mem::take(&mut handful)))
                .is_err()
        {
            return Ok(());
        }
    }
    let _ = sender.blocking_send(Ok(handful));
    Ok(())
}

/// How the two bytes of a unit of UTF-16 make a number.
type Unit = fn([u8; 2]) -> u16;
/// What was read to find a byte order mark, and the rest.
type Input = Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>;

/// UTF-8, or UTF-16 with a byte order mark.
struct Text {
    input: BufReader<Input>,
    units: Option<Unit>,
}

impl Text {
    fn open(mut input: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut first = Vec::new();
        (&mut input).take(3).read_to_end(&mut first)?;
        let (mark, units): (_, Option<Unit>) = match first.as_slice() {
            [0xff, 0xfe, ..] => (2, Some(u16::from_le_bytes)),
            [0xfe, 0xff, ..] => (2, Some(u16::from_be_bytes)),
            [0xef, 0xbb, 0xbf] => (3, None),
            _ => (0, None),
        };
        first.drain(..mark);
        Ok(Self {
            input: BufReader::new(Cursor::new(first).chain(input)),
            units,
        })
    }

    fn is_drained(&self) -> bool {
        self.input.buffer().is_empty()
    }

    fn line(&mut self) -> io::Result<Option<Result<String, &'static str>>> {
        let bytes = match self.units {
            None => self.bytes()?,
            Some(read) => self.units(read)?.map(String::into_bytes),
        };
        Ok(bytes.map(|bytes| match bytes.len() as u64 > LINE_LIMIT {
            true => Err("the line is too long for a target"),
            false => String::from_utf8(bytes).map_err(|_| "the line is not UTF-8"),
        }))
    }

    /// The bytes up to the end of the line; of a line that is too long, what exceeds the limit is passed over.
    fn bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let limit = LINE_LIMIT + 1;
        if (&mut self.input).take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.len() as u64 == limit && line.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
        }
        Ok(Some(line))
    }

    fn units(&mut self, read: Unit) -> io::Result<Option<String>> {
        let mut units = Vec::new();
        let mut pair = [0; 2];
        loop {
            match self.input.read_exact(&mut pair) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                result => result?,
            }
            if units.len() as u64 <= LINE_LIMIT {
                units.push(read(pair));
            }
            if read(pair) == u16::from(b'\n') {
                break;
            }
        }
        Ok((!units.is_empty()).then(|| String::from_utf16_lossy(&units)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(bytes: &[u8]) -> Vec<String> {
        let list: List = ("l".to_owned(), Box::new(Cursor::new(bytes.to_vec())));
        let mut lines = Lines::of(vec![list]);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await.expect("memory can be read") {
            let text = line
                .text
                .map_or_else(str::to_owned, |text| text.trim_end().to_owned());
            found.push(format!("{} {text}", line.number));
        }
        found
    }

    #[tokio::test]
    async fn lines_come_in_order_whatever_wrote_them() {
        assert_eq!(lines(b"a\r\n\nb").await, ["1 a", "2 ", "3 b"]);
        assert_eq!(lines(b"\xef\xbb\xbfa\n").await, ["1 a"]);
        assert_eq!(lines(b"").await, [""; 0]);
        let wide: Vec<u8> = "\u{feff}a\r\nb"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(lines(&wide).await, ["1 a", "2 b"]);
        let wide: Vec<u8> = "\u{feff}a\nb\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(lines(&wide).await, ["1 a", "2 b"]);
    }

    #[tokio::test]
    async fn a_line_that_is_no_text_does_not_hide_the_next() {
        let mut bytes = vec![b'x'; 70_000];
        bytes.extend(b"\nM\xfcnchen\nok\n");
        let found = lines(&bytes).await;
        assert!(
            found[0].contains("too long") && found[1].contains("UTF-8"),
            "{found:?}"
        );
        assert_eq!(found[2], "3 ok");
    }

    #[tokio::test]
    async fn many_lines_arrive_whole() {
        let bytes: Vec<u8> = (0..1000)
            .flat_map(|n| format!("{n}\n").into_bytes())
            .collect();
        assert_eq!(lines(&bytes).await.len(), 1000);
    }
}
