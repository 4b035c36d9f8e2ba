//! What the threads of a scope have put aside for each other: lots of jobs, and how many there are.
//!
//! Each thread keeps the jobs that it spawns to itself and puts them here a lot at a time, so the lock is taken once for many
//! short jobs. Its own come back to it newest first, which keeps a tree of jobs small; others take the oldest, which has
//! the most below it.
//!
//! - T1: a lot is in the stock or has been taken, once. It comes and goes under the lock.
//! - T2: the count is of the lots under the lock. Who looks without the lock may see an older count: it looks after what it has
//!   acquired, or again before it sleeps.
//! - T3: only who has a job adds jobs, and whoever works in a scope leaves it only when it has found nothing put aside since it
//!   last did so itself. So an opener that has found the stock empty, and *then* nobody inside, knows that all is done. The
//!   other way round somebody may come in between and take the last lot.
//! - STOCK: `put` to `take`, carries the jobs, by way of the lock.
//! - EMPTY: `take` to `is_empty`, carries that the taker had come in, so that who finds nothing sees it there (T3).

use std::collections::VecDeque;
use std::sync::PoisonError;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::lock::{Mutex, MutexGuard};

use Ordering::{Acquire, Relaxed, Release};

/// Lots that nobody has taken yet.
#[derive(Debug)]
pub(crate) struct Stock<T> {
    lots: Mutex<VecDeque<T>>,
    count: AtomicU32,
}

/// Which lot is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Oldest,
    Newest,
}

impl<T> Stock<T> {
    pub(crate) fn new() -> Self {
        Self { lots: Mutex::new(VecDeque::new()), count: AtomicU32::new(0) }
    }

    fn lots(&self) -> MutexGuard<'_, VecDeque<T>> {
        // Nothing under the lock can panic but for want of memory, and then the lots are whole.
        self.lots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a lot aside.
    pub(crate) fn put(&self, lot: T) {
        let mut lots = self.lots();
        lots.push_back(lot);
        // ORDERING: Relaxed; the lot itself is STOCK's, by the lock. Whoever may sleep fences, and looks again (T2).
        self.count.store(lots.len() as u32, Relaxed);
    }

    /// Takes a lot.
    pub(crate) fn take(&self, which: Which) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let mut lots = self.lots();
        let lot = match which {
            Which::Oldest => lots.pop_front(),
            Which::Newest => lots.pop_back(),
        };
        // ORDERING: EMPTY, release side.
        self.count.store(lots.len() as u32, Release);
        lot
    }

    /// Returns whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        // ORDERING: EMPTY, acquire side. Model: loom-tests/stock.rs.
        self.count.load(Acquire) == 0
    }
}
