//! What a program costs, as the system counts it. Each is run by a process of its own, since only of all children together
//! the system says what they used.

use std::env;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::unistd::Pid;

/// The argument that makes this program the meter.
pub(crate) const WORD: &str = "--meter";

/// What a program used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Seconds from its start to its end.
    pub(crate) wall: f64,
    /// Seconds of processors, the system's work for it included.
    pub(crate) cpu: f64,
    /// The most memory that it held, in bytes.
    pub(crate) peak: f64,
    pub(crate) code: i32,
}

/// Runs a program to its end, on one processor, with its output in a file.
pub(crate) fn measure(cpu: Option<usize>, out: &Path, command: &[&str]) -> Cost {
    let output = Command::new(env::current_exe().expect("this program has a path"))
        .arg(WORD)
        .arg(cpu.map_or_else(|| "any".to_owned(), |cpu| cpu.to_string()))
        .arg(out)
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program runs");
    let text = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();
    let [wall, cpu, peak, code] = numbers[..] else {
        panic!("{command:?} was not measured: {text:?}");
    };
    Cost {
        wall,
        cpu,
        peak,
        code: code as i32,
    }
}

/// The meter's side of it: processor, file and command line are its arguments.
pub(crate) fn run(words: &[String]) {
    let [cpu, out, program, arguments @ ..] = words else {
        panic!("{WORD} CPU FILE PROGRAM [ARGUMENT]...");
    };
    if let Ok(cpu) = cpu.parse() {
        pin(cpu);
    }
    let out = File::create(out).expect("a file");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(out);
    let began = Instant::now();
    let status = command.status().expect("the program runs");
    let wall = began.elapsed().as_secs_f64();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let cpu = seconds(used.user_time()) + seconds(used.system_time());
    let peak = used.max_rss() * 1024;
    println!("{wall} {cpu} {peak} {}", status.code().unwrap_or(-1));
}

/// Seconds of processors that this thread used for some work.
pub(crate) fn work(work: impl FnOnce()) -> f64 {
    let used = || {
        let used = getrusage(UsageWho::RUSAGE_THREAD).expect("the system counts");
        seconds(used.user_time()) + seconds(used.system_time())
    };
    let before = used();
    work();
    used() - before
}

/// Stays on one processor from now on, children too.
pub(crate) fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu).expect("the number of a processor");
    sched_setaffinity(Pid::from_raw(0), &set).expect("a processor that may be used");
}

/// The processors that may be used.
pub(crate) fn processors() -> Vec<usize> {
    let set = sched_getaffinity(Pid::from_raw(0)).expect("the system knows");
    let may = |cpu: &usize| set.is_set(*cpu).unwrap_or(false);
    (0..CpuSet::count()).filter(may).collect()
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
