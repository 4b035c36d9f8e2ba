//! What runs under a token ends soon after the token is stopped, says so, and nothing else ends with it.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use proptest::prelude::*;
use ringmill::csv::{CsvError, CsvFile};
use ringmill::pipeline::{Flow, PipelineError};
use ringmill::pool::{LoopError, Stopped, Token, with_token};
use ringmill::{Pipeline, Pool, Ring};

/// Cancels the loop that calls it.
type Cancel<'a> = &'a (dyn Fn() + Sync);

/// Loops this long are not over before somebody stops them.
const ENDLESS: usize = 1 << 40;

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool")
}

fn assert_cancelled<R: std::fmt::Debug>(result: &Result<R, LoopError>) {
    assert!(matches!(result, Err(LoopError::Stopped(Stopped::Cancelled))), "{result:?}");
}

#[test]
fn a_running_loop_is_cancelled_from_another_thread() {
    for workers in [1, 2, 3] {
        let (pool, token, begun) = (pool(workers), Token::new(), AtomicUsize::new(0));
        let mut data = vec![0_u8; 16 << 20];
        let result = thread::scope(|scope| {
            scope.spawn(|| {
                while begun.load(Ordering::Relaxed) == 0 {
                    thread::yield_now();
                }
                token.cancel();
            });
            with_token(&token, || {
                pool.for_each_chunk(&mut data, |chunk| {
                    begun.fetch_add(1, Ordering::Relaxed);
                    while !token.is_stopped() {
                        thread::yield_now();
                    }
                    chunk.fill(1);
                })
            })
        });
        assert_cancelled(&result);
        assert!((1..=workers).contains(&begun.into_inner()), "each worker was in one chunk at most");
        let changed = data.iter().filter(|&&byte| byte == 1).count();
        assert!(changed > 0 && changed < data.len(), "what has run stays");
    }
}

#[test]
fn every_kind_of_loop_stops() {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        let data = vec![1_u8; 16 << 20];
        // The pieces that have been begun when one cancels are few; within them each index is called.
        let few = |run: &dyn Fn(Cancel<'_>) -> Result<(), LoopError>| {
            let (token, calls) = (Token::new(), AtomicUsize::new(0));
            let cancel = || {
                calls.fetch_add(1, Ordering::Relaxed);
                token.cancel();
            };
            assert_cancelled(&with_token(&token, || run(&cancel)));
            calls.into_inner()
        };
        assert!(few(&|cancel| pool.for_each_chunk(&data, |_| cancel())) <= workers);
        assert!(few(&|cancel| pool.for_each_range(0..ENDLESS, 1, |_| cancel())) <= workers);
        assert!(few(&|cancel| pool.for_each_index(0..ENDLESS, |_| cancel())) < 1 << 20);
        assert!(few(&|cancel| pool.for_each_chunk_of(&data, 100, |_| cancel())) < data.len() / 100);
        assert!(few(&|cancel| pool.map_reduce(&data, |_| cancel(), |(), ()| ())) < 256);
        assert!(few(&|cancel| pool.map_reduce_range(0..1 << 20, 1, |_| cancel(), |(), ()| ())) < 1 << 20);
    }
}

#[test]
fn a_loop_whose_time_is_up_is_overdue() {
    for workers in [1, 2] {
        let pool = pool(workers);
        let budget = Token::new().child_with_timeout(Duration::from_millis(20));
        let result = with_token(&budget, || pool.for_each_index(0..ENDLESS, |i| _ = std::hint::black_box(i)));
        assert!(matches!(result, Err(LoopError::Stopped(Stopped::Overdue))), "{result:?}");
        let error = result.expect_err("overdue");
        assert_eq!(error.to_string(), "the loop was stopped: the deadline has passed");
    }
}

#[test]
fn a_loop_inside_a_loop_inherits_the_token() {
    for workers in [1, 2, 3] {
        let (pool, token, begun) = (pool(workers), Token::new(), AtomicUsize::new(0));
        let inner_stopped = AtomicUsize::new(0);
        let result = with_token(&token, || {
            pool.for_each_index(0..100, |_| {
                begun.fetch_add(1, Ordering::Relaxed);
                let inner = pool.for_each_index(0..ENDLESS, |i| {
                    if i == 1000 {
                        token.cancel();
                    }
                });
                assert_cancelled(&inner);
                inner_stopped.fetch_add(1, Ordering::Relaxed);
            })
        });
        assert_cancelled(&result);
        assert_eq!(begun.into_inner(), inner_stopped.into_inner());
    }
}

#[test]
fn a_helper_works_under_the_callers_token_and_under_none_after_it() {
    let pool = pool(3);
    let token = Token::new();
    let deadline = Instant::now() + Duration::from_secs(3600);
    let under = token.child_with_deadline(deadline);
    let inside =
        with_token(&under, || pool.broadcast(|_| Token::current().and_then(|token| token.deadline())));
    assert_eq!(inside.expect("a broadcast"), [Some(deadline); 3]);
    let after = pool.broadcast(|_| Token::current().is_none()).expect("a broadcast");
    assert_eq!(after, [true; 3]);
}

#[test]
fn under_a_stopped_token_nothing_runs() {
    let (pool, token) = (pool(2), Token::new());
    token.cancel();
    let mut data = vec![0_u8; 100_000];
    with_token(&token, || {
        assert_cancelled(&pool.for_each_chunk(&mut data, |chunk| chunk.fill(1)));
        assert_cancelled(&pool.for_each_index(0..0, |_| panic!("must not run")));
        assert_cancelled(&pool.map_reduce(&data, |_| panic!("must not run"), |(), ()| ()));
        assert_cancelled(&pool.broadcast(|_| panic!("must not run")));
    });
    assert!(data.iter().all(|&byte| byte == 0));
    assert_eq!(pool.map_reduce(&data, <[u8]>::len, |a, b| a + b).expect("no token here"), 100_000);
}

#[test]
fn a_loop_that_is_complete_was_not_stopped() {
    for workers in [1, 2] {
        let (pool, token) = (pool(workers), Token::new());
        let last = with_token(&token, || pool.for_each_range(0..1, 1, |_| token.cancel()));
        assert!(last.is_ok(), "{last:?}");
        assert_cancelled(&with_token(&token, || pool.for_each_range(0..1, 1, |_| ())));
    }
}

#[test]
fn a_panic_is_more_than_a_cancellation() {
    let (pool, token) = (pool(2), Token::new());
    let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
        with_token(&token, || {
            pool.for_each_range(0..1000, 1, |_| {
                token.cancel();
                panic!("while it is cancelled");
            })
        })
    }));
    assert!(panicked.is_err());
    assert!(Token::current().is_none());
}

#[test]
fn results_so_far_are_dropped() {
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    for workers in [1, 3] {
        let (pool, token, alive) = (pool(workers), Token::new(), AtomicUsize::new(0));
        let result = with_token(&token, || {
            pool.map_reduce_range(
                0..10_000,
                1,
                |range| {
                    if range.start == 5000 {
                        token.cancel();
                    }
                    alive.fetch_add(1, Ordering::Relaxed);
                    Counted(&alive)
                },
                |left, _| left,
            )
        });
        // With luck everything had run when the middle one came.
        if let Err(error) = result.map(drop) {
            assert!(matches!(error, LoopError::Stopped(Stopped::Cancelled)), "{error}");
        }
        assert_eq!(alive.into_inner(), 0);
    }
}

#[test]
fn a_scan_of_a_file_stops() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("numbers.csv");
    fs::write(&path, format!("n\n{}", "12\n".repeat(100_000))).expect("a file");
    let file = CsvFile::options().chunk_bytes(4096).open(&path).expect("a file");
    for workers in [1, 2] {
        let (pool, token, records) = (pool(workers), Token::new(), AtomicUsize::new(0));
        let result = with_token(&token, || {
            pool.fold_records(
                &file,
                || (),
                |(), _| {
                    token.cancel();
                    records.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                },
                |(), ()| (),
            )
        });
        let Err(CsvError::Loop(error)) = result else { panic!("{result:?}") };
        assert!(matches!(*error, LoopError::Stopped(Stopped::Cancelled)), "{error}");
        assert!(records.into_inner() <= workers * 4096, "a chunk of each worker");
    }
}

#[test]
fn a_pipeline_stops() {
    for workers in [1, 2, 3] {
        let pool = pool(workers);
        let ring = Ring::<u8>::builder().buffers(4).buffer_len(10).build().expect("a ring");
        let (token, mut seen) = (Token::new(), 0);
        let pipeline = Pipeline::over(&ring).source("endless", |_| Flow::More).sink("cancel", |_| {
            seen += 1;
            if seen == 10 {
                token.cancel();
            }
        });
        let result = with_token(&token, || pipeline.run(&pool));
        assert!(
            matches!(result, Err(PipelineError::Pool(LoopError::Stopped(Stopped::Cancelled)))),
            "{result:?}"
        );
        assert!(seen >= 10);
        assert_eq!(ring.try_claim().map(drop), Ok(()), "the buffers are back");
    }
}

/// A token as a list of facts.
#[derive(Debug)]
struct Naive {
    parent: Option<usize>,
    cancelled: bool,
    overdue: bool,
}

fn any_above(tokens: &[Naive], mut k: usize, fact: impl Fn(&Naive) -> bool) -> bool {
    loop {
        if fact(&tokens[k]) {
            return true;
        }
        match tokens[k].parent {
            Some(parent) => k = parent,
            None => return false,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    New,
    Child(usize),
    /// With a deadline that has passed, or will not.
    ChildWithDeadline(usize, bool),
    Cancel(usize),
    Check(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::New),
        4 => any::<usize>().prop_map(Step::Child),
        2 => any::<(usize, bool)>().prop_map(|(k, passed)| Step::ChildWithDeadline(k, passed)),
        2 => any::<usize>().prop_map(Step::Cancel),
        4 => any::<usize>().prop_map(Step::Check),
    ]
}

proptest! {
    /// A token is stopped exactly if it or an ancestor was cancelled or is overdue, and what it says first it says always.
    #[test]
    fn a_tree_of_tokens_is_as_a_naive_one(steps in prop::collection::vec(step(), 1..80)) {
        let now = Instant::now();
        let mut tokens = vec![Token::new()];
        let mut naive = vec![Naive { parent: None, cancelled: false, overdue: false }];
        let mut told = vec![None];
        let add = |naive: &mut Vec<Naive>, told: &mut Vec<_>, parent, overdue| {
            naive.push(Naive { parent, cancelled: false, overdue });
            told.push(None);
        };
        for step in steps {
            match step {
                Step::New => {
                    tokens.push(Token::new());
                    add(&mut naive, &mut told, None, false);
                }
                Step::Child(k) => {
                    let k = k % tokens.len();
                    tokens.push(tokens[k].child());
                    add(&mut naive, &mut told, Some(k), false);
                }
                Step::ChildWithDeadline(k, passed) => {
                    let k = k % tokens.len();
                    let deadline = if passed { now } else { now + Duration::from_secs(3600) };
                    tokens.push(tokens[k].child_with_deadline(deadline));
                    add(&mut naive, &mut told, Some(k), passed);
                }
                Step::Cancel(k) => {
                    let k = k % tokens.len();
                    tokens[k].clone().cancel();
                    naive[k].cancelled = true;
                }
                Step::Check(k) => {
                    let k = k % tokens.len();
                    let cancelled = any_above(&naive, k, |token| token.cancelled);
                    let overdue = any_above(&naive, k, |token| token.overdue);
                    let said = tokens[k].check().err();
                    prop_assert_eq!(said.is_some(), cancelled || overdue);
                    match said {
                        Some(Stopped::Cancelled) => prop_assert!(cancelled),
                        Some(Stopped::Overdue) => prop_assert!(overdue),
                        _ => {}
                    }
                    if let Some(before) = told[k] {
                        prop_assert_eq!(said, Some(before));
                    }
                    told[k] = said;
                }
            }
        }
    }
}
