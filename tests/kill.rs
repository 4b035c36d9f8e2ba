//! Who waits for a task that a killed pool has left behind goes on with an error, however it waits.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::StreamExt;
use ringmill::Pool;
use ringmill::pool::{Task, TaskError};

const LONG: Duration = Duration::from_secs(60);

/// Gives a pool a task that heeds nothing until the sender is dropped.
fn deaf(pool: &Pool) -> (Task<()>, mpsc::Sender<()>) {
    let (release, wait) = mpsc::channel::<()>();
    let (begun, is_begun) = mpsc::channel();
    let task = pool.submit(move |_| {
        begun.send(()).unwrap();
        let _ = wait.recv();
    });
    is_begun.recv().unwrap();
    (task.unwrap(), release)
}

#[test]
fn a_future_of_a_task_that_runs_on_is_ready() {
    // It once stayed pending for ever: nobody wakes a future but the end of its task.
    let pool = Pool::builder().workers(1).build().unwrap();
    let (task, release) = deaf(&pool);
    let waiting = std::thread::spawn(move || pollster::block_on(task));
    while !pool.kill(Duration::ZERO).is_complete() && !waiting.is_finished() {
        std::thread::yield_now();
    }
    assert!(matches!(waiting.join().unwrap(), Err(TaskError::Abandoned)));
    drop(release);
    assert!(pool.drain(LONG).is_complete());
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn each_future_that_waits_is_called_and_none_that_was_dropped() {
    let pool = Pool::builder().workers(3).build().unwrap();
    let tasks: Vec<_> = (0..3).map(|_| deaf(&pool)).collect();
    let counts = [(); 3].map(|()| Arc::new(Count(AtomicUsize::new(0))));
    let mut waiting = Vec::new();
    for ((mut task, release), count) in tasks.into_iter().zip(&counts) {
        let waker = Waker::from(Arc::clone(count));
        for _ in 0..2 {
            assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        waiting.push((task, release));
    }
    let (dropped, release) = waiting.pop().unwrap();
    drop(dropped);
    assert!(!pool.kill(Duration::ZERO).is_complete());
    assert_eq!(counts.each_ref().map(|count| count.0.load(SeqCst)), [1, 1, 0]);
    let mut context = Context::from_waker(Waker::noop());
    for (task, _) in &mut waiting {
        let ended = Pin::new(&mut *task).poll(&mut context);
        assert!(matches!(ended, Poll::Ready(Err(TaskError::Abandoned))));
        assert!(matches!(task.wait_timeout(LONG), Some(Err(TaskError::Abandoned))));
    }
    // What ends nevertheless has a result.
    drop(release);
    let (mut task, release) = waiting.pop().unwrap();
    drop((release, waiting));
    assert!(pool.drain(LONG).is_complete());
    assert!(matches!(task.try_get(), Some(Ok(()))));
}

#[test]
fn a_stream_that_waits_for_what_runs_on_panics() {
    for is_ordered in [true, false] {
        let pool = Pool::builder().workers(1).build().unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let (begun, is_begun) = mpsc::channel();
        let f = move |_: i32| {
            begun.send(()).unwrap();
            let _ = wait.lock().unwrap().recv();
        };
        let waiting = {
            let (ordered, unordered) = (pool.map_ordered(0..3, 1, f.clone()), pool.map_unordered(0..3, 1, f));
            std::thread::spawn(move || {
                let next = || match is_ordered {
                    true => pollster::block_on(ordered.into_stream().next()),
                    false => pollster::block_on(unordered.into_stream().next()),
                };
                catch_unwind(AssertUnwindSafe(next)).map_err(|payload| *payload.downcast::<String>().unwrap())
            })
        };
        is_begun.recv().unwrap();
        while !pool.kill(Duration::ZERO).is_complete() && !waiting.is_finished() {
            std::thread::yield_now();
        }
        let said = waiting.join().unwrap().unwrap_err();
        assert!(said.contains("a result of the map was lost"), "{said}");
        drop(release);
    }
}
