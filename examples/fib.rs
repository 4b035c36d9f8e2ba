//! Five naive Fibonacci numbers, while the thread that wants them stays free.
//!
//! `cargo run --release --example fib -- 45 join` takes a size and the ways to run. Five tasks on two workers are three
//! rounds, so whole tasks reach 5/3 of one thread at the most; forking inside the task reaches twice.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::hint::black_box;

use common::{Ticker, timed, wanted};

const JOBS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, n) = wanted(&["serial", "naive"], 40)?;
    let n = u32::try_from(n)?;
    for way in ways {
        let (answer, timing) = timed(|ticker| match way {
            "serial" => Ok::<_, Box<dyn Error>>((0..JOBS).map(|_| fib(black_box(n))).sum()),
            _ => Ok(naive(ticker, n)),
        })?;
        timing.report("fib", way, answer, &[]);
    }
    Ok(())
}

fn fib(n: u32) -> u64 {
    if n < 2 { u64::from(n) } else { fib(n - 1) + fib(n - 2) }
}

/// A thread for each number.
fn naive(ticker: &mut Ticker, n: u32) -> u64 {
    ticker.in_own_threads((0..JOBS).map(|_| || fib(black_box(n)))).into_iter().sum()
}
