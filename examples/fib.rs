//! Five naive Fibonacci numbers, while the thread that wants them stays free.
//!
//! `cargo run --release --example fib -- 45 join` takes a size and the ways to run. Five tasks on two workers are three
//! rounds, so whole tasks reach 5/3 of one thread at the most; forking inside the task reaches twice.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::hint::black_box;

use common::{Ticker, timed, wanted};
use ringmill::Pool;

const JOBS: usize = 5;
/// Smaller numbers are computed without forking: some ten microseconds.
const CUT_OFF: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, n) = wanted(&["serial", "naive", "tasks", "join"], 40)?;
    let n = u32::try_from(n)?;
    let pool = Pool::builder().workers(2).build()?;
    for way in ways {
        let (answer, timing) = timed(|ticker| match way {
            "serial" => Ok::<_, Box<dyn Error>>((0..JOBS).map(|_| fib(black_box(n))).sum()),
            "naive" => Ok(naive(ticker, n)),
            "tasks" => whole_tasks(&pool, ticker, n),
            _ => joined(&pool, ticker, n),
        })?;
        timing.report("fib", way, answer, &[]);
    }
    Ok(())
}

fn fib(n: u32) -> u64 {
    if n < 2 { u64::from(n) } else { fib(n - 1) + fib(n - 2) }
}

/// A task for each number, on the pool's two threads.
fn whole_tasks(pool: &Pool, ticker: &mut Ticker, n: u32) -> Result<u64, Box<dyn Error>> {
    let tasks = (0..JOBS).map(|_| pool.submit(move |_| fib(black_box(n)))).collect::<Result<Vec<_>, _>>()?;
    Ok(ticker.wait_all(tasks)?.into_iter().sum())
}

/// One task, which forks at every call that is worth it: so both threads are busy to the end.
fn joined(pool: &Pool, ticker: &mut Ticker, n: u32) -> Result<u64, Box<dyn Error>> {
    let task = pool.submit(move |cx| (0..JOBS).map(|_| fib_by_join(cx.pool(), black_box(n))).sum())?;
    Ok(ticker.wait(task)?)
}

fn fib_by_join(pool: &Pool, n: u32) -> u64 {
    if n < CUT_OFF {
        return fib(n);
    }
    let (a, b) = pool.join(|| fib_by_join(pool, n - 1), || fib_by_join(pool, n - 2));
    a + b
}

/// A thread for each number.
fn naive(ticker: &mut Ticker, n: u32) -> u64 {
    ticker.in_own_threads((0..JOBS).map(|_| || fib(black_box(n)))).into_iter().sum()
}
