//! What does it cost to start a pool, and what does an idle worker weigh?
//!
//! Units: us to build a pool of two (the caller and one thread) and to build, use and drop it; KiB of resident memory
//! that a thread adds, from the system's own count. LIMIT starts and joins as many bare threads by hand.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::fs;
use std::thread;
use std::time::Duration;

use common::{Table, say, seconds};
use ringmill::Pool;
use ringmill::pool::Pinning;

fn main() -> Result<(), Box<dyn Error>> {
    memory()?;
    let build = |workers| Pool::builder().workers(workers).build().expect("threads can be started");
    assert_eq!(build(3).broadcast(|worker| worker)?, [0, 1, 2]);

    for threads in [1, 2] {
        let workers = threads + 1;
        Table::new(format!("a pool of {workers}, which starts {threads} thread(s), us"))
            .row("LIMIT bare threads: start", || mean_us(|| by_hand(threads, Until::Started)))
            .row("LIMIT bare threads: start, join", || mean_us(|| by_hand(threads, Until::Joined)))
            .row("build", || {
                mean_us(|| {
                    let mut pool = None;
                    let taken = seconds(|| pool = Some(build(workers)));
                    drop(pool);
                    taken
                })
            })
            .row("build, broadcast", || {
                mean_us(|| {
                    let mut pool = None;
                    let taken = seconds(|| pool.insert(build(workers)).broadcast(|worker| worker).map(drop));
                    drop(pool);
                    taken
                })
            })
            .row("build, broadcast, drop", || {
                mean_us(|| seconds(|| build(workers).broadcast(|worker| worker).map(drop)))
            })
            .measure();
    }
    Ok(())
}

/// Returns the mean of several starts, in microseconds.
fn mean_us(mut seconds: impl FnMut() -> f64) -> f64 {
    const STARTS: u32 = 20;
    (0..STARTS).map(|_| seconds()).sum::<f64>() * 1e6 / f64::from(STARTS)
}

/// Where the clock of the bare threads stops.
#[derive(PartialEq)]
enum Until {
    Started,
    Joined,
}

fn by_hand(threads: usize, until: Until) -> f64 {
    let mut started = Vec::with_capacity(threads);
    let taken = seconds(|| {
        started.extend((0..threads).map(|_| thread::spawn(|| ())));
        if until == Until::Joined {
            started.drain(..).for_each(|thread| thread.join().expect("it does nothing"));
        }
    });
    started.into_iter().for_each(|thread| thread.join().expect("it does nothing"));
    taken
}

/// Measured first, in a process that has done nothing else.
fn memory() -> Result<(), Box<dyn Error>> {
    const THREADS: usize = 64;
    // The first thread of a process pays for what all share.
    drop(Pool::builder().workers(2).build()?);
    let before = resident_kib()?;
    let pool = Pool::builder().workers(THREADS + 1).pinning(Pinning::Off).build()?;
    // Until every worker has gone to sleep.
    thread::sleep(Duration::from_millis(200));
    let idle = resident_kib()?;
    assert_eq!(pool.broadcast(|_| ())?.len(), THREADS + 1);
    thread::sleep(Duration::from_millis(200));
    let used = resident_kib()?;
    let each = |kib: f64| (kib - before) / THREADS as f64;
    say(format_args!(
        "resident memory per idle worker: {:.1} KiB, after a loop: {:.1} KiB",
        each(idle),
        each(used)
    ));
    Ok(())
}

/// Returns the resident memory of this process in KiB.
fn resident_kib() -> Result<f64, Box<dyn Error>> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find(|line| line.starts_with("Rss:")).ok_or("no resident size")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
