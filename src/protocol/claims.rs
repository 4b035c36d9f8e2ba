//! Claims in order: pieces of a row, each taken by one worker, the first one first; and an end that may come nearer.
//!
//! ```text
//! next = how many have been claimed       end = where the row ends, at first its length
//! claim: next + 1; ours is what it was, unless the end lies before it
//! ```
//! - C1: each piece is claimed once, and whoever has claimed one knows that all before it are claimed.
//! - C2: a piece before the end is claimed by somebody who asks for as long as it is given any. The end lies before
//!   nothing that it was not told to leave out.
//!
//! Nothing rides on either word: what a piece's work gives comes back by other ways, and who sees a nearer end late
//! works in vain.

use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A row of pieces to claim.
#[derive(Debug)]
pub(crate) struct Claims {
    next: AtomicUsize,
    end: AtomicUsize,
}

impl Claims {
    /// Makes a row of pieces of which none is claimed.
    pub(crate) fn new(pieces: usize) -> Self {
        Self { next: AtomicUsize::new(0), end: AtomicUsize::new(pieces) }
    }

    /// Claims the next piece, if there is one.
    pub(crate) fn claim(&self) -> Option<usize> {
        // ORDERING: Relaxed, here and below; nothing rides on it, and all steps of one word have one order (C1).
        // Model: loom-tests/claims.rs.
        let piece = self.next.fetch_add(1, Relaxed);
        self.is_wanted(piece).then_some(piece)
    }

    /// Returns whether a piece that was claimed is still of use.
    pub(crate) fn is_wanted(&self, piece: usize) -> bool {
        piece < self.end.load(Relaxed)
    }

    /// Leaves out what lies behind `piece`: nothing of it is claimed from now on.
    pub(crate) fn end_behind(&self, piece: usize) {
        self.end.fetch_min(piece + 1, Relaxed);
    }

    /// Leaves out all that is not yet claimed.
    pub(crate) fn end_here(&self) {
        self.end.fetch_min(0, Relaxed);
    }
}
