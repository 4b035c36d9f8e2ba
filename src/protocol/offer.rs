//! The second half of a `join`, offered to others: whoever takes the offer runs it.
//!
//! The offer lies with the half, in the memory of whoever made it, and those who look at it are inside its board. Beside it a
//! vigil says whether the one who waits for something could do a part of it meanwhile.
//!
//! ```text
//! offer: open --take--> taken        vigil: off --begin--> on --end--> off
//! ```
//! - O1: one `take` succeeds. It is an exchange, and nothing makes the offer open again.
//! - Nothing rides on these words. What the half needs comes by POST and its result goes by LEAVE, both of the board. A
//!   vigil is a hint: who misses it keeps a part to itself that another could have had, and whoever sleeps is called by the
//!   board's own word.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Whether somebody took what was offered.
#[derive(Debug)]
pub(crate) struct Offer {
    taken: AtomicU32,
}

impl Offer {
    /// Makes an open offer.
    pub(crate) fn new() -> Self {
        Self { taken: AtomicU32::new(0) }
    }

    /// Takes the offer; returns whether it was open.
    pub(crate) fn take(&self) -> bool {
        // ORDERING: Relaxed, here and below; nothing rides on it (see above). Model: loom-tests/offer.rs.
        !self.is_taken() && self.taken.swap(1, Relaxed) == 0
    }

    /// Returns whether somebody took it.
    pub(crate) fn is_taken(&self) -> bool {
        self.taken.load(Relaxed) != 0
    }
}

/// Whether somebody waits who could help.
#[derive(Debug)]
pub(crate) struct Vigil {
    kept: AtomicU32,
}

impl Vigil {
    pub(crate) fn new() -> Self {
        Self { kept: AtomicU32::new(0) }
    }

    /// Says that its one owner waits.
    pub(crate) fn begin(&self) {
        self.kept.store(1, Relaxed);
    }

    /// Says that it has found something to do, or is done.
    pub(crate) fn end(&self) {
        self.kept.store(0, Relaxed);
    }

    /// Returns whether its owner waits.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Relaxed) != 0
    }
}
