//! The course of one run of a pipeline: how many parcels are on their way, whether more will come, whether it was stopped.
//!
//! One word has it all, so whoever makes the run be over knows it, and exactly one does.
//!
//! ```text
//! word = stopped:1 | ended:1 | on their way:62
//! over = stopped, or ended with none on their way
//! ```
//! - C2: the run ends once: of those who come home, end or stop, one makes the word say so first.
//! - Nothing rides on the word. What the workers wrote goes to the caller when they leave the pool's loop.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

const STOPPED: u64 = 1 << 63;
const ENDED: u64 = 1 << 62;

/// How far a run is.
#[derive(Debug)]
pub(crate) struct Course {
    word: AtomicU64,
}

fn is_over(word: u64) -> bool {
    word & STOPPED != 0 || word == ENDED
}

impl Course {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0) }
    }

    /// Counts a parcel that leaves the source, before anybody else can have it.
    pub(crate) fn set_out(&self) {
        // ORDERING: Relaxed, here and in every method below; nothing rides on the word. Model: loom-tests/course.rs.
        self.word.fetch_add(1, Relaxed);
    }

    /// Counts a parcel that is through; returns whether that was the end of the run.
    pub(crate) fn come_home(&self) -> bool {
        self.word.fetch_sub(1, Relaxed) == ENDED + 1
    }

    /// Says that no more parcels set out; returns whether that was the end of the run.
    pub(crate) fn end(&self) -> bool {
        self.word.fetch_or(ENDED, Relaxed) == 0
    }

    /// Ends the run whatever is on its way; returns whether that was the end of it: it was not over.
    pub(crate) fn stop(&self) -> bool {
        !is_over(self.word.fetch_or(STOPPED, Relaxed))
    }

    /// Returns how many parcels are on their way.
    pub(crate) fn on_their_way(&self) -> u64 {
        self.word.load(Relaxed) & (ENDED - 1)
    }

    /// Returns whether the run is over.
    pub(crate) fn is_over(&self) -> bool {
        is_over(self.word.load(Relaxed))
    }

    /// Returns whether all that set out came home, whether or not somebody said stop in the end.
    pub(crate) fn is_complete(&self) -> bool {
        self.word.load(Relaxed) & !STOPPED == ENDED
    }
}
