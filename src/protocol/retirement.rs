//! The end of a ring: every slot is retired once, by whoever finds it free last.
//!
//! The last handle of the ring announces the end and then retires the slots that nobody holds. A holder gives its slot
//! back and then looks whether the end was announced; if so it tries to retire the slot. With a fence between the two
//! steps on either side one of them finds the slot: `Slot::retire` is an exchange, so only one does.
//!
//! - E1: after the announcement each slot is retired once: by the announcer, or by its last holder.
//! - END: announce, fence, look at the slots, against give back, fence, look for the announcement. Carries no data.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;

/// Whether a ring's last handle is gone.
#[derive(Debug)]
pub(crate) struct Retirement {
    announced: AtomicU32,
    fences: Fences,
}

impl Retirement {
    pub(crate) fn new() -> Self {
        Self { announced: AtomicU32::new(0), fences: Fences::asymmetric() }
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
