//! A scope's jobs borrow what outlives it, run once each, and are over when it is; what they panic with is all reported.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::Pool;
use ringmill::pool::{OnPanic, Scope, ScopeError, Token, with_token};

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool of a few threads")
}

fn message(payload: &(dyn Any + Send)) -> &str {
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
fn each_job_runs_once_and_may_borrow() {
    let jobs = if cfg!(miri) { 300 } else { 30_000 };
    for workers in 1..=3 {
        let pool = pool(workers);
        for round in 1..=4 {
            let mut slots = vec![0_u32; jobs];
            let answer = pool.scope(|scope| {
                for slot in &mut slots {
                    scope.spawn(move |_| *slot += round);
                }
                "answer"
            });
            assert_eq!(answer.unwrap(), "answer");
            assert!(slots.iter().all(|slot| *slot == round));
        }
    }
}

#[test]
fn jobs_spawn_jobs() {
    fn grow<'scope>(scope: &Scope<'scope>, depth: u32, leaves: &'scope AtomicU32) {
        if depth == 0 {
            leaves.fetch_add(1, Relaxed);
            return;
        }
        for _ in 0..2 {
            scope.spawn(move |scope| grow(scope, depth - 1, leaves));
        }
    }
    let depth = if cfg!(miri) { 5 } else { 14 };
    for workers in 1..=3 {
        let pool = pool(workers);
        let leaves = AtomicU32::new(0);
        pool.scope(|scope| grow(scope, depth, &leaves)).unwrap();
        assert_eq!(leaves.into_inner(), 1 << depth);
    }
}

#[test]
fn closures_of_any_size_are_run_and_dropped_once() {
    struct Counted<'a, const N: usize>(&'a AtomicUsize, [u8; N]);
    impl<const N: usize> Drop for Counted<'_, N> {
        fn drop(&mut self) {
            self.0.fetch_add(usize::from(self.1[N - 1]), Relaxed);
        }
    }
    #[repr(align(64))]
    struct Aligned(u8);

    let pool = pool(2);
    let (dropped, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
    pool.scope(|scope| {
        let (small, large, aligned) = (Counted(&dropped, [1; 1]), Counted(&dropped, [10; 500]), Aligned(100));
        let ran = &ran;
        scope.spawn(move |_| _ = ran.fetch_add(usize::from(small.1[0]), Relaxed));
        scope.spawn(move |_| _ = ran.fetch_add(usize::from(large.1[0]), Relaxed));
        scope.spawn(move |_| _ = ran.fetch_add(usize::from({ &aligned }.0), Relaxed));
    })
    .unwrap();
    assert_eq!((ran.into_inner(), dropped.load(Relaxed)), (111, 11));

    let left_out = pool.scope(|scope| {
        scope.stop();
        let (small, large) = (Counted(&dropped, [1; 1]), Counted(&dropped, [10; 500]));
        scope.spawn(move |_| _ = &small);
        scope.spawn(move |_| _ = &large);
    });
    assert!(matches!(left_out, Err(ScopeError::Stopped { skipped: 2 })));
    assert_eq!(dropped.into_inner(), 22);
}

#[test]
fn two_long_jobs_run_at_the_same_time() {
    for _ in 0..3 {
        // A new pool each time: it does not know yet that they are short.
        let pool = pool(2);
        let begun = AtomicUsize::new(0);
        pool.scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|_| {
                    begun.fetch_add(1, Relaxed);
                    assert!(eventually(|| begun.load(Relaxed) == 2));
                });
            }
        })
        .unwrap();
    }
}

#[test]
fn every_panic_is_reported() {
    for workers in 1..=3 {
        let pool = pool(workers);
        let ran = AtomicUsize::new(0);
        let failed = pool.scope(|scope| {
            for k in 0..20 {
                let ran = &ran;
                scope.spawn(move |_| {
                    ran.fetch_add(1, Relaxed);
                    assert!(k % 4 != 0, "job {k}");
                });
            }
        });
        let Err(ScopeError::Panicked(panics)) = failed else { panic!("five jobs panicked") };
        let mut messages: Vec<String> = panics.messages().map(String::from).collect();
        messages.sort();
        assert_eq!(messages, ["job 0", "job 12", "job 16", "job 4", "job 8"]);
        assert_eq!((panics.len(), panics.into_payloads().len(), ran.into_inner()), (5, 5, 20));
    }
}

#[test]
fn the_first_panic_may_stop_the_rest() {
    let pool = pool(1);
    let ran = AtomicUsize::new(0);
    let failed = pool.scope_with(OnPanic::Stop, |scope| {
        for _ in 0..10 {
            scope.spawn(|_| {
                ran.fetch_add(1, Relaxed);
                panic!("stop");
            });
        }
    });
    assert!(matches!(failed, Err(ScopeError::Panicked(panics)) if panics.len() == 1));
    assert_eq!(ran.into_inner(), 1);
}

#[test]
fn a_panic_of_the_body_goes_on_when_all_jobs_have_ended() {
    for workers in 1..=2 {
        let pool = pool(workers);
        let ran = AtomicUsize::new(0);
        let scope = || {
            pool.scope(|scope| {
                for _ in 0..10 {
                    scope.spawn(|_| {
                        ran.fetch_add(1, Relaxed);
                        panic!("a job's");
                    });
                }
                panic!("the body's");
            })
        };
        let payload = catch_unwind(AssertUnwindSafe(scope)).map(|_: Result<(), _>| ()).unwrap_err();
        assert_eq!(message(&*payload), "the body's");
        assert_eq!(ran.into_inner(), 10);
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
        // What is left out panics as it goes: reported. A payload that does: let go.
        let stopped = pool.scope(|scope| {
            scope.stop();
            for _ in 0..2 {
                let bomb = Bomb;
                scope.spawn(move |_| _ = &bomb);
            }
        });
        assert!(matches!(stopped, Err(ScopeError::Panicked(panics)) if panics.len() == 2));
        let failed = pool.scope(|scope| (0..3).for_each(|_| scope.spawn(|_| std::panic::panic_any(Bomb))));
        drop(failed);
        let body = || {
            pool.scope(|scope| {
                scope.spawn(|_| std::panic::panic_any(Bomb));
                panic!("body");
            })
        };
        let payload = catch_unwind(AssertUnwindSafe(body)).map(|_: Result<(), _>| ()).unwrap_err();
        assert_eq!(message(&*payload), "body");
    }
}

#[test]
fn a_stopped_scope_leaves_out_what_has_not_begun() {
    let pool = pool(2);
    let ran = AtomicUsize::new(0);
    let jobs = 1000;
    let stopped = pool.scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|scope| {
                if ran.fetch_add(1, Relaxed) == 10 {
                    scope.stop();
                }
                assert!(!scope.is_stopped() || ran.load(Relaxed) > 10);
            });
        }
    });
    let Err(ScopeError::Stopped { skipped }) = stopped else { panic!("jobs were left out") };
    assert_eq!(skipped + ran.into_inner(), jobs);
}

#[test]
fn a_token_stops_a_scope() {
    let pool = pool(2);
    let token = Token::new();
    let ran = AtomicUsize::new(0);
    let stopped = with_token(&token, || {
        pool.scope(|scope| {
            for _ in 0..500 {
                scope.spawn(|scope| {
                    if ran.fetch_add(1, Relaxed) == 3 {
                        token.cancel();
                        assert!(scope.is_stopped());
                    }
                });
            }
        })
    });
    let Err(ScopeError::Stopped { skipped }) = stopped else { panic!("jobs were left out") };
    assert_eq!(skipped + ran.into_inner(), 500);
    pool.scope(|scope| scope.spawn(|scope| assert!(!scope.is_stopped()))).unwrap();
}

#[test]
fn halves_and_jobs_heed_the_token_on_any_thread() {
    let pool = pool(3);
    let token = Token::new();
    let heard = AtomicUsize::new(0);
    let hear = || {
        assert!(Token::current().is_some());
        heard.fetch_add(1, Relaxed);
        assert!(eventually(|| heard.load(Relaxed) >= 2));
    };
    with_token(&token, || {
        pool.join(hear, hear);
        heard.store(0, Relaxed);
        pool.scope(|scope| (0..2).for_each(|_| scope.spawn(|_| hear()))).unwrap();
    });
    pool.join(|| assert!(Token::current().is_none()), || assert!(Token::current().is_none()));
}

#[test]
fn scopes_joins_and_loops_lie_inside_each_other() {
    let (pool, other) = (pool(3), pool(2));
    let count = AtomicUsize::new(0);
    let rounds = if cfg!(miri) { 1 } else { 30 };
    for _ in 0..rounds {
        pool.scope(|outer| {
            for _ in 0..8 {
                outer.spawn(|outer| {
                    let inner = pool.scope(|inner| {
                        // Into the scope around it, from inside of another one.
                        inner.spawn(|_| outer.spawn(|_| _ = count.fetch_add(1, Relaxed)));
                        pool.join(
                            || inner.spawn(|_| _ = count.fetch_add(1, Relaxed)),
                            || outer.spawn(|_| _ = count.fetch_add(1, Relaxed)),
                        );
                    });
                    inner.unwrap();
                    other
                        .for_each_index(0..4, |_| {
                            let each = pool.scope(|inner| inner.spawn(|_| _ = count.fetch_add(1, Relaxed)));
                            each.unwrap();
                        })
                        .unwrap();
                });
            }
        })
        .unwrap();
    }
    assert_eq!(count.into_inner(), rounds * 8 * 7);
}

#[test]
fn a_scope_may_be_used_by_threads_of_its_body() {
    let pool = pool(2);
    let count = AtomicUsize::new(0);
    pool.scope(|scope| {
        thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| (0..100).for_each(|_| scope.spawn(|_| _ = count.fetch_add(1, Relaxed))));
            }
        });
    })
    .unwrap();
    assert_eq!(count.into_inner(), 300);
}

#[test]
fn a_lock_held_across_a_scope_is_never_met_by_a_stranger() {
    let pool = pool(3);
    let lock = Mutex::new(0);
    let rounds = if cfg!(miri) { 2 } else { 100 };
    pool.scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|_| {
                for _ in 0..rounds {
                    let mut held = lock.lock().unwrap();
                    let inner = AtomicUsize::new(0);
                    pool.scope(|scope| (0..5).for_each(|_| scope.spawn(|_| _ = inner.fetch_add(1, Relaxed))))
                        .unwrap();
                    *held += inner.into_inner();
                }
            });
        }
    })
    .unwrap();
    assert_eq!(lock.into_inner().unwrap(), 4 * rounds * 5);
}
