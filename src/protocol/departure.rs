//! The end of one process's part in a ring that others go on with: each slot is counted out once.
//!
//! The slots stay in circulation, so none can be [retired](super::retirement). Instead the process counts those out that it
//! does not hold and, its last handle gone, never will again. Its last handle announces the end and counts out what the
//! slots' words do not call its own; whoever still holds a slot gives it away, looks for the announcement and counts it out.
//! With a fence between the two steps on either side one of them does, and often both try: a bit decides.
//!
//! - D1: after the announcement each slot is counted out once.
//! - D2: a slot that is counted out is not the process's: it was seen with another, or was just given away; and nobody here
//!   takes one any more, because only handles do.
//! - END: as in `retirement`, whose announcement this is: announce, fence, look at the words, against give away, fence, look
//!   for the announcement. Carries no data.

use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::Relaxed;

/// Which slots are counted out.
#[derive(Debug)]
pub(crate) struct Departure {
    out: Box<[AtomicU64]>,
}

impl Departure {
    /// Begins with all of `slots` to be counted out.
    pub(crate) fn new(slots: usize) -> Self {
        Self { out: (0..slots.div_ceil(64)).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Counts a slot out, which is not this process's; returns whether this call did.
    pub(crate) fn count_out(&self, slot: u32) -> bool {
        let (word, bit) = (slot as usize / 64, 1 << (slot % 64));
        // ORDERING: Relaxed; the exchange decides who counts, and END who may. The count itself is `retirement`'s CLAIM.
        // Model: loom-tests/departure.rs.
        self.out[word].fetch_or(bit, Relaxed) & bit == 0
    }
}
