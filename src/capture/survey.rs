//! Several certificates behind one endpoint: other ways of asking, and members hidden behind one address.

use crate::capture::ladder::{self, Ask, Rung};
use crate::capture::{Capturer, row};
use crate::model::observation::{Observation, Outcome, Possession, Tls, Variant};
use crate::model::timestamp::Timestamp;
use crate::wire::client_hello::Authentication;

/// The distinct chains of one endpoint, as they are found.
pub(super) struct Survey<'a> {
    capturer: &'a Capturer,
    ask: Ask<'a>,
    rows: Vec<Observation>,
    run: (&'a str, Timestamp),
}

impl<'a> Survey<'a> {
    /// A survey that begins with what the usual question found.
    pub(super) fn new(
        capturer: &'a Capturer,
        ask: Ask<'a>,
        first: Observation,
        run: (&'a str, Timestamp),
    ) -> Self {
        Self {
            capturer,
            ask,
            rows: vec![first],
            run,
        }
    }

    /// Asks as usual so many times more, in two lanes at a time. Samples that fail have a row of their own.
    pub(super) async fn sample(&mut self, samples: u32) {
        let half = samples / 2;
        let (one, other) = tokio::join!(self.lane(samples - half), self.lane(half));
        let mut failed: Vec<Observation> = Vec::new();
        for found in one.into_iter().chain(other) {
            failed.extend(self.add(found));
        }
        // An address that answers now and then is not one that was checked: the failures have a row of their own.
        let count = u32::try_from(failed.len()).unwrap_or(u32::MAX);
        if let Some(first) = failed.into_iter().next()
            && self.rows[0].outcome == Outcome::Captured
        {
            let detail = format!(
                "{count} of {} samples failed, the first with {}",
                u64::from(samples) + 1,
                failure(&first)
            );
            self.rows.push(Observation {
                count,
                variant: Some(Variant::Sample),
                detail: Some(detail),
                ..first
            });
        }
    }

    async fn lane(&self, samples: u32) -> Vec<Observation> {
        let mut found = Vec::new();
        for _ in 0..samples {
            let run = self.capturer.climb(&self.ask, None).await;
            let (id, at) = self.run;
            found.push(row::observed(&self.ask, run, Some(Variant::Sample), id, at));
        }
        found
    }

    /// Asks for RSA only, for ECDSA only, and without a server name, each with one connection of the kind that worked
    /// before. What fails shows that there is no such certificate, and is no row.
    pub(super) async fn variants(&mut self, rung: Rung) {
        let usual = self.ask;
        let kinds = [
            (Variant::Rsa, Authentication::Rsa, usual.server_name),
            (Variant::Ecdsa, Authentication::Ecdsa, usual.server_name),
            (Variant::NoSni, Authentication::Any, None),
        ];
        for (variant, authentication, server_name) in kinds {
            if variant == Variant::NoSni && usual.server_name.is_none() {
                continue;
            }
            let ask = Ask {
                server_name,
                authentication,
                ..usual
            };
            let _slot = self.capturer.slots.acquire(ask.endpoint.address).await;
            let run = ladder::ask_once(rung, &ask, &self.capturer.configuration).await;
            let (id, at) = self.run;
            self.add(row::observed(&ask, run, Some(variant), id, at));
        }
    }

    /// Every distinct chain once, in the order found.
    pub(super) fn into_rows(self) -> Vec<Observation> {
        self.rows
    }

    /// Counts a chain that is known, keeps one that is new, and gives back what failed, if anything did.
    fn add(&mut self, mut found: Observation) -> Option<Observation> {
        if found.outcome != Outcome::Captured {
            return Some(found);
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.chain == found.chain) {
            row.count += 1;
            keep_worse(&mut row.tls, found.tls);
            return None;
        }
        if self.rows[0].outcome == Outcome::Captured {
            self.rows.push(found);
            return None;
        }
        // The first chain that comes takes the place of the failure, and is the endpoint's usual one.
        found.variant = None;
        Some(std::mem::replace(&mut self.rows[0], found))
    }
}

/// One server behind an address that does not hold the key is not made good by another that does.
fn keep_worse(known: &mut Option<Tls>, found: Option<Tls>) {
    let doubt = |tls: &Option<Tls>| match tls.as_ref().and_then(|tls| tls.possession) {
        Some(Possession::Failed) => 2,
        Some(Possession::Proven) => 0,
        Some(Possession::NotShown | Possession::Unchecked) | None => 1,
    };
    if doubt(&found) > doubt(known) {
        *known = found;
    }
}

fn failure(found: &Observation) -> String {
    let word = found.outcome.word();
    match &found.detail {
        Some(detail) => format!("{word}: {detail}"),
        None => word.to_owned(),
    }
}
