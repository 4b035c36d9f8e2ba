//! The bridge: tasks of one process and threads of others wait in one bed, and nobody sleeps through a thing.
//!
//! Actors: the bridge's thread; one or two tasks, each polled by a thread that waits for its call between polls; or a task and
//! a thread of another process; whoever publishes a thing and notifies. Things are a number in a relaxed counter. Bound: four
//! threads, two things. The clock ticks only to let the closed bridge go: before that everybody has what it waited for.
//!
//! A task does not park between polls: loom forgets that a thread was unparked if it is about to lock what another unlocks.
//!
//! - FORBIDDEN: a task or a thread that sleeps while a thing lies there and nobody is on the way to it, be it that a task is
//!   dropped that was called for it; a bridge that does not end.
//! - ACCEPTABLE: a call too many.

use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use loom::sync::{Arc, Notify};
use loom::thread::{self, JoinHandle};

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
        Scenario::over_ticks(
            "bridge: a task that is dropped at once, and a thread",
            Some(2),
            dropped_after::<1>,
        ),
        Scenario::over_ticks(
            "bridge: a task that is dropped later, and a thread",
            Some(2),
            dropped_after::<2>,
        ),
    ]
}

/// Things, and those who wait for one.
struct Things {
    bed: SharedBed,
    bridge: Bridge,
    number: AtomicU32,
}

/// A task: its call, and its place in the list.
struct Task {
    call: StdArc<Call>,
    place: Place,
}

/// Tells the thread that runs a task to poll it again.
struct Call(Notify);

impl Wake for Call {
    fn wake(self: StdArc<Self>) {
        self.0.notify();
    }
}

impl Task {
    fn new() -> Self {
        Self { call: StdArc::new(Call(Notify::new())), place: Place::default() }
    }

    /// Polls once; returns whether there was a thing.
    fn poll(&mut self, things: &Things) -> bool {
        things.bridge.settle(&mut self.place);
        let waker = Waker::from(self.call.clone());
        let found = things.try_take() || (things.bridge.enlist(&mut self.place, &waker) && things.try_take());
        if found {
            self.leave(things);
        }
        found
    }

    /// Waits until it is called, or for no reason at all.
    fn await_call(&self) {
        self.call.0.wait();
    }

    fn leave(&mut self, things: &Things) {
        if things.bridge.leave(&mut self.place) {
            things.bed.notify(1);
        }
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

    /// Takes a thing as a task does.
    fn run_task(&self) {
        let mut task = Task::new();
        while !task.poll(self) {
            task.await_call();
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

/// The task is polled so often, and if there is no thing then, it is dropped.
fn dropped_after<const POLLS: usize>() {
    let (things, bridge) = Things::new();
    let task = on_a_thread(&things, |things| {
        let mut task = Task::new();
        for poll in 0..POLLS {
            if poll > 0 {
                task.await_call();
            }
            if task.poll(things) {
                // The other wants one too.
                return things.publish(1);
            }
        }
        task.leave(things);
    });
    let waiter = on_a_thread(&things, Things::take);
    things.publish(1);
    waiter.join().unwrap();
    task.join().unwrap();
    things.end(bridge);
}
