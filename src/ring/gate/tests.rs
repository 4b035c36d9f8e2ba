//! The gate through real threads and tasks. What no schedule may break is in `loom-tests`; here are the clock, the
//! kernel's futex, and executors.

#[cfg(target_os = "linux")]
mod asleep;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::{Gate, Place};
use crate::ring::Waiting;

const POLICIES: [Waiting; 3] = [Waiting::Latency, Waiting::Balanced, Waiting::IdleZero];

/// No test takes this long unless a wake was lost.
const LONG: Duration = Duration::from_secs(60);

/// Things to wait for: a number, and the gate of those who want one.
struct Things {
    gate: Gate,
    number: AtomicU32,
}

impl Things {
    fn new(waiting: Waiting) -> Self {
        Self { gate: Gate::new(waiting), number: AtomicU32::new(0) }
    }

    fn try_take(&self) -> Option<u32> {
        let less = |number: u32| number.checked_sub(1);
        self.number.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).ok()
    }

    fn take(&self) -> bool {
        self.gate.wait(Some(Instant::now() + LONG), || self.try_take()).is_some()
    }

    fn publish(&self, count: u32) {
        self.number.fetch_add(count, Ordering::Release);
        self.gate.notify(count);
    }

    /// A future that takes one, and leaves the gate when it is dropped.
    async fn taken(&self) -> u32 {
        let mut taking = Taking { things: self, place: Place::default() };
        poll_fn(move |cx| {
            let Taking { things, place } = &mut taking;
            things.gate.poll(cx, place, || things.try_take())
        })
        .await
    }

    fn await_waiting(&self, count: usize) {
        let start = Instant::now();
        while self.gate.waiting() != count {
            assert!(start.elapsed() < LONG, "{} wait instead of {count}", self.gate.waiting());
            thread::yield_now();
        }
    }
}

struct Taking<'a> {
    things: &'a Things,
    place: Place,
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        self.things.gate.leave(&mut self.place);
    }
}

/// Wakes a parked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(LONG),
        }
    }
}

/// Counts how often it is called.
#[derive(Default)]
struct Calls(AtomicU32);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Calls {
    fn new() -> (Arc<Self>, Waker) {
        let calls = Arc::new(Self::default());
        (Arc::clone(&calls), Waker::from(calls))
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn a_thing_that_is_there_is_taken_at_once() {
    for policy in POLICIES {
        let things = Things::new(policy);
        things.publish(1);
        assert!(things.take());
        assert_eq!(things.gate.waiting(), 0);
    }
}

#[test]
fn a_deadline_is_waited_for_and_not_much_longer() {
    for policy in POLICIES {
        let things = Things::new(policy);
        let start = Instant::now();
        let deadline = start + Duration::from_millis(20);
        assert_eq!(things.gate.wait(Some(deadline), || things.try_take()), None);
        assert!(Instant::now() >= deadline, "{policy:?} gave up {:?} early", deadline - Instant::now());
        assert_eq!(things.gate.waiting(), 0);
    }
}

#[test]
fn a_deadline_that_has_passed_still_gets_one_look() {
    for policy in POLICIES {
        let things = Things::new(policy);
        let passed = Instant::now();
        assert_eq!(things.gate.wait(Some(passed), || things.try_take()), None);
        things.publish(1);
        assert!(things.gate.wait(Some(passed), || things.try_take()).is_some());
    }
}

#[test]
fn a_sleeper_is_woken_before_its_deadline_and_without_one() {
    for policy in POLICIES {
        for deadline in [Some(Instant::now() + LONG), None] {
            let things = Things::new(policy);
            thread::scope(|scope| {
                let waiter = scope.spawn(|| things.gate.wait(deadline, || things.try_take()));
                things.await_waiting(1);
                things.publish(1);
                assert!(waiter.join().unwrap().is_some());
            });
        }
    }
}

/// The thing comes about when the waiter goes to sleep, and nothing else comes that could make up for a lost wake.
#[test]
#[cfg_attr(miri, ignore)]
fn a_thing_that_comes_as_the_waiter_falls_asleep_is_taken() {
    for (policy, from_ns) in [(Waiting::Balanced, 70_000), (Waiting::IdleZero, 0)] {
        let things = Things::new(policy);
        let rounds = 3_000_u32;
        thread::scope(|scope| {
            scope.spawn(|| (0..rounds).for_each(|_| assert!(things.take())));
            scope.spawn(|| (0..rounds).for_each(|_| _ = block_on(things.taken())));
            for round in 0..2 * rounds {
                let start = Instant::now();
                let pause = Duration::from_nanos(from_ns + u64::from(round) * 7_919 % 50_000);
                while start.elapsed() < pause {
                    std::hint::spin_loop();
                }
                things.publish(1);
                while things.number.load(Ordering::Relaxed) > 0 {
                    assert!(start.elapsed() < LONG, "a wake was lost");
                    thread::yield_now();
                }
            }
        });
        assert_eq!(things.gate.waiting(), 0);
    }
}

#[test]
fn every_thing_is_taken_by_threads_and_tasks_that_hurry() {
    let rounds = if cfg!(miri) { 20 } else { 2_000 };
    for policy in POLICIES {
        let things = Things::new(policy);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..rounds).for_each(|_| assert!(things.take())));
                scope.spawn(|| {
                    (0..rounds).for_each(|_| {
                        block_on(things.taken());
                    })
                });
            }
            scope.spawn(|| {
                for round in 0..2 * rounds {
                    things.publish(1 + round % 3);
                }
                let published: u32 = (0..2 * rounds).map(|round| 1 + round % 3).sum();
                if let Some(missing) = (4 * rounds).checked_sub(published) {
                    things.publish(missing);
                }
            });
        });
        assert_eq!(things.gate.waiting(), 0);
    }
}

#[test]
fn a_task_is_called_once_and_by_its_latest_waker() {
    let things = Things::new(Waiting::Balanced);
    let (older, older_waker) = Calls::new();
    let (newer, newer_waker) = Calls::new();
    let mut future = pin!(things.taken());
    assert!(future.as_mut().poll(&mut Context::from_waker(&older_waker)).is_pending());
    assert!(future.as_mut().poll(&mut Context::from_waker(&newer_waker)).is_pending());
    assert_eq!(things.gate.waiting(), 1);
    things.publish(1);
    things.publish(1);
    assert_eq!((older.count(), newer.count()), (0, 1));
    assert!(future.as_mut().poll(&mut Context::from_waker(&newer_waker)).is_ready());
    assert_eq!(things.gate.waiting(), 0);
}

#[test]
fn a_called_task_that_is_dropped_passes_the_call_on() {
    let things = Things::new(Waiting::Balanced);
    let [(first, first_waker), (second, second_waker)] = [Calls::new(), Calls::new()];
    let mut second_future = pin!(things.taken());
    {
        let mut first_future = pin!(things.taken());
        assert!(first_future.as_mut().poll(&mut Context::from_waker(&first_waker)).is_pending());
        assert!(second_future.as_mut().poll(&mut Context::from_waker(&second_waker)).is_pending());
        things.publish(1);
        assert_eq!((first.count(), second.count()), (1, 0));
    }
    assert_eq!((first.count(), second.count()), (1, 1));
    assert!(second_future.as_mut().poll(&mut Context::from_waker(&second_waker)).is_ready());
}

#[test]
fn a_called_task_that_is_dropped_wakes_a_thread() {
    let things = Things::new(Waiting::IdleZero);
    let (calls, waker) = Calls::new();
    thread::scope(|scope| {
        let waiter = {
            let mut future = pin!(things.taken());
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            let waiter = scope.spawn(|| things.take());
            things.await_waiting(2);
            // It is a task's turn, then a thread's: until the task is called.
            while calls.count() == 0 {
                things.gate.notify(1);
            }
            things.await_waiting(1);
            things.number.fetch_add(1, Ordering::Release);
            waiter
        };
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_task_that_goes_uncalled_leaves_nothing_behind() {
    let things = Things::new(Waiting::Balanced);
    let (calls, waker) = Calls::new();
    {
        let mut future = pin!(things.taken());
        assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(things.gate.waiting(), 1);
    }
    assert_eq!(things.gate.waiting(), 0);
    things.publish(1);
    assert_eq!(calls.count(), 0);
    assert_eq!(Arc::strong_count(&calls), 2, "a waker was left in the list");
}

#[test]
fn threads_and_tasks_are_woken_by_turns_and_exactly() {
    let things = Things::new(Waiting::IdleZero);
    let calls: Vec<_> = (0..4).map(|_| Calls::new()).collect();
    let mut futures: Vec<_> = calls.iter().map(|_| Box::pin(things.taken())).collect();
    for (future, (_, waker)) in futures.iter_mut().zip(&calls) {
        assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    let called = || calls.iter().map(|(calls, _)| calls.count()).sum::<u32>();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(things.take()));
        }
        things.await_waiting(8);
        // Two calls for three each: one kind gets all three and the other the next.
        things.publish(3);
        things.await_waiting(5);
        things.publish(3);
        things.await_waiting(2);
        assert_eq!(called(), 3);
        things.publish(2);
        things.await_waiting(0);
        assert_eq!(called(), 4);
        for (future, (_, waker)) in futures.iter_mut().zip(&calls) {
            assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_ready());
        }
    });
    assert_eq!(things.number.load(Ordering::Relaxed), 0);
}
