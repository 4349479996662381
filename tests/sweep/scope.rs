//! What is asked, in which order, and what is left alone.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use crate::network::{Network, command, expected, stderr, sweep, targets, targets_of};

#[test]
fn every_address_is_asked_once_in_no_order_and_exclusions_never() {
    let network = Network::new();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, list) = (
        folder.path().join("a.ndjson"),
        folder.path().join("not.txt"),
    );
    std::fs::write(&list, "# ours\n127.70.0.8/30\n").expect("writes");
    let port = network.port.to_string();
    let output = sweep(&[
        "127.70.0.0/25",
        "127.70.0.100-160",
        "-p",
        &port,
        "--seed",
        "7",
        "-c",
        "1",
        "--exclude",
        "127.70.0.1",
        "--exclude-file",
        list.to_str().expect("UTF-8"),
        "-o",
        file.to_str().expect("UTF-8"),
    ]);
    let mut wanted = expected(70, 161, network.port);
    for last in [1, 8, 9, 10, 11] {
        wanted.remove(&format!("127.70.0.{last}:{port}"));
    }
    assert_eq!(targets(&file), wanted, "{}", stderr(&output));
    let asked = network.asked();
    assert_eq!(asked.len(), wanted.len());
    assert!(!asked.is_sorted(), "neighbours are not asked in a row");
    assert!(
        stderr(&output).starts_with("156 endpoints (seed 7)\n"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("a.ndjson.progress").exists());
    let summary = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(summary.contains("156  captured"), "{summary}");
}

#[test]
fn the_seed_decides_on_the_order() {
    let order = |seed: &str| -> Vec<IpAddr> {
        let network = Network::new();
        let port = network.port.to_string();
        sweep(&[
            "127.71.0.0/26",
            "-p",
            &port,
            "--seed",
            seed,
            "--rate",
            "2000",
        ]);
        network.asked()
    };
    // What is under way at a time may change places.
    let near = |one: &[IpAddr], other: &[IpAddr]| {
        let place = |address: &IpAddr| {
            other
                .iter()
                .position(|its| *its == *address)
                .expect("both ask all")
        };
        one.iter()
            .enumerate()
            .filter(|(at, address)| at.abs_diff(place(address)) < 8)
            .count()
    };
    let (one, again, other) = (order("1"), order("1"), order("2"));
    assert_eq!((one.len(), other.len()), (64, 64));
    assert!(near(&one, &again) > 55, "{one:?}\n{again:?}");
    assert!(near(&one, &other) < 40, "{one:?}\n{other:?}");
}

#[test]
fn lists_names_and_an_estate_are_swept_beside_ranges() {
    let network = Network::new();
    let folder = tempfile::tempdir().expect("a folder");
    let port = network.port;
    let list = folder.path().join("list.txt");
    // The second line is in the range already; the fourth is wrong.
    std::fs::write(&list, "listed\n127.72.0.1\n127.72.1.0/30\n127.0.0.0/99\n").expect("writes");
    let estate = folder.path().join("estate.toml");
    let text = format!(
        "[[endpoint]]\nhost = \"fe\"\nports = [{port}, 1]\nrole = \"front-end\"\naddresses = [\"127.72.2.1\"]\n"
    );
    std::fs::write(&estate, text).expect("writes");
    let output = sweep(&[
        "127.72.0.0/30",
        "named",
        "-p",
        &port.to_string(),
        "-l",
        list.to_str().expect("UTF-8"),
        "-f",
        estate.to_str().expect("UTF-8"),
        "--resolve",
        "named=127.72.3.1",
        "--resolve",
        "listed=127.72.4.1",
    ]);
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let rows: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    let (estate, rest): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["host"] == "fe");
    let outcomes: BTreeSet<_> = estate
        .iter()
        .map(|row| (&row["port"], row["outcome"].as_str(), &row["required"]))
        .map(|(p, o, r)| (p.as_u64(), o, r.as_bool()))
        .collect();
    assert_eq!(
        outcomes,
        BTreeSet::from([
            (Some(1), Some("refused"), Some(true)),
            (Some(port.into()), Some("captured"), Some(true))
        ])
    );
    let lines: String = rest.iter().map(|row| format!("{row}\n")).collect();
    let mut wanted = expected(72, 4, port);
    wanted.extend((0..4).map(|last| format!("127.72.1.{last}:{port}")));
    wanted.extend([format!("named:{port}"), format!("listed:{port}")]);
    assert_eq!(targets_of(&lines), wanted);
    assert!(
        stderr(&output).contains("list.txt:4: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        output.status.code(),
        Some(2),
        "a wrong line is told at the end too"
    );
}

#[test]
fn absent_servers_are_counted_and_nothing_is_written_of_them() {
    let output = sweep(&["127.73.0.0/28", "-p", "1", "--format", "table"]);
    assert_eq!(output.stdout, b"");
    let text = stderr(&output);
    assert!(text.contains("16  refused"), "{text}");
    assert_eq!(
        output.status.code(),
        Some(3),
        "nothing was there to compare"
    );
}

#[test]
fn sixteen_parts_are_disjoint_and_complete_and_judged_like_one() {
    let network = Network::new();
    let folder = tempfile::tempdir().expect("a folder");
    let port = network.port.to_string();
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let common = ["sweep", "127.74.0.0/25", "-p", &port, "--no-system-roots"];
    let mut parts = Vec::new();
    for index in 0..16 {
        let file = path(&format!("part-{index}.ndjson"));
        let how = match index % 2 {
            0 => vec!["--shard".to_owned(), format!("{}/16", index + 1)],
            _ => vec!["--shards".to_owned(), "16".to_owned()],
        };
        let mut process = command(&common);
        process.args(how).args(["-o", &file]);
        process.env("JOB_COMPLETION_INDEX", index.to_string());
        process
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        parts.push((process.spawn().expect("runs"), file));
    }
    let mut seen = BTreeSet::new();
    for (process, file) in &mut parts {
        process.wait().expect("ends");
        let of_part = targets(file.as_ref());
        assert_eq!(of_part.len(), 8);
        assert!(seen.is_disjoint(&of_part));
        seen.extend(of_part);
    }
    assert_eq!(seen, expected(74, 128, network.port));
    let whole = path("whole.ndjson");
    command(&common)
        .args(["-o", &whole])
        .output()
        .expect("runs");
    let now = "2026-11-23T00:00:00Z";
    let judged = |files: &[&str]| {
        let output = command(&["judge", "--no-system-roots", "--now", now])
            .args(files)
            .output();
        String::from_utf8(output.expect("runs").stdout).expect("UTF-8")
    };
    let files: Vec<&str> = parts.iter().map(|(_, file)| file.as_str()).collect();
    assert_eq!(judged(&files), judged(&[&whole]));
}

#[test]
fn a_part_of_a_job_must_know_which() {
    let output = sweep(&["127.0.0.0/30", "--shards", "4"]);
    assert!(
        stderr(&output).contains("JOB_COMPLETION_INDEX"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn much_is_done_only_when_it_is_meant() {
    let output = sweep(&["127.0.0.0/8", "-p", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("16777216 endpoints are many; add --yes"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_sweep_of_nothing_is_an_error() {
    let output = sweep(&["127.0.0.0/30", "-p", "1", "--exclude", "127.0.0.0/24"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("nothing to look for"),
        "{}",
        stderr(&output)
    );
}

/// The summary of a sweep that knows some observations already.
fn knowing(known: &Path, net: &str, port: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.ndjson");
    let [known, file] = [known, &file].map(|path| path.to_str().expect("UTF-8"));
    let output = sweep(&[net, "-p", port, "-o", file, "--known", known]);
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn cas_that_earlier_observations_do_not_hold_are_named() {
    let network = Network::new();
    let port = network.port.to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let (without, with) = (
        folder.path().join("w.ndjson"),
        folder.path().join("k.ndjson"),
    );
    sweep(&["a.invalid", "-o", without.to_str().expect("UTF-8")]);
    sweep(&[
        "127.98.0.0/30",
        "-p",
        &port,
        "-o",
        with.to_str().expect("UTF-8"),
    ]);
    let heading = "CAs not known before";
    let new = knowing(&without, "127.98.0.0/30", &port);
    let (_, after) = new.split_once(heading).expect("the section");
    let first = after.lines().nth(1).expect("a line");
    assert!(first.trim_start().starts_with("4  CN="), "{new}");
    let none = knowing(&with, "127.98.0.0/30", &port);
    let (_, after) = none.split_once(heading).expect("the section");
    let first = after.lines().nth(1).expect("a line");
    assert_eq!(first.trim(), "0  none", "{none}");
}
