//! Promise: a pipeline gets on with those who use its rings and its pool: others that hold buffers, other pipelines,
//! loops, and those inside its own stages.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::thread;

use pipelines::{BUFFERS, assert_whole, numbers, pool, ring};
use ringmill::Ring;

#[path = "support/pipelines.rs"]
mod pipelines;

#[test]
fn a_run_goes_by_the_buffers_that_others_leave_it() {
    let (pool, ring) = (pool(2), ring(3));
    let held = [ring.claim().unwrap(), ring.claim().unwrap()];
    let mut held = Some(held);
    let mut count = 0;
    let report = numbers(&ring, 100)
        .stage("let go", |buffer| {
            if buffer[0] == 50 {
                drop(held.take())
            }
        })
        .sink("count", |_| count += 1)
        .run(&pool)
        .unwrap();
    assert_eq!((count, report.stages[2].buffers), (100, 100));
    assert_whole(&ring);
}

#[test]
fn two_rings_of_which_one_is_small_do_not_block_each_other() {
    let (pool, ring) = (pool(4), ring(8));
    let narrow = Ring::<u32>::builder().buffers(1).buffer_len(1).build().unwrap();
    let mut sum = 0;
    numbers(&ring, BUFFERS)
        .parallel_convert("narrow", 4, &narrow, |from, to| to[0] = from[0] as u32)
        .sink("sum", |buffer| sum += u64::from(buffer[0]))
        .run(&pool)
        .unwrap();
    assert_eq!(sum, BUFFERS * (BUFFERS - 1) / 2);
}

#[test]
fn two_pipelines_run_on_one_pool_at_a_time() {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        let run = || {
            let ring = ring(4);
            for _ in 0..5 {
                let mut count = 0;
                numbers(&ring, BUFFERS)
                    .parallel_stage("pass", 2, |_| ())
                    .sink("count", |_| count += 1)
                    .run(&pool)
                    .unwrap();
                assert_eq!(count, BUFFERS);
            }
            assert_whole(&ring);
        };
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(run);
            }
        });
    }
}

#[test]
fn a_pipeline_runs_inside_a_job_and_inside_a_stage() {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        let inner = |count: u64| {
            let ring = ring(2);
            let mut sum = 0;
            numbers(&ring, count)
                .stage("pass", |_| ())
                .sink("sum", |buffer| sum += buffer[0])
                .run(&pool)
                .unwrap();
            sum
        };
        let sums =
            pool.map_reduce_range(0..8, 1, |range| range.map(|k| inner(k as u64)).sum::<u64>(), |a, b| a + b);
        assert_eq!(sums.unwrap(), (0..8).map(|k: u64| k * k.saturating_sub(1) / 2).sum::<u64>());
        let ring = ring(3);
        let mut sum = 0;
        numbers(&ring, 8)
            .parallel_stage("inner", 3, |buffer| {
                let number = buffer[0];
                buffer[0] = inner(number);
            })
            .sink("sum", |buffer| sum += buffer[0])
            .run(&pool)
            .unwrap();
        assert_eq!(sum, (0..8).map(|k: u64| k * k.saturating_sub(1) / 2).sum::<u64>());
    }
}

#[test]
fn a_loop_runs_inside_a_stage() {
    for workers in [1, 2, 4] {
        let (pool, ring) = (pool(workers), ring(3));
        let mut sum = 0;
        numbers(&ring, 20)
            .parallel_stage("loop", 2, |buffer| {
                let number = buffer[0] as usize;
                buffer[0] =
                    pool.map_reduce_range(0..number, 1, |range| range.sum::<usize>(), |a, b| a + b)? as u64;
                Ok::<(), ringmill::pool::LoopError>(())
            })
            .sink("sum", |buffer| sum += buffer[0])
            .run(&pool)
            .unwrap();
        assert_eq!(sum, (0..20).map(|k: u64| k * k.saturating_sub(1) / 2).sum::<u64>());
    }
}
