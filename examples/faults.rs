//! One task in a hundred panics, and costs nobody else anything.
//!
//! `cargo run --release --example faults -- 10000 tasks` takes how many and the ways to run.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::panic;

use common::{Ticker, spin, timed, wanted};
use ringmill::Pool;
use ringmill::pool::TaskError;

const STEPS: u32 = 25_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, count) = wanted(&["serial", "healthy", "tasks"], 10_000)?;
    // A hundred messages would hide the answer.
    panic::set_hook(Box::new(|_| {}));
    // All of them may wait, so that the caller need not.
    let pool = Pool::builder().workers(2).queue_capacity(count).build()?;
    for way in ways {
        let (tally, timing) = timed(|ticker| match way {
            "serial" => Ok((0..count).map(|k| panic::catch_unwind(|| work(k, true)).ok()).collect()),
            "healthy" => submit_all(&pool, ticker, count, false),
            _ => submit_all(&pool, ticker, count, true),
        })?;
        let Tally { sum, good, failed } = tally;
        let check = if way == "healthy" { format!("all/{good}") } else { format!("{sum}/{good}/{failed}") };
        let rate = count as f64 / timing.taken.as_secs_f64();
        timing.report(
            "faults",
            way,
            check,
            &[
                ("failed", failed.to_string()),
                ("lost", (count - good - failed).to_string()),
                ("tasks_per_s", format!("{rate:.0}")),
            ],
        );
    }
    Ok(())
}

/// What came of the tasks.
struct Tally {
    sum: u32,
    good: usize,
    failed: usize,
}

impl FromIterator<Option<u32>> for Tally {
    fn from_iter<I: IntoIterator<Item = Option<u32>>>(answers: I) -> Self {
        answers.into_iter().fold(Self { sum: 0, good: 0, failed: 0 }, |tally, answer| match answer {
            Some(word) => Self { sum: tally.sum.wrapping_add(word), good: tally.good + 1, ..tally },
            None => Self { failed: tally.failed + 1, ..tally },
        })
    }
}

fn work(k: usize, faulty: bool) -> u32 {
    let word = spin(STEPS, k as u32 + 1);
    assert!(!faulty || k % 100 != 99, "told to fail");
    word
}

fn submit_all(pool: &Pool, ticker: &mut Ticker, count: usize, faulty: bool) -> Result<Tally, Box<dyn Error>> {
    let submit = |k| {
        ticker.tick();
        pool.submit(move |_| work(k, faulty))
    };
    let tasks = (0..count).map(submit).collect::<Result<Vec<_>, _>>()?;
    let answers = tasks.into_iter().map(|task| match ticker.wait(task) {
        Ok(word) => Ok(Some(word)),
        Err(TaskError::Panicked(_)) => Ok(None),
        Err(error) => Err(error.into()),
    });
    answers.collect()
}
