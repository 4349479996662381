//! What captured addresses are called, as DNS says.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::discover::{NoDns, Reverse, Untold};
use crate::model::observation::{Observation, Outcome};

/// The most items that wait for names. Each holds its observations until they come.
const WAITING: usize = 1024;

/// DNS is given up when so many more addresses met with silence than got an answer.
const SILENCES: u32 = 16;

/// Gives captured addresses their names; one for a whole sweep.
pub struct Names {
    reverse: Reverse,
    waiting: Semaphore,
    heard: Mutex<Heard>,
}

/// What came of the questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heard {
    /// By how many addresses silence is ahead of answers.
    silences: u32,
    /// Why DNS is not asked any more.
    given_up: Option<String>,
    /// Whether that was told.
    told: bool,
    /// Captured addresses whose names are not known, and why that of the first.
    untold: u64,
    first: Option<String>,
}

impl Heard {
    fn take(&mut self, answer: &Result<Vec<String>, Untold>) {
        let Err(why) = answer else {
            self.silences = self.silences.saturating_sub(1);
            return;
        };
        self.untold += 1;
        self.first.get_or_insert_with(|| why.to_string());
        match why {
            // Whoever refuses does so at once, and holds up nothing.
            Untold::Refusal(_) => self.silences = self.silences.saturating_sub(1),
            Untold::Silence(_) => self.silences += 1,
        }
        if self.silences >= SILENCES && self.given_up.is_none() {
            self.given_up = Some(why.to_string());
        }
    }

    /// Whether an address is not looked up; it is counted.
    fn skips(&mut self) -> bool {
        let skips = self.given_up.is_some();
        self.untold += u64::from(skips);
        skips
    }
}

impl Names {
    /// Names by this DNS server, or by those of the system.
    ///
    /// # Errors
    ///
    /// There is no DNS server to ask.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, NoDns> {
        Ok(Self {
            reverse: Reverse::new(server)?,
            waiting: Semaphore::new(WAITING),
            heard: Mutex::default(),
        })
    }

    /// That DNS does not answer, when it is not asked any more; once.
    pub fn given_up(&self) -> Option<String> {
        self.heard(|heard| {
            let why = heard.given_up.as_ref().filter(|_| !heard.told)?;
            let warning = format!(
                "DNS does not answer ({why}): the names of addresses are not looked up any more"
            );
            heard.told = true;
            Some(warning)
        })
    }

    /// How many addresses may have names that are not known, at the end.
    pub fn untold(&self) -> Option<String> {
        self.heard(|heard| {
            let (untold, why) = (heard.untold, heard.first.as_ref()?);
            Some(format!(
                "captured endpoints whose names DNS did not tell: {untold} (the first: {why})"
            ))
        })
    }

    /// Whether more items may come to wait for names.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.available_permits() > 0
    }

    /// Gives its names to each captured address that has none; `looking` bounds the questions that are out at a time.
    pub(super) async fn add(&self, observations: &mut [Observation], looking: &Semaphore) {
        let mut known: Option<(IpAddr, Vec<String>)> = None;
        for seen in observations {
            let nameless = seen.outcome == Outcome::Captured && seen.names.is_empty();
            let Some(address) = seen.address.filter(|_| nameless) else {
                continue;
            };
            if known.as_ref().is_none_or(|(of, _)| *of != address) {
                known = Some((address, self.of(address, looking).await));
            }
            if let Some((_, names)) = &known {
                seen.names.clone_from(names);
            }
        }
    }

    async fn of(&self, address: IpAddr, looking: &Semaphore) -> Vec<String> {
        let _waits = self.waiting.acquire().await;
        let _turn = looking.acquire().await;
        if self.heard(|heard| heard.skips()) {
            return Vec::new();
        }
        let answer = self.reverse.names(address).await;
        self.heard(|heard| heard.take(&answer));
        answer.unwrap_or_default()
    }

    fn heard<T>(&self, work: impl FnOnce(&mut Heard) -> T) -> T {
        work(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("heard", &self.heard)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(answers: &str) -> Heard {
        let mut heard = Heard::default();
        for answer in answers.chars() {
            heard.take(&match answer {
                'a' => Ok(Vec::new()),
                'r' => Err(Untold::Refusal("REFUSED".to_owned())),
                _ => Err(Untold::Silence("no answer within 2s".to_owned())),
            });
        }
        heard
    }

    #[test]
    fn a_server_that_is_mostly_silent_is_given_up() {
        for dead in [
            "s".repeat(16),
            "ssa".repeat(16),
            "a".repeat(99) + &"s".repeat(16),
        ] {
            assert!(heard(&dead).given_up.is_some(), "{dead}");
        }
        for alive in ["s".repeat(15), "sa".repeat(99), "r".repeat(99)] {
            assert_eq!(heard(&alive).given_up, None, "{alive}");
        }
    }

    #[test]
    fn what_is_not_known_is_counted_with_its_first_reason() {
        let heard = heard("rsa");
        assert_eq!(heard.untold, 2);
        assert_eq!(heard.first.as_deref(), Some("REFUSED"));
    }
}
