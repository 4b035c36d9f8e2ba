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

/// Threads that are ended by the bare system call, as a foreign library may do. They tell nobody.
#[cfg(target_os = "linux")]
mod gone {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use ringmill::pool::ScopeError;

    use super::*;

    /// Ends this thread.
    fn vanish() {
        // SAFETY: `exit` ends this thread alone. What it borrows is alive when whoever lent it goes on, and what it owns is
        // never used again.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }

    fn pool(workers: usize) -> Pool {
        Pool::builder().workers(workers).build().expect("a pool")
    }

    /// Returns a body that ends the thread of worker 1 once, and takes a while elsewhere until then.
    fn once(is_gone: &AtomicBool) -> impl Fn(usize) + Sync + '_ {
        move |worker| {
            if worker == 1 && !is_gone.swap(true, SeqCst) {
                vanish();
            }
            if !is_gone.load(SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    fn message(payload: &(dyn std::any::Any + Send)) -> &str {
        payload.downcast_ref::<String>().map_or("no message", String::as_str)
    }

    const WORDS: &str = "the thread of worker 1 was ended from outside while it ran a part";

    #[test]
    fn who_waits_for_its_task_hears_of_it() {
        let pool = pool(2);
        let mut gone = pool.submit_to(1, |_| vanish()).expect("open");
        let error = gone.wait_timeout(LONG).expect("it is told").expect_err("it cannot end");
        assert!(matches!(error, TaskError::ThreadGone { worker: 1 }), "{error}");
        assert!(matches!(gone.wait(), Err(TaskError::ThreadGone { worker: 1 })));
        // Another has taken its place.
        assert_eq!(pool.submit_to(1, |cx| cx.worker()).expect("open").wait_timeout_for_test(), 1);
        assert_eq!((pool.health().deaths(), pool.health().threads()), (1, 2));
        assert!(pool.drain(LONG).is_complete());
    }

    #[test]
    fn a_pool_that_ends_does_not_wait_for_it() {
        let pool = pool(2);
        let gone = pool.submit_to(1, |_| vanish()).expect("open");
        assert!(pool.drain(LONG).is_complete());
        assert_eq!(pool.health().deaths(), 1);
        assert!(matches!(gone.wait(), Err(TaskError::ThreadGone { worker: 1 })));
    }

    #[test]
    fn a_future_hears_of_it_when_somebody_looks() {
        let pool = Arc::new(pool(2));
        let gone = pool.submit_to(1, |_| vanish()).expect("open");
        let waiting = thread::spawn(move || pollster::block_on(gone));
        let mut other = pool.submit_to(1, |_| ()).expect("open");
        // Who waits for another task looks.
        assert!(matches!(other.wait_timeout(LONG), Some(Ok(()))));
        assert!(matches!(waiting.join().expect("no panic"), Err(TaskError::ThreadGone { worker: 1 })));
    }

    #[test]
    fn a_loop_hears_of_it() {
        let pool = pool(2);
        let is_gone = AtomicBool::new(false);
        let body = once(&is_gone);
        let ran = pool.for_each_index(0..1000, |_| {
            body(usize::from(thread::current().name().is_some_and(|name| name.ends_with("-1"))));
        });
        assert!(matches!(ran, Err(LoopError::ThreadGone { worker: 1 })), "{ran:?}");
        let sum = pool.map_reduce_range(0..1000, 10, |range| range.sum::<usize>(), |a, b| a + b);
        assert_eq!(sum.expect("the next loop is whole"), 499_500);
        eventually("another has taken its place", || pool.health().threads() == 1);
    }

    #[test]
    fn a_broadcast_hears_of_it() {
        let pool = pool(3);
        let is_gone = AtomicBool::new(false);
        let error = pool.broadcast(once(&is_gone)).expect_err("worker 1 is gone");
        assert!(matches!(error, LoopError::ThreadGone { worker: 1 }), "{error}");
        assert_eq!(pool.broadcast(|worker| worker).expect("a broadcast"), [0, 1, 2]);
    }

    #[test]
    fn a_join_hears_of_it() {
        let pool = pool(2);
        let is_gone = AtomicBool::new(false);
        let wait = || {
            let start = Instant::now();
            while !is_gone.load(SeqCst) && start.elapsed() < LONG {
                pool.join(thread::yield_now, || ());
            }
        };
        let second = || {
            is_gone.store(true, SeqCst);
            if thread::current().name().is_some_and(|name| name.ends_with("-1")) {
                vanish();
            }
        };
        let joined = catch_unwind(AssertUnwindSafe(|| pool.join(wait, second)));
        assert_eq!(joined.map_err(|payload| message(&*payload).to_owned()), Err(WORDS.to_owned()));
        assert_eq!(pool.join(|| 1, || 2), (1, 2));
    }

    #[test]
    fn a_scope_hears_of_it() {
        let pool = pool(2);
        let is_gone = AtomicBool::new(false);
        let error = pool.scope(|scope| {
            for _ in 0..1000 {
                scope.spawn(|_| {
                    let is_worker = thread::current().name().is_some_and(|name| name.ends_with("-1"));
                    once(&is_gone)(usize::from(is_worker));
                });
            }
        });
        match error {
            Err(ScopeError::Panicked(panics)) => assert_eq!(panics.messages().collect::<Vec<_>>(), [WORDS]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_map_hears_of_it() {
        let pool = pool(2);
        let body = |item: usize| {
            if item == 5 && thread::current().name().is_some_and(|name| name.starts_with("ringmill")) {
                vanish();
            }
            // The consumer runs what nobody has begun.
            thread::sleep(Duration::from_millis(1));
            item
        };
        let mut is_lost = false;
        for _ in 0..100 {
            let collected = catch_unwind(AssertUnwindSafe(|| pool.map_unordered(0..20, 8, body).count()));
            is_lost |= collected.is_err_and(|payload| message(&*payload).contains("was ended from outside"));
            let collected = catch_unwind(AssertUnwindSafe(|| pool.map_ordered(0..20, 8, body).count()));
            is_lost |= collected.is_err_and(|payload| message(&*payload).contains("was ended from outside"));
            if is_lost {
                return;
            }
        }
        panic!("no thread of the pool ran the fifth item");
    }

    #[test]
    fn its_place_is_taken_while_it_blocks() {
        let pool = Pool::builder().workers(1).max_blocking(1).build().expect("a pool");
        for _ in 0..3 {
            let mut gone = pool.submit_to(1, |cx| cx.pool().blocking(vanish)).expect("open");
            assert!(matches!(gone.wait_timeout(LONG), Some(Err(TaskError::ThreadGone { worker: 1 }))));
            assert_eq!(pool.health().blocked(), 0);
        }
    }
}
