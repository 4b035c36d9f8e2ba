//! Promise: however a run ends, by an error, a panic, a cancellation or for want of a buffer, it says so, and each buffer
//! is in its ring again or in the caller's hands.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use pipelines::{BUFFERS, assert_whole, numbers, pool, ring};
use ringmill::pipeline::{Canceller, Flow, Pipeline, PipelineError, Report};
use ringmill::{Pool, Ring};

#[path = "support/pipelines.rs"]
mod pipelines;

/// Which closure goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    Source,
    First,
    Convert,
    Last,
    Sink,
}

const SITES: [Site; 5] = [Site::Source, Site::First, Site::Convert, Site::Last, Site::Sink];

/// Runs a pipeline of every kind of closure in which `fault` is asked at `site` about the number 20.
fn run_with(
    pool: &Pool,
    rings: &(Ring<u64>, Ring<u32>),
    site: Site,
    fault: fn() -> Result<(), String>,
) -> PipelineError {
    let at = |here: Site, number: u64| if here == site && number == 20 { fault() } else { Ok(()) };
    let mut next = 0;
    Pipeline::over(&rings.0)
        .source("source", |buffer| {
            buffer.fill(next);
            next += 1;
            at(Site::Source, next - 1).map(|()| Flow::More)
        })
        .parallel_stage("first", 2, |buffer| at(Site::First, buffer[0]))
        .convert("convert", &rings.1, |from, to| {
            to.fill(from[0] as u32);
            at(Site::Convert, from[0])
        })
        .ordered_stage("last", |buffer| at(Site::Last, buffer[0].into()))
        .sink("sink", |buffer| at(Site::Sink, buffer[0].into()))
        .run(pool)
        .unwrap_err()
}

/// The failure names its stage and has the buffer; with that gone too, both rings are whole and run again.
fn check_failure(fault: fn() -> Result<(), String>, is_it: impl Fn(&PipelineError) -> bool) {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        let narrow = Ring::<u32>::builder().buffers(3).buffer_len(4).build().unwrap();
        let rings = (ring(5), narrow);
        for site in SITES {
            let failure = run_with(&pool, &rings, site, fault);
            assert!(is_it(&failure), "{failure:?}");
            assert_eq!(failure.stage(), Some(format!("{site:?}").to_lowercase().as_str()));
            assert!(failure.to_string().contains("number 20"), "{failure}");
            let missing = (rings.0.buffers() - rings.0.free()) + (rings.1.buffers() - rings.1.free());
            assert_eq!(missing, 1, "all but the failure's buffer are free");
            let (first, payload) = match site {
                Site::Last | Site::Sink => {
                    let buffer = failure.into_buffer::<u32>().unwrap();
                    (u64::from(buffer[0]), buffer.len())
                }
                _ => {
                    let buffer = failure.into_buffer::<u64>().unwrap();
                    (buffer[0], buffer.len())
                }
            };
            assert_eq!((first, payload), (20, 4));
            assert_whole(&rings.0);
            assert_whole(&rings.1);
        }
    }
}

#[test]
fn an_error_comes_back_with_its_buffer() {
    check_failure(
        || Err("number 20 it is".to_string()),
        |failure| matches!(failure, PipelineError::Failed { error, .. } if error.to_string() == "number 20 it is"),
    );
}

#[test]
fn a_panic_comes_back_with_its_buffer() {
    check_failure(
        || panic!("number {} it is", 20),
        |failure| matches!(failure, PipelineError::Panicked { .. }),
    );
}

#[test]
fn a_panic_can_be_resumed_with_its_payload() {
    let (pool, ring) = (pool(2), ring(2));
    let failure = numbers(&ring, 5)
        .sink("sink", |buffer| {
            if !buffer.is_empty() {
                std::panic::panic_any(42_u8)
            }
        })
        .run(&pool)
        .unwrap_err();
    let PipelineError::Panicked { panic, buffer, .. } = failure else { panic!("{failure:?}") };
    assert_eq!(panic.to_string(), "something that is no message");
    let buffer = buffer.downcast::<f32>().unwrap_err();
    let caught = catch_unwind(AssertUnwindSafe(|| resume_unwind(panic.into_payload()))).unwrap_err();
    assert_eq!(caught.downcast_ref::<u8>(), Some(&42));
    drop(buffer);
    assert_whole(&ring);
}

#[test]
fn the_first_of_many_failures_comes_back_and_no_buffer_is_lost() {
    for _ in 0..if cfg!(miri) { 2 } else { 200 } {
        let (pool, ring) = (pool(4), ring(8));
        let failure =
            numbers(&ring, BUFFERS).parallel_stage("fail", 4, |_| Err("no")).sink("none", |_| ()).run(&pool);
        assert!(matches!(failure, Err(PipelineError::Failed { .. })));
        drop(failure);
        assert_whole(&ring);
    }
}

#[test]
fn errors_of_a_failure_can_be_told_apart() {
    let (pool, ring) = (pool(1), ring(1));
    let refuse = || std::io::Error::other("disk");
    let failure = numbers(&ring, 1).sink("write", |_| Err(refuse())).run(&pool).unwrap_err();
    let source = std::error::Error::source(&failure).unwrap();
    assert_eq!(source.downcast_ref::<std::io::Error>().unwrap().to_string(), "disk");
    fn is_sendable(_: impl std::error::Error + Send + Sync + 'static) {}
    is_sendable(failure);
}

/// Runs an endless pipeline that somebody ends after `after` buffers at the sink.
fn run_endless(
    workers: usize,
    after: u64,
    cancel: impl Fn(Canceller) + Sync,
) -> (u64, Result<Report, PipelineError>) {
    let (pool, ring) = (pool(workers), ring(4));
    let canceller = Mutex::new(None::<Canceller>);
    let mut done = 0;
    let pipeline = numbers(&ring, u64::MAX).parallel_stage("pass", 2, |_| ()).sink("count", |_| {
        done += 1;
        if done == after {
            cancel(canceller.lock().unwrap().clone().expect("it is there before the run"));
        }
    });
    *canceller.lock().unwrap() = Some(pipeline.canceller());
    let progress = pipeline.progress();
    let result = pipeline.run(&pool);
    assert!(progress.is_over());
    assert_eq!(progress.stages()[2].buffers, done);
    assert_whole(&ring);
    (done, result)
}

#[test]
fn a_run_that_is_cancelled_midway_says_so_and_stops_at_the_next_buffer() {
    for workers in [1, 2, 4] {
        let (done, result) = run_endless(workers, 100, |canceller| canceller.cancel());
        assert!(matches!(result, Err(PipelineError::Cancelled)), "{result:?}");
        assert_eq!(done, 100, "the sink ran on after it was told to stop");
    }
}

#[test]
fn a_run_is_cancelled_while_all_workers_but_one_sleep() {
    let (done, result) = run_endless(4, 1, |canceller| {
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                canceller.cancel();
            });
        });
    });
    assert!(matches!(result, Err(PipelineError::Cancelled)), "{result:?}");
    assert_eq!(done, 1);
}

#[test]
fn a_run_that_was_cancelled_before_it_began_does_nothing() {
    let (pool, ring) = (pool(2), ring(2));
    let pipeline = numbers(&ring, 10).sink("none", |buffer| assert!(buffer.is_empty(), "it runs"));
    pipeline.canceller().cancel();
    assert!(matches!(pipeline.run(&pool), Err(PipelineError::Cancelled)));
    assert_whole(&ring);
}

#[test]
fn cancelling_what_is_over_changes_nothing() {
    let (pool, ring) = (pool(2), ring(2));
    let pipeline = numbers(&ring, 10).sink("take", |_| ());
    let canceller = pipeline.canceller();
    let progress = pipeline.progress();
    assert!(!progress.is_over());
    assert!(pipeline.run(&pool).is_ok());
    canceller.cancel();
    assert!(progress.is_over());
}

#[test]
fn a_ring_without_a_free_buffer_is_an_error() {
    let (pool, ring) = (pool(2), ring(1));
    let held = ring.claim().unwrap();
    let result = numbers(&ring, 10).sink("take", |_| ()).run(&pool);
    assert!(matches!(result, Err(PipelineError::NoBuffer)), "{result:?}");
    drop(held);
    let narrow = Ring::<u32>::builder().buffers(1).buffer_len(1).build().unwrap();
    narrow.close();
    let result = numbers(&ring, 10).convert("narrow", &narrow, |_, _| ()).sink("take", |_| ()).run(&pool);
    assert!(matches!(result, Err(PipelineError::NoBuffer)), "{result:?}");
    assert_whole(&ring);
}
