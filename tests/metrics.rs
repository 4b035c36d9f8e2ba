//! What a pool counts is what was done.

#[path = "support/tasks.rs"]
mod tasks;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ringmill::Pool;
use ringmill::pool::{Histogram, Lane, Snapshot, WhenFull};
use tasks::{Fate, NAMES, occupy, run};

type Outcome = Result<(), Box<dyn Error>>;

fn fate() -> impl Strategy<Value = Fate> {
    use Fate::{Cancelled, Completed, Overdue, Panicked};
    prop_oneof![4 => Just(Completed), 1 => Just(Panicked), 1 => Just(Cancelled), 1 => Just(Overdue)]
}

fn check(snapshot: &Snapshot, expected: &BTreeMap<(usize, usize, Fate), u64>) {
    let of = |name, lane, fate| expected.get(&(name, lane, fate)).copied().unwrap_or(0);
    for (name, &text) in NAMES.iter().enumerate() {
        for (number, &lane) in Lane::ALL.iter().enumerate() {
            let found = snapshot.tasks().iter().find(|task| (task.name, task.lane) == (text, Some(lane)));
            let found = found.map_or([0; 6], |task| {
                let times = [task.wait.count(), task.run.count()];
                [task.completed, task.panicked, task.cancelled, task.overdue, times[0], times[1]]
            });
            let [completed, panicked] = [Fate::Completed, Fate::Panicked].map(|fate| of(name, number, fate));
            let ran = completed + panicked;
            let [cancelled, overdue] = [Fate::Cancelled, Fate::Overdue].map(|fate| of(name, number, fate));
            assert_eq!(found, [completed, panicked, cancelled, overdue, ran, ran], "{text:?} in {lane:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 24 }))]

    #[test]
    fn counts_are_those_of_what_was_submitted(
        tasks in prop::collection::vec((0..NAMES.len(), 0..3_usize, fate()), 0..200),
        workers in 1..4_usize,
    ) {
        let pool = Pool::builder().workers(workers).build().expect("threads can be started");
        let expected = run(&pool, &tasks);
        let first = pool.metrics();
        check(&first, &expected);
        prop_assert_eq!(first.submitted(), (tasks.len() + workers) as u64, "with those that occupied the pool");
        // Who waits for a task may run it from its place in the lane, which a worker clears later.
        while pool.depth() > 0 {
            std::thread::yield_now();
        }
        prop_assert_eq!(pool.metrics().depth(), 0);
        // Again, and the two ways to leave out what was before.
        pool.reset_metrics();
        let expected = run(&pool, &tasks);
        check(&pool.metrics(), &expected);
        let before = pool.metrics();
        let expected = run(&pool, &tasks);
        check(&pool.metrics().since(&before), &expected);
    }
}

#[test]
fn a_full_lanes_refusals_are_counted_by_what_became_of_them() -> Outcome {
    let pool = Pool::builder().workers(1).queue_capacity(4).build()?;
    let release = occupy(&pool)?;
    let options = || pool.task().name("full").lane(Lane::Background);
    let _pending: Vec<_> = (0..4).map(|_| options().submit(|_| ())).collect::<Result<_, _>>()?;
    for _ in 0..2 {
        assert!(options().when_full(WhenFull::GiveBack).submit(|_| ()).is_err());
    }
    assert!(options().when_full(WhenFull::WaitFor(Duration::from_millis(1))).submit(|_| ()).is_err());
    options().when_full(WhenFull::RunHere).submit(|_| ())?.wait()?;
    let _newest: Vec<_> =
        (0..5).map(|_| options().when_full(WhenFull::DropNewest).submit(|_| ())).collect::<Result<_, _>>()?;
    let _oldest: Vec<_> =
        (0..3).map(|_| options().when_full(WhenFull::DropOldest).submit(|_| ())).collect::<Result<_, _>>()?;
    let snapshot = pool.metrics();
    let lane = &snapshot.lanes()[Lane::Background as usize];
    assert_eq!(lane.lane, Lane::Background);
    assert_eq!((lane.rejected, lane.ran_here, lane.newest_dropped, lane.oldest_dropped), (3, 1, 5, 3));
    assert_eq!((lane.submitted, lane.depth, lane.most), (4 + 3, 4, 5));
    assert_eq!((snapshot.rejected(), snapshot.dropped(), snapshot.depth()), (3, 8, 4));
    assert_eq!(snapshot.named("full").completed, 1, "by its submitter");
    drop(release);
    Ok(())
}

#[test]
fn what_runs_now_has_a_name_and_an_age() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    let release = occupy(&pool)?;
    let running: Vec<_> = pool.metrics().workers()[1..].iter().filter_map(|worker| worker.running).collect();
    assert_eq!(running.iter().map(|task| task.name).collect::<Vec<_>>(), ["occupy"; 2]);
    let later: Vec<_> = pool.metrics().workers()[1..].iter().filter_map(|worker| worker.running).collect();
    assert!(running.iter().zip(&later).all(|(before, now)| before.elapsed < now.elapsed));
    drop(release);
    Ok(())
}

/// A task that waits for another runs it inside itself; then it is the outer one again that runs.
#[test]
fn a_task_that_ran_another_inside_runs_on() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let (inside, seen) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let task = pool.task().name("outer").submit(move |cx| {
        let inner = cx.pool().task().name("inner").submit(|_| ()).map_err(drop);
        let ended = inner.map(|inner| inner.wait().is_ok());
        let _ = inside.send(ended);
        let _ = wait.recv();
    })?;
    assert_eq!(seen.recv()?, Ok(true));
    let snapshot = pool.metrics();
    assert_eq!(snapshot.named("inner").completed, 1);
    assert_eq!(snapshot.workers()[1].running.map(|task| task.name), Some("outer"));
    drop(release);
    task.wait()?;
    assert_eq!(pool.metrics().workers()[1].running, None);
    Ok(())
}

#[test]
fn times_are_at_least_what_the_tasks_saw_themselves() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    let tasks: Vec<_> = (0..40_u64)
        .map(|k| {
            let submitted = Instant::now();
            pool.submit(move |_| {
                let started = Instant::now();
                while started.elapsed() < Duration::from_micros(k * 10) {}
                (started.duration_since(submitted), started.elapsed())
            })
        })
        .collect::<Result<_, _>>()?;
    let mut seen: Vec<(Duration, Duration)> =
        tasks.into_iter().map(|task| task.wait()).collect::<Result<_, _>>()?;
    let snapshot = pool.metrics();
    let run = snapshot.run();
    // The clock that the pool reads is right to two parts in a thousand.
    let sum: Duration = seen.iter().map(|times| times.1).sum();
    assert!(run.sum() >= sum.mul_f64(0.99), "{:?} {sum:?}", run.sum());
    seen.sort_by_key(|times| times.1);
    assert!(run.longest() >= seen[39].1.mul_f64(0.99));
    for (q, rank) in [(0.25, 9), (0.5, 19), (0.9, 35)] {
        let shown = run.quantile(q).ok_or("forty tasks ran")?;
        assert!(shown >= seen[rank].1.mul_f64(0.93), "{q}: {shown:?} {:?}", seen[rank].1);
    }
    // From a submission to a start it is as long at least as from before the one to after the other, less the way there.
    let waited: Duration = seen.iter().map(|times| times.0).sum();
    assert!(snapshot.wait().sum() <= waited.mul_f64(1.01) + Duration::from_micros(1));
    Ok(())
}

#[test]
fn no_count_goes_back_while_workers_count() -> Outcome {
    const TASKS: u64 = if cfg!(miri) { 100 } else { 20_000 };
    let pool = Pool::builder().workers(2).queue_capacity(64).build()?;
    let is_over = AtomicBool::new(false);
    let submitted = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut snapshots = vec![pool.metrics()];
            while !is_over.load(SeqCst) {
                let at_least = submitted.load(SeqCst);
                let now = pool.metrics();
                let before = &snapshots[snapshots.len() - 1];
                assert!(now.submitted() >= at_least);
                assert!(now.completed() >= before.completed() && now.submitted() >= before.submitted());
                assert!(now.submitted() >= now.completed());
                assert!(now.run().count() >= now.completed(), "what has ended has a time");
                assert!(now.since(before).completed() == now.completed() - before.completed());
                snapshots.push(now);
                if snapshots.len() > 50 {
                    snapshots.drain(..25);
                }
            }
        });
        for k in 0..TASKS {
            drop(pool.submit(move |_| k).expect("the pool is open"));
            submitted.store(k + 1, SeqCst);
        }
        while pool.metrics().completed() < TASKS {
            std::thread::yield_now();
        }
        is_over.store(true, SeqCst);
        reader.join().expect("the reader's checks hold");
    });
    assert_eq!(pool.metrics().completed(), TASKS);
    Ok(())
}

/// Threads that are not the pool's share their counts.
#[test]
fn several_callers_lose_no_count() -> Outcome {
    const TASKS: u64 = if cfg!(miri) { 10 } else { 1_000 };
    let pool = Pool::builder().workers(2).build()?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for k in 0..TASKS {
                    let task = pool.task().name("shared").submit(move |_| k).expect("the pool is open");
                    assert_eq!(task.wait().ok(), Some(k));
                }
            });
        }
    });
    let snapshot = pool.metrics();
    let shared = snapshot.named("shared");
    assert_eq!([shared.completed, shared.wait.count(), shared.run.count()], [4 * TASKS; 3]);
    assert_eq!(snapshot.workers().iter().map(|worker| worker.tasks).sum::<u64>(), 4 * TASKS);
    Ok(())
}

#[test]
fn a_reset_amid_tasks_loses_none() -> Outcome {
    const TASKS: u64 = if cfg!(miri) { 50 } else { 5_000 };
    let pool = Pool::builder().workers(2).build()?;
    let tasks: Vec<_> = (0..TASKS).map(|k| pool.submit(move |_| k)).collect::<Result<_, _>>()?;
    let start = pool.metrics();
    pool.reset_metrics();
    let before_end = pool.metrics();
    for task in tasks {
        task.wait()?;
    }
    let end = pool.metrics();
    assert!(end.completed() + start.completed() <= TASKS, "what ended between the two is in neither");
    assert_eq!(end.since(&before_end).completed(), end.completed() - before_end.completed());
    pool.reset_metrics();
    assert_eq!((pool.metrics().completed(), pool.metrics().submitted()), (0, 0));
    assert_eq!(pool.metrics().run(), Histogram::default());
    pool.submit(|_| ())?.wait()?;
    assert_eq!(pool.metrics().completed(), 1);
    Ok(())
}

#[test]
fn names_beyond_the_table_are_others() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let names: Vec<&'static str> = (0..100).map(|k| &*String::leak(format!("name {k}"))).collect();
    for name in &names {
        pool.task().name(name).submit(|_| ())?.wait()?;
    }
    let snapshot = pool.metrics();
    assert_eq!(snapshot.completed(), 100);
    assert_eq!(snapshot.named("name 63").completed, 1);
    assert_eq!(snapshot.named("name 64").completed, 0);
    assert_eq!(snapshot.named("other").completed, 36);
    Ok(())
}

/// Each worker used to spin for 20 us after each task, and when it was woken for a task that was gone: 2 % of a core at a
/// task in a millisecond.
#[test]
fn workers_that_spun_in_vain_do_not_spin_for_each_task_that_comes_now_and_then() -> Outcome {
    const TASKS: u64 = 100;
    let pool = Pool::builder().workers(2).build()?;
    for _ in 0..TASKS {
        let task = pool.submit(|_| ())?;
        // A worker has to run it, and then finds no more for a while.
        while !task.is_done() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let snapshot = pool.metrics();
    let spins: u64 = snapshot.workers().iter().map(|worker| worker.spins).sum();
    // A worker that others keep from its CPU as it lies down may be woken soon after, and spins once more.
    assert!(spins < TASKS / 2, "{spins} spins: {snapshot}");
    Ok(())
}

#[test]
fn helpers_count_their_loops_and_sleeps() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    for _ in 0..20 {
        pool.broadcast(|_| std::thread::sleep(Duration::from_micros(100)))?;
    }
    let worker = |snapshot: &Snapshot| snapshot.workers()[1].clone();
    let after = worker(&pool.metrics());
    assert_eq!((after.loops, after.steals), (20, 20));
    // A broadcast to a helper that sleeps wakes it. It may wake for no reason before: then again.
    for _ in 0..100_000 {
        let before = worker(&pool.metrics());
        if before.parks == before.wakes {
            std::thread::yield_now();
            continue;
        }
        pool.broadcast(|_| ())?;
        let after = worker(&pool.metrics());
        assert!(after.wakes > before.wakes);
        if after.wake_up.count() > before.wake_up.count() {
            return Ok(());
        }
    }
    panic!("no broadcast woke the helper: {}", pool.metrics());
}
