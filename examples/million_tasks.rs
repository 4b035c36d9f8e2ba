//! A million tasks, each with a kilobyte, in memory that stays flat.
//!
//! `cargo run --release --example million_tasks -- 1000000 wait` takes how many and the ways to run. A lane holds 1,024
//! tasks; at a full one the submitter waits, or gets the task back and counts it. `map` lets the pool take as many from an
//! iterator as fit in a window.

#![allow(clippy::print_stdout)]

mod common;

use std::collections::VecDeque;
use std::error::Error;

use common::{Ticker, checksum, timed, wanted};
use ringmill::Pool;
use ringmill::pool::task::Refusal;
use ringmill::pool::{Task, WhenFull};

const BYTES: usize = 1024;
const QUEUE: usize = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, count) = wanted(&["serial", "map", "wait", "give-back"], 1_000_000)?;
    for way in ways {
        let pool = Pool::builder().workers(2).queue_capacity(QUEUE).build()?;
        let (tally, timing) = timed(|ticker| match way {
            "serial" => Ok((0..count).map(|k| check(&payload(k))).fold(Tally::default(), Tally::with)),
            "map" => Ok(map_all(&pool, ticker, count)),
            "wait" => submit_all(&pool, ticker, count, WhenFull::Wait),
            _ => submit_all(&pool, ticker, count, WhenFull::GiveBack),
        })?;
        let Tally { done, rejected, sum } = tally;
        // What was refused differs from run to run; only a whole answer can be compared.
        let sum = if rejected == 0 { sum.to_string() } else { "any".into() };
        let each = timing.taken.as_secs_f64() * 1e6 / count as f64;
        timing.report(
            "million_tasks",
            way,
            format!("{sum}/{}", done + rejected),
            &[
                ("case", count.to_string()),
                ("done", done.to_string()),
                ("rejected", rejected.to_string()),
                ("us_per_task", format!("{each:.3}")),
            ],
        );
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    done: usize,
    rejected: usize,
    sum: u32,
}

impl Tally {
    fn with(self, answer: u32) -> Self {
        Self { done: self.done + 1, sum: self.sum.wrapping_add(answer), ..self }
    }
}

fn payload(k: usize) -> Vec<u8> {
    vec![k as u8; BYTES]
}

fn check(bytes: &[u8]) -> u32 {
    checksum(bytes.iter().map(|&byte| u32::from(byte)))
}

/// Takes the results as they come, of at most so many tasks at a time.
fn map_all(pool: &Pool, ticker: &mut Ticker, count: usize) -> Tally {
    let answers = pool.map_unordered((0..count).map(payload), QUEUE, |bytes| check(&bytes));
    answers.inspect(|_| ticker.tick()).fold(Tally::default(), Tally::with)
}

/// Submits all tasks and takes their answers in order, as soon as they are there.
fn submit_all(
    pool: &Pool,
    ticker: &mut Ticker,
    count: usize,
    when_full: WhenFull,
) -> Result<Tally, Box<dyn Error>> {
    let (mut tally, mut tasks) = (Tally::default(), VecDeque::<Task<u32>>::new());
    for k in 0..count {
        let bytes = payload(k);
        match pool.task().when_full(when_full).submit(move |_| check(&bytes)) {
            Ok(task) => tasks.push_back(task),
            Err(error) if matches!(error.refusal(), Refusal::Full { .. }) => tally.rejected += 1,
            Err(error) => return Err(error.into_parts().0.to_string().into()),
        }
        while let Some(answer) = tasks.front_mut().and_then(Task::try_get) {
            tally = tally.with(answer?);
            tasks.pop_front();
        }
        ticker.tick();
    }
    Ok(ticker.wait_all(tasks)?.into_iter().fold(tally, Tally::with))
}
