//! The sum of ten million square roots: a reduction that has the same bits at any number of workers.
//!
//! `cargo run --release --example sqrt_sum -- 10000 loop` takes how many and the ways to run. Work as small as ten thousand
//! stays on the caller, where it is done before any worker has woken.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::hint::black_box;
use std::ops::Range;

use common::{Ticker, repeated, wanted};
use ringmill::Pool;

/// Numbers that are added up in one go.
const GRAIN: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, count) = wanted(&["serial", "naive", "tasks", "loop"], 10_000_000)?;
    let pool = Pool::builder().workers(2).build()?;
    for way in ways {
        let (sum, timing) = repeated(21, |ticker| {
            let all = black_box(0..count);
            match way {
                "serial" => Ok::<_, Box<dyn Error>>(sqrt_sum(all)),
                "naive" => Ok(ticker.in_own_threads([|| sqrt_sum(all)])[0]),
                "tasks" => halves(&pool, ticker, all),
                _ => Ok(pool.map_reduce_range(all, GRAIN, sqrt_sum, |a, b| a + b)?),
            }
        })?;
        // Ten digits: the order of additions differs, and with it the last five.
        timing.report("sqrt_sum", way, format!("{sum:.9e}"), &[("case", count.to_string())]);
    }
    Ok(())
}

/// Two tasks, a half each.
fn halves(pool: &Pool, ticker: &mut Ticker, all: Range<usize>) -> Result<f64, Box<dyn Error>> {
    let half = all.end / 2;
    let tasks = [pool.submit(move |_| sqrt_sum(0..half))?, pool.submit(move |_| sqrt_sum(half..all.end))?];
    Ok(ticker.wait_all(tasks)?.into_iter().sum())
}

fn sqrt_sum(numbers: Range<usize>) -> f64 {
    numbers.map(|k| (k as f64).sqrt()).sum()
}
