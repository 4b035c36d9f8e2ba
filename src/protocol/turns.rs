//! Where the other side of a hand-over last ran, as far as a waiter can find out for nothing.
//!
//! Two threads on one CPU take turns: what one waits for cannot come while it spins. So it has to know, and a notifier
//! that told its CPU each time would write a line for it that is otherwise only read. Two tell who have the time: a
//! notifier that wakes somebody, and a waiter that found the thing there when its first yield returned.
//!
//! - Nothing rides on the word, and it may be out of date: then a waiter sleeps too early, is woken, and is told.
//!
//! The other side may be another process: CPUs have the same numbers everywhere, and a word of zeros says nothing.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};

const NOWHERE: u32 = 0;

/// The CPU of the other side.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Turns {
    /// One more than its number.
    cpu: AtomicU32,
}

impl Turns {
    /// Notes nothing yet.
    pub(crate) fn new() -> Self {
        Self { cpu: AtomicU32::new(NOWHERE) }
    }

    /// Notes where the other side runs, if the system tells. It writes only what is new.
    pub(crate) fn other_is_on(&self, cpu: Option<usize>) {
        // ORDERING: Relaxed, here and below; a hint. Model: loom-tests/turns.rs.
        let cpu = cpu.map_or(NOWHERE, word);
        if self.cpu.load(Relaxed) != cpu {
            self.cpu.store(cpu, Relaxed);
        }
    }

    /// Returns whether the other side was last seen on this CPU.
    pub(crate) fn are_taken_on(&self, cpu: Option<usize>) -> bool {
        cpu.is_some_and(|cpu| self.cpu.load(Relaxed) == word(cpu))
    }
}

/// Returns the word for a CPU. No system has so many that two have the same.
fn word(cpu: usize) -> u32 {
    (cpu as u32).wrapping_add(1)
}
