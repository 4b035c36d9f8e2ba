//! A pool grows and shrinks while it works, and a thread that blocks leaves its place to another.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::Pool;
use ringmill::pool::{BuildError, ChosenBy, Refusal, ResizeError};

/// Waits for what another thread is sure to do; fails after a minute.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::yield_now();
    }
}

fn threads_that_run(pool: &Pool) -> BTreeSet<usize> {
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            pool.submit(|cx| {
                thread::sleep(Duration::from_micros(50));
                cx.worker()
            })
            .expect("open")
        })
        .collect();
    tasks
        .into_iter()
        .map(|mut task| {
            let result = task.wait_timeout(Duration::from_secs(60));
            result.expect("it runs").expect("it returns")
        })
        .collect()
}

#[test]
fn new_workers_work_and_surplus_ones_do_not() {
    let pool = Pool::builder().workers(1).max_workers(4).build().expect("a pool");
    for workers in [4, 2, 3, 1, 4] {
        pool.resize(workers).expect("within what it was built for");
        assert_eq!(pool.workers(), workers);
        assert_eq!(pool.broadcast(|worker| worker).expect("a broadcast").len(), workers);
        let sum = pool.map_reduce_range(0..10_000, 10, |range| range.sum::<usize>(), |a, b| a + b);
        assert_eq!(sum.expect("a loop"), 49_995_000);
        let ran = threads_that_run(&pool);
        assert!(ran.iter().all(|&worker| (1..=workers).contains(&worker)), "{workers}: {ran:?}");
    }
    assert_eq!(pool.sizing().chosen_by(), ChosenBy::Resize);
    assert_eq!(pool.sizing().workers(), 4);
}

#[test]
fn all_new_workers_work_at_once() {
    let pool = Pool::builder().workers(1).max_workers(5).build().expect("a pool");
    pool.resize(5).expect("five");
    // Each task waits for the others, so each has a thread of its own.
    let meet = Arc::new(Barrier::new(5));
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let meet = Arc::clone(&meet);
            pool.submit(move |_| meet.wait().is_leader()).expect("open")
        })
        .collect();
    let leaders = tasks.into_iter().map(|mut task| task.wait_timeout(Duration::from_secs(60)));
    assert_eq!(leaders.filter(|leads| matches!(leads, Some(Ok(true)))).count(), 1);
}

#[test]
fn a_number_that_it_was_not_built_for_is_an_error() {
    let pool = Pool::builder().workers(2).max_workers(3).build().expect("a pool");
    for workers in [0, 4] {
        let error = pool.resize(workers).expect_err("out of bounds");
        assert!(matches!(error, ResizeError::Workers { limit: 3, .. }), "{error}");
    }
    assert_eq!(pool.workers(), 2);
    let error = Pool::builder().workers(3).max_workers(2).build().expect_err("more than the most");
    assert!(matches!(error, BuildError::Workers { requested: 3, limit: 2 }), "{error}");
    let refused = pool.submit_to(3, |_| ()).expect_err("no such worker");
    assert!(matches!(refused.refusal(), Refusal::NoSuchWorker { worker: 3, workers: 2 }));
}

#[test]
fn nothing_is_lost_while_it_changes() {
    let pool = Arc::new(Pool::builder().workers(2).max_workers(4).build().expect("a pool"));
    let (ran, stop) = (Arc::new(AtomicUsize::new(0)), AtomicBool::new(false));
    let rounds = if cfg!(miri) { 20 } else { 2_000 };
    thread::scope(|scope| {
        scope.spawn(|| {
            for step in 0.. {
                if stop.load(SeqCst) {
                    return;
                }
                pool.resize(1 + step % 4).expect("within bounds");
            }
        });
        scope.spawn(|| {
            for _ in 0..rounds / 20 {
                let workers = pool.broadcast(|worker| worker).expect("a broadcast");
                assert!(workers.iter().copied().eq(0..workers.len()), "{workers:?}");
            }
        });
        for _ in 0..rounds {
            let ran = Arc::clone(&ran);
            let mut task = pool.submit(move |_| ran.fetch_add(1, SeqCst)).expect("open");
            let result = task.wait_timeout(Duration::from_secs(60));
            assert!(result.is_some_and(|result| result.is_ok()), "a task was slept through");
        }
        for _ in 0..rounds / 10 {
            let worker = 1;
            let ran = Arc::clone(&ran);
            let mut task = pool.submit_to(worker, move |_| ran.fetch_add(1, SeqCst)).expect("open");
            assert!(task.wait_timeout(Duration::from_secs(60)).is_some(), "a worker's own task was lost");
        }
        stop.store(true, SeqCst);
    });
    assert_eq!(ran.load(SeqCst), rounds + rounds / 10);
}

#[test]
fn a_resize_inside_a_job_is_no_deadlock() {
    let pool = Pool::builder().workers(2).max_workers(3).build().expect("a pool");
    let sizes = pool.broadcast(|worker| {
        if worker == 1 {
            pool.resize(3).expect("within bounds");
        }
        pool.workers()
    });
    assert_eq!(sizes.expect("a broadcast"), [2, 2], "the number moved during a broadcast");
    assert_eq!(pool.workers(), 3);
    assert!(pool.submit(|cx| cx.pool().resize(1).is_ok()).expect("open").wait().expect("a result"));
    assert_eq!(pool.workers(), 1);
}

#[test]
fn a_task_may_block_on_another_of_a_pool_of_one() {
    let pool = Pool::builder().workers(1).build().expect("a pool");
    let (give, take) = mpsc::channel();
    let mut first = pool.submit(move |cx| cx.pool().blocking(|| take.recv())).expect("open");
    eventually("the first blocks", || pool.health().blocked() == 1);
    let second = pool.submit(move |cx| (cx.worker(), give.send(7).is_ok())).expect("open");
    let got = first.wait_timeout(Duration::from_secs(60)).expect("the second ran").expect("a result");
    assert_eq!(got, Ok(7));
    assert_eq!(second.wait().expect("a result"), (2, true), "a spare thread ran it");
    eventually("the place is taken back", || pool.health().blocked() == 0);
    // The spare thread stands by.
    assert_eq!(threads_that_run(&pool), [1].into());
}

#[test]
fn at_most_so_many_are_away() {
    let pool = Pool::builder().workers(1).max_blocking(2).build().expect("a pool");
    let (open, gate) = mpsc::channel::<()>();
    let gate = Arc::new(std::sync::Mutex::new(gate));
    let begun = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            let task = move |cx: &ringmill::pool::Cx<'_>| {
                cx.pool().blocking(|| {
                    begun.fetch_add(1, SeqCst);
                    gate.lock().expect("whole").recv().is_ok()
                })
            };
            pool.submit(task).expect("open")
        })
        .collect();
    eventually("two are away and a third blocks in place", || begun.load(SeqCst) == 3);
    thread::sleep(Duration::from_millis(20));
    assert_eq!((begun.load(SeqCst), pool.health().blocked()), (3, 2));
    for _ in 0..4 {
        open.send(()).expect("somebody waits");
    }
    for mut task in tasks {
        assert!(task.wait_timeout(Duration::from_secs(60)).expect("it ends").expect("a result"));
    }
    eventually("all are back", || pool.health().blocked() == 0);
}

#[test]
fn blocking_elsewhere_just_runs() {
    let pool = Pool::builder().workers(2).build().expect("a pool");
    assert_eq!(pool.blocking(|| pool.health().blocked()), 0);
    let other = Pool::builder().workers(1).build().expect("a pool");
    let seen = other.submit(move |cx| {
        let nested = cx.pool().blocking(|| cx.pool().blocking(|| cx.pool().health().blocked()));
        (pool.blocking(|| pool.health().blocked()), nested)
    });
    // Not `wait`, which might run the task here.
    let seen = seen.expect("open").wait_timeout(Duration::from_secs(60)).expect("it ran");
    assert_eq!(seen.expect("a result"), (0, 1), "a thread of another pool has no place here");
    // Whoever panics is back.
    let mut panics = other.submit(|cx| cx.pool().blocking(|| panic!("on purpose"))).expect("open");
    assert!(panics.wait_timeout(Duration::from_secs(60)).is_some_and(|result| result.is_err()));
    eventually("it is back", || other.health().blocked() == 0);
}

/// CPU time of the process, in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a status");
    let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    [11, 12].iter().map(|&k| fields[k].parse::<u64>().expect("a number")).sum()
}

#[cfg(target_os = "linux")]
#[test]
fn those_who_stand_by_are_asleep() {
    let child = std::env::var_os("RESIZE_CHILD").is_some();
    if !child {
        let status = std::process::Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", "those_who_stand_by_are_asleep"])
            .env("RESIZE_CHILD", "1")
            .status();
        assert!(status.expect("a child").success());
        return;
    }
    let pool = Pool::builder().workers(4).max_workers(4).build().expect("a pool");
    threads_that_run(&pool);
    pool.resize(1).expect("one");
    threads_that_run(&pool);
    thread::sleep(Duration::from_millis(50));
    let before = cpu_ticks();
    thread::sleep(Duration::from_millis(500));
    assert!(cpu_ticks() - before <= 1, "an idle pool used the CPU");
}
