//! The top of the free slots: the one that was given back last, to be claimed first.
//!
//! Its payload is still in a cache near by, where the queue's oldest has long been evicted. One place is enough: a
//! claimer that keeps pace with those who give back finds its last slot there, and one that runs ahead needs cold ones
//! anyhow.
//!
//! ```text
//! put: the slot is posted; its number --swap--> top; what was there before goes to the queue
//! take: top --swap--> nobody; the slot is taken by its word
//! ```
//! - T1: a number is at the top once, and not in the queue meanwhile: whoever swaps it out takes the slot or lists it.
//! - TOP: `put` to `take`, carries the post: the slot's word is `Ready` for whoever finds its number.

use crate::sync::atomic::{AtomicU32, Ordering};

use Ordering::{AcqRel, Acquire, Relaxed};

const NOBODY: u32 = u32::MAX;

/// Room for one slot's number, on a line of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Top(AtomicU32);

impl Top {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(NOBODY))
    }

    /// Puts a slot's number here that was just posted; returns the one that it puts out, which the caller lists.
    pub(crate) fn put(&self, slot: u32) -> Option<u32> {
        // ORDERING: TOP, release side, and the acquire side for the one that is put out. Model: loom-tests/top.rs.
        Some(self.0.swap(slot, AcqRel)).filter(|&before| before != NOBODY)
    }

    /// Takes the number out, if there is one.
    pub(crate) fn take(&self) -> Option<u32> {
        if !self.is_occupied() {
            return None;
        }
        // ORDERING: TOP, acquire side.
        Some(self.0.swap(NOBODY, Acquire)).filter(|&slot| slot != NOBODY)
    }

    /// Returns whether there is one.
    pub(crate) fn is_occupied(&self) -> bool {
        // ORDERING: Relaxed; whoever goes by it swaps, or only counts.
        self.0.load(Relaxed) != NOBODY
    }
}
