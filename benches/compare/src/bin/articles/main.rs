//! What do the workloads that articles on worker threads are written about take in Node, and what in ringmill?
//!
//! Runs the examples of the repository and their twins under `node/`, each way in a process of its own, in interleaved
//! rounds, compares all answers, and prints a table for each workload: medians with the least and the most, how many times as
//! fast as the same language's serial run, and the longest that the thread which asked for the work stood still.
//!
//! ```sh
//! cargo run --release --bin articles                  # all, some minutes
//! cargo run --release --bin articles -- fib images    # these
//! cargo run --release --bin articles -- --full        # with the articles' own sizes: an hour
//! cargo run --release --bin articles -- --rounds 1
//! ```
//!
//! Without Node, or without its packages (`npm install --prefix benches/compare/node`), it says so and runs the examples alone.

#![allow(clippy::print_stdout)]

mod programs;
mod table;
mod works;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use programs::Programs;
use ringmill_compare::common::others::Ticks;
use table::Results;
use works::{WORKS, Work};

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    is_full: bool,
    rounds: Option<usize>,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let wanted = match Wanted::from_arguments() {
        Ok(wanted) => wanted,
        Err(error) => {
            println!("{error}");
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    let programs = Programs::prepare(Duration::from_secs(if wanted.is_full { 900 } else { 120 }));
    say_who_else_runs();
    let works = WORKS
        .iter()
        .filter(|work| wanted.names.is_empty() || wanted.names.iter().any(|name| name == work.name));
    let mut is_good = true;
    for work in works {
        is_good &= measure(&programs, work, &wanted);
    }
    println!("{:.0} s in all.", began.elapsed().as_secs_f64());
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Wanted {
    fn from_arguments() -> Result<Self, String> {
        let mut wanted = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--full" => wanted.is_full = true,
                "--rounds" => {
                    let rounds =
                        words.next().and_then(|rounds| rounds.parse().ok()).filter(|rounds| *rounds > 0);
                    wanted.rounds = Some(rounds.ok_or("--rounds wants a number")?);
                }
                name if WORKS.iter().any(|work| work.name == name) => wanted.names.push(word),
                _ => {
                    let names: Vec<_> = WORKS.iter().map(|work| work.name).collect();
                    return Err(format!("no such workload: {word}; there are: {}", names.join(", ")));
                }
            }
        }
        Ok(wanted)
    }
}

/// Runs all ways of a workload in interleaved rounds, in an order that moves on by one; returns whether the answers agree.
fn measure(programs: &Programs, work: &Work, wanted: &Wanted) -> bool {
    let size = work.size(wanted.is_full);
    let rounds = wanted.rounds.unwrap_or(work.rounds);
    let began = Instant::now();
    let mut results = Results::default();
    let ways = work.ways.len();
    for round in 0..rounds {
        for k in 0..ways {
            let way = (k + round) % ways;
            let (language, name, _) = work.ways[way];
            if !programs.languages.contains(&language) {
                continue;
            }
            match programs.run(work, language, name, size) {
                Ok(fields) => results.add(work, way, round, fields),
                Err(why) => results.fail(way, why),
            }
        }
    }
    let size = size.map_or(String::new(), |size| format!(" ({size})"));
    let taken = began.elapsed().as_secs_f64();
    println!("\n### {}{size}\n\n`{}`, {rounds} round(s), {taken:.0} s\n", work.title, work.name);
    results.print(work);
    results.agree(work)
}

/// A machine that others use gives figures of little worth.
fn say_who_else_runs() {
    let Some(before) = Ticks::now() else { return };
    thread::sleep(Duration::from_secs(1));
    if let Some(others) = Ticks::now().map(|now| now.others_since(before) * 100.0) {
        println!("Other programs took {others:.0} % of the CPUs in the second before.");
    }
}
