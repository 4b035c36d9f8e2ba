//! A pipeline brings every buffer through every stage once, in order where that is asked for; and however it ends, each
//! buffer is in its ring again or in the caller's hands.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ringmill::pipeline::{Canceller, Flow, Pipeline, PipelineError, Report, Stages};
use ringmill::pool::Pinning;
use ringmill::{Pool, Ring};

/// No test takes this long unless something is stuck.
const LONG: Duration = Duration::from_secs(60);

const BUFFERS: u64 = if cfg!(miri) { 12 } else { 300 };

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).pinning(Pinning::Off).build().unwrap()
}

fn ring(buffers: usize) -> Ring<u64> {
    Ring::<u64>::builder().buffers(buffers).buffer_len(4).build().unwrap()
}

/// Every buffer is free: each can be claimed, all at once, and no more.
fn assert_whole<T: ringmill::memory::Value>(ring: &Ring<T>) {
    let claimed: Vec<_> =
        (0..ring.buffers()).map(|_| ring.try_claim().expect("a buffer is missing")).collect();
    assert!(ring.try_claim().is_err());
    drop(claimed);
    assert_eq!(ring.free(), ring.buffers());
}

/// A source of `count` buffers whose first element is their number.
fn numbers<'a>(ring: &Ring<u64>, count: u64) -> Stages<'a, u64> {
    let mut next = 0;
    Pipeline::over(ring).source("number", move |buffer| {
        assert_eq!(buffer.len(), buffer.capacity(), "a source gets the whole buffer");
        if next == count {
            return Flow::End;
        }
        assert_eq!(buffer.sequence(), next);
        buffer.truncate(1 + (next % 4) as usize);
        buffer.fill(next);
        next += 1;
        Flow::More
    })
}

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
