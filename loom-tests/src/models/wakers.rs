//! The wakers: threads and tasks that wait together, and nobody sleeps through a thing that is there.
//!
//! Actors: a thread that waits in the bed, tasks that are polled by a thread each, and whoever publishes things and
//! notifies. A task parks its thread between polls, and is polled again when its waker unparks it. Things are a number
//! in a relaxed counter, so that the wakers alone have to make them found. A deadline that passes is a wait that returns
//! for no reason, or one that the waiter does not begin. Bound: three threads, two things.
//!
//! - Invariant: when all have what they waited for, nobody is counted and the list is empty.
//! - FORBIDDEN: a thread or a task that sleeps while a thing lies there and nobody is on the way to it; one that was
//!   called, or counted by a notifier, and goes without the thing, be it that another's waker panics; a task that is called for another's thing.
//! - ACCEPTABLE: a wake too many where one goes by itself; a task that finds a thing without having been called.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use loom::sync::Arc;
use loom::thread::{self, JoinHandle, Thread};

use super::protocol::wakers::{Place, Wakers};
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        vec![
            Scenario::new("wakers: one task, one notifier", None, one_task_one_notifier),
            Scenario::new("wakers: two tasks, two things", Some(2), two_tasks_two_things),
            Scenario::new("wakers: two tasks, one call", Some(2), two_tasks_one_call),
            Scenario::new("wakers: a task that is dropped, and another", Some(2), dropped_and_another),
            Scenario::new("wakers: a task that is polled by another", Some(3), polled_by_another),
            Scenario::new("wakers: a deadline against a call", None, deadline_against_call),
            Scenario::new("wakers: a thread twice, a task, by turns", Some(2), by_turns),
            Scenario::new("wakers: a waker that panics, and a task", Some(2), panicking_and_task),
            Scenario::new("wakers: a waker that panics, and a thread twice", Some(2), panicking_and_thread),
        ],
        Scenario::over_futexes("wakers: a thread, a task, one call for two", Some(2), one_call_for_two),
        Scenario::over_futexes("wakers: a thread, a task, all are told", Some(2), all_are_told),
        Scenario::over_futexes("wakers: a thread, a task, two calls", Some(2), two_calls),
        Scenario::over_futexes("wakers: a thread, a task that is dropped", Some(2), dropped_and_thread),
        Scenario::over_futexes("wakers: a deadline, and a thread without", Some(2), deadline_and_thread),
    ]
    .concat()
}

/// Things, and those who wait for one.
struct Things {
    wakers: Wakers,
    number: AtomicU32,
}

/// Wakes the thread that runs a task.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: StdArc<Self>) {
        self.0.unpark();
    }
}

/// Wakes nobody: of a task's older pollers.
struct Nobody;

impl Wake for Nobody {
    fn wake(self: StdArc<Self>) {}
}

/// Fails to wake anybody.
struct Panics;

impl Wake for Panics {
    fn wake(self: StdArc<Self>) {
        // No hook is called, which would print.
        resume_unwind(Box::new("a waker"));
    }
}

/// Counts calls, and wakes the thread that made it.
struct Calls {
    count: AtomicU32,
    maker: Thread,
}

impl Calls {
    fn new() -> StdArc<Self> {
        StdArc::new(Self { count: AtomicU32::new(0), maker: thread::current() })
    }

    fn waker(self: &StdArc<Self>) -> Waker {
        Waker::from(self.clone())
    }

    fn count(&self) -> u32 {
        // ORDERING: Relaxed; the wakers have to carry the thing.
        self.count.load(Relaxed)
    }
}

impl Wake for Calls {
    fn wake(self: StdArc<Self>) {
        self.count.fetch_add(1, Relaxed);
        self.maker.unpark();
    }
}

fn unpark_me() -> Waker {
    Waker::from(StdArc::new(Unpark(thread::current())))
}

impl Things {
    fn new() -> Arc<Self> {
        Arc::new(Self { wakers: Wakers::new(Fences::symmetric()), number: AtomicU32::new(0) })
    }

    fn try_take(&self) -> bool {
        // ORDERING: Relaxed; the wakers alone have to make the thing found.
        let mut number = self.number.load(Relaxed);
        while number > 0 {
            match self.number.compare_exchange(number, number - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => number = now,
            }
        }
        false
    }

    fn publish(&self, count: u32) {
        self.number.fetch_add(count, Relaxed);
        self.wakers.notify(count);
    }

    /// Takes a thing as a thread does.
    fn take(&self) {
        while !self.try_take() {
            let announced = self.wakers.announce();
            if self.try_take() {
                return self.wakers.stay_up(announced);
            }
            self.wakers.wait_until(announced, None);
        }
    }

    /// Takes a thing as a thread does whose deadline passes before it sleeps a second time.
    fn take_in_time(&self, sleeps: bool) -> bool {
        let announced = self.wakers.announce();
        if self.try_take() {
            self.wakers.stay_up(announced);
            return true;
        }
        if sleeps {
            self.wakers.wait_until(announced, None);
        } else {
            self.wakers.give_up(announced);
        }
        // The last look.
        self.try_take()
    }

    /// Polls once, as a gate does.
    fn poll(&self, place: &mut Place, waker: &Waker) -> bool {
        self.wakers.settle(place);
        let mut found = self.try_take();
        if !found && self.wakers.enlist(place, waker) {
            found = self.try_take();
        }
        if found {
            self.wakers.leave(place);
        }
        found
    }

    /// Takes a thing as a task does that this thread runs.
    fn run_task(&self) {
        let (mut place, waker) = (Place::default(), unpark_me());
        while !self.poll(&mut place, &waker) {
            thread::park();
        }
    }

    /// Runs a task that is polled once and dropped. What it got it gives back.
    fn drop_task(&self, waker: &Waker) {
        let mut place = Place::default();
        if self.poll(&mut place, waker) {
            self.publish(1);
        }
        self.wakers.leave(&mut place);
    }

    fn assert_all_gone(&self) {
        assert!(!self.wakers.anyone(), "somebody is counted who is gone");
        assert_eq!(self.wakers.waiting(), 0);
        // ORDERING: Relaxed; all threads were joined.
        assert_eq!(self.number.load(Relaxed), 0, "a thing is left");
    }
}

fn on_a_thread<R: 'static>(things: &Arc<Things>, run: impl FnOnce(&Things) -> R + 'static) -> JoinHandle<R> {
    let things = things.clone();
    thread::spawn(move || run(&things))
}

fn one_task_one_notifier() {
    let things = Things::new();
    let notifier = on_a_thread(&things, |things| things.publish(1));
    things.run_task();
    notifier.join().unwrap();
    things.assert_all_gone();
}

/// The second task finds the bit set by the first, or the first gone.
fn two_tasks_two_things() {
    let things = Things::new();
    let tasks = [(); 2].map(|()| on_a_thread(&things, Things::run_task));
    things.publish(1);
    things.publish(1);
    for task in tasks {
        task.join().unwrap();
    }
    things.assert_all_gone();
}

/// One thing, one call: who answers it is not taken for one that passes it on.
fn two_tasks_one_call() {
    let things = Things::new();
    let (first_calls, second_calls) = (Calls::new(), Calls::new());
    let (mut first, mut second) = (Place::default(), Place::default());
    assert!(!things.poll(&mut first, &first_calls.waker()));
    assert!(!things.poll(&mut second, &second_calls.waker()));
    let notifier = on_a_thread(&things, |things| things.publish(1));
    while first_calls.count() == 0 {
        thread::park();
    }
    assert!(things.poll(&mut first, &first_calls.waker()), "a task was called for nothing");
    notifier.join().unwrap();
    assert_eq!(second_calls.count(), 0, "a second task was called for one thing");
    things.wakers.leave(&mut second);
    things.assert_all_gone();
}

fn dropped_and_another() {
    let things = Things::new();
    let dropped = on_a_thread(&things, |things| things.drop_task(&Waker::from(StdArc::new(Nobody))));
    let other = on_a_thread(&things, Things::run_task);
    things.publish(1);
    dropped.join().unwrap();
    other.join().unwrap();
    things.assert_all_gone();
}

/// The first poller goes away; the second must be woken.
fn polled_by_another() {
    let things = Things::new();
    let notifier = on_a_thread(&things, |things| things.publish(1));
    let mut place = Place::default();
    if !things.poll(&mut place, &Waker::from(StdArc::new(Nobody))) {
        while !things.poll(&mut place, &unpark_me()) {
            thread::park();
        }
    }
    notifier.join().unwrap();
    things.assert_all_gone();
}

fn one_call_for_two() {
    let things = Things::new();
    let waiters = [on_a_thread(&things, Things::take), on_a_thread(&things, Things::run_task)];
    things.publish(2);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    things.assert_all_gone();
}

/// What they wait for will not come, or there is enough: nobody sleeps on.
fn all_are_told() {
    let things = Things::new();
    let waiters = [on_a_thread(&things, Things::take), on_a_thread(&things, Things::run_task)];
    // ORDERING: Relaxed; the wakers have to make it found.
    things.number.fetch_add(2, Relaxed);
    things.wakers.notify(u32::MAX);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    things.assert_all_gone();
}

fn two_calls() {
    let things = Things::new();
    let waiters = [on_a_thread(&things, Things::take), on_a_thread(&things, Things::run_task)];
    things.publish(1);
    things.publish(1);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    things.assert_all_gone();
}

/// Where both kinds wait, the first call starts with the thread and the second with the task.
fn by_turns() {
    let things = Things::new();
    let thread = on_a_thread(&things, |things| {
        things.take();
        things.take();
    });
    let task = on_a_thread(&things, Things::run_task);
    things.publish(1);
    things.publish(2);
    thread.join().unwrap();
    task.join().unwrap();
    things.assert_all_gone();
}

/// A waker that panics takes nobody's wake along, and whoever called it hears of it.
fn panicking_and_task() {
    let things = Things::new();
    assert!(!things.poll(&mut Place::default(), &Waker::from(StdArc::new(Panics))));
    let waiter = on_a_thread(&things, Things::run_task);
    assert!(catch_unwind(AssertUnwindSafe(|| things.publish(1))).is_err());
    waiter.join().unwrap();
    things.assert_all_gone();
}

/// The second call starts with the task if the first started with the thread.
fn panicking_and_thread() {
    let things = Things::new();
    assert!(!things.poll(&mut Place::default(), &Waker::from(StdArc::new(Panics))));
    let waiter = on_a_thread(&things, |things| {
        things.take();
        things.take();
    });
    let heard = (0..2).filter(|_| catch_unwind(AssertUnwindSafe(|| things.publish(1))).is_err()).count();
    assert!(heard <= 1, "nobody is called twice");
    waiter.join().unwrap();
    // It may still be in the list.
    let _ = catch_unwind(AssertUnwindSafe(|| things.wakers.notify(1)));
    things.assert_all_gone();
}

fn dropped_and_thread() {
    let things = Things::new();
    let dropped = on_a_thread(&things, |things| things.drop_task(&Waker::from(StdArc::new(Nobody))));
    let waiter = on_a_thread(&things, Things::take);
    things.publish(1);
    dropped.join().unwrap();
    waiter.join().unwrap();
    things.assert_all_gone();
}

/// Whoever was counted goes with the thing.
fn deadline_against_call() {
    let things = Things::new();
    let waiter = on_a_thread(&things, |things| things.take_in_time(false));
    // ORDERING: Relaxed; the wakers have to make it found.
    things.number.fetch_add(1, Relaxed);
    let woken = things.wakers.notify(1);
    let took = waiter.join().unwrap();
    assert!(took || woken == 0, "a waiter was counted and went without");
}

/// One whose time is up does not take the other's wake along. Who takes the thing puts another there.
fn deadline_and_thread() {
    let things = Things::new();
    let hasty = on_a_thread(&things, |things| {
        if things.take_in_time(true) {
            things.publish(1);
        }
    });
    let waiter = on_a_thread(&things, |things| {
        things.take();
        things.publish(1);
    });
    things.publish(1);
    hasty.join().unwrap();
    waiter.join().unwrap();
    assert!(things.try_take());
    things.assert_all_gone();
}
