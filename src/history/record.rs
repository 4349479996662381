//! A run into the tables, in one transaction.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::history::encode::{self, Answer, Ask, Passing, json, milliseconds};
use crate::history::error::Trouble;
use crate::history::look::{Asked, Looks};
use crate::history::story::Story;
use crate::model::bytes::{Der, Sha256};
use crate::model::history::{Changes, EventKind, Look, RunRecord};
use crate::model::observation::{Observation, Observations, Outcome};
use crate::model::report::{EndpointReport, Leaf, Report};

/// How many estates that were looked at last a run is compared with.
const SERIES_COMPARED: usize = 64;

/// Writes the run and all that belongs to it, and says what changed against the run before.
pub(super) fn run(
    tables: &Connection,
    record: &mut RunRecord,
    observations: &dyn Observations,
    report: &dyn Report,
) -> Result<(), Trouble> {
    forget(tables, &record.id)?;
    let number = insert(tables, record)?;
    let mut writer = Writer {
        tables,
        run: number,
        id: &record.id,
    };
    for count in 0..observations.count() {
        writer.observation(count, &*observations.read(count)?)?;
    }
    let cas = writer.cas(report)?;
    for row in report.rows() {
        writer.judged(&*row?, &cas)?;
    }
    let (series, changes) = compare(tables, number, record)?;
    record.changes = changes;
    let changes = record.changes.as_ref().map(json);
    tables.execute(
        "UPDATE run SET series = ?2, changes = ?3 WHERE number = ?1",
        params![number, series, changes],
    )?;
    Ok(())
}

/// A run that is recorded again takes the place of what was kept of it.
fn forget(tables: &Connection, id: &str) -> Result<(), Trouble> {
    tables.execute(
        "DELETE FROM observation WHERE run IN (SELECT number FROM run WHERE id = ?1)",
        [id],
    )?;
    tables.execute("DELETE FROM run WHERE id = ?1", [id])?;
    Ok(())
}

fn insert(tables: &Connection, record: &RunRecord) -> Result<i64, Trouble> {
    let count = u64::cast_signed;
    let summary = &record.summary;
    tables.execute(
        "INSERT INTO run(id, series, command, started, finished, partial, verdict, evidence, headline,
           endpoints, captured, failed, cas, leaves)
         VALUES(?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            record.id,
            record.command,
            milliseconds(record.started),
            milliseconds(record.finished),
            record.partial,
            record.verdict.word(),
            record.evidence.map(|evidence| evidence.word()),
            record.headline,
            count(summary.endpoints),
            count(summary.captured),
            count(summary.failed),
            count(summary.cas),
            count(summary.leaves),
        ],
    )?;
    Ok(tables.last_insert_rowid())
}

struct Writer<'t> {
    tables: &'t Connection,
    run: i64,
    id: &'t str,
}

impl Writer<'_> {
    fn observation(&mut self, number: usize, seen: &Observation) -> Result<(), Trouble> {
        let endpoint = self.endpoint(seen)?;
        let ask = self.ask(seen, endpoint)?;
        let answer = self.answer(seen)?;
        let passing = Passing::of(seen);
        let number = i64::try_from(number).expect("memory has fewer");
        self.tables
            .prepare_cached(
                "INSERT INTO observation(run, endpoint, number, ask, answer, at, elapsed_ms, count, times)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.run,
                endpoint,
                number,
                ask,
                answer,
                milliseconds(passing.at),
                passing.elapsed_ms.cast_signed(),
                passing.count,
                passing.times,
            ])?;
        Ok(())
    }

    fn endpoint(&self, seen: &Observation) -> Result<i64, Trouble> {
        let address = address(seen.address);
        if let Some(number) = self.known_endpoint(&seen.target, &address)? {
            return Ok(number);
        }
        self.tables
            .prepare_cached(
                "INSERT INTO endpoint(target, address, host, port) VALUES(?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                seen.target,
                address,
                seen.host,
                seen.port.map(|port| port.number())
            ])?;
        Ok(self.tables.last_insert_rowid())
    }

    fn known_endpoint(&self, target: &str, address: &str) -> Result<Option<i64>, Trouble> {
        let number = self
            .tables
            .prepare_cached("SELECT number FROM endpoint WHERE target = ?1 AND address = ?2")?
            .query_row(params![target, address], |row| row.get(0));
        Ok(number.optional()?)
    }

    fn ask(&self, seen: &Observation, endpoint: i64) -> Result<i64, Trouble> {
        let facts = json(&Ask::of(seen, self.id));
        let digest = encode::digest(&[facts.as_bytes()]);
        if let Some(number) = self.stored("SELECT number FROM ask WHERE digest = ?1", &digest)? {
            return Ok(number);
        }
        self.tables
            .prepare_cached("INSERT INTO ask(digest, grouped, facts) VALUES(?1, ?2, ?3)")?
            .execute(params![digest, seen.group.word(), facts])?;
        let number = self.tables.last_insert_rowid();
        let address = address(seen.address);
        let mut names: Vec<&str> = vec![&seen.host, &seen.target, &address];
        names.extend(seen.names.iter().map(String::as_str));
        names.extend(seen.pool.as_deref());
        names.extend(seen.sni.as_deref());
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            self.tables
                .prepare_cached("INSERT OR IGNORE INTO name(text, endpoint) VALUES(?1, ?2)")?
                .execute(params![name.to_lowercase(), endpoint])?;
        }
        Ok(number)
    }

    fn answer(&self, seen: &Observation) -> Result<i64, Trouble> {
        let (chain, chain_digest) = self.chain(&seen.chain)?;
        let facts = json(&Answer::of(seen));
        let digest = encode::digest(&[&chain_digest, facts.as_bytes()]);
        if let Some(number) = self.stored("SELECT number FROM answer WHERE digest = ?1", &digest)? {
            return Ok(number);
        }
        self.tables
            .prepare_cached(
                "INSERT INTO answer(digest, outcome, chain, leaf, facts) VALUES(?1, ?2, ?3,
                   (SELECT certificate FROM link WHERE chain = ?3 AND position = 0), ?4)",
            )?
            .execute(params![digest, seen.outcome.word(), chain, facts])?;
        Ok(self.tables.last_insert_rowid())
    }

    /// The chain's number, and what it is found by.
    fn chain(&self, certificates: &[Der]) -> Result<(i64, [u8; 16]), Trouble> {
        let digests: Vec<Sha256> = certificates.iter().map(Der::sha256).collect();
        let digest = chain_digest(&digests);
        if let Some(number) = self.stored("SELECT number FROM chain WHERE digest = ?1", &digest)? {
            return Ok((number, digest));
        }
        self.tables
            .prepare_cached("INSERT INTO chain(digest) VALUES(?1)")?
            .execute([digest])?;
        let chain = self.tables.last_insert_rowid();
        for (position, (der, digest)) in (0_i64..).zip(certificates.iter().zip(&digests)) {
            let certificate = self.certificate(der, digest)?;
            self.tables
                .prepare_cached(
                    "INSERT INTO link(chain, position, certificate) VALUES(?1, ?2, ?3)",
                )?
                .execute([chain, position, certificate])?;
        }
        Ok((chain, digest))
    }

    fn certificate(&self, der: &Der, digest: &Sha256) -> Result<i64, Trouble> {
        let known = "SELECT number FROM certificate WHERE sha256 = ?1";
        if let Some(number) = self.stored(known, &digest.0)? {
            return Ok(number);
        }
        self.tables
            .prepare_cached("INSERT INTO certificate(sha256, der) VALUES(?1, ?2)")?
            .execute(params![digest.0, der.as_bytes()])?;
        Ok(self.tables.last_insert_rowid())
    }

    fn stored(&self, query: &str, digest: &[u8]) -> Result<Option<i64>, Trouble> {
        let mut query = self.tables.prepare_cached(query)?;
        let number = query.query_row([digest], |row| row.get(0));
        Ok(number.optional()?)
    }

    /// The report's CAs, by their ids in it.
    fn cas(&self, report: &dyn Report) -> Result<HashMap<String, i64>, Trouble> {
        let mut cas = HashMap::new();
        for ca in &report.head().cas {
            let spki = ca.spki_sha256.map(|digest| digest.to_string());
            let key = params![
                ca.name,
                spki.unwrap_or_default(),
                ca.key_id.as_deref().unwrap_or_default()
            ];
            self.tables
                .prepare_cached(
                    "INSERT OR IGNORE INTO ca(name, spki_sha256, key_id) VALUES(?1, ?2, ?3)",
                )?
                .execute(key)?;
            let number = self
                .tables
                .prepare_cached(
                    "SELECT number FROM ca WHERE name = ?1 AND spki_sha256 = ?2 AND key_id = ?3",
                )?
                .query_row(key, |row| row.get(0))?;
            cas.insert(ca.id.clone(), number);
        }
        Ok(cas)
    }

    /// Adds to the observations of a row who issued their leaf, and whether it agrees.
    fn judged(&self, row: &EndpointReport, cas: &HashMap<String, i64>) -> Result<(), Trouble> {
        let Some(leaf) = &row.leaf else {
            return Ok(());
        };
        self.describe(leaf)?;
        let Some(endpoint) = self.known_endpoint(&row.target, &address(row.address))? else {
            return Ok(());
        };
        let ca = row.ca.as_ref().and_then(|ca| cas.get(ca));
        self.tables
            .prepare_cached(
                "UPDATE observation SET ca = ?4, evidence = ?5, agrees = ?6
                 WHERE run = ?1 AND endpoint = ?2
                   AND answer IN (SELECT number FROM answer
                     WHERE chain = (SELECT number FROM chain WHERE digest = ?3) AND number = observation.answer)
                   AND ask IN (SELECT number FROM ask WHERE number = observation.ask AND grouped = ?7)",
            )?
            .execute(params![
                self.run,
                endpoint,
                chain_digest(&row.chain),
                ca,
                row.evidence.map(|evidence| evidence.word()),
                row.agrees,
                row.group.word(),
            ])?;
        Ok(())
    }

    /// Adds to a leaf what it says in words.
    fn describe(&self, leaf: &Leaf) -> Result<(), Trouble> {
        self.tables
            .prepare_cached(
                "UPDATE certificate SET subject = ?2, not_before = ?3, not_after = ?4
                 WHERE sha256 = ?1 AND subject IS NULL AND not_before IS NULL AND not_after IS NULL",
            )?
            .execute(params![
                leaf.sha256.0,
                leaf.subject,
                leaf.not_before.map(milliseconds),
                leaf.not_after.map(milliseconds),
            ])?;
        Ok(())
    }
}

fn address(address: Option<std::net::IpAddr>) -> String {
    address
        .map(|address| address.to_string())
        .unwrap_or_default()
}

fn chain_digest(certificates: &[Sha256]) -> [u8; 16] {
    let digests: Vec<&[u8]> = certificates.iter().map(|digest| &digest.0[..]).collect();
    encode::digest(&digests)
}

/// The run's series, and what changed against the one before it in the series.
fn compare(
    tables: &Connection,
    run: i64,
    record: &RunRecord,
) -> Result<(i64, Option<Changes>), Trouble> {
    match before(tables, run, record)? {
        // It was looked at earlier than what is kept of its estate: there is nothing to compare it with.
        Some(former) if former.is_later => Ok((former.series, None)),
        Some(former) => {
            let events = changes(tables, &former, run, record)?;
            let since = former.id;
            Ok((former.series, Some(Changes { since, events })))
        }
        None => {
            let next = "SELECT coalesce(max(series), 0) + 1 FROM run";
            Ok((tables.query_row(next, [], |row| row.get(0))?, None))
        }
    }
}

/// The run before, in its series.
struct Former {
    number: i64,
    series: i64,
    id: String,
    partial: bool,
    /// It began later: programs that look at a time do not end in the order in which they began.
    is_later: bool,
}

/// The last earlier run of the same endpoints, else the next later one: at least half of either's are the other's too.
fn before(tables: &Connection, run: i64, record: &RunRecord) -> Result<Option<Former>, Trouble> {
    let size = |run: i64| -> Result<i64, Trouble> {
        let query = "SELECT count(DISTINCT endpoint) FROM observation WHERE run = ?1";
        Ok(tables
            .prepare_cached(query)?
            .query_row([run], |row| row.get(0))?)
    };
    let common = |former: i64| -> Result<i64, Trouble> {
        let query = "SELECT count(DISTINCT endpoint) FROM observation WHERE run = ?1
            AND endpoint IN (SELECT endpoint FROM observation WHERE run = ?2)";
        Ok(tables
            .prepare_cached(query)?
            .query_row([run, former], |row| row.get(0))?)
    };
    let mine = size(run)?;
    let mut latest = tables.prepare_cached(
        "SELECT number, series, id, partial, started > ?2 AS later FROM run WHERE number <> ?1
         ORDER BY later, abs(started - ?2), number DESC",
    )?;
    let mut rows = latest.query(params![run, milliseconds(record.started)])?;
    let mut compared = Vec::new();
    while let Some(row) = rows.next()? {
        let former = Former {
            number: row.get(0)?,
            series: row.get(1)?,
            id: row.get(2)?,
            partial: row.get(3)?,
            is_later: row.get(4)?,
        };
        if compared.contains(&former.series) {
            continue;
        }
        if compared.len() == SERIES_COMPARED {
            break;
        }
        compared.push(former.series);
        let other = size(former.number)?;
        // An interrupted run may have only a part of its estate.
        let estate = match former.partial || record.partial {
            true => mine.min(other),
            false => mine.max(other),
        };
        let common = common(former.number)?;
        if common > 0 && common * 2 >= estate {
            return Ok(Some(former));
        }
    }
    Ok(None)
}

fn changes(
    tables: &Connection,
    former: &Former,
    run: i64,
    record: &RunRecord,
) -> Result<BTreeMap<EventKind, u64>, Trouble> {
    let mut events: BTreeMap<EventKind, u64> = BTreeMap::new();
    let mut looks = Looks::new(tables);
    looks.of_runs(former.number, run, |looks, endpoint, before, now| {
        let mut story = Story::default();
        let mut tell = |look: Option<&Look>| look.map(|look| drop(story.look(look)));
        // What the run before did not show may be known from an older one.
        let asked = match &before {
            Asked::No => {
                tell(looks.last_before(endpoint, run)?.as_ref());
                false
            }
            Asked::InVain => true,
            Asked::Showed(look) => {
                if look.outcome != Outcome::Captured {
                    tell(looks.last_captured_before(endpoint, run)?.as_ref());
                }
                tell(Some(look));
                true
            }
        };
        if !asked && !former.partial && story.is_known() {
            story.gone(&former.id, record.started);
        }
        let happened = match now {
            Asked::Showed(now) => story.look(&now),
            Asked::No if asked && !record.partial => {
                vec![story.gone(&record.id, record.started)]
            }
            Asked::No | Asked::InVain => Vec::new(),
        };
        for event in happened {
            *events.entry(event.kind).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(events)
}
