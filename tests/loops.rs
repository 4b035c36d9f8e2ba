//! The loops of a pool do every piece once, in place, and reduce to the same bits at any number of workers.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringmill::Pool;
use ringmill::pool::{BuildError, LoopError};

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool")
}

#[test]
fn a_name_that_no_thread_can_have_is_refused() {
    let error = Pool::builder().workers(2).thread_name("a\0b").build().expect_err("no pool");
    assert!(matches!(&error, BuildError::Name { name } if name == "a\0b"));
    assert_eq!(error.to_string(), r#"a thread's name cannot hold a zero byte, as "a\0b" does"#);
}

#[test]
fn a_stack_of_any_size_is_a_pool_or_an_error() {
    for bytes in [0, 1, usize::MAX] {
        let _ = Pool::builder().workers(2).stack_bytes(bytes).build();
    }
}

#[test]
fn every_element_is_visited_once() {
    for workers in [1, 2, 3, 8] {
        let pool = pool(workers);
        for len in [0, 1, 127, 128, 4096, 4097, 100_000, 1_000_003] {
            let mut data = vec![0_u8; len];
            pool.for_each_chunk(&mut data, |chunk| chunk.iter_mut().for_each(|x| *x += 1)).expect("a loop");
            assert!(data.iter().all(|&x| x == 1), "{workers} workers, {len} elements");
        }
    }
}

#[test]
fn a_range_of_any_length_is_covered() {
    // The caller's probe doubles what it has done; with more than half of 2^32 pieces done that once ran over.
    for workers in [1, 2] {
        let pool = pool(workers);
        for len in [u32::MAX as usize, usize::MAX].repeat(20) {
            let seen = AtomicUsize::new(0);
            let count = |range: std::ops::Range<usize>| _ = seen.fetch_add(range.len(), Ordering::Relaxed);
            pool.for_each_range(0..len, 1, count).expect("a loop");
            assert_eq!(seen.into_inner(), len);
        }
    }
}

#[test]
fn chunks_of_a_length_have_that_length() {
    for workers in [1, 2, 3] {
        let mut data: Vec<usize> = vec![0; 1003];
        let body = |chunk: &mut [usize]| chunk.fill(chunk.len());
        pool(workers).for_each_chunk_of(&mut data, 10, body).expect("a loop");
        assert!(data[..1000].iter().all(|&len| len == 10));
        assert_eq!(data[1000..], [3, 3, 3]);
    }
}

#[test]
fn every_index_is_called_once() {
    let pool = pool(3);
    for count in [0, 1, 2, 3, 100, 65_537] {
        let calls: Vec<_> = (0..count).map(|_| AtomicUsize::new(0)).collect();
        let body = |i: usize| {
            calls[i].fetch_add(1, Ordering::Relaxed);
        };
        pool.for_each_index(0..count, body).expect("a loop");
        assert!(calls.iter().all(|calls| calls.load(Ordering::Relaxed) == 1));
    }
    pool.for_each_range(5..25, 10, |range| assert!(range.start % 10 == 5 && range.end % 10 == 5))
        .expect("a loop");
}

#[test]
fn arrays_walk_together_or_not_at_all() {
    let pool = pool(2);
    let (a, b) = (vec![1.5_f64; 50_000], vec![2_u8; 50_000]);
    let mut c = vec![0.0_f32; 50_000];
    pool.for_each_chunk((&mut c, &a, &b), |(c, a, b)| {
        assert!(c.len() == a.len() && a.len() == b.len());
        for i in 0..c.len() {
            c[i] = a[i] as f32 * f32::from(b[i]);
        }
    })
    .expect("a loop");
    assert!(c.iter().all(|&x| x == 3.0));

    let short = vec![0_u8; 49_999];
    let error = pool.for_each_chunk((&mut c, &short), |_| panic!("must not run")).expect_err("two lengths");
    assert!(matches!(error, LoopError::Lengths { first: 50_000, other: 49_999 }), "{error}");
}

#[test]
fn reductions_have_one_shape() {
    let readings: Vec<f32> =
        (0..3_000_017_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 * 1e-3).collect();
    for len in [0, 1, 4096, 8192, 8193, 100_000, readings.len()] {
        let bits = |workers| {
            let sum =
                pool(workers).map_reduce(&readings[..len], |chunk| chunk.iter().sum::<f32>(), |a, b| a + b);
            sum.expect("a sum").to_bits()
        };
        let alone = bits(1);
        for workers in [2, 3, 8] {
            for _ in 0..5 {
                assert_eq!(bits(workers), alone, "{workers} workers, {len} elements");
            }
        }
    }
}

#[test]
fn reductions_keep_the_order() {
    for workers in [1, 2, 3, 8] {
        for count in [1, 2, 31, 32, 33, 1000] {
            let all = pool(workers)
                .map_reduce_range(0..count, 1, |range| range.collect::<Vec<_>>(), |a, b| [a, b].concat())
                .expect("a list");
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}

#[test]
fn broadcast_runs_once_on_each_worker() {
    for workers in [1, 2, 3, 8] {
        let pool = pool(workers);
        for _ in 0..100 {
            let threads =
                pool.broadcast(|worker| (worker, std::thread::current().id())).expect("a broadcast");
            let mut ids: Vec<_> = threads.iter().map(|(_, id)| *id).collect();
            ids.dedup();
            assert_eq!(ids.len(), workers);
            assert!(threads.iter().enumerate().all(|(k, (worker, _))| k == *worker));
            assert_eq!(ids[0], std::thread::current().id());
        }
        let inside = pool.map_reduce_range(0..4, 1, |_| pool.broadcast(|_| ()).is_err(), |a, b| a && b);
        assert!(inside.expect("a loop"));
    }
}

#[test]
fn loops_run_inside_loops() {
    for workers in [1, 2, 3, 8] {
        let pool = pool(workers);
        let count = AtomicUsize::new(0);
        let innermost = |_| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let inner = |_| pool.for_each_index(0..20, innermost).expect("a loop");
        let outer = |_| pool.for_each_index(0..20, inner).expect("a loop");
        pool.for_each_index(0..20, outer).expect("a loop");
        assert_eq!(count.into_inner(), 8000);
    }
}

#[test]
fn many_threads_run_loops_at_once() {
    let pool = pool(3);
    std::thread::scope(|scope| {
        for seed in 0..16_usize {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..200 {
                    let count = (seed * 131 + round * 17) % 3000;
                    let sum = pool.map_reduce_range(0..count, 7, |range| range.sum::<usize>(), |a, b| a + b);
                    assert_eq!(sum.expect("a sum"), count * count.saturating_sub(1) / 2);
                }
                pool.broadcast(|_| ()).expect("a broadcast");
            });
        }
    });
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
    for workers in [1, 2, 3] {
        let pool = pool(workers);
        for round in 0..50 {
            let body = |i| {
                if i == 20 * round {
                    panic_any(format!("index {i}"));
                }
            };
            let panic =
                catch_unwind(AssertUnwindSafe(|| pool.for_each_index(0..1000, body))).expect_err("a panic");
            assert_eq!(*panic.downcast::<String>().expect("the payload"), format!("index {}", 20 * round));
            let sum = pool.map_reduce_range(0..100, 3, |range| range.sum::<usize>(), |a, b| a + b);
            assert_eq!(sum.expect("a sum"), 4950);
        }
    }
}

#[test]
fn a_payload_whose_drop_panics_is_no_end_either() {
    struct Nasty;
    impl Drop for Nasty {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    for workers in [1, 2, 3] {
        let pool = pool(workers);
        let body = |_| panic_any(Nasty);
        let panic = catch_unwind(AssertUnwindSafe(|| pool.for_each_index(0..1000, body)));
        std::mem::forget(panic.expect_err("a panic"));
        assert_eq!(pool.broadcast(|_| 1).expect("a broadcast").len(), workers);
    }
}

#[test]
fn results_are_dropped_once_when_a_reduction_panics() {
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    for workers in [1, 2, 3] {
        let (made, dropped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let pool = pool(workers);
        let map = |range: std::ops::Range<usize>| {
            assert!(range.start != 77, "leaf 77");
            made.fetch_add(1, Ordering::Relaxed);
            Counted(&dropped)
        };
        let sum = AssertUnwindSafe(|| pool.map_reduce_range(0..200, 1, map, |a, _| a).map(drop));
        assert!(catch_unwind(sum).is_err());
        assert_eq!(made.load(Ordering::Relaxed), dropped.load(Ordering::Relaxed));
    }
}

#[test]
fn a_sleeping_helper_joins_a_long_loop() {
    // Two pieces that wait for each other end only if a helper joins. The pool is new, so it knows nothing of such
    // loops and has to wake whoever sleeps; what it has learnt it may use later, and pieces must not wait then.
    for _ in 0..20 {
        let pool = pool(2);
        pool.broadcast(|_| ()).expect("a broadcast");
        let barrier = Barrier::new(2);
        let body = |_| {
            barrier.wait();
        };
        pool.for_each_index(0..2, body).expect("a loop");
    }
}

#[test]
fn pools_come_and_go() {
    for workers in [1, 2, 3, 8] {
        for _ in 0..50 {
            drop(pool(workers));
            let pool = pool(workers);
            assert_eq!(
                pool.map_reduce_range(0..10, 1, |range| range.len(), |a, b| a + b).expect("a sum"),
                10
            );
        }
    }
    assert!(Pool::builder().workers(0).build().is_err());
    assert!(Pool::builder().workers(1 << 20).build().is_err());
}
