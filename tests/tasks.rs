//! A task goes in as a closure and comes out as a result, an error, or the closure again.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use ringmill::Pool;
use ringmill::pool::task::Refusal;
use ringmill::pool::{Lane, TaskError, WhenFull};

type Outcome = Result<(), Box<dyn Error>>;

/// Keeps every thread of the pool busy until the sender is dropped.
fn occupy(pool: &Pool) -> Result<mpsc::Sender<()>, Box<dyn Error>> {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let busy = Arc::new(Barrier::new(pool.workers() + 1));
    for worker in 1..=pool.workers() {
        let (wait, busy) = (Arc::clone(&wait), Arc::clone(&busy));
        drop(pool.submit_to(worker, move |_| {
            busy.wait();
            let _ = wait.lock().expect("nobody panics here").recv();
        })?);
    }
    busy.wait();
    Ok(release)
}

#[test]
fn every_task_runs_once() -> Outcome {
    for workers in 1..=4 {
        let pool = Pool::builder().workers(workers).queue_capacity(64).build()?;
        let ran: Arc<Vec<AtomicUsize>> = Arc::new((0..2_000).map(|_| AtomicUsize::new(0)).collect());
        let tasks: Vec<_> = (0..2_000)
            .map(|k| {
                let ran = Arc::clone(&ran);
                pool.submit(move |_| ran[k].fetch_add(1, SeqCst) + k)
            })
            .collect::<Result<_, _>>()?;
        for (k, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.wait()?, k);
        }
        assert!(ran.iter().all(|ran| ran.load(SeqCst) == 1));
    }
    Ok(())
}

#[test]
fn as_many_tasks_run_at_a_time_as_there_are_workers() -> Outcome {
    for workers in 1..=4 {
        let pool = Pool::builder().workers(workers).build()?;
        for _ in 0..50 {
            // Each waits for all others, and the submitter does not help: `wait_timeout` never runs a task.
            let all = Arc::new(Barrier::new(workers));
            let tasks: Vec<_> = (0..workers)
                .map(|_| {
                    let all = Arc::clone(&all);
                    pool.submit(move |_| all.wait())
                })
                .collect::<Result<_, _>>()?;
            for mut task in tasks {
                while task.wait_timeout(Duration::from_secs(60)).is_none() {}
            }
        }
    }
    Ok(())
}

#[test]
fn a_panic_is_one_tasks() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    for k in 0..100 {
        let task = pool.submit(move |_| if k % 3 == 0 { panic!("{k} is bad") } else { k })?;
        match task.wait() {
            Ok(value) => assert_eq!(value, k),
            Err(TaskError::Panicked(panic)) => assert_eq!(panic.message(), Some(&*format!("{k} is bad"))),
            Err(other) => panic!("{other}"),
        }
    }
    Ok(())
}

#[test]
fn results_and_closures_whose_drop_panics_harm_nobody() -> Outcome {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let pool = Pool::builder().workers(2).build()?;
    for _ in 0..20 {
        let bomb = Bomb;
        let tasks = (pool.submit(|_| Bomb)?, pool.submit(move |_| drop(bomb))?);
        let payload = pool.submit(|_| std::panic::panic_any(Bomb))?;
        // What has ended by now is dropped here, and not on a worker.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(tasks.0)));
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(tasks.1)));
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)));
    }
    let release = occupy(&pool)?;
    let bomb = Bomb;
    let task = pool.submit(move |_| std::mem::forget(bomb))?;
    task.cancel();
    drop(release);
    assert!(matches!(task.wait(), Err(TaskError::Cancelled)));
    assert_eq!(pool.submit(|_| 1)?.wait()?, 1);
    Ok(())
}

#[test]
fn at_full_the_submitter_chooses() -> Outcome {
    let pool = Pool::builder().workers(1).queue_capacity(2).build()?;
    let release = occupy(&pool)?;
    let [mut oldest, mut second] = [pool.submit(|_| 1)?, pool.submit(|_| 2)?];
    let full = pool.task().when_full(WhenFull::GiveBack).submit(|_| 3).unwrap_err();
    assert!(matches!(full.refusal(), Refusal::Full { capacity: 2 }));
    let closure = full.into_inner();
    let soon = WhenFull::WaitFor(Duration::from_millis(1));
    let closure = pool.task().when_full(soon).submit(closure).unwrap_err().into_inner();
    let mut here = pool.task().when_full(WhenFull::RunHere).submit(closure)?;
    assert_eq!(here.try_get().unwrap()?, 3);
    let mut newest = pool.task().when_full(WhenFull::DropNewest).submit(|_| 4)?;
    assert!(matches!(newest.try_get(), Some(Err(TaskError::Dropped))));
    let mut third = pool.task().when_full(WhenFull::DropOldest).submit(|_| 5)?;
    assert!(matches!(oldest.try_get(), Some(Err(TaskError::Dropped))));
    assert!(second.try_get().is_none() && third.try_get().is_none());
    // Another lane has room.
    let urgent = pool.task().lane(Lane::Latency).when_full(WhenFull::GiveBack).submit(|_| 6)?;
    drop(release);
    assert_eq!((second.wait()?, third.wait()?, urgent.wait()?), (2, 5, 6));
    Ok(())
}

#[test]
fn a_worker_that_submits_into_a_full_lane_runs_the_task() -> Outcome {
    let pool = Pool::builder().workers(1).queue_capacity(2).build()?;
    let task = pool.submit(|cx| {
        let inner: Vec<_> = (0..50).map(|k| cx.pool().submit(move |_| k).map(|task| task.wait())).collect();
        inner.into_iter().map(|task| task.unwrap().unwrap()).sum::<i32>()
    })?;
    assert_eq!(task.wait()?, 1225);
    Ok(())
}

#[test]
fn a_lock_held_while_waiting_is_met_by_no_strangers_task() -> Outcome {
    let pool = Arc::new(Pool::builder().workers(1).build()?);
    let lock = Arc::new(std::sync::Mutex::new(0));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let lock = Arc::clone(&lock);
            pool.submit(move |cx| {
                let mut count = lock.lock().unwrap();
                // Were another of these run here, it would wait for the lock that we hold.
                *count += cx.pool().submit(|_| 1).unwrap().wait().unwrap();
            })
        })
        .collect::<Result<_, _>>()?;
    for task in tasks {
        task.wait()?;
    }
    assert_eq!(*lock.lock().unwrap(), 20);
    Ok(())
}

#[test]
fn a_cancelled_task_never_runs_or_is_asked_to_stop() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let release = occupy(&pool)?;
    let task = pool.submit(|_| unreachable!("cancelled before"))?;
    task.cancel();
    assert!(matches!(task.wait(), Err::<(), _>(TaskError::Cancelled)));
    drop(release);
    let (began, wait) = mpsc::channel();
    let task = pool.submit(move |cx| {
        began.send(()).unwrap();
        while !cx.is_stopped() {
            std::thread::yield_now();
        }
        "as asked"
    })?;
    wait.recv()?;
    task.cancel();
    assert_eq!(task.wait()?, "as asked");
    Ok(())
}

#[test]
fn a_task_not_begun_by_its_deadline_is_overdue_and_one_over_budget_is_asked_to_stop() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let release = occupy(&pool)?;
    let mut late = pool.task().queue_deadline(Duration::from_millis(1)).submit(|_| ())?;
    std::thread::sleep(Duration::from_millis(2));
    drop(release);
    while !late.is_done() {
        std::thread::yield_now();
    }
    assert!(matches!(late.try_get(), Some(Err(TaskError::Overdue))));
    let long = pool.task().run_budget(Duration::from_millis(1)).submit(|cx| {
        while !cx.is_stopped() {
            std::thread::yield_now();
        }
    })?;
    long.wait()?;
    Ok(())
}

#[test]
fn a_value_comes_back_whatever_becomes_of_its_task() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let (value, result) = pool.task().submit_with(vec![1, 2], |_, value| value.pop())?.wait().unwrap();
    assert_eq!((value, result), (vec![1], Some(2)));
    let error = pool.task().submit_with(vec![3], |_, _| panic!("no")).unwrap().wait().unwrap_err();
    assert_eq!(error.into_value(), Some(vec![3]));
    let release = occupy(&pool)?;
    let task = pool.task().submit_with(vec![4], |_, _| ())?;
    task.cancel();
    assert_eq!(task.wait().unwrap_err().into_value(), Some(vec![4]));
    let refused = pool.task().worker(9).submit_with(vec![5], |_, _| ()).unwrap_err();
    assert_eq!(refused.into_inner().0, vec![5]);
    drop(release);
    Ok(())
}

#[test]
fn a_task_is_a_future() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    for k in 0..200 {
        assert_eq!(pollster::block_on(pool.submit(move |_| k)?)?, k);
    }
    let tasks: Vec<_> = (0..50).map(|k| pool.submit(move |_| k)).collect::<Result<_, _>>()?;
    for (k, task) in tasks.into_iter().enumerate() {
        assert_eq!(futures_executor::block_on(task)?, k);
    }
    Ok(())
}

#[test]
fn a_closed_pool_ends_what_waits() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let release = occupy(&pool)?;
    let tasks: Vec<_> = (0..10).map(|_| pool.submit(|_| ())).collect::<Result<_, _>>()?;
    let closing = std::thread::spawn(move || drop(pool));
    for task in tasks {
        // Whoever waits may run it first.
        assert!(matches!(pollster::block_on(task), Err(TaskError::Closed)));
    }
    drop(release);
    closing.join().unwrap();
    Ok(())
}

#[test]
fn the_lanes_take_turns_by_urgency() -> Outcome {
    let pool = Pool::builder().workers(1).build()?;
    let release = occupy(&pool)?;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for lane in [Lane::Background, Lane::Normal, Lane::Latency] {
        for _ in 0..100 {
            let order = Arc::clone(&order);
            tasks.push(pool.task().lane(lane).submit(move |_| order.lock().unwrap().push(lane))?);
        }
    }
    drop(release);
    for mut task in tasks {
        while task.wait_timeout(Duration::from_secs(60)).is_none() {}
    }
    let order = order.lock().unwrap();
    let place = |lane| order.iter().position(|&other| other == lane).unwrap();
    assert_eq!(place(Lane::Latency), 0);
    assert!((2..=9).contains(&place(Lane::Normal)), "{}", place(Lane::Normal));
    assert!((20..=70).contains(&place(Lane::Background)), "{}", place(Lane::Background));
    Ok(())
}

#[test]
fn loops_and_children_inside_a_task_heed_its_cancellation() -> Outcome {
    use ringmill::pool::{LoopError, Stopped};
    let pool = Pool::builder().workers(2).build()?;
    let (began, wait) = mpsc::channel();
    let task = pool.submit(move |cx| {
        let child = cx.token().child();
        began.send(()).expect("the test waits");
        let ran = cx.pool().for_each_index(0..1 << 40, |k| _ = std::hint::black_box(k));
        (matches!(ran, Err(LoopError::Stopped(Stopped::Cancelled))), child.is_stopped(), cx.check())
    })?;
    wait.recv()?;
    task.cancel();
    assert_eq!(task.wait()?, (true, true, Err(Stopped::Cancelled)));

    let budget = pool.task().run_budget(Duration::from_millis(1)).submit(|cx| {
        cx.pool()
            .for_each_index(0..1 << 40, |k| _ = std::hint::black_box(k))
            .map_err(|error| error.to_string())
    })?;
    assert_eq!(budget.wait()?, Err("the loop was stopped: the deadline has passed".to_string()));
    Ok(())
}

#[test]
fn a_tasks_token_stops_it_before_and_while_it_runs() -> Outcome {
    use ringmill::pool::Token;
    let pool = Pool::builder().workers(1).build()?;
    let release = occupy(&pool)?;
    let token = Token::new();
    let queued = pool.task().token(&token).submit(|_| unreachable!("stopped before"))?;
    token.cancel();
    drop(release);
    assert!(matches!(queued.wait(), Err::<(), _>(TaskError::Cancelled)));
    let (token, (began, wait)) = (Token::new(), mpsc::channel());
    let running = pool.task().token(&token).submit(move |cx| {
        began.send(()).expect("the test waits");
        while !cx.is_stopped() {
            std::thread::yield_now();
        }
    })?;
    wait.recv()?;
    token.cancel();
    running.wait()?;
    Ok(())
}
