//! How many threads may spin at once.
//!
//! Whoever waits by spinning takes a CPU from those who would bring what it waits for, so of all the CPUs that a process
//! may use one must be left to them. A spinner takes a permit, or does without spinning.
//!
//! - K1: at most `most` permits are out. One is taken by an exchange that counts it, from below `most`.
//! - Nothing rides on the count.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The permits to spin.
#[derive(Debug)]
pub(crate) struct Spinners {
    most: u32,
    now: AtomicU32,
}

/// The token of a thread that spins; it has to be given back by `stop`.
#[derive(Debug)]
#[must_use = "a permit that is not given back is lost"]
pub(crate) struct Spinning(());

impl Spinners {
    /// Makes `most` permits.
    pub(crate) fn new(most: u32) -> Self {
        Self { most, now: AtomicU32::new(0) }
    }

    /// Returns how many may spin at once.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// Takes a permit, if there is one.
    pub(crate) fn try_start(&self) -> Option<Spinning> {
        // ORDERING: Relaxed, here and below; the count alone matters. Model: loom-tests/spinners.rs.
        let mut now = self.now.load(Relaxed);
        while now < self.most {
            match self.now.compare_exchange_weak(now, now + 1, Relaxed, Relaxed) {
                Ok(_) => return Some(Spinning(())),
                Err(other) => now = other,
            }
        }
        None
    }

    /// Gives a permit back.
    pub(crate) fn stop(&self, spinning: Spinning) {
        let Spinning(()) = spinning;
        self.now.fetch_sub(1, Relaxed);
    }
}
