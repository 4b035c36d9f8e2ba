//! What does a job over a CSV file take here, in other libraries, and at the speed of memory?
//!
//! ```sh
//! ringmill generate stations w1.csv --rows 100000000 --no-headers
//! ringmill generate ticks w2.csv --bytes 1020MB
//! ringmill generate reviews w3.csv --bytes 490MB
//! cargo run --release --bin csv -- count w2.csv
//! cargo run --release --bin csv -- sum w2.csv close
//! cargo run --release --bin csv -- group w1.csv station temperature
//! cargo run --release --bin csv -- totals w2.csv symbol close
//! cargo run --release --bin csv -- floats w2.csv open high low close average turnover
//! cargo run --release --bin csv -- --rounds 3 --only ringmill count w3.csv
//! ```
//!
//! Each way runs in a process of its own, with two threads, in interleaved rounds after one round that reads the file into the
//! page cache; the clock runs inside it, from before the file is opened to the answer, without the process's start. Answers
//! are compared to nine digits, and peak memory counts mapped pages. Python's libraries (`pip install polars duckdb pyarrow`)
//! run by `python3`, or what `RINGMILL_BENCH_PYTHON` names; those that are missing are said.

#![allow(clippy::print_stdout)]

mod job;
mod rivals;
mod rounds;

use std::error::Error;
use std::process::ExitCode;

use job::Job;

/// What the command line asks for.
struct Wanted {
    rounds: usize,
    only: Option<String>,
    /// One way, in this process.
    inside: Option<String>,
    job: Job,
}

fn main() -> ExitCode {
    match Wanted::from_arguments().and_then(run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether all answers agree.
fn run(wanted: Wanted) -> Result<bool, Box<dyn Error>> {
    match wanted.inside {
        Some(way) => rivals::run_here(&way, &wanted.job).map(|()| true),
        None => rounds::compare(&wanted.job, wanted.rounds, wanted.only.as_deref()),
    }
}

impl Wanted {
    fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let mut words = std::env::args().skip(1).peekable();
        let (mut rounds, mut only, mut inside) = (5, None, None);
        while let Some(flag) = words.next_if(|word| word.starts_with("--")) {
            let value = words.next().ok_or_else(|| format!("{flag} wants a value"))?;
            match flag.as_str() {
                "--rounds" => rounds = value.parse()?,
                "--only" => only = Some(value),
                "--inside" => inside = Some(value),
                _ => return Err(format!("no such flag: {flag}").into()),
            }
        }
        let job = Job::from_words(words.collect())?;
        Ok(Self { rounds, only, inside, job })
    }
}
