//! The ways to do a job: ours, two crates that read record by record on one thread, and Python's libraries.

mod by_record;
mod ours;

use std::error::Error;
use std::time::Instant;

use crate::job::{Answer, Job, Kind};

const PYTHON: [&str; 3] = ["polars", "duckdb", "pyarrow"];

/// A way to do a job.
type Way = fn(&Job) -> Result<Answer, Box<dyn Error>>;

const RUST: [(&str, Way); 4] = [
    ("ringmill", ours::by_column),
    ("ringmill, records", ours::by_record),
    ("simd-csv, one thread", by_record::simd_csv),
    ("csv, one thread", by_record::csv),
];

/// The names of the ways that can do a job, ours first.
pub fn ways(job: &Job) -> Vec<&'static str> {
    // Keeping whole columns is what data frames do.
    let rust =
        RUST.iter().map(|(name, _)| *name).filter(|name| job.kind != Kind::Floats || *name == "ringmill");
    rust.chain(PYTHON).collect()
}

pub fn is_python(way: &str) -> bool {
    PYTHON.contains(&way)
}

/// Does a job in this process and prints what it took.
pub fn run_here(way: &str, job: &Job) -> Result<(), Box<dyn Error>> {
    let &(_, run) = RUST.iter().find(|(name, _)| *name == way).ok_or("no such way")?;
    let started = Instant::now();
    let answer = run(job)?;
    let seconds = started.elapsed().as_secs_f64();
    println!("result seconds={seconds:.6} rss_mib={:.0} check={answer}", peak_mib());
    Ok(())
}

/// The most memory that this process has had, mapped pages included.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// What a group-by keeps of a column.
#[derive(Clone, Copy)]
struct Seen {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Seen {
    const NOTHING: Self = Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    #[inline]
    fn add(&mut self, number: f64) {
        self.count += 1;
        self.sum += number;
        self.min = self.min.min(number);
        self.max = self.max.max(number);
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// The figures of a group-by, in the order in which the keys' bytes have.
fn figures(kind: Kind, groups: &mut [(Vec<u8>, Seen)]) -> Answer {
    groups.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let sum = |of: fn(&Seen) -> f64| groups.iter().map(|(_, seen)| of(seen)).sum::<f64>();
    let keys = groups.len() as f64;
    let mean = sum(|seen| seen.sum / seen.count as f64);
    Answer(match kind {
        Kind::Totals => vec![keys, sum(|seen| seen.sum), mean],
        _ => vec![keys, sum(|seen| seen.min), mean, sum(|seen| seen.max)],
    })
}
