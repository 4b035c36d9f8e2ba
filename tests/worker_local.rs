//! A worker's value is made once, used wherever the worker works, and torn down once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use ringmill::Pool;

/// Other pools make such a value anew whenever a loop is split: thousands of times where two would do.
#[test]
fn a_value_is_made_once_per_worker_over_many_loops() {
    const LOOPS: usize = 200;
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    let pool = Pool::builder().workers(3).build().expect("a pool");
    let local = pool.worker_local(move |worker| {
        counted.fetch_add(1, SeqCst);
        (worker, 0_usize)
    });
    for _ in 0..LOOPS {
        pool.for_each_index(0..500, |_| local.with(|(_, count)| *count += 1).expect("not nested"))
            .expect("a loop");
    }
    // Each worker, for certain.
    pool.broadcast(|worker| local.with(|(maker, _)| assert_eq!(*maker, worker)).expect("not nested"))
        .expect("all");
    let (_, joined) = pool.join(|| (), || local.with(|(_, count)| *count += 1));
    joined.expect("not nested");
    assert_eq!(made.load(SeqCst), 3);
    let values = local.into_values();
    assert!(values.iter().map(|(maker, _)| *maker).eq(0..3), "{values:?}");
    assert_eq!(values.iter().map(|(_, count)| count).sum::<usize>(), 500 * LOOPS + 1);
}

#[test]
fn tasks_use_it_and_each_caller_has_its_own() {
    let pool = Arc::new(Pool::builder().workers(2).build().expect("a pool"));
    let local = Arc::new(pool.worker_local(|worker| (worker, 0)));
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let local = Arc::clone(&local);
            pool.submit(move |_| local.with(|(_, count)| *count += 1).is_ok()).expect("open")
        })
        .collect();
    for mut task in tasks {
        assert!(task.wait_timeout(Duration::from_secs(60)).expect("it ran").expect("a result"));
    }
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..10).for_each(|_| local.with(|(_, count)| *count += 1).expect("not nested")));
        }
    });
    drop(pool);
    let values = Arc::into_inner(local).expect("the tasks are over").into_values();
    let of_callers: Vec<_> =
        values.iter().filter(|(maker, _)| *maker == 0).map(|(_, count)| *count).collect();
    assert_eq!(of_callers, [10, 10, 10]);
    let of_threads: i32 = values.iter().filter(|(maker, _)| *maker > 0).map(|(_, count)| count).sum();
    assert_eq!(of_threads, 100);
}

#[test]
fn a_call_inside_a_call_is_an_error() {
    let pool = Pool::builder().workers(2).build().expect("a pool");
    let local = pool.worker_local(|_| 0);
    let nested = pool.broadcast(|_| local.with(|_| local.with(|_| ()).is_err()).expect("the outer one"));
    assert_eq!(nested.expect("a broadcast"), [true, true]);
    assert!(local.with(|_| ()).is_ok());
}

#[test]
fn a_panic_leaves_the_value_and_a_failed_start_is_tried_again() {
    let tries = AtomicUsize::new(0);
    let pool = Pool::builder().workers(1).build().expect("a pool");
    let tries = Arc::new(tries);
    let counted = Arc::clone(&tries);
    let local = pool.worker_local(move |_| {
        assert!(counted.fetch_add(1, SeqCst) > 0, "not the first time");
        5
    });
    let first = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| local.with(|_| ())));
    assert!(first.is_err());
    let second = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        local.with(|value| {
            *value = 6;
            panic!("on purpose");
        })
    }));
    assert!(second.is_err());
    assert_eq!(local.with(|value| *value), Ok(6));
    assert_eq!((tries.load(SeqCst), local.into_values()), (2, vec![6]));
}

#[test]
fn teardown_runs_once_for_each_value() {
    let torn = Arc::new(AtomicUsize::new(0));
    let pool = Pool::builder().workers(3).build().expect("a pool");
    let make = || {
        let torn = Arc::clone(&torn);
        pool.worker_local(|worker| worker).teardown(move |worker, value| {
            assert_eq!(worker, value);
            torn.fetch_add(1, SeqCst);
        })
    };
    let local = make();
    pool.broadcast(|_| local.with(|_| ()).expect("not nested")).expect("a broadcast");
    drop(local);
    assert_eq!(torn.load(SeqCst), 3);
    // Values that are taken out are not torn down.
    let local = make();
    local.with(|_| ()).expect("not nested");
    assert_eq!(local.into_values(), [0]);
    assert_eq!(torn.load(SeqCst), 3);
}

#[test]
fn a_teardown_that_panics_leaves_the_others_theirs() {
    let pool = Pool::builder().workers(1).build().expect("a pool");
    let torn = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&torn);
    let local = Arc::new(pool.worker_local(|worker| worker).teardown(move |_, _| {
        counted.fetch_add(1, SeqCst);
        // Without the hook's words on the terminal.
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    for _ in 0..3 {
        let local = Arc::clone(&local);
        std::thread::spawn(move || local.with(|_| ()).expect("not nested")).join().expect("no panic");
    }
    drop(local);
    assert_eq!(torn.load(SeqCst), 3);
}
