//! The tasks of one process at a bed that processes share: one thread, the bridge, sleeps there for all of them.
//!
//! A task cannot sleep, and its waker means nothing to another process. So tasks leave their wakers in a list of this
//! process, and while there are any the bridge lies in the bed. When it is woken it calls all tasks: how many of them the
//! wake was for nobody can tell, since to the bed they are one sleeper.
//!
//! ```text
//! bridge: wait for a task --> announce --> call all --> sleep --> call all, or pass the wake on --> wait for a task ...
//! task:   enlist --> look again --> pending
//! ```
//! - G1: no task is pending without an announcement before its last look. Whoever enlisted before the bridge announced itself
//!   is called behind it, and looks again; whoever enlists later has the announcement behind it, by way of the list's lock.
//! - G2: no wake is lost in the bridge: it calls somebody, or passes the wake on. Who was called and does not look after that
//!   hears so from `leave`, and passes it on.
//! - G3: the bridge sleeps outside of the bed only while the list is empty: it looks under the lock that an enlister takes
//!   before it rings.
//!
//! Wakers run code of the executor's; one that panics ends neither the bridge nor the calls of the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::task::Waker;

use super::shared_bed::SharedBed;
use super::wakers::{Place, Wakers};
use crate::sync::fence::Fences;
use crate::sync::lock::{Condvar, Mutex, MutexGuard};

/// The tasks of a process, and the thread that sleeps for them.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// The tasks alone. No thread sleeps here.
    tasks: Wakers,
    is_open: Mutex<bool>,
    bell: Condvar,
}

impl Bridge {
    /// Makes a bridge that is open and has no task.
    pub(crate) fn new() -> Self {
        let tasks = Wakers::new(Fences::symmetric());
        Self { tasks, is_open: Mutex::new(true), bell: Condvar::new() }
    }

    fn is_open(&self) -> MutexGuard<'_, bool> {
        // Nothing panics under the lock.
        self.is_open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the call of a task that was called: its next look is the answer to it.
    pub(crate) fn settle(&self, place: &mut Place) {
        self.tasks.settle(place);
    }

    /// Puts a task into the list; returns whether it must look once more.
    pub(crate) fn enlist(&self, place: &mut Place, waker: &Waker) -> bool {
        let must_look = self.tasks.enlist(place, waker);
        if must_look {
            // Under the lock, so that the bridge is not between its look at the list and its sleep (G3).
            let is_open = self.is_open();
            self.bell.notify_one();
            drop(is_open);
        }
        must_look
    }

    /// Takes a task out of the list; returns whether it had been called, and a wake has to be passed on (G2).
    pub(crate) fn leave(&self, place: &mut Place) -> bool {
        self.tasks.leave(place)
    }

    /// Sleeps in `bed` for the tasks until the bridge is closed. `ticked` is called after each tick in vain.
    pub(crate) fn serve(&self, bed: &SharedBed, ticked: impl Fn()) {
        while self.await_task() {
            let announced = bed.announce();
            // Behind the announcement (G1).
            self.call_all();
            let has_ticked = bed.wait_until(announced, None);
            if has_ticked {
                ticked();
            }
            if !self.call_all() && !has_ticked {
                bed.notify(1);
            }
        }
    }

    /// Waits until there is a task; returns whether the bridge is still open.
    fn await_task(&self) -> bool {
        let mut is_open = self.is_open();
        while *is_open && self.tasks.waiting() == 0 {
            is_open = self.bell.wait(is_open).unwrap_or_else(PoisonError::into_inner);
        }
        *is_open
    }

    /// Calls every task in the list; returns whether there was any.
    fn call_all(&self) -> bool {
        // Of those whose wakers panic the others have been called nevertheless.
        catch_unwind(AssertUnwindSafe(|| self.tasks.notify(u32::MAX) > 0)).unwrap_or(true)
    }

    /// Ends `serve`, within a tick at most.
    pub(crate) fn close(&self) {
        *self.is_open() = false;
        self.bell.notify_one();
    }
}
