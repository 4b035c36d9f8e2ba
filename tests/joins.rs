//! A join runs both closures, once, on whoever has time, and waits for both; panics go on in its caller.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::Pool;

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool of a few threads")
}

fn fib(pool: &Pool, n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = pool.join(|| fib(pool, n - 1), || fib(pool, n - 2));
    a + b
}

fn message(payload: Box<dyn std::any::Any + Send>) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("no text")
}

/// Waits a while for something that another thread does.
fn eventually(is_so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if is_so() {
            return true;
        }
        thread::yield_now();
    }
    false
}

#[test]
fn a_tree_is_summed_on_any_number_of_workers() {
    let n = if cfg!(miri) { 8 } else { 24 };
    for workers in 1..=4 {
        let pool = pool(workers);
        for _ in 0..3 {
            assert_eq!(fib(&pool, n), if cfg!(miri) { 21 } else { 46_368 });
        }
    }
}

#[test]
fn both_results_come_back_and_may_own_things() {
    let pool = pool(2);
    let mut left = vec![1, 2, 3];
    let right = String::from("right");
    let (a, b) = pool.join(
        || {
            left.push(4);
            left.len()
        },
        move || right + "!",
    );
    assert_eq!((a, b.as_str(), left.len()), (4, "right!", 4));
}

#[test]
fn two_long_halves_run_at_the_same_time() {
    // Each half waits until the other has begun, which one thread alone could not.
    let pool = pool(2);
    let begun = AtomicUsize::new(0);
    let half = || {
        begun.fetch_add(1, Relaxed);
        eventually(|| begun.load(Relaxed) == 2)
    };
    assert_eq!(pool.join(half, half), (true, true));
}

#[test]
fn who_has_run_its_short_half_helps_inside_the_long_one() {
    let pool = pool(2);
    let caller = thread::current().id();
    // The second half goes to the helper, and what it forks comes back to the waiting caller.
    let begun = AtomicUsize::new(0);
    let (_, ran_by) = pool.join(
        || eventually(|| begun.load(Relaxed) == 1),
        || {
            begun.fetch_add(1, Relaxed);
            let inner = AtomicUsize::new(0);
            let half = || {
                inner.fetch_add(1, Relaxed);
                assert!(eventually(|| inner.load(Relaxed) == 2));
                thread::current().id()
            };
            pool.join(half, half)
        },
    );
    assert_ne!(ran_by.0, ran_by.1);
    assert!(ran_by.0 == caller || ran_by.1 == caller);
}

#[test]
fn a_lock_held_across_a_join_is_never_met_by_a_stranger() {
    let pool = pool(3);
    let lock = Mutex::new(0);
    let rounds = if cfg!(miri) { 2 } else { 200 };
    let one = || {
        for _ in 0..rounds {
            let mut held = lock.lock().unwrap();
            let (a, b) = pool.join(|| fib(&pool, 5), || fib(&pool, 6));
            *held += a + b;
        }
    };
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| pool.join(one, one));
        }
    });
    assert_eq!(lock.into_inner().unwrap(), 6 * rounds * 13);
}

#[test]
fn a_panic_goes_on_in_the_caller() {
    for workers in 1..=3 {
        let pool = pool(workers);
        let caught = catch_unwind(AssertUnwindSafe(|| pool.join(|| panic!("first"), || 1)));
        assert_eq!(message(caught.unwrap_err()), "first");
        let caught = catch_unwind(AssertUnwindSafe(|| pool.join(|| 1, || panic!("second"))));
        assert_eq!(message(caught.unwrap_err()), "second");
        let both = || pool.join(|| panic!("first"), || panic!("second"));
        assert_eq!(message(catch_unwind(AssertUnwindSafe(both)).unwrap_err()), "first");
        assert_eq!(fib(&pool, 10), 55, "the pool lives");
    }
}

#[test]
fn a_half_that_another_runs_is_waited_for_although_the_first_panics() {
    let pool = pool(2);
    for second_panics in [false, true] {
        let (begun, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let join = || {
            pool.join(
                || {
                    assert!(eventually(|| begun.load(Relaxed) == 1));
                    panic!("first");
                },
                || {
                    begun.store(1, Relaxed);
                    thread::sleep(Duration::from_millis(20));
                    ended.store(1, Relaxed);
                    assert!(!second_panics, "second");
                },
            )
        };
        assert_eq!(message(catch_unwind(AssertUnwindSafe(join)).unwrap_err()), "first");
        assert_eq!(ended.load(Relaxed), 1);
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("bomb");
    }
}

#[test]
fn values_whose_drops_panic_do_not_end_the_process() {
    for workers in 1..=2 {
        let pool = pool(workers);
        // A half that is let go, a result that is let go, and payloads that panic as they go.
        let bomb = Bomb;
        let join = || pool.join(|| panic!("first"), move || _ = &bomb);
        assert_eq!(message(catch_unwind(AssertUnwindSafe(join)).unwrap_err()), "first");
        let join = || pool.join(|| Bomb, || panic!("second"));
        let payload = catch_unwind(AssertUnwindSafe(join)).map(std::mem::forget).unwrap_err();
        assert_eq!(message(payload), "second");
        let join = || pool.join(|| panic!("first"), || std::panic::panic_any(Bomb));
        assert_eq!(message(catch_unwind(AssertUnwindSafe(join)).map(drop).unwrap_err()), "first");
    }
}

#[test]
fn joins_loops_and_pools_lie_inside_each_other() {
    let (outer, inner) = (pool(2), pool(2));
    let count = AtomicUsize::new(0);
    let rounds = if cfg!(miri) { 1 } else { 50 };
    for _ in 0..rounds {
        outer.join(
            || {
                outer
                    .for_each_index(0..64, |_| {
                        inner.join(|| count.fetch_add(1, Relaxed), || fib(&outer, 6));
                    })
                    .unwrap();
            },
            || {
                inner
                    .for_each_index(0..64, |_| {
                        outer.join(|| fib(&inner, 6), || count.fetch_add(1, Relaxed));
                    })
                    .unwrap();
            },
        );
    }
    assert_eq!(count.into_inner(), 128 * rounds);
}

#[test]
fn callers_from_outside_share_a_pool() {
    let pool = pool(3);
    let n = if cfg!(miri) { 6 } else { 20 };
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| assert_eq!(fib(&pool, n), if cfg!(miri) { 8 } else { 6_765 }));
        }
    });
}

#[test]
fn a_list_is_as_deep_as_the_stack_allows() {
    fn depth(pool: &Pool, left: usize) -> usize {
        if left == 0 {
            return 0;
        }
        let (below, _) = pool.join(|| depth(pool, left - 1), || ());
        below + 1
    }
    let pool = pool(2);
    let deep = if cfg!(miri) { 100 } else { 1_000 };
    assert_eq!(depth(&pool, deep), deep);
}
