//! The fences of a handshake, as two full fences.
//!
//! That is faithful: a barrier on all CPUs takes place, in each other thread, at one point between two of its accesses,
//! where it is a full fence. A light fence next to that point is no weaker than a full fence there; and one that has no
//! such point beside it, because it came before or after, orders nothing that a full fence would have to order for the
//! handshake: the barrier lies between the two sides' accesses already. So whatever a handshake with a heavy and a light
//! fence can show, one with two full fences can show, and no more: neither side looks too early in both.

use super::atomic::{Ordering, fence};

/// Who pays for the fences of a handshake: here both, whatever is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fences {
    Symmetric,
}

impl Fences {
    pub(crate) fn asymmetric() -> Self {
        Self::Symmetric
    }

    /// The fence of the side that runs all the time.
    pub(crate) fn light(self) {
        fence(Ordering::SeqCst);
    }

    /// The fence of the side that is about to sleep.
    pub(crate) fn heavy(self) {
        fence(Ordering::SeqCst);
    }
}
