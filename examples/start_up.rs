//! How long a pool takes to start, and what a worker weighs.
//!
//! `cargo run --release --example start_up -- 30 tasks` takes the number of starts and the ways to run: `tasks` until each of two
//! threads has done a task, `memory` for what the system counts as resident.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::fs;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use common::{Ticker, line, milliseconds, wanted};
use ringmill::Pool;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, starts) = wanted(&["tasks", "memory"], 30)?;
    for way in ways {
        match way {
            "tasks" => start_up(starts)?,
            _ => memory()?,
        }
    }
    Ok(())
}

/// Builds a pool of so many threads, each of which has done a task.
fn started(threads: usize) -> Result<Pool, Box<dyn Error>> {
    let pool = Pool::builder().workers(threads).build()?;
    // Tasks that meet need a thread each.
    let meeting = Arc::new(Barrier::new(threads));
    let task = |_| {
        let meeting = Arc::clone(&meeting);
        pool.submit(move |_| meeting.wait().is_leader())
    };
    let tasks = (0..threads).map(task).collect::<Result<Vec<_>, _>>()?;
    Ticker::start().wait_all(tasks)?;
    Ok(pool)
}

fn start_up(starts: usize) -> Result<(), Box<dyn Error>> {
    let mut taken = Vec::with_capacity(starts);
    for _ in 0..starts {
        let began = Instant::now();
        let pool = started(2)?;
        taken.push(milliseconds(began.elapsed()));
        drop(pool);
    }
    taken.sort_unstable_by(f64::total_cmp);
    let (median, longest) = (taken[starts / 2], taken[starts - 1]);
    println!("start_up: {median:.3} ms, the longest {longest:.3} ms");
    let fields =
        [("ms", format!("{median:.6}")), ("p99_ms", format!("{longest:.3}")), ("check", "2".to_string())];
    line("start_up", "tasks", &fields);
    Ok(())
}

fn memory() -> Result<(), Box<dyn Error>> {
    // The first pool pays for what all share.
    drop(started(1)?);
    for workers in [1, 2, 8, 32] {
        let before = [kib("Rss:")?, kib("Pss:")?];
        let pool = started(workers)?;
        // Until every worker has gone to sleep.
        thread::sleep(Duration::from_millis(300));
        let each = |now: f64, before: f64| (now - before) / workers as f64;
        let (rss, pss) = (each(kib("Rss:")?, before[0]), each(kib("Pss:")?, before[1]));
        drop(pool);
        println!("{workers} workers: {rss:.1} KiB resident each");
        let fields = [
            ("case", workers.to_string()),
            ("rss_kib", format!("{rss:.1}")),
            ("pss_kib", format!("{pss:.1}")),
            ("check", workers.to_string()),
        ];
        line("start_up", "memory", &fields);
    }
    Ok(())
}

/// Returns a figure of this process's memory.
fn kib(field: &str) -> Result<f64, Box<dyn Error>> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such figure")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
}
