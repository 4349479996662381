//! Going on after whatever ended a sweep: nothing is lost, nothing is there twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::network::{Network, expected, noted, start, stderr, sweep, targets, targets_of};

const COUNT: u32 = 1024;

struct Interrupted {
    network: Network,
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Interrupted {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            network: Network::new(),
            file: folder.path().join(name),
            folder,
        }
    }

    fn path(&self) -> &str {
        self.file.to_str().expect("UTF-8")
    }

    /// Slow enough to be interrupted, with its progress written more than once.
    fn begin(&self) -> Child {
        let port = self.network.port.to_string();
        start(&[
            "127.80.0.0/22",
            "-p",
            &port,
            "--rate",
            "350",
            "--seed",
            "5",
            "--no-system-roots",
            "-o",
            self.path(),
        ])
    }

    fn go_on(&self) -> Child {
        start(&["--resume", self.path()])
    }

    fn expected(&self) -> std::collections::BTreeSet<String> {
        expected(80, COUNT, self.network.port)
    }

    fn sidecar(&self) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(".progress");
        name.into()
    }
}

fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_sweep_killed_again_and_again_is_as_one_that_was_not() {
    let run = Interrupted::new("a.ndjson");
    let mut child = run.begin();
    for connections in [1, 40, 450, 390, 5] {
        run.network.wait_for(connections);
        kill(child);
        run.network.asked();
        child = run.go_on();
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(targets(&run.file), run.expected(), "{}", stderr(&output));
    assert!(!run.sidecar().exists());
    let text = fs::read_to_string(&run.file).expect("reads");
    let runs: std::collections::BTreeSet<_> = text
        .lines()
        .map(|line| line.split("\"run\":").nth(1).expect("a run")[..28].to_owned())
        .collect();
    assert_eq!(runs.len(), 1, "it is one run: {runs:?}");
}

/// A number below `end`, another one each time.
fn chance(end: u64) -> u64 {
    use std::hash::BuildHasher as _;
    std::hash::RandomState::new().hash_one(()) % end
}

#[test]
fn ten_kills_at_random_moments_are_as_none() {
    let run = Interrupted::new("a.ndjson");
    let port = run.network.port.to_string();
    let mut child = start(&[
        "127.82.0.0/20",
        "-p",
        &port,
        "--rate",
        "600",
        "--no-system-roots",
        "-o",
        run.path(),
    ]);
    let (mut moments, mut left) = (Vec::new(), 4096);
    for _ in 0..10 {
        // Up to more than a second: progress is written in some of them, and in others it is not.
        let moment = 1 + chance((left / 4).clamp(1, 900));
        moments.push(moment);
        run.network
            .wait_for(usize::try_from(moment).expect("it is small"));
        kill(child);
        run.network.asked();
        left = 4096 - noted(&run.file)["done"].as_u64().expect("a number");
        child = run.go_on();
    }
    let output = child.wait_with_output().expect("it ends");
    let wanted = expected(82, 4096, run.network.port);
    assert_eq!(
        targets(&run.file),
        wanted,
        "{moments:?} {}",
        stderr(&output)
    );
    assert!(!run.sidecar().exists());
}

#[test]
fn compressed_files_are_gone_on_with_too() {
    for name in ["a.ndjson.zst", "a.ndjson.gz"] {
        let run = Interrupted::new(name);
        let child = run.begin();
        run.network.wait_for(600);
        kill(child);
        let output = run.go_on().wait_with_output().expect("it ends");
        let summary = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        assert!(
            summary.contains("1024  captured"),
            "{summary}{}",
            stderr(&output)
        );
        let tool = match name.ends_with("gz") {
            true => "gzip",
            false => "zstd",
        };
        // The usual tools read it, when they are here; `judge` has just read it in any case.
        if let Ok(plain) = Command::new(tool).arg("-dc").arg(&run.file).output() {
            let text = String::from_utf8(plain.stdout).expect("UTF-8");
            assert_eq!(targets_of(&text), run.expected());
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_tells_how_to_go_on() {
    let run = Interrupted::new("a.ndjson");
    let child = run.begin();
    run.network.wait_for(100);
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let wanted = format!("go on with `sameca sweep --resume {}`", run.path());
    assert!(stderr(&output).contains(&wanted), "{}", stderr(&output));
    let before = targets(&run.file);
    assert!(before.len() < 1024);
    run.network.asked();
    let output = run.go_on().wait_with_output().expect("it ends");
    assert_eq!(targets(&run.file), run.expected(), "{}", stderr(&output));
    let asked = run.network.asked().len();
    assert!(
        asked <= 1024 - before.len(),
        "{asked} asked again, {} were there",
        before.len()
    );
}

/// A sweep that ended before its time, with something written.
fn halted() -> Interrupted {
    let run = Interrupted::new("a.ndjson");
    let child = run.begin();
    run.network.wait_for(600);
    kill(child);
    assert!(fs::metadata(&run.file).expect("is there").len() > 0);
    run
}

fn refused(run: &Interrupted, more: &[&str], part: &str) {
    let output = sweep(&[&["--resume", run.path()], more].concat());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains(part), "{}", stderr(&output));
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_changed() {
    let run = halted();
    let before = fs::read(&run.file).expect("reads");
    refused(
        &run,
        &["127.81.0.0/22"],
        "the ranges: `127.80.0.0/22` before, `127.81.0.0/22` now",
    );
    refused(&run, &["-p", "9"], "--port");
    refused(&run, &["--shard", "1/2"], "--shard");
    let sidecar = fs::read(run.sidecar()).expect("reads");
    fs::write(run.sidecar(), &sidecar[..sidecar.len() / 2]).expect("writes");
    refused(&run, &[], "is not what `sameca sweep` writes");
    let newer = String::from_utf8(sidecar.clone())
        .expect("JSON")
        .replace("progress/1", "progress/2");
    fs::write(run.sidecar(), newer).expect("writes");
    refused(&run, &[], "sameca.progress/2");
    fs::remove_file(run.sidecar()).expect("removes");
    refused(&run, &[], "there is no ");
    assert_eq!(fs::read(&run.file).expect("reads"), before);
    fs::write(run.sidecar(), &sidecar).expect("writes");
    let again = sweep(&["127.80.0.0/22", "-o", run.path()]);
    assert!(
        stderr(&again).contains("is not finished"),
        "{}",
        stderr(&again)
    );
    fs::write(&run.file, "").expect("writes");
    refused(&run, &[], "observations are lost");
}

#[test]
fn a_list_that_changed_or_is_gone_is_refused() {
    let run = Interrupted::new("a.ndjson");
    let list = run.folder.path().join("list.txt");
    fs::write(&list, "127.80.0.0/22\n").expect("writes");
    let port = run.network.port.to_string();
    let list_name = list.to_str().expect("UTF-8");
    let child = start(&[
        "-l",
        list_name,
        "-p",
        &port,
        "--rate",
        "350",
        "-o",
        run.path(),
    ]);
    run.network.wait_for(400);
    kill(child);
    let text = fs::read(&list).expect("reads");
    let modified = fs::metadata(&list)
        .expect("is there")
        .modified()
        .expect("is known");
    fs::write(&list, "127.80.0.0/23\n127.80.2.0/23\n").expect("writes");
    refused(&run, &[], "was changed since the sweep began");
    fs::remove_file(&list).expect("removes");
    refused(&run, &[], "cannot read");
    fs::write(&list, text).expect("writes");
    let file = fs::File::options().write(true).open(&list).expect("opens");
    file.set_modified(modified).expect("sets");
    run.go_on().wait_with_output().expect("it ends");
    assert_eq!(targets(&run.file), run.expected());
}

#[test]
fn a_torn_line_is_repaired() {
    let run = halted();
    let mut file = fs::File::options()
        .append(true)
        .open(&run.file)
        .expect("opens");
    std::io::Write::write_all(&mut file, b"{\"schema\":\"sameca.obs").expect("writes");
    drop(file);
    run.go_on().wait_with_output().expect("it ends");
    assert_eq!(targets(Path::new(run.path())), run.expected());
}
