//! An observation in parts: what repeats from run to run is stored once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::history::error::Trouble;
use crate::model::bytes::{Der, Sha256};
use crate::model::observation::{
    Attempt, Method, Observation, ObservationSchema, Outcome, Tls, Variant,
};
use crate::model::target::{Group, Port, Role};
use crate::model::timestamp::Timestamp;

/// How an endpoint was asked. Seldom changes.
#[derive(Serialize, Deserialize)]
pub(super) struct Ask<'o> {
    /// The run that the observation names, when that is not the one it is kept in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Cow<'o, str>>,
    roles: Cow<'o, BTreeSet<Role>>,
    group: Group,
    pool: Option<Cow<'o, str>>,
    required: bool,
    one_of_host: bool,
    names: Cow<'o, [String]>,
    variant: Option<Variant>,
    target: Cow<'o, str>,
    host: Cow<'o, str>,
    address: Option<IpAddr>,
    port: Option<Port>,
    sni: Option<Cow<'o, str>>,
}

/// What came of asking, without the times and the chain. Seldom changes.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer<'o> {
    outcome: Outcome,
    detail: Option<Cow<'o, str>>,
    attempts: Vec<Tried<'o>>,
    tls: Option<Cow<'o, Tls>>,
}

#[derive(Serialize, Deserialize)]
struct Tried<'o>(Method, Outcome, Option<Cow<'o, str>>);

/// What is new each time.
pub(super) struct Passing {
    pub(super) at: Timestamp,
    pub(super) elapsed_ms: u64,
    pub(super) count: u32,
    /// The times of the attempts; `None`: one attempt, which took all the time.
    pub(super) times: Option<String>,
}

impl<'o> Ask<'o> {
    pub(super) fn of(seen: &'o Observation, run: &str) -> Self {
        let text = |text: &'o Option<String>| text.as_deref().map(Cow::Borrowed);
        Self {
            run: (seen.run != run).then_some(Cow::Borrowed(&*seen.run)),
            roles: Cow::Borrowed(&seen.roles),
            group: seen.group,
            pool: text(&seen.pool),
            required: seen.required,
            one_of_host: seen.one_of_host,
            names: Cow::Borrowed(&seen.names),
            variant: seen.variant,
            target: Cow::Borrowed(&seen.target),
            host: Cow::Borrowed(&seen.host),
            address: seen.address,
            port: seen.port,
            sni: text(&seen.sni),
        }
    }
}

impl<'o> Answer<'o> {
    pub(super) fn of(seen: &'o Observation) -> Self {
        let text = |text: &'o Option<String>| text.as_deref().map(Cow::Borrowed);
        let tried = |tried: &'o Attempt| Tried(tried.method, tried.outcome, text(&tried.detail));
        Self {
            outcome: seen.outcome,
            detail: text(&seen.detail),
            attempts: seen.attempts.iter().map(tried).collect(),
            tls: seen.tls.as_ref().map(Cow::Borrowed),
        }
    }
}

impl Passing {
    pub(super) fn of(seen: &Observation) -> Self {
        let times: Vec<String> = seen
            .attempts
            .iter()
            .map(|attempt| attempt.elapsed_ms.to_string())
            .collect();
        let usual = matches!(&*seen.attempts, [one] if one.elapsed_ms == seen.elapsed_ms);
        Self {
            at: seen.at,
            elapsed_ms: seen.elapsed_ms,
            count: seen.count,
            times: (!usual).then(|| times.join(",")),
        }
    }

    fn times(&self) -> Result<Vec<u64>, Trouble> {
        match self.times.as_deref() {
            None => Ok(vec![self.elapsed_ms]),
            Some("") => Ok(Vec::new()),
            Some(times) => times
                .split(',')
                .map(|time| time.parse().map_err(Trouble::damaged))
                .collect(),
        }
    }
}

/// The observation again, as it was.
pub(super) fn observation(
    run: &str,
    ask: &str,
    answer: &str,
    passing: &Passing,
    chain: Vec<Der>,
) -> Result<Observation, Trouble> {
    let ask: Ask<'_> = serde_json::from_str(ask).map_err(Trouble::damaged)?;
    let answer: Answer<'_> = serde_json::from_str(answer).map_err(Trouble::damaged)?;
    let times = passing.times()?;
    if times.len() != answer.attempts.len() {
        return Err(Trouble::damaged("the times of the attempts do not fit"));
    }
    let attempts = answer.attempts.into_iter().zip(times);
    let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    Ok(Observation {
        schema: ObservationSchema::V1,
        run: text(ask.run).unwrap_or_else(|| run.to_owned()),
        at: passing.at,
        roles: ask.roles.into_owned(),
        group: ask.group,
        pool: text(ask.pool),
        required: ask.required,
        one_of_host: ask.one_of_host,
        names: ask.names.into_owned(),
        variant: ask.variant,
        count: passing.count,
        target: ask.target.into_owned(),
        host: ask.host.into_owned(),
        address: ask.address,
        port: ask.port,
        sni: text(ask.sni),
        outcome: answer.outcome,
        detail: text(answer.detail),
        elapsed_ms: passing.elapsed_ms,
        attempts: attempts
            .map(|(Tried(method, outcome, detail), elapsed_ms)| Attempt {
                method,
                outcome,
                detail: text(detail),
                elapsed_ms,
            })
            .collect(),
        tls: answer.tls.map(Cow::into_owned),
        chain,
    })
}

/// A value as the text that is stored.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("memory takes it, and its keys are texts")
}

/// What an item that is stored once is found by.
pub(super) fn digest(text: &[&[u8]]) -> [u8; 16] {
    let Sha256(digest) = Sha256::of(&text.concat());
    *digest.first_chunk().expect("a digest has 32 octets")
}

/// The word of a closed list that a stored text is.
pub(super) fn word<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Trouble> {
    let text: StrDeserializer<'t, Error> = text.into_deserializer();
    T::deserialize(text).map_err(Trouble::damaged)
}

/// A time in milliseconds since 1970.
pub(super) fn milliseconds(time: Timestamp) -> i64 {
    let nanoseconds = time.date_time().unix_timestamp_nanos();
    i64::try_from(nanoseconds.div_euclid(1_000_000)).expect("years have four digits")
}

/// The time that so many milliseconds since 1970 are.
pub(super) fn timestamp(milliseconds: i64) -> Result<Timestamp, Trouble> {
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .map(Timestamp::new)
        .map_err(Trouble::damaged)
}
