//! What does a small parallel loop cost in ringmill, and what in other libraries?
//!
//! The rows of `benches/fork_join.rs`, with the rivals between. Unit: as each title says. CPUs: two. Excluded: the
//! start of the pools. chili runs both halves on the caller unless a heartbeat has passed: for small work its figure
//! is one thread's.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use ringmill_compare::common::data::{SUMS, ones_and_zeros, sum_of_ones};
use ringmill_compare::common::raw::fork_join::{ForkJoin, half};
use ringmill_compare::common::{Table, ns_after_idle, ns_per_call, seconds, sum};
use ringmill_compare::{Library, libraries, task};

type Rivals = [RefCell<Box<dyn Library>>];

fn main() {
    let rivals: Vec<_> = libraries().into_iter().map(RefCell::new).collect();
    empty_loops(&rivals);
    SUMS.into_iter().for_each(|size| sums(&rivals, size));
    tiny_tasks(&rivals);
}

fn empty_loops(rivals: &Rivals) {
    let nothing = |k: usize| _ = black_box(k);
    let mut table = Table::new("empty loop of 2 pieces, hot, ns")
        .row("LIMIT fork-join by hand", || ForkJoin::with(nothing, |pair| ns_per_call(2_000, || pair.run())));
    for rival in rivals {
        let name = rival.borrow().name();
        table = table.row(name, || ns_per_call(2_000, || rival.borrow_mut().two()));
    }
    table.measure();

    for (pause, calls) in [(1, 60), (50, 6)] {
        let idle = Duration::from_millis(pause);
        let mut table = Table::new(format!("empty loop of 2 pieces after {pause} ms idle, ns"))
            .row("LIMIT fork-join by hand, helper awake", || {
                ForkJoin::with(nothing, |pair| ns_after_idle(idle, calls, || pair.run()))
            });
        for rival in rivals {
            let name = rival.borrow().name();
            table = table.row(name, || ns_after_idle(idle, calls, || rival.borrow_mut().two()));
        }
        table.measure();
    }
}

fn sums(rivals: &Rivals, (size, bytes, times): (&str, usize, usize)) {
    let values: Arc<[f32]> = ones_and_zeros(bytes).into();
    let expected = sum_of_ones(bytes);
    let halves = [AtomicU32::new(0), AtomicU32::new(0)];
    let by_hand = |k: usize| halves[k].store(sum(half(black_box(&values), k)).to_bits(), Relaxed);

    ForkJoin::with(by_hand, |pair| pair.run());
    assert_eq!(halves.iter().map(|half| f32::from_bits(half.load(Relaxed))).sum::<f32>(), expected);
    assert_eq!(sum(&values), expected);

    let us = |ns: f64| ns / 1e3;
    let times = times.div_ceil(8);
    let mut table = Table::new(format!("sum of f32, {size}, us"))
        .row("LIMIT fork-join by hand", || {
            us(ForkJoin::with(by_hand, |pair| ns_per_call(times, || pair.run())))
        })
        .row("one thread", || us(ns_per_call(times, || sum(black_box(&values)))));
    for rival in rivals {
        assert_eq!(rival.borrow_mut().sum(&values), expected);
        let name = rival.borrow().name();
        table = table.row(name, || us(ns_per_call(times, || rival.borrow_mut().sum(black_box(&values)))));
    }
    table.measure();
}

fn tiny_tasks(rivals: &Rivals) {
    const TASKS: usize = 1_000_000;
    let bytes: Vec<AtomicU8> = (0..TASKS).map(|_| AtomicU8::new(0)).collect();
    let rate = |run: &dyn Fn()| {
        run();
        (TASKS * 4) as f64 / seconds(|| (0..4).for_each(|_| run())) / 1e6
    };
    let halves = |k: usize| half(&bytes, k).iter().for_each(task);
    let mut table = Table::new("a million tasks that store a byte, million tasks per second")
        .row("LIMIT two halves by hand", || {
            ForkJoin::with(halves, |pair| {
                let pair = RefCell::new(pair);
                rate(&|| pair.borrow_mut().run())
            })
        })
        .row("one thread", || rate(&|| black_box(&bytes).iter().for_each(task)));
    for rival in rivals {
        bytes.iter().for_each(|byte| byte.store(0, Relaxed));
        if rival.borrow_mut().tasks(&bytes) {
            assert!(bytes.iter().all(|byte| byte.load(Relaxed) == 1));
            let name = rival.borrow().name();
            table = table.row(name, || rate(&|| _ = rival.borrow_mut().tasks(&bytes)));
        }
    }
    table.measure();
}
