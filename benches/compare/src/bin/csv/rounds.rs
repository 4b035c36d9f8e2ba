//! Interleaved rounds of processes, their answers compared, and a table.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::{Command, Stdio};

use crate::job::Job;
use crate::rivals;

/// What a process printed.
#[derive(Clone, Debug)]
struct Outcome {
    seconds: f64,
    rss_mib: f64,
    check: String,
}

/// Runs all ways of a job and prints what they took; returns whether all answers agree.
pub fn compare(job: &Job, rounds: usize, only: Option<&str>) -> Result<bool, Box<dyn Error>> {
    let ways: Vec<&str> =
        rivals::ways(job).into_iter().filter(|way| only.is_none_or(|only| *way == only)).collect();
    let mut outcomes: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
    let mut failures: BTreeMap<usize, String> = BTreeMap::new();
    for round in 0..=rounds {
        for (index, way) in ways.iter().enumerate() {
            match run(way, job) {
                Ok(outcome) if round > 0 => outcomes.entry(index).or_default().push(outcome),
                Ok(_) => {}
                Err(error) => {
                    failures.insert(index, error.to_string());
                }
            }
        }
    }
    let size = std::fs::metadata(&job.path)?.len() as f64;
    let expected = outcomes.values().flatten().next().map(|outcome| outcome.check.clone());
    println!("### {}\n", job.words().join(" "));
    println!("{:.2} GB, median of {rounds} (least-most)\n", size / 1e9);
    println!("| way | seconds | GB/s | to the first | peak, MiB |\n|---|---|---|---|---|");
    let mut is_good = true;
    let mut first = None;
    for (index, runs) in &outcomes {
        let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
        seconds.sort_unstable_by(f64::total_cmp);
        let median = seconds[seconds.len() / 2];
        let first = *first.get_or_insert(median);
        let is_same = runs.iter().all(|run| Some(&run.check) == expected.as_ref());
        is_good &= is_same;
        println!(
            "| {}{} | {median:.3} ({:.3}-{:.3}) | {:.2} | {:.2}x | {:.0} |",
            ways[*index],
            if is_same { "" } else { " WRONG" },
            seconds[0],
            seconds[seconds.len() - 1],
            size / 1e9 / median,
            median / first,
            runs.iter().map(|run| run.rss_mib).fold(0.0, f64::max),
        );
    }
    for (index, why) in failures {
        println!("\nDid not run: {}: {why}", ways[index]);
    }
    Ok(is_good)
}

/// Runs one way in a process of its own.
fn run(way: &str, job: &Job) -> Result<Outcome, Box<dyn Error>> {
    let mut command = if rivals::is_python(way) {
        let python = std::env::var_os("RINGMILL_BENCH_PYTHON").unwrap_or_else(|| "python3".into());
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/csv_jobs.py")).arg(way);
        command
    } else {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--inside", way]);
        command
    };
    command.env("POLARS_MAX_THREADS", "2").env("RINGMILL_THREADS", "2");
    let output = command.args(job.words()).stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("result "));
    let fields: BTreeMap<_, _> = line
        .ok_or_else(|| format!("{}: {} {last}", output.status, text.trim()))?
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let field = |name: &str| fields.get(name).copied().ok_or_else(|| format!("printed no {name}"));
    Ok(Outcome {
        seconds: field("seconds")?.parse()?,
        rss_mib: field("rss_mib")?.parse()?,
        check: normal(field("check")?),
    })
}

/// Python writes `1.5e+09` where Rust writes `1.5e9`.
fn normal(check: &str) -> String {
    let one = |number: &str| {
        number.parse().map_or_else(|_| number.to_owned(), |number: f64| format!("{number:.8e}"))
    };
    check.split('/').map(one).collect::<Vec<_>>().join("/")
}
