//! The memory and the time of `sameca judge` over kept runs of growing size: `cargo bench --bench memory`.
//!
//! Arguments are numbers of observations, such as `cargo bench --bench memory -- 10000 100000 1000000`.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Instant;

#[path = "../support/kept.rs"]
mod kept;
#[path = "../support/peak.rs"]
mod peak;

fn main() {
    let asked: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let counts = if asked.is_empty() {
        vec![10_000, 100_000]
    } else {
        asked
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.ndjson");
    let maker = kept::Maker::new();
    println!("observations  format  peak memory  bytes of it a row  seconds  NDJSON");
    for count in counts {
        let file = File::create(&path).expect("a file");
        let mut out = BufWriter::new(file);
        maker.write(count, &mut out).expect("the disk takes it");
        drop(out);
        for format in ["table", "json"] {
            measure(&path, count, format);
        }
    }
}

fn measure(path: &Path, count: usize, format: &str) {
    let size = path.metadata().expect("the file is there").len();
    let path = path.to_str().expect("a path");
    let begin = Instant::now();
    let peak = peak::of(&["judge", "--no-system-roots", path, "--format", format]);
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{count:12}  {format:6}  {:8.1} MB  {:17}  {seconds:7.1}  {:.0} MB at {:.0} MB/s",
        peak as f64 / 1e6,
        peak / count as u64,
        size as f64 / 1e6,
        size as f64 / 1e6 / seconds,
    );
}
