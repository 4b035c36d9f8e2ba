//! What does a parallel loop cost that does nothing, and from which size on does it pay?
//!
//! Unit: ns for a call, us for a sum, million tasks per second. CPUs: two, the caller's and one other. Excluded: the
//! start of the pool. LIMIT is a fork-join by hand whose helper spins for ever on the other CPU; ringmill's helper
//! sleeps after some 20 us without work, so after an idle time the caller may well finish alone, as it should.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use common::data::{SUMS, ones_and_zeros, sum_of_ones};
use common::raw::fork_join::{ForkJoin, half};
use common::{Table, ns_after_idle, ns_per_call, say, seconds, sum};
use ringmill::Pool;
use ringmill::pool::{Token, with_token};

/// Why no loop here can fail.
const OURS: &str = "the pool was built in this process";

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().workers(2).build()?;
    say(pool.sizing());
    check_loops(&pool)?;
    empty_loops(&pool);
    sums(&pool)?;
    tiny_tasks(&pool)
}

/// A loop of two chunks, hot and after the helper has gone to sleep.
fn empty_loops(pool: &Pool) {
    let nothing = |k: usize| _ = black_box(k);
    let two = || pool.for_each_range(0..2, 1, |range| nothing(range.start)).expect(OURS);
    let one = || pool.for_each_range(0..1, 1, |range| nothing(range.start)).expect(OURS);
    let both = || pool.broadcast(nothing).expect(OURS);
    let token = Token::new();
    let budget = token.child_with_timeout(Duration::from_secs(3600));

    Table::new("empty loop of 2 chunks, hot, ns")
        .row("LIMIT fork-join by hand", || ForkJoin::with(nothing, |pair| ns_per_call(20_000, || pair.run())))
        .row("ringmill, loop of 2", || ns_per_call(20_000, two))
        .row("ringmill, loop of 2, under a token", || with_token(&token, || ns_per_call(20_000, two)))
        .row("ringmill, loop of 2, with a deadline", || with_token(&budget, || ns_per_call(20_000, two)))
        .row("ringmill, broadcast", || ns_per_call(20_000, both))
        .measure();
    for (pause, calls) in [(1, 100), (50, 6)] {
        let idle = Duration::from_millis(pause);
        Table::new(format!("empty loop of 2 chunks after {pause} ms idle, ns"))
            .row("LIMIT fork-join by hand, helper awake", || {
                ForkJoin::with(nothing, |pair| ns_after_idle(idle, calls, || pair.run()))
            })
            .row("ringmill, loop of 2", || ns_after_idle(idle, calls, two))
            .row("ringmill, loop of 1, nothing to decide", || ns_after_idle(idle, calls, one))
            .row("ringmill, broadcast", || ns_after_idle(idle, calls, both))
            .measure();
    }
}

/// Every chunk runs once, and a broadcast reaches every worker.
fn check_loops(pool: &Pool) -> Result<(), Box<dyn Error>> {
    let ran = AtomicUsize::new(0);
    pool.for_each_range(0..2, 1, |range| {
        ran.fetch_add(range.len(), Relaxed);
    })?;
    assert_eq!(ran.into_inner(), 2);
    assert_eq!(pool.broadcast(|worker| worker)?, [0, 1]);
    Ok(())
}

fn sums(pool: &Pool) -> Result<(), Box<dyn Error>> {
    for (size, bytes, times) in SUMS {
        let values = ones_and_zeros(bytes);
        let expected = sum_of_ones(bytes);
        let parallel = || pool.map_reduce(black_box(&values[..]), sum, |a, b| a + b).expect(OURS);
        let halves = [AtomicU32::new(0), AtomicU32::new(0)];
        let by_hand = |k: usize| halves[k].store(sum(half(black_box(&values), k)).to_bits(), Relaxed);

        assert_eq!(sum(&values), expected);
        assert_eq!(parallel(), expected);
        ForkJoin::with(by_hand, |pair| pair.run());
        assert_eq!(halves.iter().map(|half| f32::from_bits(half.load(Relaxed))).sum::<f32>(), expected);

        let us = |ns: f64| ns / 1e3;
        Table::new(format!("sum of f32, {size}, us"))
            .row("LIMIT fork-join by hand", || {
                us(ForkJoin::with(by_hand, |pair| ns_per_call(times, || pair.run())))
            })
            .row("one thread", || us(ns_per_call(times, || sum(black_box(&values)))))
            .row("ringmill", || us(ns_per_call(times, parallel)))
            .measure();
    }
    Ok(())
}

/// A byte stored for every index of a range.
fn tiny_tasks(pool: &Pool) -> Result<(), Box<dyn Error>> {
    const TASKS: usize = 1_000_000;
    let bytes: Vec<AtomicU8> = (0..TASKS).map(|_| AtomicU8::new(0)).collect();
    let count = |value| bytes.iter().filter(|byte| byte.load(Relaxed) == value).count();
    let task = |k: usize| bytes[k].store(k as u8 | 1, Relaxed);

    pool.for_each_index(0..TASKS, task)?;
    assert_eq!(count(0), 0);

    const BLOCK: usize = 64;
    let next = AtomicUsize::new(0);
    let blocks = |_| {
        loop {
            let start = next.fetch_add(BLOCK, Relaxed);
            if start >= TASKS {
                break;
            }
            (start..TASKS.min(start + BLOCK)).for_each(task);
        }
    };
    let rate = |times: usize, run: &mut dyn FnMut()| {
        (TASKS * times) as f64 / seconds(|| (0..times).for_each(|_| run())) / 1e6
    };
    Table::new("a million tasks that store a byte, million tasks per second")
        .row("LIMIT blocks of 64 off one counter, by hand", || {
            ForkJoin::with(blocks, |pair| {
                rate(10, &mut || {
                    next.store(0, Relaxed);
                    pair.run();
                })
            })
        })
        .row("one thread", || rate(10, &mut || (0..TASKS).for_each(task)))
        .row("ringmill, for_each_index", || {
            rate(10, &mut || pool.for_each_index(0..TASKS, task).expect(OURS))
        })
        .measure();
    Ok(())
}
