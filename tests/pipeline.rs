//! Promise: a pipeline brings every buffer through every stage once, in order where that is asked for, and shows where
//! they are.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pipelines::{BUFFERS, assert_whole, numbers, pool, ring};
use proptest::prelude::*;
use ringmill::pipeline::{Flow, Pipeline, PipelineError, Report, Stages};
use ringmill::{Pool, Ring};

#[path = "support/pipelines.rs"]
mod pipelines;

/// No test takes this long unless something is stuck.
const LONG: Duration = Duration::from_secs(60);

/// How a stage is added in the tests.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Alone,
    Ordered,
    Parallel(usize),
    /// Into a ring of so many buffers, by so many workers.
    Convert(usize, usize),
}

/// Adds one to each element, and checks what the kind promises.
fn add_one<'a>(
    stages: Stages<'a, u64>,
    kind: Kind,
    inside: &'a AtomicUsize,
    other: &Ring<u64>,
) -> Stages<'a, u64> {
    let add = |buffer: &mut ringmill::ring::Buffer<u64>| buffer.iter_mut().for_each(|value| *value += 1);
    let enter =
        move |most: usize| assert!(inside.fetch_add(1, Ordering::SeqCst) < most, "too many at a time");
    let leave = move || inside.fetch_sub(1, Ordering::SeqCst);
    match kind {
        Kind::Alone => stages.stage("alone", move |buffer| {
            enter(1);
            add(buffer);
            leave();
        }),
        Kind::Ordered => {
            let mut next = 0;
            stages.ordered_stage("ordered", move |buffer| {
                enter(1);
                assert_eq!(buffer.sequence(), next);
                next += 1;
                add(buffer);
                leave();
            })
        }
        Kind::Parallel(workers) => stages.parallel_stage("parallel", workers, move |buffer| {
            enter(workers);
            add(buffer);
            leave();
        }),
        Kind::Convert(_, workers) => stages.parallel_convert("convert", workers, other, move |from, to| {
            enter(workers);
            to.truncate(from.len());
            to.copy_from_slice(from);
            add(to);
            leave();
        }),
    }
}

/// Runs a pipeline that hangs if anything is wrong; then it says where.
fn run_within_reason(pipeline: Pipeline<'_>, pool: &Pool) -> Result<Report, PipelineError> {
    let (progress, canceller) = (pipeline.progress(), pipeline.canceller());
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
                canceller.cancel();
                panic!("stuck: {:#?}", progress.stages());
            }
        });
        let result = pipeline.run(pool);
        drop(done);
        result
    })
}

/// Runs `count` numbers through the stages and checks that each came once, with as much added as there are stages.
fn check_counts(workers: usize, buffers: usize, count: u64, kinds: &[Kind], ordered: bool) {
    let (pool, ring) = (pool(workers), ring(buffers));
    let inside: Vec<_> = kinds.iter().map(|_| AtomicUsize::new(0)).collect();
    let mut seen = Vec::new();
    let others: Vec<_> = kinds
        .iter()
        .map(|kind| if let Kind::Convert(buffers, _) = kind { self::ring(*buffers) } else { ring.clone() })
        .collect();
    let mut stages = numbers(&ring, count);
    for ((&kind, inside), other) in kinds.iter().zip(&inside).zip(&others) {
        stages = add_one(stages, kind, inside, other);
    }
    let added = kinds.len() as u64;
    let take = |buffer: &mut ringmill::ring::Buffer<u64>| {
        let number = buffer[0] - added;
        assert_eq!(buffer.len() as u64, 1 + number % 4);
        assert!(buffer.iter().all(|&value| value == buffer[0]));
        seen.push(number);
    };
    let pipeline = if ordered { stages.ordered_sink("take", take) } else { stages.sink("take", take) };
    let report = run_within_reason(pipeline, &pool).unwrap();
    if !ordered {
        seen.sort_unstable();
    }
    assert!(seen.iter().copied().eq(0..count), "{workers} workers, {kinds:?}: {seen:?}");
    let elements = (0..count).map(|number| 1 + number % 4).sum::<u64>();
    assert_eq!(report.stages.len(), kinds.len() + 2);
    for stage in &report.stages {
        assert_eq!((stage.buffers, stage.elements, stage.waiting), (count, elements, 0), "{stage:?}");
    }
    others.iter().chain([&ring]).for_each(assert_whole);
}

#[test]
fn every_buffer_comes_through_every_stage_once() {
    for workers in [1, 2, 4] {
        for stages in 0..=4 {
            for places in 1..=4 {
                check_counts(workers, 5, BUFFERS, &vec![Kind::Parallel(places); stages], false);
            }
            check_counts(workers, 5, BUFFERS, &vec![Kind::Alone; stages], false);
        }
    }
}

#[test]
fn order_is_kept_where_it_is_asked_for() {
    for workers in [1, 2, 4] {
        for buffers in [1, 2, 7] {
            check_counts(workers, buffers, BUFFERS, &[Kind::Parallel(4)], true);
            check_counts(
                workers,
                buffers,
                BUFFERS,
                &[Kind::Parallel(4), Kind::Ordered, Kind::Parallel(2)],
                true,
            );
            check_counts(workers, buffers, BUFFERS, &[Kind::Ordered, Kind::Alone], false);
        }
    }
}

#[test]
fn order_is_kept_while_some_are_slow() {
    let (pool, ring) = (pool(4), ring(6));
    let mut seen = Vec::new();
    numbers(&ring, 60)
        .parallel_stage("jitter", 4, |buffer| {
            if buffer[0].is_multiple_of(7) {
                thread::sleep(Duration::from_millis(2));
            }
        })
        .ordered_sink("take", |buffer| seen.push(buffer[0]))
        .run(&pool)
        .unwrap();
    assert!(seen.iter().copied().eq(0..60), "{seen:?}");
}

/// Once, buffers were turned into those of a second ring as they arrived. One that was late found all of them with later
/// ones, which waited for it at a stage that goes by the order: nobody could do anything any more.
#[test]
fn a_late_buffer_finds_room_in_the_second_ring() {
    let (pool, ring, narrow) = (pool(2), ring(8), ring(2));
    let mut seen = Vec::new();
    let pipeline = numbers(&ring, 40)
        .parallel_stage("late", 2, |buffer| {
            if buffer[0].is_multiple_of(8) {
                thread::sleep(Duration::from_millis(5));
            }
        })
        .parallel_convert("convert", 2, &narrow, |from, to| to[0] = from[0])
        .ordered_sink("take", |buffer| seen.push(buffer[0]));
    run_within_reason(pipeline, &pool).unwrap();
    assert!(seen.iter().copied().eq(0..40), "{seen:?}");
}

#[test]
fn an_empty_input_is_no_failure() {
    for workers in [1, 2, 4] {
        check_counts(workers, 3, 0, &[Kind::Ordered, Kind::Parallel(2)], true);
    }
}

#[test]
fn a_stage_may_change_what_the_order_goes_by_and_the_order_stays() {
    let (pool, ring) = (pool(2), ring(4));
    let mut seen = Vec::new();
    numbers(&ring, 50)
        .stage("meddle", |buffer| buffer.set_sequence(7))
        .ordered_sink("take", |buffer| seen.push(buffer[0]))
        .run(&pool)
        .unwrap();
    assert!(seen.iter().copied().eq(0..50));
}

#[test]
fn buffers_of_one_ring_fill_those_of_another() {
    for workers in [1, 2, 4] {
        for places in [1, 3] {
            let pool = pool(workers);
            let ring = ring(3);
            let halves = Ring::<f64>::builder().buffers(2).buffer_len(4).build().unwrap();
            let mut seen = Vec::new();
            let report = numbers(&ring, BUFFERS)
                .stage("mark", |buffer| {
                    let number = buffer[0];
                    buffer.set_tag(number);
                })
                .parallel_convert("halve", places, &halves, |numbers, halves| {
                    assert_eq!(halves.len(), 4);
                    halves.truncate(numbers.len());
                    for (half, number) in halves.iter_mut().zip(&**numbers) {
                        *half = *number as f64 / 2.0;
                    }
                })
                .ordered_stage("check", |halves| assert_eq!(halves.tag(), halves.sequence()))
                .ordered_sink("take", |halves| seen.push(halves[0]))
                .run(&pool)
                .unwrap();
            assert!(seen.iter().copied().eq((0..BUFFERS).map(|number| number as f64 / 2.0)));
            assert_eq!(report.stages[4].elements, report.stages[0].elements);
            assert_whole(&ring);
            assert_whole(&halves);
        }
    }
}

#[test]
fn progress_shows_where_buffers_pile_up() {
    let (pool, ring) = (pool(2), ring(6));
    let seen = Mutex::new(Vec::new());
    let stuck = AtomicBool::new(true);
    let pipeline = numbers(&ring, 50)
        .stage("slow", |_| {
            while stuck.load(Ordering::Acquire) {
                thread::yield_now();
            }
        })
        .sink("take", |_| ());
    let progress = pipeline.progress();
    thread::scope(|scope| {
        scope.spawn(|| {
            let start = Instant::now();
            // One is in the slow stage; the rest of the ring waits for it.
            while progress.stages()[1].waiting < 5 && start.elapsed() < LONG {
                thread::yield_now();
            }
            *seen.lock().unwrap() = progress.stages();
            stuck.store(false, Ordering::Release);
        });
        pipeline.run(&pool).unwrap();
    });
    let seen = seen.into_inner().unwrap();
    assert_eq!((seen[0].buffers, seen[1].waiting, seen[2].buffers), (6, 5, 0), "{seen:?}");
}

#[test]
fn a_stage_has_as_many_workers_as_it_may_have() {
    // Each of the first two waits inside for the other: they are there together, or the test is stuck.
    let (pool, ring) = (pool(2), ring(4));
    let inside = AtomicUsize::new(0);
    numbers(&ring, 2)
        .parallel_stage("meet", 2, |_| {
            inside.fetch_add(1, Ordering::SeqCst);
            let start = Instant::now();
            while inside.load(Ordering::SeqCst) < 2 {
                assert!(start.elapsed() < LONG, "the other never came");
                thread::yield_now();
            }
        })
        .sink("take", |_| ())
        .run(&pool)
        .unwrap();
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Alone),
        Just(Kind::Ordered),
        (1..=4_usize).prop_map(Kind::Parallel),
        (1..=3_usize, 1..=4_usize).prop_map(|(buffers, workers)| Kind::Convert(buffers, workers))
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 150 }))]

    #[test]
    fn any_shape_brings_everything_through(
        workers in 1..=4_usize,
        buffers in 1..=9_usize,
        count in 0..120_u64,
        kinds in proptest::collection::vec(kinds(), 0..6),
        ordered: bool,
    ) {
        check_counts(workers, buffers, count, &kinds, ordered);
    }
}

#[test]
fn a_pipeline_that_is_never_run_is_over_for_who_watches() {
    let ring = Ring::<u8>::builder().buffers(2).buffer_len(1).build().unwrap();
    let pipeline = Pipeline::over(&ring).source("none", |_| Flow::End).sink("none", |_| ());
    let progress = pipeline.progress();
    assert!(!progress.is_over());
    drop(pipeline);
    assert!(progress.is_over());
}
