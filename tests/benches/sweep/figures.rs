//! The figures, one function each: what is measured, and what it is compared with.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use sameca::model::bytes::Der;
use sameca::x509::{parse, signature};

use crate::chains;
use crate::ground::{Ground, SAMECA, lines};
use crate::meter::{self, Cost};
use crate::replay::{Answer, Replay};
use crate::table::{Row, head, median, megabytes, ratio, seconds};

/// Endpoints of most figures, and of those about many.
const MANY: u32 = 10_000;
const MILLION: u32 = 1_000_000;

/// Endpoints of which some say nothing, and how long they are waited for.
const WITH_DEAD: u32 = 20_000;
const TIMEOUT: (&str, f64) = ("3s", 3.0);

/// What was asked for.
struct Asked {
    figures: Vec<&'static Figure>,
    rounds: usize,
}

/// A figure: its name, and how it is made in so many rounds.
type Figure = (&'static str, fn(&Ground, usize) -> Vec<Row>);

const FIGURES: &[Figure] = &[
    ("cpu", cpu),
    ("leaves", leaves),
    ("memory", memory),
    ("mute", mute),
    ("silent", silent),
    ("judge", judge),
    ("start", start),
    ("million", million),
];

/// Makes the figures that the arguments name, each row as soon as it is known.
pub(crate) fn run(words: &[String]) {
    let asked = Asked::new(words);
    let ground = Ground::new();
    let processors = ground
        .cpu
        .map_or("one processor for both", |_| "a processor for each");
    println!(
        "sweeps and servers on loopback, {processors}, {} rounds\n",
        asked.rounds
    );
    head();
    for (_, figure) in &asked.figures {
        figure(&ground, asked.rounds).iter().for_each(Row::print);
    }
}

impl Asked {
    fn new(words: &[String]) -> Self {
        let (mut figures, mut rounds) = (Vec::new(), 5);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                // What `cargo bench` says to every bench.
                "--bench" => {}
                "--rounds" => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    rounds = number.filter(|number| *number > 0).expect("--rounds N");
                }
                "all" => figures.extend(FIGURES),
                name => {
                    let figure = FIGURES.iter().find(|(known, _)| *known == name);
                    figures.push(figure.unwrap_or_else(|| panic!("{name} is no figure")));
                }
            }
        }
        if figures.is_empty() {
            // The last takes minutes.
            figures.extend(FIGURES.split_last().map_or(FIGURES, |(_, others)| others));
        }
        Self { figures, rounds }
    }
}

/// One thing in turn with another, so that both have the same weather.
fn in_turn(rounds: usize, one: impl Fn() -> Cost, other: impl Fn() -> Cost) -> [Vec<Cost>; 2] {
    (0..rounds).map(|_| (one(), other())).unzip().into()
}

fn each(costs: &[Cost], of: impl Fn(&Cost) -> f64) -> Vec<f64> {
    costs.iter().map(of).collect()
}

/// Processor time and endpoints a second, for servers that share a few certificates.
fn cpu(ground: &Ground, rounds: usize) -> Vec<Row> {
    let port = ground.few.port;
    let sweep = || ground.capture(MANY, port);
    let [sweeps, least] = in_turn(rounds, sweep, || ground.least(MANY, port));
    let times = [&sweeps, &least].map(|costs| each(costs, |cost| cost.cpu));
    let rates = [&sweeps, &least].map(|costs| each(costs, |cost| f64::from(MANY) / cost.wall));
    let (cpu, rate) = (ratio(&times[0], &times[1]), ratio(&rates[0], &rates[1]));
    let [sweeps_time, least_time] = times.map(median);
    let [sweeps_rate, least_rate] = rates.map(median);
    vec![
        Row {
            what: format!("processor time of a sweep of {MANY} endpoints, 5 certificates"),
            measured: seconds(sweeps_time),
            against: format!("{} least work", seconds(least_time)),
            ratio: Some(cpu),
            goal: ("at most 1.5".to_owned(), cpu <= 1.5),
        },
        Row {
            what: "endpoints a second of it".to_owned(),
            measured: format!("{sweeps_rate:.0}"),
            against: format!("{least_rate:.0} least work"),
            ratio: Some(rate),
            goal: ("at least 0.7".to_owned(), rate >= 0.7),
        },
    ]
}

/// Processor time where each server has its own leaf. Verifying them is no part of the least work, and taken off.
fn leaves(ground: &Ground, rounds: usize) -> Vec<Row> {
    let port = ground.own.port;
    let sweep = || ground.capture(MANY, port);
    let [sweeps, least] = in_turn(rounds, sweep, || ground.least(MANY, port));
    let verifying = f64::from(MANY) * verification();
    let without = each(&sweeps, |cost| cost.cpu - verifying);
    let least = each(&least, |cost| cost.cpu);
    let ratio = ratio(&without, &least);
    vec![Row {
        what: format!(
            "processor time of a sweep of {MANY} endpoints, {MANY} leaves, without {} for one verification of each",
            seconds(verifying)
        ),
        measured: seconds(median(without)),
        against: format!("{} least work", seconds(median(least))),
        ratio: Some(ratio),
        goal: ("at most 1.5".to_owned(), ratio <= 1.5),
    }]
}

/// Seconds that one verification of a leaf's signature takes.
fn verification() -> f64 {
    const TIMES: u32 = 1_000;
    let [leaf, ca] = chains::chain().map(|der| parse::certificate(&Der::from(der)));
    let key = ca.public_key.expect("a key");
    let seconds = meter::work(|| {
        for _ in 0..TIMES {
            let check = signature::verify_issued(&leaf, &key);
            assert_eq!(check, signature::Check::Verifies);
        }
    });
    seconds / f64::from(TIMES)
}

/// Peak memory of many endpoints and of a million, where all are closed.
fn memory(ground: &Ground, rounds: usize) -> Vec<Row> {
    let sweep = |count| ground.sweep(count, ground.closed);
    vec![growth("closed", sweep, rounds)]
}

fn growth(kind: &str, sweep: impl Fn(u32) -> Cost, rounds: usize) -> Row {
    let many = median((0..rounds).map(|_| sweep(MANY).peak));
    let million = sweep(MILLION).peak;
    let ratio = million / many;
    Row {
        what: format!("peak memory of a sweep of {MILLION} endpoints, {kind}"),
        measured: megabytes(million),
        against: format!("{} of {MANY}", megabytes(many)),
        ratio: Some(ratio),
        goal: (
            "at most 1.2, and 64 MB".to_owned(),
            ratio <= 1.2 && million <= 64e6,
        ),
    }
}

/// How long a sweep takes when some servers take the connection and say nothing.
fn mute(ground: &Ground, rounds: usize) -> Vec<Row> {
    dead(ground, "mute", ground.mute.port, rounds)
}

/// How long a sweep takes when at some addresses nobody answers.
fn silent(ground: &Ground, rounds: usize) -> Vec<Row> {
    dead(ground, "silent", ground.silent.port, rounds)
}

fn dead(ground: &Ground, kind: &str, port: u16, rounds: usize) -> Vec<Row> {
    let percents = [5, 50];
    let wall = |dead: u32| {
        ground
            .sweep_with_dead(WITH_DEAD, (dead, port), TIMEOUT.0)
            .wall
    };
    // Each takes several timeouts: a round is not as many as elsewhere.
    let rounds = rounds.div_ceil(2);
    let alive = median((0..rounds).map(|_| wall(0)));
    let row = |percent: u32| {
        let some = median((0..rounds).map(|_| wall(WITH_DEAD / 100 * percent)));
        let ratio = some / (alive + TIMEOUT.1);
        Row {
            what: format!("time of a sweep of {WITH_DEAD} endpoints, {percent} % of them {kind}"),
            measured: seconds(some),
            against: format!(
                "{} without them, and one timeout of {}",
                seconds(alive),
                TIMEOUT.0
            ),
            ratio: Some(ratio),
            goal: ("at most 1.5".to_owned(), ratio <= 1.5),
        }
    };
    percents.map(row).into()
}

/// Judging what a sweep kept.
fn judge(ground: &Ground, rounds: usize) -> Vec<Row> {
    ground.capture(MANY, ground.few.port);
    let size = size(ground);
    let rate = median((0..rounds).map(|_| size / 1e6 / ground.judge().cpu));
    vec![Row {
        what: format!("`judge` of {MANY} observations, 5 certificates: NDJSON a second"),
        measured: format!("{rate:.0} MB"),
        against: format!("a file of {}", megabytes(size)),
        ratio: None,
        goal: ("at least 100 MB".to_owned(), rate >= 100.0),
    }]
}

fn size(ground: &Ground) -> f64 {
    fs::metadata(ground.kept())
        .expect("the file is there")
        .len() as f64
}

/// From the program's start to its first connection, with a list of a million lines.
fn start(ground: &Ground, rounds: usize) -> Vec<Row> {
    let list = ground.file("list");
    let once = || {
        let server = Replay::new(Answer::Few(chains::few()));
        let mut out = BufWriter::new(File::create(&list).expect("a file"));
        for line in lines(MILLION, server.port) {
            out.write_all(line.as_bytes()).expect("the disk takes it");
        }
        drop(out);
        let began = Instant::now();
        let mut child = Command::new(SAMECA)
            .args(["sweep", "-q", "-l", list.to_str().expect("UTF-8")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program runs");
        let first = server.first.recv().expect("a connection");
        child.kill().expect("it is not at its end");
        child.wait().expect("it is our child");
        (first - began).as_secs_f64() * 1e3
    };
    let milliseconds = median((0..rounds).map(|_| once()));
    vec![Row {
        what: format!("start to first connection, a list of {MILLION} lines"),
        measured: format!("{milliseconds:.0} ms"),
        against: String::new(),
        ratio: None,
        goal: ("below 100 ms".to_owned(), milliseconds < 100.0),
    }]
}

/// A million chains, each with its leaf: the memory that a sweep needs for them, and what judging them takes.
fn million(ground: &Ground, rounds: usize) -> Vec<Row> {
    let sweep = |count| ground.capture(count, ground.own.port);
    let swept = growth("captured, each with its leaf", sweep, rounds);
    let cost = ground.judge();
    let judged = Row {
        what: format!("peak memory of `judge`, {MILLION} observations, each with its leaf"),
        measured: megabytes(cost.peak),
        against: format!(
            "a file of {}, {}",
            megabytes(size(ground)),
            seconds(cost.cpu)
        ),
        ratio: None,
        goal: ("at most 256 MB".to_owned(), cost.peak <= 256e6),
    };
    vec![swept, judged]
}
