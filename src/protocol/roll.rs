//! What a scope's threads report to it: what failed, how many jobs were left out, whether to stop, and where it is posted.
//!
//! - R1: what is entered is kept until `close`, which its opener calls when nobody else is there.
//! - ENTRY goes by the lock and by the board's LEAVE; nothing rides on the words. A stop is a hint that comes late to some;
//!   a seat's number is written before the loop is posted there, and is the same for good.

use std::sync::PoisonError;

use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use crate::sync::lock::{Mutex, MutexGuard};

/// The roll of one scope.
#[derive(Debug)]
pub(crate) struct Roll<T> {
    entries: Mutex<Vec<T>>,
    skipped: AtomicUsize,
    stopped: AtomicU32,
    /// The seat's number plus one; 0 while there is none.
    seat: AtomicUsize,
}

impl<T> Roll<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(Vec::new()),
            skipped: AtomicUsize::new(0),
            stopped: AtomicU32::new(0),
            seat: AtomicUsize::new(0),
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<T>> {
        // Nothing under the lock can panic but for want of memory, and then the entries are whole.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a failure.
    pub(crate) fn enter(&self, failure: T) {
        self.entries().push(failure);
    }

    /// Counts a job that was left out.
    pub(crate) fn skip(&self) {
        // ORDERING: Relaxed; LEAVE brings it to the opener. Model: loom-tests/roll.rs.
        self.skipped.fetch_add(1, Relaxed);
    }

    /// Asks everybody to stop.
    pub(crate) fn stop(&self) {
        // ORDERING: Relaxed, here and below; a hint.
        self.stopped.store(1, Relaxed);
    }

    /// Returns whether somebody asked for that.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed) != 0
    }

    /// Notes the seat on which the scope is going to be posted.
    pub(crate) fn set_seat(&self, seat: usize) {
        // ORDERING: Relaxed; whoever needs it is inside, and POST brought it.
        self.seat.store(seat + 1, Relaxed);
    }

    /// Returns the number of that seat.
    pub(crate) fn seat(&self) -> Option<usize> {
        // ORDERING: Relaxed; as above. Who is not inside may miss it, and then wakes nobody.
        self.seat.load(Relaxed).checked_sub(1)
    }

    /// Returns all failures, and how many jobs were left out. Nobody else is there any more.
    pub(crate) fn close(&self) -> (Vec<T>, usize) {
        // ORDERING: Relaxed; as in `skip`.
        (std::mem::take(&mut *self.entries()), self.skipped.load(Relaxed))
    }
}
