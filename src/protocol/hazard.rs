//! Hazards: who is still at a thing after giving up what kept it there.
//!
//! Whoever gives back the slot that kept a ring alive has to list it and to look for sleepers after that, and by then the
//! ring may be at its end. So it says beforehand where it is, in a word of its own, and takes that back as its last step.
//! Whoever frees the ring waits until nobody is there. Nobody new can come: all slots are retired by then.
//!
//! - Z1: a thread is at a place from before it gives up its claim until its last access, and its hazard says so.
//! - AT: `enter` to `is_anybody_at`, by way of the claim that is given up: whoever got hold of every claim sees every
//!   hazard that was set before.
//! - TAKEN: `give_back` to `try_take`, carries the end of the last owner's stores.
//! - GONE: `leave` to `is_anybody_at`, carries the end of the accesses.

use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// No place.
const NOWHERE: usize = 0;

/// One thread's word, on a line of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Hazard {
    taken: AtomicU32,
    at: AtomicUsize,
}

impl Hazard {
    /// Says that its thread is at `place`, which is not 0, before it gives up its claim; false if it is somewhere else.
    #[inline]
    pub(crate) fn enter(&self, place: usize) -> bool {
        // ORDERING: Relaxed; our own word.
        if self.at.load(Relaxed) != NOWHERE {
            return false;
        }
        // ORDERING: Relaxed; AT. It goes by the release with which the claim is given up.
        self.at.store(place, Relaxed);
        true
    }

    /// Says that the thread is nowhere. Its last access to the place came before.
    #[inline]
    pub(crate) fn leave(&self) {
        // ORDERING: GONE, release side. Model: loom-tests/retirement.rs.
        self.at.store(NOWHERE, Release);
    }
}

/// The hazards of all threads that have one.
#[derive(Debug)]
pub(crate) struct Hazards(Box<[Hazard]>);

/// The token of a thread's own hazard.
#[derive(Debug)]
pub(crate) struct Own(usize);

impl Hazards {
    /// Makes hazards for `count` threads at a time.
    pub(crate) fn new(count: usize) -> Self {
        let hazard = |_| Hazard { taken: AtomicU32::new(0), at: AtomicUsize::new(NOWHERE) };
        Self((0..count).map(hazard).collect())
    }

    /// Takes a hazard that no thread has, if there is one.
    pub(crate) fn try_take(&self) -> Option<Own> {
        // ORDERING: TAKEN, acquire side: our stores come after the last owner's.
        let mine = self.0.iter().position(|hazard| {
            hazard.taken.load(Relaxed) == 0 && hazard.taken.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
        })?;
        Some(Own(mine))
    }

    /// Gives a hazard back, at which nobody is.
    pub(crate) fn give_back(&self, own: Own) {
        // ORDERING: TAKEN, release side.
        self.0[own.0].taken.store(0, Release);
    }

    /// Returns the hazard of a token.
    pub(crate) fn of(&self, own: &Own) -> &Hazard {
        &self.0[own.0]
    }

    /// Returns whether a thread is at `place`. The caller has acquired every claim to it.
    pub(crate) fn is_anybody_at(&self, place: usize) -> bool {
        // ORDERING: GONE, acquire side.
        self.0.iter().any(|hazard| hazard.at.load(Acquire) == place)
    }
}
