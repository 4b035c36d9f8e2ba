//! Futures of a ring run under any executor: one written here, and two of others.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;

use ringmill::Ring;
use ringmill::ring::Queue;

const MESSAGES: u64 = if cfg!(miri) { 50 } else { 5_000 };

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An executor of some threads that poll what was woken.
#[derive(Default)]
struct Executor {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    woken: VecDeque<usize>,
    tasks: Vec<Option<Task>>,
    done: usize,
}

struct Woken {
    executor: Arc<Executor>,
    task: usize,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.executor.state.lock().unwrap().woken.push_back(self.task);
        self.executor.changed.notify_all();
    }
}

impl Executor {
    fn run(tasks: Vec<Task>, threads: usize) {
        let count = tasks.len();
        let state =
            State { woken: (0..count).collect(), tasks: tasks.into_iter().map(Some).collect(), done: 0 };
        let executor = Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() });
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| while executor.poll_one(count) {});
            }
        });
    }

    /// Polls a task that was woken; returns false when all are done.
    fn poll_one(self: &Arc<Self>, count: usize) -> bool {
        let mut state = self.state.lock().unwrap();
        let (number, mut task) = loop {
            if state.done == count {
                return false;
            }
            match state.woken.pop_front() {
                // A task that is being polled is looked at again later.
                Some(number) => match state.tasks[number].take() {
                    Some(task) => break (number, task),
                    None => state.woken.push_back(number),
                },
                None => {
                    state = self.changed.wait(state).unwrap();
                    continue;
                }
            }
            drop(state);
            thread::yield_now();
            state = self.state.lock().unwrap();
        };
        drop(state);
        let waker = Waker::from(Arc::new(Woken { executor: self.clone(), task: number }));
        let is_done = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let mut state = self.state.lock().unwrap();
        if is_done {
            state.done += 1;
            state.woken.retain(|other| *other != number);
            // Whoever wakes it yet wakes nothing.
            state.tasks[number] = Some(Box::pin(std::future::ready(())));
        } else {
            state.tasks[number] = Some(task);
        }
        drop(state);
        self.changed.notify_all();
        true
    }
}

fn ring() -> (Ring<u64>, Queue<u64>) {
    let ring = Ring::builder().buffers(3).buffer_len(1).queues(["q", "back"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    (ring, queue)
}

async fn produce(ring: Ring<u64>, queue: Queue<u64>, values: impl Iterator<Item = u64>) {
    for value in values {
        let mut buffer = ring.claim_async().await.unwrap();
        buffer[0] = value;
        queue.send(buffer).unwrap();
    }
}

async fn consume(queue: Queue<u64>) -> Vec<u64> {
    let mut values = vec![];
    while let Ok(buffer) = queue.recv_async().await {
        values.push(buffer[0]);
    }
    values
}

/// Two producers and two consumers as tasks, given to `run`; each message is received once.
fn tasks_hand_on_every_message(run: impl FnOnce(Vec<Task>)) {
    let (ring, queue) = ring();
    let received = Arc::new(Mutex::new(vec![]));
    let left = Arc::new(Mutex::new(2));
    let mut tasks: Vec<Task> = vec![];
    for me in 0..2 {
        let (ring, to, left) = (ring.clone(), queue.clone(), left.clone());
        tasks.push(Box::pin(async move {
            produce(ring, to.clone(), (0..MESSAGES).map(|k| 2 * k + me)).await;
            let mut left = left.lock().unwrap();
            *left -= 1;
            if *left == 0 {
                to.close();
            }
        }));
        let (from, received) = (queue.clone(), received.clone());
        tasks.push(Box::pin(async move {
            let values = consume(from).await;
            received.lock().unwrap().extend(values);
        }));
    }
    run(tasks);
    let mut received = received.lock().unwrap();
    received.sort_unstable();
    assert!(received.iter().copied().eq(0..2 * MESSAGES), "each message once");
    assert_eq!((ring.free(), ring.waiting(), queue.waiting()), (3, 0, 0));
}

#[test]
fn under_an_executor_written_here_with_one_thread() {
    tasks_hand_on_every_message(|tasks| Executor::run(tasks, 1));
}

#[test]
fn under_an_executor_written_here_with_four_threads() {
    tasks_hand_on_every_message(|tasks| Executor::run(tasks, 4));
}

/// Runs each task on a thread of its own.
fn a_thread_each(tasks: Vec<Task>, block_on: fn(Task)) {
    thread::scope(|scope| {
        for task in tasks {
            scope.spawn(move || block_on(task));
        }
    });
}

#[test]
fn under_pollster() {
    tasks_hand_on_every_message(|tasks| a_thread_each(tasks, pollster::block_on));
}

#[test]
fn under_the_executor_of_futures() {
    tasks_hand_on_every_message(|tasks| a_thread_each(tasks, futures_executor::block_on));
}

/// A task at one end and a thread at the other.
#[test]
fn tasks_and_threads_take_turns() {
    let (ring, queue) = ring();
    thread::scope(|scope| {
        let received =
            scope.spawn(|| std::iter::from_fn(|| queue.recv().ok().map(|buffer| buffer[0])).sum::<u64>());
        pollster::block_on(produce(ring.clone(), queue.clone(), 0..MESSAGES));
        queue.close();
        assert_eq!(received.join().unwrap(), (0..MESSAGES).sum());
    });
    let queue = ring.queue("back").unwrap();
    thread::scope(|scope| {
        let received = scope.spawn(|| pollster::block_on(consume(queue.clone())).iter().sum::<u64>());
        for value in 0..MESSAGES {
            let mut buffer = ring.claim().unwrap();
            buffer[0] = value;
            queue.send(buffer).unwrap();
        }
        queue.close();
        assert_eq!(received.join().unwrap(), (0..MESSAGES).sum());
    });
}
