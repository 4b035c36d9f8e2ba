//! Passwords hashed by bcrypt, a quarter of a second each, while the thread that answers requests stays free.
//!
//! `cargo run --release --example password_hashes -- 12 tasks` takes the cost and the ways to run.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;

use bcrypt::{BcryptError, Version};
use common::{Ticker, checksum, timed, wanted};
use ringmill::Pool;

const COUNT: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, cost) = wanted(&["serial", "naive", "tasks"], 12)?;
    let cost = u32::try_from(cost)?;
    let pool = Pool::builder().workers(2).build()?;
    for way in ways {
        let (hashes, timing) = timed(|ticker| match way {
            "serial" => {
                Ok::<_, Box<dyn Error>>((0..COUNT).map(|k| hash(k, cost)).collect::<Result<Vec<_>, _>>()?)
            }
            "naive" => Ok(naive(ticker, cost)?),
            _ => whole_tasks(&pool, ticker, cost),
        })?;
        let rate = COUNT as f64 / timing.taken.as_secs_f64();
        let check = checksum(hashes.concat().bytes().map(u32::from));
        timing.report("password_hashes", way, check, &[("per_second", format!("{rate:.2}"))]);
    }
    Ok(())
}

/// Hashes a password. The salt would be random but for the comparison.
fn hash(k: usize, cost: u32) -> Result<String, BcryptError> {
    let salt = std::array::from_fn(|k| k as u8);
    let parts = bcrypt::hash_with_salt(format!("correct horse battery staple {k}"), cost, salt)?;
    Ok(parts.format_for_version(Version::TwoB))
}

/// A task for each password.
fn whole_tasks(pool: &Pool, ticker: &mut Ticker, cost: u32) -> Result<Vec<String>, Box<dyn Error>> {
    let tasks = (0..COUNT).map(|k| pool.submit(move |_| hash(k, cost))).collect::<Result<Vec<_>, _>>()?;
    Ok(ticker.wait_all(tasks)?.into_iter().collect::<Result<_, _>>()?)
}

/// A thread for each password.
fn naive(ticker: &mut Ticker, cost: u32) -> Result<Vec<String>, BcryptError> {
    ticker.in_own_threads((0..COUNT).map(|k| move || hash(k, cost))).into_iter().collect()
}
