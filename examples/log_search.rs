//! A regular expression over millions of lines of a log: slow requests for orders that failed.
//!
//! `cargo run --release --example log_search -- 2000000 tasks` takes the number of lines and the ways to run. The log lies in
//! memory once; workers search whole lines of it where they lie.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

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
    let (ways, count) = wanted(&["serial", "naive", "tasks", "loop"], 2_000_000)?;
    let pool = Pool::builder().workers(2).build()?;
    let log = Arc::new(Log { pattern: Regex::new(PATTERN)?, bytes: make(count) });
    for way in ways {
        let (found, timing) = repeated(3, |ticker| match way {
            "serial" => Ok(log.search(0..log.bytes.len())),
            "naive" => Ok(naive(ticker, &log)),
            "tasks" => whole_tasks(&pool, ticker, &log),
            _ => loop_inside(&pool, ticker, &log),
        })?;
        let rate = count as f64 / 1e6 / timing.taken.as_secs_f64();
        let check = format!("{}/{}", found.0, found.1);
        timing.report("log_search", way, check, &[("m_lines_per_s", format!("{rate:.2}"))]);
    }
    Ok(())
}

/// What all workers look at: whole lines, and what is searched for in each.
struct Log {
    pattern: Regex,
    bytes: Vec<u8>,
}

impl Log {
    /// Searches the lines in a part of the log.
    fn search(&self, part: Range<usize>) -> Found {
        // A pattern and a place for groups of our own, used again: threads that share them contend for their counts.
        let pattern = self.pattern.clone();
        let mut groups = pattern.capture_locations();
        let (lines, mut from, mut found) = (&self.bytes[part], 0, (0, 0));
        for end in memchr::memchr_iter(b'\n', lines) {
            let line = &lines[from..end];
            from = end + 1;
            if pattern.captures_read(&mut groups, line).is_some()
                && let Some((start, end)) = groups.get(3)
            {
                found.0 += 1;
                found.1 +=
                    line[start..end].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
            }
        }
        found
    }

    /// Cuts the log behind the first end of a line after each `len` bytes.
    fn cut(&self, len: usize) -> Vec<Range<usize>> {
        let (mut parts, mut from) = (Vec::new(), 0);
        while from < self.bytes.len() {
            let line = self.bytes.iter().skip(from + len).position(|&byte| byte == b'\n');
            let end = line.map_or(self.bytes.len(), |at| from + len + at + 1);
            parts.push(from..end);
            from = end;
        }
        parts
    }
}

/// A task for each part.
fn whole_tasks(pool: &Pool, ticker: &mut Ticker, log: &Arc<Log>) -> Result<Found, Box<dyn Error>> {
    let task = |part| {
        let log = Arc::clone(log);
        pool.submit(move |_| log.search(part))
    };
    let tasks = log.cut(CHUNK).into_iter().map(task).collect::<Result<Vec<_>, _>>()?;
    Ok(ticker.wait_all(tasks)?.into_iter().fold((0, 0), add))
}

/// One task, in which a loop goes over the parts on both threads.
fn loop_inside(pool: &Pool, ticker: &mut Ticker, log: &Arc<Log>) -> Result<Found, Box<dyn Error>> {
    let log = Arc::clone(log);
    let task = pool.submit(move |cx| {
        let parts = log.cut(CHUNK);
        let search =
            |some: Range<usize>| parts[some].iter().map(|part| log.search(part.clone())).fold((0, 0), add);
        cx.pool().map_reduce_range(0..parts.len(), 1, search, add)
    })?;
    Ok(ticker.wait(task)??)
}

/// A thread for each of some large parts.
fn naive(ticker: &mut Ticker, log: &Log) -> Found {
    let parts = log.cut(LARGE_CHUNK);
    ticker.in_own_threads(parts.into_iter().map(|part| || log.search(part))).into_iter().fold((0, 0), add)
}

fn add(a: Found, b: Found) -> Found {
    (a.0 + b.0, a.1 + b.1)
}

/// Makes a log of so many lines, of 4,096 different ones.
fn make(count: usize) -> Vec<u8> {
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
