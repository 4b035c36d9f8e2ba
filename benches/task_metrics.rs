//! What does it cost that a pool counts and times every task?
//!
//! Unit: us for a task, of many that each compute for 10 us, or next to nothing. CPUs: two, the workers'; the caller sleeps
//! while they work. Excluded: the start of the pools. LIMIT is the same pool with its metrics switched off, so a ratio is
//! the price of the metrics; the last row is a second pool with them off, and says how far two equal rows are apart.

#[path = "common/mod.rs"]
mod common;

use std::sync::atomic::{AtomicU32, Ordering};

use common::busy::busy;
use common::{Table, seconds};
use ringmill::Pool;

/// Why no task here is refused.
const OURS: &str = "the pool was built in this process";

fn main() {
    let pools = [false, true, false].map(|metrics| {
        Pool::builder().workers(2).queue_capacity(1 << 14).metrics(metrics).build().expect("threads start")
    });
    let [off, on, again] = &pools;
    // Tasks own what they use.
    let left: &'static AtomicU32 = Box::leak(Box::default());
    for (what, us, tasks) in [("of 10 us", 10.0, 8_000), ("that do nothing", 0.0, 10_000)] {
        let row = |pool| move || us_per_task(pool, left, tasks, us);
        Table::new(format!("tasks {what}, metrics on against off, us"))
            .row("LIMIT metrics off", row(off))
            .row("metrics on", row(on))
            .row("metrics off, a second pool", row(again))
            .measure();
    }
}

/// Submits all tasks, sleeps until they are done, and returns the time of one.
fn us_per_task(pool: &Pool, left: &'static AtomicU32, tasks: u32, us: f64) -> f64 {
    let all = || {
        left.store(tasks, Ordering::Release);
        for _ in 0..tasks {
            let task = pool.submit(move |_| {
                busy(us);
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    atomic_wait::wake_one(left);
                }
            });
            drop(task.expect(OURS));
        }
        loop {
            match left.load(Ordering::Acquire) {
                0 => break,
                some => atomic_wait::wait(left, some),
            }
        }
    };
    seconds(all) * 1e6 / f64::from(tasks)
}
