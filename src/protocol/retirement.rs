//! The end of a ring: every slot is retired once, by whoever finds it free last.
//!
//! The last handle of the ring announces the end and then retires the slots that nobody holds. A holder gives its slot
//! back and then looks whether the end was announced; if so it tries to retire the slot. With a fence between the two
//! steps on either side one of them finds the slot: `Slot::retire` is an exchange, so only one does.
//!
//! - E1: after the announcement each slot is retired once: by the announcer, or by its last holder.
//! - E2: the memory has a claim for the last handle and one for each slot, given up when the slot is retired. Whoever gives
//!   up the last frees the memory.
//! - CLAIM: `give_up` to the last `give_up`, carries the end of the accesses of whoever had a claim.
//! - END: announce, fence, look at the slots, against give back, fence, look for the announcement. Carries no data.

use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use crate::sync::fence::Fences;

use Ordering::{Acquire, Relaxed, Release};

/// Whether a ring's last handle is gone.
#[derive(Debug)]
pub(crate) struct Retirement {
    announced: AtomicU32,
    fences: Fences,
    claims: AtomicUsize,
}

impl Retirement {
    /// Begins with `claims` claims to the memory.
    pub(crate) fn new(claims: usize) -> Self {
        Self { announced: AtomicU32::new(0), fences: Fences::asymmetric(), claims: AtomicUsize::new(claims) }
    }

    /// Makes one more claim, beside one that the caller has.
    pub(crate) fn claim(&self) {
        // ORDERING: Relaxed; the claim that the caller has keeps the memory.
        self.claims.fetch_add(1, Relaxed);
    }

    /// Gives up a claim; returns whether it was the last, and the memory the caller's to free.
    pub(crate) fn give_up(&self) -> bool {
        // ORDERING: CLAIM, release side. Model: loom-tests/retirement.rs.
        if self.claims.fetch_sub(1, Release) != 1 {
            return false;
        }
        // ORDERING: CLAIM, acquire side.
        fence(Acquire);
        true
    }

    /// Announces the end. The caller retires the slots that it finds free.
    pub(crate) fn announce(&self) {
        // ORDERING: Relaxed; END orders it.
        self.announced.store(1, Relaxed);
        // ORDERING: END, announcer's side. The later of the two fences sees what the other side did before its own.
        // Model: loom-tests/retirement.rs.
        self.fences.heavy();
    }

    /// Returns whether the end was announced. The caller has given a slot back, and retires it if so.
    #[inline]
    pub(crate) fn is_announced(&self) -> bool {
        // ORDERING: END, holder's side.
        self.fences.light();
        // ORDERING: Relaxed; the fence above orders it.
        self.announced.load(Relaxed) != 0
    }
}
