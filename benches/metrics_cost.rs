//! What does it cost that a pool counts and times what it does?
//!
//! Units: ns for a task all told, submitted, run and ended; ns for an empty loop. CPUs: one, and two where a worker runs
//! the tasks. A task of 10 us does the same arithmetic each time. Excluded: the start of pools and threads. LIMIT is the same
//! pool without metrics; the other rows have them, by the name of a task or without one, and with a trace too.

#[path = "common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::{Duration, Instant};

use common::{Table, seconds};
use ringmill::Pool;

/// Why no task here is refused or lost.
const OURS: &str = "the pool was built in this process, and no task panics";

/// Tasks in a sample.
const TASKS: u32 = 2_000;

/// Pools that differ in what they count.
struct Pools {
    off: Pool,
    on: Pool,
    traced: Pool,
}

fn main() {
    let build = |workers, on, events| {
        let pool = Pool::builder().workers(workers).queue_capacity(4_096).metrics(on).trace(events);
        pool.build().expect("threads start")
    };
    let pools = |workers| Pools {
        off: build(workers, false, 0),
        on: build(workers, true, 0),
        traced: build(workers, true, 10_000),
    };
    let (one, two) = (pools(1), pools(2));
    let steps = steps_in(Duration::from_micros(10));
    assert_eq!(one.on.submit(move |_| work(1)).expect(OURS).wait().expect(OURS), work(1));
    assert!(one.on.metrics().completed() == 1 && one.off.metrics().completed() == 0);

    one.rows("a task of 10 us that its submitter runs, ns", move |pool, name| at_once(pool, name, steps));
    one.rows("a task of 10 us that a worker runs, ns", move |pool, name| by_worker(pool, name, steps));
    one.rows("an empty task that its submitter runs, ns", |pool, name| at_once(pool, name, 0));
    Table::new("an empty loop of 2 pieces, hot, ns")
        .row("LIMIT without metrics", || empty_loop(&two.off))
        .row("with metrics", || empty_loop(&two.on))
        .row("with metrics and a trace", || empty_loop(&two.traced))
        .measure();
}

impl Pools {
    fn rows(&self, title: &str, time: impl Fn(&Pool, &'static str) -> f64 + Copy) {
        Table::new(title)
            .row("LIMIT without metrics", || time(&self.off, ""))
            .row("with metrics", || time(&self.on, ""))
            .row("with metrics, named", || time(&self.on, "work"))
            .row("with metrics, named, and a trace", || time(&self.traced, "work"))
            .measure();
    }
}

/// Arithmetic that takes as long each time; each step waits for the one before.
fn work(steps: u64) -> u64 {
    (0..steps).fold(1, |value: u64, step| value.wrapping_mul(6_364_136_223_846_793_005) ^ black_box(step))
}

/// Returns how many steps take so long.
fn steps_in(time: Duration) -> u64 {
    const STEPS: u64 = 1_000_000;
    let best = (0..5).map(|_| seconds(|| black_box(work(STEPS)))).fold(f64::MAX, f64::min);
    (time.as_secs_f64() / best * STEPS as f64) as u64
}

/// Submits task after task and waits for each, which runs it.
fn at_once(pool: &Pool, name: &'static str, steps: u64) -> f64 {
    let tasks = if steps == 0 { TASKS * 20 } else { TASKS };
    let taken = seconds(|| {
        for _ in 0..tasks {
            let task = pool.task().name(name).submit(move |_| work(steps)).expect(OURS);
            black_box(task.wait().expect(OURS));
        }
    });
    taken * 1e9 / f64::from(tasks)
}

/// Submits all tasks to the one thread, and waits until the last has ended.
fn by_worker(pool: &Pool, name: &'static str, steps: u64) -> f64 {
    let submit =
        || pool.task().name(name).worker(1).submit(move |_| (work(steps), Instant::now())).expect(OURS);
    let first = submit();
    for _ in 0..TASKS {
        drop(submit());
    }
    let start = first.wait().expect(OURS).1;
    let end = submit().wait().expect(OURS).1;
    (end - start).as_secs_f64() * 1e9 / f64::from(TASKS + 1)
}

fn empty_loop(pool: &Pool) -> f64 {
    const LOOPS: u32 = 50_000;
    let taken = seconds(|| {
        for _ in 0..LOOPS {
            pool.for_each_range(0..2, 1, |range| _ = black_box(range.start)).expect(OURS);
        }
    });
    taken * 1e9 / f64::from(LOOPS)
}
