//! How near does a pipeline come to the speed of its slowest stage, and what does a stage cost that does nothing?
//!
//! Units: us for a buffer, from the start of the run to its end; ns for a buffer and a stage. CPUs: as many workers as the
//! rows say, two unless they do; a thread for each stage where that is what a row is. Work: a chain of multiplications of
//! known length, so that a stage costs the same wherever it runs. Excluded: making the ring and the pool. Threads of the rows
//! by hand are started in the sample, which is long enough.
//! LIMIT is the slowest stage alone in a loop; or, where the stages together are more than that for each CPU, all of them.

#[path = "common/mod.rs"]
mod common;

use std::hint::black_box;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use common::{Table, seconds};
use ringmill::pipeline::{Flow, Pipeline};
use ringmill::{Pool, Ring};

/// Buffers in a ring, and in flight between threads.
const BUFFERS: usize = 16;

/// A chain of multiplications, each waiting for the one before.
fn work(steps: u64, seed: u64) -> u64 {
    let mut value = black_box(seed) | 1;
    for _ in 0..steps {
        value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (value >> 29);
    }
    black_box(value)
}

/// How many steps take a microsecond here, about.
fn steps_per_us() -> u64 {
    let steps = 2_000_000;
    (0..5).map(|seed| (steps as f64 / (seconds(|| work(steps, seed)) * 1e6)) as u64).max().unwrap_or(1).max(1)
}

/// What each stage of a pipeline costs, in steps, the source first and the sink last; and the workers of each.
#[derive(Clone, Copy)]
struct Shape<'a> {
    steps: &'a [u64],
    places: usize,
    buffers: u64,
}

impl Shape<'_> {
    fn per_buffer(&self, seconds: f64) -> f64 {
        seconds * 1e6 / self.buffers as f64
    }

    /// Does the work of `steps` for each buffer, on this thread alone.
    fn alone(&self, steps: u64) -> f64 {
        self.per_buffer(seconds(|| (0..self.buffers).fold(0, |sum, k| sum ^ work(steps, k))))
    }

    /// The slowest stage alone, or all stages over the workers, whichever is more.
    fn limit(&self, workers: u64) -> f64 {
        let slowest = self.steps.iter().max().map_or(0, |most| most / self.places as u64);
        self.alone(slowest.max(self.steps.iter().sum::<u64>() / workers))
    }

    fn ours(&self, pool: &Pool, ring: &Ring<u64>) -> f64 {
        let (mut left, mut taken) = (self.buffers, 0);
        let seconds = seconds(|| {
            let (first, rest) = self.steps.split_first().expect("a source");
            let (last, middle) = rest.split_last().expect("a sink");
            let mut stages = Pipeline::over(ring).source("source", |buffer| {
                if left == 0 {
                    return Flow::End;
                }
                left -= 1;
                buffer[0] = work(*first, left);
                Flow::More
            });
            for steps in middle {
                let stage = |buffer: &mut ringmill::ring::Buffer<u64>| buffer[0] = work(*steps, buffer[0]);
                stages = match self.places {
                    1 => stages.stage("stage", stage),
                    places => stages.parallel_stage("stage", places, stage),
                };
            }
            let sink = |buffer: &mut ringmill::ring::Buffer<u64>| {
                work(*last, buffer[0]);
                taken += 1;
            };
            stages.sink("sink", sink).run(pool).expect("nothing fails")
        });
        assert_eq!(taken, self.buffers);
        self.per_buffer(seconds)
    }

    /// A thread for each stage and place, bounded channels between them, and one back for the buffers.
    fn by_hand(&self) -> f64 {
        let mut taken = 0;
        let seconds = seconds(|| {
            thread::scope(|scope| {
                let (give_back, free) = sync_channel::<Box<[u64]>>(BUFFERS);
                (0..BUFFERS).for_each(|_| give_back.send(vec![0; 8].into()).expect("there is room"));
                let (first, rest) = self.steps.split_first().expect("a source");
                let (last, middle) = rest.split_last().expect("a sink");
                let (send, mut input) = sync_channel(BUFFERS);
                scope.spawn(move || fill(*first, self.buffers, &free, &send));
                for steps in middle {
                    let (send, next) = sync_channel(BUFFERS);
                    scope.spawn(move || {
                        while let Ok(mut buffer) = input.recv() {
                            buffer[0] = work(*steps, buffer[0]);
                            let _ = send.send(buffer);
                        }
                    });
                    input = next;
                }
                while let Ok(buffer) = input.recv() {
                    work(*last, buffer[0]);
                    taken += 1;
                    let _ = give_back.send(buffer);
                }
            });
        });
        assert_eq!(taken, self.buffers);
        self.per_buffer(seconds)
    }
}

fn fill(steps: u64, count: u64, free: &Receiver<Box<[u64]>>, send: &SyncSender<Box<[u64]>>) {
    for k in 0..count {
        let Ok(mut buffer) = free.recv() else { return };
        buffer[0] = work(steps, k);
        let _ = send.send(buffer);
    }
}

fn main() {
    let us = steps_per_us();
    let pool = |workers| Pool::builder().workers(workers).build().expect("a pool");
    let (one, two) = (pool(1), pool(2));
    let ring = Ring::<u64>::builder().buffers(BUFFERS).buffer_len(8).build().expect("a ring");

    let shapes: [(&str, &[u64], u64); 4] = [
        ("one slow stage: 20, 20, 100, 20, 20 us", &[20, 20, 100, 20, 20], 2_000),
        ("a slow source: 100, 20, 20, 20 us", &[100, 20, 20, 20], 2_000),
        ("five even stages: 20 us each", &[20, 20, 20, 20, 20], 4_000),
        ("the same in short: 2, 2, 10, 2, 2 us", &[2, 2, 10, 2, 2], 20_000),
    ];
    for (title, costs, buffers) in shapes {
        let steps: Vec<u64> = costs.iter().map(|cost| cost * us).collect();
        let shape = Shape { steps: &steps, places: 1, buffers };
        Table::new(format!("{title}; us for a buffer"))
            .row("LIMIT the slowest stage, or all over 2 CPUs", || shape.limit(2))
            .row("ringmill, 2 workers", || shape.ours(&two, &ring))
            .row("a thread for each stage, sync_channel", || shape.by_hand())
            .measure();
    }

    let steps = [10 * us, 100 * us, 10 * us];
    let shape = Shape { steps: &steps, places: 2, buffers: 2_000 };
    Table::new("a stage of two workers: 10, 100 / 2, 10 us; us for a buffer")
        .row("LIMIT all over 2 CPUs", || shape.limit(2))
        .row("ringmill, 2 workers", || shape.ours(&two, &ring))
        .measure();

    for stages in [1, 5] {
        let steps = vec![0; stages + 2];
        let shape = Shape { steps: &steps, places: 1, buffers: 50_000 };
        let each = move |us: f64| us * 1e3 / (stages + 2) as f64;
        Table::new(format!("{} stages that do nothing; ns for a buffer and a stage", stages + 2))
            .row("LIMIT the calls alone", || each(shape.alone(0)))
            .row("ringmill, 1 worker", || each(shape.ours(&one, &ring)))
            .row("ringmill, 2 workers", || each(shape.ours(&two, &ring)))
            .row("a thread for each stage, sync_channel", || each(shape.by_hand()))
            .measure();
    }
}
