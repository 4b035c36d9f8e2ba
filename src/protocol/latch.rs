//! A count of arrivals that one thread waits for.
//!
//! The last to arrive wakes the waiter, if it sleeps. The latch may lie on the waiter's stack: whoever arrives must
//! keep it alive by other means until it has returned, because the waiter can be gone by the time it is woken.
//!
//! ```text
//! word = waiting:1 | missing:31      arrive: missing - 1, wake at 0 if waiting      wait: until missing = 0
//! ```
//! - ARRIVAL: `arrive` to `wait`, carries all that the arriver wrote before.

use std::time::Instant;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{futex, hint};

use Ordering::{Acquire, Relaxed, Release};

const WAITING: u32 = 1 << 31;

/// Opens once the given number of arrivals have been counted.
#[derive(Debug)]
pub(crate) struct Latch {
    word: AtomicU32,
}

impl Latch {
    /// Makes a latch that `missing` arrivals open; fewer than 2^31.
    pub(crate) fn new(missing: u32) -> Self {
        debug_assert!(missing < WAITING);
        Self { word: AtomicU32::new(missing) }
    }

    /// Counts one arrival. At most as many as the latch was made for.
    pub(crate) fn arrive(&self) {
        // ORDERING: ARRIVAL, release side. Later arrivals continue the release sequence, so the waiter's one load
        // acquires from all. Model: loom-tests/latch.rs.
        let before = self.word.fetch_sub(1, Release);
        debug_assert!(before & !WAITING > 0);
        if before == WAITING | 1 {
            futex::wake(&self.word, 1);
        }
    }

    /// Waits until all have arrived, looking `spins` times before it sleeps. One thread may wait.
    pub(crate) fn wait(&self, spins: u32) {
        self.wait_in_steps(spins, || None);
    }

    /// Waits as `wait` does, and asks `until` before each sleep how long to sleep at most.
    pub(crate) fn wait_in_steps(&self, spins: u32, until: impl Fn() -> Option<Instant>) {
        for _ in 0..spins {
            // ORDERING: ARRIVAL, acquire side.
            if self.word.load(Acquire) == 0 {
                return;
            }
            hint::spin_loop();
        }
        // ORDERING: ARRIVAL, acquire side. The bit and the count share the word: the last arrival sees the bit, or we
        // see the count at zero.
        let mut word = self.word.fetch_or(WAITING, Acquire) | WAITING;
        while word != WAITING {
            futex::wait_until(&self.word, word, until());
            // ORDERING: ARRIVAL, acquire side. The wake itself promises no order; this load gives it.
            word = self.word.load(Acquire);
        }
        // ORDERING: Relaxed; nobody arrives any more.
        self.word.store(0, Relaxed);
    }
}
