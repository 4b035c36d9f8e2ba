//! A regular expression over millions of lines of a log: slow requests for orders that failed.
//!
//! `cargo run --release --example log_search -- 2000000 tasks` takes the number of lines and the ways to run. The log lies in
//! memory once; workers search whole lines of it where they lie.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;

use common::{Random, Ticker, repeated, wanted};
use regex::bytes::Regex;
use ringmill::Pool;

const CHUNK: usize = 1 << 20;
/// Of the naive way, which starts a thread for each.
const LARGE_CHUNK: usize = 8 << 20;
const PATTERN: &str = r"(GET|POST) /v1/orders/([0-9]+)[^ \n]* status=5[0-9][0-9] took=([0-9]{3,})ms";

/// How many lines matched, and the milliseconds that they name.
type Found = (u64, u64);

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, count) = wanted(&["serial", "naive", "loop"], 2_000_000)?;
    let pool = Pool::builder().workers(2).build()?;
    let pattern = Regex::new(PATTERN)?;
    let log = log(count);
    let chunks = cut(&log, CHUNK);
    for way in ways {
        let (found, timing) = repeated(3, |ticker| match way {
            "serial" => {
                Ok::<_, Box<dyn Error>>(chunks.iter().map(|lines| search(&pattern, lines)).fold((0, 0), add))
            }
            "naive" => Ok(naive(ticker, &pattern, &log)),
            _ => {
                let search_all =
                    |chunks: &[&[u8]]| chunks.iter().map(|lines| search(&pattern, lines)).fold((0, 0), add);
                Ok(pool.map_reduce_range(0..chunks.len(), 1, |range| search_all(&chunks[range]), add)?)
            }
        })?;
        let rate = count as f64 / 1e6 / timing.taken.as_secs_f64();
        let check = format!("{}/{}", found.0, found.1);
        timing.report("log_search", way, check, &[("m_lines_per_s", format!("{rate:.2}"))]);
    }
    Ok(())
}

fn add(a: Found, b: Found) -> Found {
    (a.0 + b.0, a.1 + b.1)
}

/// Searches each line for the pattern.
fn search(pattern: &Regex, lines: &[u8]) -> Found {
    let mut found = (0, 0);
    for line in lines.split(|&byte| byte == b'\n') {
        if let Some([_, _, took]) = pattern.captures(line).map(|captures| captures.extract().1) {
            found.0 += 1;
            found.1 += took.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        }
    }
    found
}

/// A thread for each of some large chunks.
fn naive(ticker: &mut Ticker, pattern: &Regex, log: &[u8]) -> Found {
    let chunks = cut(log, LARGE_CHUNK);
    ticker.in_own_threads(chunks.iter().map(|lines| || search(pattern, lines))).into_iter().fold((0, 0), add)
}

/// Makes a log of so many lines, of 4,096 different ones.
fn log(count: usize) -> Vec<u8> {
    let mut random = Random(1);
    let different: Vec<String> = (0..4096)
        .map(|k| {
            let method = random.pick(&["GET", "POST", "PUT", "DELETE"]);
            let place = random.pick(&["orders", "users", "carts", "items"]);
            let status = random.pick(&[200, 200, 201, 404, 500, 503]);
            let (host, number, page) = (random.word() % 16, random.word() % 100_000, random.word() % 9);
            let (second, took) = (10 + k % 50, random.word() % 3000);
            format!(
                "2026-11-21T14:03:{second} api-{host} {method} /v1/{place}/{number}?page={page} status={status} took={took}ms\n"
            )
        })
        .collect();
    (0..count).flat_map(|_| different[random.word() as usize & 4095].bytes()).collect()
}

/// Cuts after the first end of a line behind each `len` bytes.
fn cut(mut log: &[u8], len: usize) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    while !log.is_empty() {
        let end = log.iter().skip(len).position(|&byte| byte == b'\n').map_or(log.len(), |at| len + at + 1);
        let (chunk, rest) = log.split_at(end);
        chunks.push(chunk);
        log = rest;
    }
    chunks
}
