//! A pipeline allocates when it is put together and run, and nothing for a buffer.
//!
//! In a program of its own: the count is of all threads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ringmill::pipeline::{Flow, Pipeline};
use ringmill::pool::Pinning;
use ringmill::{Pool, Ring};

#[path = "../benches/common/allocations.rs"]
#[allow(dead_code, unreachable_pub)]
mod allocations;

#[global_allocator]
static COUNTING: allocations::Counting = allocations::Counting;

#[test]
fn nothing_is_allocated_for_a_buffer() {
    // A pinned worker that lies down reads its mask, which is an allocation of the pool's.
    let pool = Pool::builder().workers(2).pinning(Pinning::Off).build().unwrap();
    let ring = Ring::<u64>::builder().buffers(8).buffer_len(16).build().unwrap();
    let other = Ring::<f64>::builder().buffers(8).buffer_len(16).build().unwrap();
    let run = |count: u64| {
        let before = allocations::calls();
        let (mut left, mut taken) = (count, 0);
        let report = Pipeline::over(&ring)
            .source("fill", |_| {
                if left == 0 {
                    return Flow::End;
                }
                left -= 1;
                Flow::More
            })
            .parallel_stage("pass", 2, |_| ())
            .parallel_convert("turn", 2, &other, |from, to| to[0] = from[0] as f64)
            .ordered_sink("take", |_| taken += 1)
            .run(&pool)
            .unwrap();
        assert_eq!(taken, count);
        drop(report);
        allocations::calls() - before
    };
    // A worker's first wake makes the place where its wakes are timed.
    while pool.metrics().workers().get(1).is_none_or(|worker| worker.wake_up.count() == 0) {
        std::thread::sleep(std::time::Duration::from_millis(1));
        run(10);
    }
    let (few, many) = (run(100), run(20_000));
    assert_eq!(few, many, "allocations for 100 and for 20,000 buffers");
}
