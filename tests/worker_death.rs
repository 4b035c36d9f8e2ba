//! A thread that dies is replaced, and nothing that waited is lost; one that dies again and again is given up, and nobody
//! waits for it for ever.

#![allow(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::Pool;
use ringmill::pool::{LoopError, Pinning, Refusal, TaskError};

const LONG: Duration = Duration::from_secs(60);

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_thread_whose_start_panics_is_replaced() {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let pool = Pool::builder().workers(2).on_start(move |worker| {
        assert!(counted.fetch_add(1, SeqCst) >= 3, "worker {worker} is not ready");
    });
    // Requiring the pins makes the builder wait for the threads; it does not wait for their hooks.
    let pool = pool.pinning(Pinning::Off).build().expect("hooks do not fail a pool");
    assert_eq!(pool.broadcast(|worker| worker).expect("a broadcast"), [0, 1]);
    let health = pool.health();
    assert_eq!((health.deaths(), health.threads(), health.is_whole()), (3, 1, true));
    assert_eq!(health.last_words(), Some("worker 1 is not ready"));
}

#[test]
fn required_pins_and_a_hook_that_panics_do_not_hang_the_builder() {
    let pool = Pool::builder().workers(2).pinning(Pinning::Required).on_start(|_| panic!("on purpose"));
    // One CPU is too few for a pin; either way it comes back.
    let _ = pool.build().map(drop);
}

#[test]
fn who_dies_again_and_again_is_given_up() {
    let is_broken = Arc::new(AtomicBool::new(true));
    let hook = Arc::clone(&is_broken);
    let pool = Pool::builder().workers(2).on_start(move |_| assert!(!hook.load(SeqCst), "still broken"));
    let pool = pool.build().expect("a pool");
    // A broadcast that waits for the worker comes back when it is given up.
    let error = pool.broadcast(|_| ()).expect_err("worker 1 never comes");
    assert!(matches!(error, LoopError::NoThread { worker: 1 }), "{error}");
    assert!(matches!(pool.broadcast(|_| ()), Err(LoopError::NoThread { worker: 1 })));
    assert_eq!((pool.health().deaths(), pool.health().given_up()), (5, 1));
    // Loops go on with who is there.
    let sum = pool.map_reduce_range(0..1000, 10, |range| range.sum::<usize>(), |a, b| a + b);
    assert_eq!(sum.expect("a loop"), 499_500);
    // A task that was taken in before the last thread is given up ends with it; a later one is refused.
    match pool.submit(|_| ()) {
        Ok(mut task) => assert!(matches!(task.wait_timeout(LONG), Some(Err(TaskError::Closed)))),
        Err(error) => assert!(matches!(error.refusal(), Refusal::Broken)),
    }
    eventually("all are given up", || pool.health().threads() == 0);
    let error = pool.submit(|_| ()).expect_err("nobody to run it");
    assert!(matches!(error.refusal(), Refusal::Broken), "{error}");

    is_broken.store(false, SeqCst);
    pool.mend();
    assert!(pool.submit(|cx| cx.worker() > 0).expect("open").wait_timeout_for_test());
    assert_eq!(pool.broadcast(|worker| worker).expect("a broadcast"), [0, 1]);
    assert!(pool.health().is_whole());
}

/// What the tests do with every task: wait, but not for ever, and not by running it here.
trait WaitForTest<R> {
    fn wait_timeout_for_test(self) -> R;
}

impl<R> WaitForTest<R> for ringmill::pool::Task<R> {
    fn wait_timeout_for_test(mut self) -> R {
        self.wait_timeout(LONG).expect("it ends").expect("it returns")
    }
}

#[test]
fn what_waits_is_done_by_the_successors() {
    // Every thread dies twice before it works.
    let deaths = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&deaths);
    let pool = Pool::builder().workers(3).on_start(move |_| {
        assert!(counted.fetch_add(1, SeqCst) >= 6, "not yet");
    });
    let pool = pool.build().expect("a pool");
    let tasks: Vec<_> = (0..500_u32).map(|k| pool.submit(move |_| k).expect("open")).collect();
    let own: Vec<_> = (1..=3).map(|k| pool.submit_to(k, |cx| cx.worker()).expect("open")).collect();
    let sum: u32 = tasks.into_iter().map(WaitForTest::wait_timeout_for_test).sum();
    assert_eq!(sum, 124_750);
    let workers: Vec<_> = own.into_iter().map(WaitForTest::wait_timeout_for_test).collect();
    assert_eq!(workers, [1, 2, 3]);
    assert_eq!(pool.health().deaths(), 6);
}

#[test]
fn a_stop_that_panics_is_caught() {
    let stops = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&stops);
    let pool = Pool::builder().workers(3).on_stop(move |_| {
        counted.fetch_add(1, SeqCst);
        panic!("on purpose");
    });
    drop(pool.build().expect("a pool"));
    assert_eq!(stops.load(SeqCst), 2, "once for each thread");
}

/// A thread ended by the bare system call tells nobody; a pool that waited for it would wait for ever.
#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_vanishes_is_not_waited_for() {
    let pool = Pool::builder().workers(2).build().expect("a pool");
    let gone = pool.submit_to(1, |_| {
        // SAFETY: `exit` ends this thread alone, and no duty of it is left open: the task borrows nothing, and its memory is
        // given up with it.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    });
    let mut gone = gone.expect("open");
    assert!(gone.wait_timeout(Duration::from_millis(50)).is_none(), "nobody can tell");
    let ended = pool.drain(LONG);
    assert!(ended.is_complete(), "{ended:?}");
    assert_eq!(pool.health().deaths(), 1);
}
