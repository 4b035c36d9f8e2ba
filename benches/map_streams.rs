//! What does an item of a map over an iterator cost, when the work itself is nothing, and what is left of two CPUs when
//! it is not?
//!
//! Unit: ns for an item. CPUs: two. Excluded: the start of the pools. The source counts, the consumer adds up; the
//! window is 64. rayon's bridge hands nothing to a consumer and keeps no order: its rows are the price of the
//! fan-out alone, and two threads on channels of the standard library, bounded both ways, are the usual way by hand, without order.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use common::{Table, say, seconds};
use rayon::iter::{ParallelBridge, ParallelIterator};
use ringmill::Pool;

const WINDOW: usize = 64;

/// Some work: so many steps of a generator, each waiting for the last.
fn steps(seed: u64, steps: u32) -> u64 {
    (0..steps).fold(seed | 1, |x, _| (x ^ (x >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn serial(items: u64, work: u32) -> u64 {
    (0..items).map(|k| steps(k, work)).fold(0, u64::wrapping_add)
}

fn bridge(items: u64, work: u32) -> u64 {
    let sum = AtomicU64::new(0);
    (0..items).par_bridge().for_each(|k| _ = sum.fetch_add(steps(k, work), Relaxed));
    sum.into_inner()
}

/// Two threads that take items from one channel and put results into another.
fn channels(items: u64, work: u32) -> u64 {
    let (send_item, items_left) = sync_channel(WINDOW);
    let items_left: Arc<Mutex<Receiver<u64>>> = Arc::new(Mutex::new(items_left));
    let (send_result, results) = sync_channel(WINDOW);
    let source = thread::spawn(move || (0..items).try_for_each(|k| send_item.send(k)));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (items_left, send_result) = (items_left.clone(), send_result.clone());
            thread::spawn(move || {
                loop {
                    let item = items_left.lock().expect("no panic").recv();
                    let Ok(k) = item else { break };
                    if send_result.send(steps(k, work)).is_err() {
                        break;
                    }
                }
            })
        })
        .collect();
    drop(send_result);
    let sum = results.iter().fold(0, u64::wrapping_add);
    for thread in workers {
        thread.join().expect("no panic");
    }
    source.join().expect("no panic").expect("somebody received");
    sum
}

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().workers(2).build()?;
    say(pool.sizing());
    let ordered =
        |items, work| pool.map_ordered(0..items, WINDOW, move |k| steps(k, work)).fold(0, u64::wrapping_add);
    let unordered = |items, work| {
        pool.map_unordered(0..items, WINDOW, move |k| steps(k, work)).fold(0, u64::wrapping_add)
    };
    for (name, work, items) in
        [("no work", 0, 200_000), ("1 us of work", 850, 50_000), ("20 us of work", 17_000, 2_000)]
    {
        let expected = serial(items, work);
        for run in [&ordered as &dyn Fn(u64, u32) -> u64, &unordered, &bridge, &channels] {
            assert_eq!(run(items, work), expected);
        }
        let each = |run: &dyn Fn(u64, u32) -> u64| {
            seconds(|| _ = std::hint::black_box(run(items, work))) * 1e9 / items as f64
        };
        Table::new(format!("an item of a map, {name}, ns"))
            .row("one thread", || each(&serial))
            .row("ringmill, map_ordered", || each(&ordered))
            .row("ringmill, map_unordered", || each(&unordered))
            .row("two threads on channels, unordered", || each(&channels))
            .row("rayon, par_bridge, no consumer", || each(&bridge))
            .measure();
    }
    Ok(())
}
