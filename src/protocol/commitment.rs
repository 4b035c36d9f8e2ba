//! How much of a region is in use: a number that only grows.
//!
//! Whoever lets a region grow first sees to it that the bytes are there, and then raises the number. Several may do so at once: the
//! largest number stays, and by then its bytes are there, and with them those of the smaller ones. Who dies in between
//! leaves bytes that nobody uses, until somebody raises the number over them.
//!
//! The word lies in memory that processes share. What it says is a claim of theirs: whoever reads it compares it with
//! what the file has before anything behind the old number is touched.
//!
//! - E1: the number never falls by what is done here.
//! - GROWN: `raise` to `read`, carries that the bytes are there.

use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::{Acquire, Release};

/// The word that says how many bytes are in use.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Commitment {
    bytes: AtomicU64,
}

impl Commitment {
    /// Begins with what is there.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { bytes: AtomicU64::new(bytes) }
    }

    /// Returns how many bytes are in use, as far as those are to be believed who raise it.
    #[inline]
    pub(crate) fn read(&self) -> u64 {
        // ORDERING: GROWN, acquire side. Model: loom-tests/commitment.rs.
        self.bytes.load(Acquire)
    }

    /// Says that so many bytes are there; a smaller number than there was changes nothing (E1).
    pub(crate) fn raise(&self, bytes: u64) {
        // ORDERING: GROWN, release side: carries the making of the bytes. A smaller raise that comes later is a part of the
        // release sequence of the larger one, so it hides nothing. Model: loom-tests/commitment.rs.
        self.bytes.fetch_max(bytes, Release);
    }
}
