//! Inside what something was posted: the chain by which whoever waits finds what it may help with.

#![allow(unsafe_code)]

use super::frame;
use crate::pool::crew::Seat;
use crate::protocol::offer::Vigil;

/// One posting among those that it lies inside of. It lies with the posting, on the stack of whoever posted.
#[derive(Debug)]
pub(crate) struct Kin {
    /// What it was posted from inside of; null if from outside of everything.
    parent: *const Kin,
    /// Where whoever waits for it sleeps.
    seat: *const Seat,
    pub(crate) vigil: Vigil,
}

// SAFETY: a kin is shared with those who run what was posted. The pointers are never changed; what they lead to is alive
// (K1, and the crew outlives its postings) and shared as it is.
unsafe impl Send for Kin {}
// SAFETY: as above.
unsafe impl Sync for Kin {}

impl Kin {
    /// Makes the kin of what this thread posts on a seat.
    pub(crate) fn new(seat: &Seat) -> Self {
        Self::below(frame::kin(), seat)
    }

    /// Makes the kin of what lies inside of `parent` and is posted on a seat.
    pub(crate) fn below(parent: *const Kin, seat: &Seat) -> Self {
        Self { parent, seat, vigil: Vigil::new() }
    }

    /// Returns whether this was posted from inside of `other`, or is `other`.
    pub(crate) fn is_of(&self, other: &Kin) -> bool {
        self.chain().any(|kin| std::ptr::eq(kin, other))
    }

    /// Returns how many of those who wait for this, or for what it lies inside of, have nothing to do.
    pub(crate) fn idle(&self) -> usize {
        self.chain().filter(|kin| kin.vigil.is_kept()).count()
    }

    /// Wakes those among them who sleep. The caller has published something for them, and fenced.
    pub(crate) fn call(&self) {
        for kin in self.chain() {
            // SAFETY: a reference wants a live seat. It is a crew's, which outlives what is posted there.
            let seat = unsafe { &*kin.seat };
            seat.board.call();
        }
    }

    fn chain(&self) -> impl Iterator<Item = &Kin> {
        std::iter::successors(Some(self), |kin| {
            // SAFETY: a reference wants a live kin or none: whoever posted it waits for us (K1).
            unsafe { kin.parent.as_ref() }
        })
    }
}
