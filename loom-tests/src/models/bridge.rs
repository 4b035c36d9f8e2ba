//! The bridge: tasks of one process and threads of others wait in one bed, and nobody sleeps through a thing.
//!
//! Actors: the bridge's thread; one or two tasks, each polled by a thread that parks between polls; or a task and a thread
//! of another process; whoever publishes a thing and notifies. Things are a number in a relaxed counter. Bound: four threads,
//! two things. The clock ticks only to let the closed bridge go: before that everybody has what it waited for.
//!
//! - FORBIDDEN: a task or a thread that sleeps while a thing lies there and nobody is on the way to it, be it that a task is
//!   dropped that was called for it; a bridge that does not end.
//! - ACCEPTABLE: a call too many.

use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use loom::sync::Arc;
use loom::thread::{self, JoinHandle, Thread};

use super::protocol::bridge::Bridge;
use super::protocol::shared_bed::SharedBed;
use super::protocol::wakers::Place;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::futex;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::over_ticks("bridge: one task", Some(2), one_task),
        Scenario::over_ticks("bridge: two tasks, one call", Some(1), two_tasks_one_call),
        Scenario::over_ticks("bridge: a task, and a thread of another process", Some(1), task_and_thread),
        Scenario::over_ticks("bridge: a task that is dropped, and a thread", Some(1), dropped_and_thread),
    ]
}

/// Things, and those who wait for one.
struct Things {
    bed: SharedBed,
    bridge: Bridge,
    number: AtomicU32,
}

/// Wakes the thread that runs a task.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: StdArc<Self>) {
        self.0.unpark();
    }
}

impl Things {
    /// Makes them, and starts the bridge's thread.
    fn new() -> (Arc<Self>, JoinHandle<()>) {
        let things = Self { bed: SharedBed::new(), bridge: Bridge::new(), number: AtomicU32::new(0) };
        let things = Arc::new(things);
        let bridge = on_a_thread(&things, |things| things.bridge.serve(&things.bed, || ()));
        (things, bridge)
    }

    fn try_take(&self) -> bool {
        // ORDERING: Relaxed; bed and bridge alone have to make the thing found.
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
        self.bed.notify(count);
    }

    /// Takes a thing as a thread of another process does.
    fn take(&self) {
        while !self.try_take() {
            let announced = self.bed.announce();
            if self.try_take() {
                return self.bed.stay_up(announced);
            }
            self.bed.wait_until(announced, None);
        }
    }

    /// Polls once; returns whether there was a thing.
    fn poll(&self, place: &mut Place) -> bool {
        self.bridge.settle(place);
        let waker = Waker::from(StdArc::new(Unpark(thread::current())));
        let found = self.try_take() || (self.bridge.enlist(place, &waker) && self.try_take());
        if found {
            self.leave(place);
        }
        found
    }

    fn leave(&self, place: &mut Place) {
        if self.bridge.leave(place) {
            self.bed.notify(1);
        }
    }

    /// Takes a thing as a task does.
    fn run_task(&self) {
        let mut place = Place::default();
        while !self.poll(&mut place) {
            thread::park();
        }
    }

    fn end(&self, bridge: JoinHandle<()>) {
        self.bridge.close();
        futex::tick();
        bridge.join().unwrap();
    }
}

fn on_a_thread(things: &Arc<Things>, part: impl FnOnce(&Things) + 'static) -> JoinHandle<()> {
    let things = things.clone();
    thread::spawn(move || part(&things))
}

fn one_task() {
    let (things, bridge) = Things::new();
    let task = on_a_thread(&things, Things::run_task);
    things.publish(1);
    task.join().unwrap();
    things.end(bridge);
}

fn two_tasks_one_call() {
    let (things, bridge) = Things::new();
    let tasks = [(); 2].map(|()| on_a_thread(&things, Things::run_task));
    things.publish(2);
    for task in tasks {
        task.join().unwrap();
    }
    things.end(bridge);
}

fn task_and_thread() {
    let (things, bridge) = Things::new();
    let task = on_a_thread(&things, Things::run_task);
    let waiter = on_a_thread(&things, Things::take);
    things.publish(1);
    things.publish(1);
    task.join().unwrap();
    waiter.join().unwrap();
    things.end(bridge);
}

fn dropped_and_thread() {
    let (things, bridge) = Things::new();
    let task = on_a_thread(&things, |things| {
        let mut place = Place::default();
        if things.poll(&mut place) {
            // The other wants one too.
            things.publish(1);
        } else {
            things.leave(&mut place);
        }
    });
    let waiter = on_a_thread(&things, Things::take);
    things.publish(1);
    waiter.join().unwrap();
    task.join().unwrap();
    things.end(bridge);
}
